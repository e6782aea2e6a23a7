"""What a spoken turn needs of this machine, looked at part by part, each with its mend.

Every check is a function that looks for itself and answers with a :class:`Finding`; only that of
the daemon that runs asks it. A part that a turn can do without is ``warn``, one that it cannot
is ``fail``; which of both the key, its display, the clock and the offline server are, the settings
say.
"""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import os
import shlex
import shutil
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import teamvoice
from teamvoice import config, preflight
from teamvoice.daemon import service_check, soundcheck, team_check
from teamvoice.daemon.desk import real_desk
from teamvoice.daemon.finding import Finding, Mark
from teamvoice.daemon.journal import journal_path
from teamvoice.errors import TeamvoiceError
from teamvoice.hotkey.pynput_source import check_display
from teamvoice.realtime import providers
from teamvoice.realtime.client import Session
from teamvoice.realtime.session import SessionSpec
from teamvoice.team.tmux import Tmux

__all__ = ["NAMES", "Finding", "examine"]

Check = Callable[[config.Config], Awaitable["Finding"]]

_LISTEN_S = 0.5
_ROOM_MB = 50  # free on the disk of the journal
_KEY_S = 2.0  # for the key's source to come up or say why not
_ONLINE_S = 20.0
_NO_KEY = 'or, to talk by teamvoice ptt alone: hotkey.backend = "socket"'
_IMPORT = "systemctl --user import-environment DISPLAY WAYLAND_DISPLAY XAUTHORITY"
_MODULES = ("libtmux", "msgspec", "numpy", "sounddevice", "soxr", "structlog", "websockets")


async def examine(
    path: Path | None = None, *, online: bool = False
) -> AsyncGenerator[Finding, None]:
    """Every part, one after the other, as it is looked at.

    Args:
        path: The configuration's file; by default the one that the daemon reads.
        online: Connect to the provider for real.
    """
    yield _python()
    finding, settings = _config(path)
    yield finding
    for name, check in _CHECKS.items():
        if online or name != "online":
            yield await check(settings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    lacking = [name for name in _MODULES if not _has(name)]
    if lacking:
        return Finding("python", "fail", f"{version}; lacks {', '.join(lacking)}", "make setup")
    return Finding("python", "ok", f"{version}, teamvoice {teamvoice.__version__}")


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _config(path: Path | None) -> tuple[Finding, config.Config]:
    """What is wrong with it ends no examination: the rest is looked at with the defaults."""
    file = path or config.config_file()
    try:
        loaded = config.read(path)
        preflight.check(loaded)
    except TeamvoiceError as error:
        mend = error.mend or f"correct it, then: teamvoice config check --config {file}"
        return Finding("config", "fail", error.message, mend), config.Config()
    there = str(file) if file.exists() else f"{file} is not there: the defaults hold"
    return Finding("config", "ok", there), loaded.config


# tmux and the team -------------------------------------------------------------------------------


async def _tmux(_settings: config.Config) -> Finding:
    if not shutil.which("tmux"):
        return Finding("tmux", "fail", "tmux is not installed", "sudo apt install tmux")
    process = await asyncio.create_subprocess_exec("tmux", "-V", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    version = out.decode("utf-8", "replace").strip().removeprefix("tmux ")
    if _number(version) < (3, 2):
        return Finding("tmux", "fail", f"{version} is too old", "install tmux 3.2 or newer")
    return Finding("tmux", "ok", version)


def _number(version: str) -> tuple[int, ...]:
    """``3.3a`` and ``next-3.5`` as numbers; a version without any counts as new."""
    digits = "".join(c if c.isdigit() or c == "." else " " for c in version).split()
    return tuple(int(part) for part in digits[0].split(".") if part) if digits else (99,)


async def _server(settings: config.Config) -> Finding:
    if settings.team.members and all(member.host for member in settings.team.members):
        return Finding("tmux server", "ok", "none is needed here: all members are elsewhere")
    try:
        async with Tmux(settings.team.socket, settings.team.deadline_s) as tmux:
            panes = await tmux.panes()
    except TeamvoiceError as error:
        mend = error.mend or "start one: tmux new -s work"
        return Finding("tmux server", "fail", error.message, mend)
    return Finding("tmux server", "ok", f"{len(panes)} panes")


# The desk ----------------------------------------------------------------------------------------


async def _display(settings: config.Config) -> Finding:
    backend, kind = settings.hotkey.backend, os.environ.get("XDG_SESSION_TYPE", "")
    x11, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if backend in {"socket", "evdev"} or sys.platform == "darwin":
        return Finding("display", "ok", f'none is needed: hotkey.backend = "{backend}"')
    if not x11 and not wayland:
        words = "no display in this environment: no key can be seen"
        return Finding("display", "fail", words, f"run this in your desktop's session; {_NO_KEY}")
    if trouble := await asyncio.to_thread(_unreachable, wayland):
        return Finding("display", "fail", trouble, _IMPORT)
    where = " ".join(filter(None, (kind, x11 and f"DISPLAY={x11}", wayland)))
    return Finding("display", "ok", where)


def _unreachable(wayland: str) -> str:
    """Why the display of this environment does not answer; empty when it does."""
    try:
        if wayland:
            place = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), wayland)
            with socket.socket(socket.AF_UNIX) as compositor:
                compositor.connect(str(place))
        else:
            check_display()
    except OSError as error:
        return f'the display "{wayland}" cannot be reached: {error.strerror or error}'
    except TeamvoiceError as error:
        return error.message
    return ""


async def _key(settings: config.Config) -> Finding:
    mend = "bind teamvoice ptt press and release in your desktop (docs/keys.md)"
    try:
        choose = real_desk(settings).key
        choice = choose() if choose else None
        if choice is None or choice.make is None:
            return Finding("key", "warn", "only teamvoice ptt serves as the key", mend)
        mend = choice.otherwise or mend  # for what has no mend of its own
        async with asyncio.timeout(_KEY_S):
            if choice.look:
                await choice.look()
                return Finding("key", "ok", f"by the desktop's {choice.backend}: {choice.why}")
            async with choice.make(lambda _down, _at: None, lambda _reason: None) as source:
                return Finding("key", "ok", source.describe())
    except TimeoutError:
        return Finding("key", "fail", "its source does not come up", f"{mend}; {_NO_KEY}")
    except TeamvoiceError as error:
        return Finding("key", "fail", error.message, f"{error.mend or mend}; {_NO_KEY}")


async def _microphone(settings: config.Config) -> Finding:
    try:
        level = await soundcheck.hear(settings, _LISTEN_S, lambda _level: None)
    except TeamvoiceError as error:
        return Finding("microphone", "fail", error.message, error.mend or "teamvoice devices")
    heard = f"{level.peak_db:.0f} dB: {level.verdict}"
    if level.is_silent:
        return Finding("microphone", "fail", heard, soundcheck.UNMUTE)
    return Finding("microphone", "ok", heard)


async def _speaker(settings: config.Config) -> Finding:
    try:
        name = await soundcheck.sound(settings)
    except TeamvoiceError as error:
        return Finding("speaker", "fail", error.message, error.mend or "teamvoice devices")
    return Finding("speaker", "ok", f"{name}: it played a small sound")


# The provider ------------------------------------------------------------------------------------


async def _api_key(settings: config.Config) -> Finding:
    try:
        key, origin = config.api_key(), config.api_key_origin()
        provider = providers.choose(settings.provider, key)
        if provider == "offline":
            return _no_key_needed(settings, origin)
        providers.resolve(settings.provider, key)
    except TeamvoiceError as error:
        return Finding("api key", "fail", error.message, error.mend)
    if provider == "openai" and not key.startswith("sk-"):
        mend = "copy it again from the provider's page; it begins with sk-"
        return Finding("api key", "fail", f"{origin}; not a key of OpenAI's", mend)
    return Finding("api key", "ok", origin)


def _no_key_needed(settings: config.Config, origin: str) -> Finding:
    """A keyring that is locked is why, or may be, where the provider was not chosen."""
    if settings.provider.name == "auto" and origin.startswith("none ("):
        words = f"{origin}; the offline server is used"
        return Finding(
            "api key", "warn", words, "unlock it, then: systemctl --user reload teamvoice"
        )
    return Finding("api key", "ok", "none is needed: the offline server is used")


async def _online(settings: config.Config) -> Finding:
    if _is_offline(settings):
        return Finding("online", "ok", "not needed: the offline server is used")
    wish = settings.provider
    began = time.monotonic()
    try:
        provider = providers.resolve(wish, config.api_key())
        async with asyncio.timeout(_ONLINE_S):
            async with Session(provider, SessionSpec(model=wish.model, voice=wish.voice)):
                took = time.monotonic() - began
    except TimeoutError:
        return Finding("online", "fail", f"no session in {_ONLINE_S:.0f} s", "check the network")
    except TeamvoiceError as error:
        return Finding("online", "fail", error.message, error.mend or "check the network")
    return Finding("online", "ok", f"{provider.name} confirmed a session in {took:.1f} s")


async def _offline(settings: config.Config) -> Finding:
    worst: Mark = "fail" if _is_offline(settings) else "warn"
    if not _has("pocketsphinx"):
        return Finding("offline", worst, "pocketsphinx is not installed", "make setup")
    if not (shutil.which("flite") or shutil.which("espeak-ng")):
        mend = "sudo apt install flite"
        return Finding("offline", worst, "neither flite nor espeak-ng is installed", mend)
    return Finding("offline", "ok", "it can hear and speak")


def _is_offline(settings: config.Config) -> bool:
    try:
        return providers.choose(settings.provider, config.api_key()) == "offline"
    except TeamvoiceError:
        return False  # the key's own check tells what is wrong with it


# The house ---------------------------------------------------------------------------------------


async def _journal(_settings: config.Config) -> Finding:
    directory = journal_path().parent
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_in(directory)
    except OSError as error:
        return Finding(
            "journal", "fail", f"cannot be written: {error}", _to_write(directory, error)
        )
    free = shutil.disk_usage(directory).free // 1024**2
    if free < _ROOM_MB:
        mend = f"free some space on the disk of {directory}"
        return Finding("journal", "warn", f"{free} MB are free on its disk", mend)
    return Finding("journal", "ok", f"{directory}, {free} MB free")


def _write_in(directory: Path) -> None:
    probe = directory / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"\n")
    finally:
        probe.unlink(missing_ok=True)


def _to_write(directory: Path, error: OSError) -> str:
    """How to mend that nothing can be written there."""
    place = shlex.quote(str(directory))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"free some space on the disk of {place}"
    if error.errno == errno.EROFS:
        return f"its disk is read-only; mount it anew, or set TEAMVOICE_STATE_DIR: {place}"
    in_the_way = next((p for p in (directory, *directory.parents) if p.is_file()), None)
    if in_the_way:
        file = shlex.quote(str(in_the_way))
        return f"mv {file} {file}.old"
    return f"chmod u+rwx {place}"


async def _clock(settings: config.Config) -> Finding:
    """A certificate is not valid yet for a clock in the past; the offline server has none."""
    told = time.strftime("%Y-%m-%d %H:%M %Z")
    if time.time() < _installed_at() - 86_400:
        worst: Mark = "warn" if _is_offline(settings) else "fail"
        words = f"{told}, which is before teamvoice was installed: no provider's certificate holds"
        return Finding("clock", worst, words, "sudo timedatectl set-ntp true")
    return Finding("clock", "ok", told)


def _installed_at() -> float:
    """Seconds since the epoch."""
    return Path(teamvoice.__file__).stat().st_mtime


_CHECKS: dict[str, Check] = {
    "tmux": _tmux,
    "tmux server": _server,
    "team": team_check.members,
    "display": _display,
    "key": _key,
    "microphone": _microphone,
    "speaker": _speaker,
    "api key": _api_key,
    "online": _online,
    "offline": _offline,
    "service": service_check.service,
    "daemon": service_check.daemon,
    "journal": _journal,
    "clock": _clock,
}
NAMES = ("python", "config", *_CHECKS)
"""Every check, in the order in which they are made; ``online`` only where it is asked for."""
