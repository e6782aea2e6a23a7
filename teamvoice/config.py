"""The configuration: frozen structs, one TOML file, environment overrides, and a file for the key.

Where a setting comes from, later ones win:

1. the defaults in the structs below;
2. ``config.toml`` in the configuration directory (``teamvoice config path`` prints it);
3. the environment: ``TEAMVOICE_<SECTION>_<NAME>``, for example ``TEAMVOICE_HOTKEY_KEY='<f8>'``.

The API key is not a setting, so that it never stands in a file that is shared or printed:
:mod:`teamvoice.apikey` says where it may.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs

from teamvoice import apikey, hosts
from teamvoice.dangers import DANGEROUS
from teamvoice.errors import ConfigError
from teamvoice.prices import Dollars, Price

_OTHER_VARIABLES = frozenset(
    {"TEAMVOICE_CONFIG_DIR", "TEAMVOICE_STATE_DIR", "TEAMVOICE_SOCKET", "TEAMVOICE_API_KEY"}
)
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; an unknown key in it is an error."""


class Provider(_Section, frozen=True):
    """Whom the voice talks to."""

    name: Literal["auto", "openai", "azure", "xai", "localai", "offline", "generic"] = "auto"
    url: str = ""
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"
    speed: Annotated[float, msgspec.Meta(ge=0.25, le=1.5)] = 1.0
    transcription: str = "gpt-transcribe"
    language: str = ""
    instructions: str = ""
    connect: Literal["start", "demand"] = "start"
    idle_min: Annotated[float, msgspec.Meta(gt=0, le=1_440)] = 10.0
    keep_said_s: Seconds = 120.0


class Hotkey(_Section, frozen=True):
    """The push-to-talk key and what its edges mean."""

    backend: Literal["auto", "pynput", "portal", "evdev", "socket"] = "auto"
    key: str = "<f9>"
    mode: Literal["hold", "toggle", "auto"] = "hold"
    tap_ms: Milliseconds = 180
    bounce_ms: Milliseconds = 50
    max_hold_s: Seconds = 120.0


class Audio(_Section, frozen=True):
    """Microphone, speaker and the small sounds."""

    input: str = ""
    output: str = ""
    chimes: bool = True
    trim: bool = True
    volume: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    grace_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    others: Literal["leave", "duck", "pause"] = "leave"


class Member(_Section, frozen=True):
    """A teammate: an agent in a tmux pane, of this machine or of one that ssh reaches."""

    name: Name
    aliases: tuple[Name, ...] = ()
    target: str = ""
    agent: str = ""
    host: str = ""


class Team(_Section, frozen=True):
    """The team and the tmux server in which it works."""

    socket: str = ""
    deadline_s: Seconds = 5.0
    members: tuple[Member, ...] = (
        Member(name="developer", aliases=("dev", "engineer")),
        Member(name="pm", aliases=("project manager", "product manager")),
    )


Telling = Literal["speak", "chime", "silent"]
KeyName = Literal[
    "Escape", "Enter", "Up", "Down", "Tab", "BTab", "y", "n",
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
]  # fmt: skip


class Notify(_Section, frozen=True):
    """What you are told of your team without asking: aloud, by a small sound, on the screen."""

    waiting: Telling = "speak"
    finished: Telling = "chime"
    desktop: Literal["off", "quiet", "full"] = "quiet"


class Policy(_Section, frozen=True):
    """What waits for your own hand before it is done, and which keys the voice may press."""

    confirm_s: Seconds = 30.0
    dangerous: tuple[str, ...] = DANGEROUS
    keys: tuple[KeyName, ...] = typing.get_args(KeyName)


class Cost(_Section, frozen=True):
    """What may be spent, and what things cost."""

    cap_usd: Dollars = 0.0
    prices: dict[Name, Price] = {}


class Offline(_Section, frozen=True):
    """The Realtime server of our own: ears, mind and voice with no network."""

    voice: str = "slt"
    words: tuple[Name, ...] = ()


class Journal(_Section, frozen=True):
    """What was said and done, kept in the state directory."""

    max_mb: Annotated[int, msgspec.Meta(ge=1)] = 10
    keep: Annotated[int, msgspec.Meta(ge=1)] = 5
    keep_audio: bool = False
    audio_days: Annotated[float, msgspec.Meta(gt=0, le=3_650)] = 7.0
    audio_mb: Annotated[int, msgspec.Meta(ge=1)] = 100


class Log(_Section, frozen=True):
    """The daemon's log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Config(_Section, frozen=True):
    """Every setting. ``Config()`` is the default configuration."""

    provider: Provider = Provider()
    hotkey: Hotkey = Hotkey()
    audio: Audio = Audio()
    team: Team = Team()
    notify: Notify = Notify()
    policy: Policy = Policy()
    cost: Cost = Cost()
    offline: Offline = Offline()
    journal: Journal = Journal()
    log: Log = Log()


def config_dir() -> Path:
    """The directory of ``config.toml`` and ``env``; ``$TEAMVOICE_CONFIG_DIR`` overrides it."""
    override = os.environ.get("TEAMVOICE_CONFIG_DIR")
    return Path(override) if override else platformdirs.user_config_path("teamvoice")


def profiles_dir() -> Path:
    """The directory of the user's own profiles of agents; it need not exist."""
    return config_dir() / "profiles"


def state_dir() -> Path:
    """The directory of the journal; ``$TEAMVOICE_STATE_DIR`` overrides it."""
    override = os.environ.get("TEAMVOICE_STATE_DIR")
    return Path(override) if override else platformdirs.user_state_path("teamvoice")


def config_file() -> Path:
    """The file that is read when none is given; it need not exist."""
    return config_dir() / "config.toml"


class Loaded(msgspec.Struct, frozen=True):
    """A configuration with where each setting came from.

    Args:
        config: The settings in force.
        origins: By ``section.key``: ``default``, the file's path, or ``environment`` and the name.
    """

    config: Config
    origins: dict[str, str]


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration in force; arguments and errors as for :func:`read`."""
    return read(path, environ).config


def read(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    may_lack: bool = False,
) -> Loaded:
    """Read the configuration, and where each setting comes from.

    Args:
        path: The file; by default ``config.toml`` in :func:`config_dir`, which may be missing. A
            path that is given must exist.
        environ: Where overrides are looked up; the process's environment by default.
        may_lack: A path that is given need not exist: it is to be made.

    Raises:
        ConfigError: One line with the file (or variable), the key, and the nearest known name.
    """
    file = path or config_file()
    settings = _read_toml(file, required=path is not None and not may_lack)
    config = _convert(settings, str(file))
    origins = {
        f"{section}.{key}": str(file) if key in settings.get(section, {}) else "default"
        for section, kind in _hints(Config).items()
        for key in _hints(kind)
    }
    for variable, section, key, raw in _overrides(os.environ if environ is None else environ):
        table = settings.setdefault(section, {})
        table[key] = _from_text(raw, _hints(_hints(Config)[section])[key])
        config = _convert({section: table}, f"environment variable {variable}", base=settings)
        origins[f"{section}.{key}"] = f"environment {variable}"
    _check_members(config, origins["team.members"])
    _check_patterns(config, origins["policy.dangerous"])
    return Loaded(config, origins)


def key_file() -> Path:
    """The file that keeps the API key, beside ``config.toml``; it need not exist."""
    return config_dir() / "env"


def api_key(environ: Mapping[str, str] | None = None) -> str:
    """The provider's key, or an empty string when there is none.

    Raises:
        ConfigError: As :func:`teamvoice.apikey.find` does.
    """
    return apikey.find(key_file(), os.environ if environ is None else environ)[0]


def api_key_origin(environ: Mapping[str, str] | None = None) -> str:
    """Where :func:`api_key` found it, in words that may be shown; raises what it raises."""
    return apikey.find(key_file(), os.environ if environ is None else environ)[1]


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A hint such as `` Did you mean "key"?``, or an empty string when nothing is near."""
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), list(names), n=1, cutoff=0.5)
    return f' Did you mean "{names[close[0]]}"?' if close else ""


def _read_toml(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"{file}: there is no such file") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error


def _convert(settings: dict[str, Any], where: str, *, base: dict[str, Any] | None = None) -> Config:
    check_keys(settings, Config, where, "")
    try:
        return msgspec.convert(base or settings, Config)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".")
        hint = _choices(settings, key)
        raise ConfigError(f"{where}: {key or 'settings'}: {reason}{hint}") from error


def _choices(settings: dict[str, Any], key: str) -> str:
    """What was meant: which of a few words, or a list where one word was given."""
    section, _, name = key.partition(".")
    hint = _hints(_hints(Config).get(section, Config)).get(name)
    if typing.get_origin(hint) is tuple and isinstance(settings[section][name], str):
        return "" if key == "team.members" else f'; a list is ["{settings[section][name]}"]'
    if typing.get_origin(hint) is not Literal:
        return ""
    words = typing.get_args(hint)
    return f"; one of {', '.join(words)}.{nearest(str(settings[section][name]), words)}"


def check_keys(table: Any, kind: type, where: str, prefix: str) -> None:
    """Name the first unknown key of a table with its path and the nearest known one.

    Raises:
        ConfigError: There is one.
    """
    if not isinstance(table, dict):
        return  # the wrong type is msgspec's to tell
    hints = _hints(kind)
    for key, value in table.items():
        if key not in hints:
            raise ConfigError(f'{where}: unknown key "{prefix}{key}".{nearest(key, hints)}')
        for inner, child, label in _children(hints[key], value, key):
            check_keys(child, inner, where, f"{prefix}{label}.")


def _children(hint: Any, value: Any, key: str) -> Iterator[tuple[type, Any, str]]:
    if _is_struct(hint):
        yield hint, value, key
    inner = next(filter(_is_struct, typing.get_args(hint)), None)
    if inner and isinstance(value, list | dict):
        for name, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield inner, child, f"{key}[{name!r}]"


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The variables that name a setting: (variable, section, key, text)."""
    _check_variables(environ)
    for section, kind in _hints(Config).items():
        prefix = f"TEAMVOICE_{section}_".upper()
        known = {f"{prefix}{key.upper()}": key for key in _hints(kind)}
        for variable in sorted(name for name in environ if name.startswith(prefix)):
            if variable not in known:
                hint = nearest(variable, known)
                raise ConfigError(f"environment variable {variable}: no such setting.{hint}")
            yield variable, section, known[variable], environ[variable]


def _check_variables(environ: Mapping[str, str]) -> None:
    """No variable that is meant for us has a section that does not exist."""
    sections = tuple(f"TEAMVOICE_{section}_".upper() for section in _hints(Config))
    for variable in sorted(name for name in environ if name.startswith("TEAMVOICE_")):
        if variable not in _OTHER_VARIABLES and not variable.startswith(sections):
            hint = nearest(variable, [*_OTHER_VARIABLES, *(f"{s}..." for s in sections)])
            raise ConfigError(f"environment variable {variable}: no such setting.{hint}")


def _from_text(raw: str, hint: Any) -> Any:
    """A text as TOML would read it where the setting is not itself a text."""
    if hint is str or typing.get_origin(hint) is Literal:  # of words, all of them
        return raw
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw  # not TOML: the wrong type is told with the variable's name


def _check_members(config: Config, where: str) -> None:
    """Members must be told apart by name and alias, and their machines be such."""
    seen: dict[str, str] = {}
    for member in config.team.members:
        if not member.name.strip() or not member.name.isprintable():
            raise ConfigError(f"{where}: team.members: {member.name!r} cannot be said")
        if member.host:
            hosts.check_host(member.host, f"{where}: team.members: {member.name}")
        for name in {n.casefold() for n in (member.name, *member.aliases)}:
            if name in seen:
                both = f"both {seen[name]} and {member.name}"
                raise ConfigError(f'{where}: team.members: "{name}" names {both}')
            seen[name] = member.name


def _check_patterns(config: Config, where: str) -> None:
    """What is dangerous is told by regular expressions."""
    for pattern in config.policy.dangerous:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"{where}: policy.dangerous: {pattern!r}: {error}") from error
