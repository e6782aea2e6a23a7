"""Keys as the configuration writes them: ``<f9>``, ``pause``, ``<ctrl>+<alt>+space``, ``a``.

Pure: it knows the names of keys itself, so that a configuration can be checked where there is no
display. Which of two like keys it was (left or right Ctrl) makes no difference.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from teamvoice.errors import ConfigError

Chord = frozenset[str]
"""The names of the keys that are down together."""

MODIFIERS = ("alt", "alt_gr", "cmd", "ctrl", "shift")

NAMED = frozenset(
    (
        *MODIFIERS,
        *(f"f{number}" for number in range(1, 21)),
        *("backspace", "caps_lock", "delete", "end", "enter", "esc", "home", "insert", "menu"),
        *("down", "left", "right", "up", "page_down", "page_up", "num_lock", "scroll_lock"),
        *("pause", "print_screen", "space", "tab"),
        *("media_next", "media_play_pause", "media_previous", "media_stop"),
        *("media_volume_down", "media_volume_mute", "media_volume_up"),
    )
)
"""Every key that has a name instead of a character."""

_ALIASES = {
    "control": "ctrl",
    "escape": "esc",
    "return": "enter",
    "super": "cmd",
    "win": "cmd",
    "windows": "cmd",
    "meta": "cmd",
    "command": "cmd",
    "option": "alt",
    "altgr": "alt_gr",
    "del": "delete",
    "ins": "insert",
    "pgup": "page_up",
    "pgdn": "page_down",
    "pageup": "page_up",
    "pagedown": "page_down",
    "capslock": "caps_lock",
    "scrolllock": "scroll_lock",
    "numlock": "num_lock",
    "printscreen": "print_screen",
    "print": "print_screen",
    "plus": "+",
}


def parse(text: str) -> Chord:
    """The keys of a setting such as ``<ctrl>+<alt>+space``.

    Raises:
        ConfigError: A key that does not exist, with the nearest that does.
    """
    names = [_name(part, text) for part in _split(text)]
    if len(set(names)) < len(names):
        raise ConfigError(f'"{text}": a key stands there twice')
    return frozenset(names)


def plain(name: str) -> str:
    """A key without its side, and a letter without its case: ``ctrl_l`` is ``ctrl``."""
    name = name.lower()
    base = name.removesuffix("_l").removesuffix("_r")
    return base if base in MODIFIERS else name


_KEYSYMS = {
    "esc": "Escape",
    "enter": "Return",
    "backspace": "BackSpace",
    "page_up": "Prior",
    "page_down": "Next",
    "print_screen": "Print",
    "caps_lock": "Caps_Lock",
    "menu": "Menu",
    "scroll_lock": "Scroll_Lock",
    "num_lock": "Num_Lock",
    "space": "space",
    "tab": "Tab",
    "media_next": "XF86AudioNext",
    "media_play_pause": "XF86AudioPlay",
    "media_previous": "XF86AudioPrev",
    "media_stop": "XF86AudioStop",
    "media_volume_down": "XF86AudioLowerVolume",
    "media_volume_up": "XF86AudioRaiseVolume",
    "media_volume_mute": "XF86AudioMute",
    "+": "plus",
    "-": "minus",
    ",": "comma",
    ".": "period",
    "/": "slash",
    "`": "grave",
    ";": "semicolon",
    "'": "apostrophe",
    "=": "equal",
    "[": "bracketleft",
    "]": "bracketright",
    "\\": "backslash",
}


def keysym(name: str) -> str:
    """A key as X and xkbcommon name it: ``F9``, ``Scroll_Lock``, ``a``."""
    if len(name) == 1:
        return _KEYSYMS.get(name, name)
    return _KEYSYMS.get(name, name.capitalize())


def halves(chord: Chord, modifiers: dict[str, str]) -> tuple[list[str], str]:
    """The modifiers of a chord as somebody else names them, in that order, and its other key.

    Raises:
        ConfigError: It has no other key, or more than one, or a modifier without a name there.
    """
    others = sorted(chord - set(MODIFIERS))
    unknown = sorted((chord & set(MODIFIERS)) - set(modifiers))
    if len(others) != 1 or unknown:
        written = "+".join(_written(name) if len(name) > 1 else name for name in sorted(chord))
        what = "is one key, with Ctrl, Alt, Shift or Cmd before it"
        raise ConfigError(f'"{written}": what a desktop can bind {what}')
    return [there for name, there in modifiers.items() if name in chord], others[0]


def trigger(chord: Chord) -> str:
    """The chord as the shortcuts specification of the free desktops writes it: ``CTRL+ALT+t``.

    Raises:
        ConfigError: As :func:`halves` does.
    """
    names = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "cmd": "LOGO"}
    modifiers, key = halves(chord, names)
    return "+".join([*modifiers, keysym(key)])


class Held:
    """Follows which keys are down; says when the chord as a whole goes down or comes up.

    A repeated press of a key that is down already is auto-repeat and changes nothing. A character
    that comes up but never went down is one that did, under another Shift: all characters count as
    up then, for a key that seems held for ever is worse than one that is let go too early.
    """

    def __init__(self, chord: Chord) -> None:
        self._chord = chord
        self._down: set[str] = set()

    def key(self, name: str, *, down: bool) -> bool | None:
        """A key moved: whether the chord is down now, or ``None`` when that did not change."""
        was = self._chord <= self._down
        key = plain(name)
        if down:
            self._down.add(key)
        elif key in self._down or len(key) > 1:
            self._down.discard(key)
        else:
            self._down -= {held for held in self._down if len(held) == 1}
        is_now = self._chord <= self._down
        return None if is_now == was else is_now


def _split(text: str) -> Iterable[str]:
    """The parts between the plus signs; a plus sign alone, or at the end, is the key itself."""
    stripped = text.strip()
    if stripped == "+":
        return ["+"]
    if stripped.endswith("++"):
        return [*stripped[:-2].split("+"), "+"]
    return stripped.split("+")


def _name(part: str, text: str) -> str:
    key = part.strip().lower()
    bracketed = key.startswith("<") and key.endswith(">") and len(key) > 2
    name = plain(_ALIASES.get(key[1:-1], key[1:-1]) if bracketed else _ALIASES.get(key, key))
    if name in NAMED or (len(name) == 1 and not name.isspace()):
        return name
    known = sorted(NAMED | set(_ALIASES))
    close = difflib.get_close_matches(key.strip("<>"), known, n=1, cutoff=0.5)
    hint = f' Did you mean "{_written(close[0])}"?' if close else ""
    raise ConfigError(f'"{text}": there is no key called "{part.strip()}".{hint}')


def _written(name: str) -> str:
    return f"<{name}>"
