"""Where the provider's API key may stand. The nearer a place is to teamvoice alone, the earlier.

1. the credential ``openai`` that systemd passes on (``LoadCredential=openai:FILE`` in the unit);
2. ``TEAMVOICE_API_KEY`` in the environment;
3. the file ``env`` in the configuration directory, which only its owner can read;
4. the keyring of the desktop (``secret-tool``, on macOS ``security``), as service ``teamvoice``;
5. ``OPENAI_API_KEY`` in the environment, which every program shares.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from teamvoice import envfile
from teamvoice.errors import ConfigError

OURS, SHARED = "TEAMVOICE_API_KEY", "OPENAI_API_KEY"
CREDENTIAL = "openai"

_KEYRINGS = {
    "linux": ("secret-tool", "lookup", "service", "teamvoice"),
    "darwin": ("security", "find-generic-password", "-s", "teamvoice", "-w"),
}
_KEYRING_S = 3.0  # a keyring that is locked asks the person first, and may do so for ever


def find(file: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """The key and where it was found, in words that may be shown; ``("", "none")`` without one.

    Args:
        file: The file ``env``; it need not exist.
        environ: The environment, which also leads to the credential and to the keyring.

    Raises:
        ConfigError: The file can be read by others, or has a line that is no assignment; or the
            credential cannot be read.
    """
    if found := _credential(environ):
        return found, "from systemd's credential openai"
    if found := environ.get(OURS, "").strip():
        return found, f"from the environment, {OURS}"
    kept = envfile.read(file)
    if found := kept.get(OURS) or kept.get(SHARED) or "":
        return found, f"from {file}"
    found, trouble = _keyring(environ)
    if found:
        return found, "from the keyring"
    if found := environ.get(SHARED, "").strip():
        return found, f"from the environment, {SHARED}"
    return "", f"none ({trouble})" if trouble else "none"


def is_given(environ: Mapping[str, str]) -> bool:
    """Whether a key comes from where it goes before whatever the file says.

    Raises:
        ConfigError: The credential cannot be read.
    """
    return bool(_credential(environ) or environ.get(OURS, "").strip())


def look_again() -> None:
    """Ask the keyring anew the next time: what it said last is kept, for asking takes its time."""
    _ask.cache_clear()


def credential_file(environ: Mapping[str, str]) -> Path | None:
    """Where systemd puts the credential; None when it passes none on."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / CREDENTIAL if folder else None


def _credential(environ: Mapping[str, str]) -> str:
    file = credential_file(environ)
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""  # the credentials are for something else
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error


def _keyring(environ: Mapping[str, str]) -> tuple[str, str]:
    """The key, or what keeps it from us."""
    command = _KEYRINGS.get(sys.platform, ("",))
    program = shutil.which(command[0], path=environ.get("PATH", ""))
    if program is None:
        return "", ""
    needs = ("HOME", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY")
    passed = tuple((name, environ[name]) for name in needs if name in environ)
    if sys.platform == "linux" and "DBUS_SESSION_BUS_ADDRESS" not in environ:
        return "", ""  # no session, no keyring: it would start a bus to find that out
    return _ask((program, *command[1:]), passed)


@functools.cache
def _ask(command: tuple[str, ...], environ: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_KEYRING_S,
            check=False,  # it fails when there is no such key, which is no trouble
        )
    except subprocess.TimeoutExpired:
        return "", "the keyring does not answer; is it locked?"
    except OSError as error:
        return "", f"the keyring cannot be asked: {error}"
    return done.stdout.strip() if done.returncode == 0 else "", ""
