"""Whether a configuration can be used: what only the rooms can say of their own settings.

``config`` knows types and ranges. Here each setting that means something to a room (a key, an
address, an agent) is put before that room, and what it objects to is told with where the setting
stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from teamvoice import config
from teamvoice.errors import ConfigError
from teamvoice.hotkey import chords, kernel
from teamvoice.realtime import providers
from teamvoice.team.profiles import check_agents, load_profiles


def read(file: Path | None) -> config.Loaded:
    """The configuration, read and found usable; the API key can be read too, if there is one.

    Args:
        file: The file; None for the usual one, which may be missing.

    Raises:
        ConfigError: As :func:`teamvoice.config.read`, :func:`teamvoice.config.api_key` and
            :func:`check` do.
    """
    loaded = config.read(file)
    config.api_key()
    check(loaded)
    return loaded


def check(loaded: config.Loaded) -> None:
    """Put the settings before the rooms that they are for.

    Raises:
        ConfigError: One line with the file (or variable), the key, and what is wrong.
    """
    settings, origins = loaded.config, loaded.origins

    def tried(setting: str, test: Callable[[], object]) -> None:
        try:
            test()
        except ConfigError as error:
            reason = error.message.removeprefix(f"{setting}: ")
            raise ConfigError(f"{origins[setting]}: {setting}: {reason}", error.mend) from error

    tried("hotkey.key", lambda: _check_key(settings.hotkey))
    tried("hotkey.tap_ms", lambda: _check_tap(settings.hotkey))
    tried("provider.url", lambda: _check_address(settings.provider))
    profiles = load_profiles(config.profiles_dir())
    tried("team.members", lambda: check_agents(settings.team.members, profiles))


def _check_key(hotkey: config.Hotkey) -> None:
    chord = chords.parse(hotkey.key)
    if hotkey.backend == "portal":
        chords.trigger(chord)
    if hotkey.backend == "evdev":
        kernel.check(chord)


def _check_tap(hotkey: config.Hotkey) -> None:
    if hotkey.tap_ms >= hotkey.max_hold_s * 1000:
        raise ConfigError(f"{hotkey.tap_ms} ms is as long as the longest hold: all would be taps")


def _check_address(provider: config.Provider) -> None:
    """The provider has an address that can be connected to; the key may still be missing."""
    name = providers.choose(provider, "")
    if name != "offline":
        providers.resolve(provider, "a-key")
