"""What to add to a desktop, or to tmux, so that its own key binding runs ``teamvoice ptt``. Pure.

Desktops that tell of the release as well get a hold; the others a toggle.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from teamvoice.hotkey.chords import halves, keysym, parse
from teamvoice.hotkey.portal_source import APP_ID, SHORTCUT

TMUX_KEY = "v"
TMUX_POPUP_KEY = "V"

# A key that toggles begins a hold with every press, also with the one that was meant for a tap.
_CONFIRM = "It cannot confirm: bind `{command} ptt confirm` to a second key."

_X_NAMES = {"cmd": "Mod4", "ctrl": "Ctrl", "alt": "Mod1", "shift": "Shift"}


@dataclass(frozen=True, slots=True)
class Binding:
    """What to add, and where.

    Args:
        where: A file, or what to do with the lines.
        lines: To be copied as they are.
        note: What there is to know about it.
    """

    where: str
    lines: tuple[str, ...]
    note: str


def binding(desktop: str, key: str, command: str = "teamvoice") -> Binding:
    """The binding of a key.

    Args:
        desktop: One of :data:`DESKTOPS`.
        key: A chord, as ``hotkey.key``; for tmux the key after its prefix, as tmux names it.
        command: How the command is run from there.

    Raises:
        ConfigError: A key that does not exist, or that no desktop can bind.
    """
    return DESKTOPS[desktop](key, command)


def desktop_of(environ: Mapping[str, str]) -> str:
    """Which of :data:`DESKTOPS` this session is; empty when it is none of them."""
    names = environ.get("XDG_CURRENT_DESKTOP", "").lower().replace(":", " ").split()
    if environ.get("SWAYSOCK"):
        names.append("sway")
    if environ.get("HYPRLAND_INSTANCE_SIGNATURE"):
        names.append("hyprland")
    return next((name for name in names if name in DESKTOPS), "")


def _chord(
    key: str, names: dict[str, str], between: str = "+", name: Callable[[str], str] = keysym
) -> str:
    """A chord as a desktop writes it, which calls modifiers by these names and its key by that."""
    modifiers, other = halves(parse(key), names)
    return between.join([*modifiers, name(other)])


def _hyprland(key: str, command: str) -> Binding:
    names = {"cmd": "SUPER", "ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT"}
    modifiers, other = halves(parse(key), names)
    chord = f"{' '.join(modifiers)}, {keysym(other)}"
    return Binding(
        "~/.config/hypr/hyprland.conf",
        (
            f"bind = {chord}, exec, {command} ptt press",
            f"bindr = {chord}, exec, {command} ptt release",
        ),
        "then: hyprctl reload. With modifiers, let the key go before them. With the portal instead "
        f'(hotkey.backend = "portal"): bind = {chord}, global, {APP_ID}:{SHORTCUT}',
    )


def _sway(key: str, command: str) -> Binding:
    chord = _chord(key, _X_NAMES)
    return Binding(
        "~/.config/sway/config",
        (
            f"bindsym --no-repeat {chord} exec {command} ptt press",
            f"bindsym --release {chord} exec {command} ptt release",
        ),
        "then: swaymsg reload. With modifiers, let the key go before them.",
    )


def _i3(key: str, command: str) -> Binding:
    return Binding(
        "~/.config/i3/config",
        (f"bindsym --release {_chord(key, _X_NAMES)} exec --no-startup-id {command} ptt toggle",),
        "then: i3-msg reload. It toggles: press to start, press to stop. "
        f"{_CONFIRM.format(command=command)} i3 runs on X11, where teamvoice sees its key by "
        "itself: you need this only for another key.",
    )


def _gnome(key: str, command: str) -> Binding:
    names = {"cmd": "<Super>", "ctrl": "<Ctrl>", "alt": "<Alt>", "shift": "<Shift>"}
    chord = _chord(key, names, between="")
    return Binding(
        "a terminal",
        (
            "keys=org.gnome.settings-daemon.plugins.media-keys",
            "at=/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/teamvoice/",
            'gsettings set "$keys.custom-keybinding:$at" name teamvoice',
            'gsettings set "$keys.custom-keybinding:$at" command '
            + shlex.quote(f"{command} ptt toggle"),
            f'gsettings set "$keys.custom-keybinding:$at" binding {shlex.quote(chord)}',
            'list=$(gsettings get "$keys" custom-keybindings)',
            'case $list in *"$at"*) ;;',
            '  *"[]") gsettings set "$keys" custom-keybindings "[\'$at\']" ;;',
            '  *) gsettings set "$keys" custom-keybindings "${list%]}, \'$at\']" ;;',
            "esac",
        ),
        "GNOME's own bindings tell only of the press, so it toggles: press to start, press to "
        f"stop. {_CONFIRM.format(command=command)} From GNOME 48 on the portal gives you a hold: "
        'hotkey.backend = "auto" takes it.',
    )


def _kde(key: str, command: str) -> Binding:
    names = {"cmd": "Meta", "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}
    chord = _chord(key, names, name=_qt_name)
    return Binding(
        "~/.local/share/applications/teamvoice-toggle.desktop",
        (
            *_entry("teamvoice: talk to the team", f"{command} ptt toggle"),
            "StartupNotify=false",
            "X-KDE-GlobalAccel-CommandShortcut=true",
            f"X-KDE-Shortcuts={chord}",
        ),
        "then log in again; or, by hand: System Settings, Shortcuts, Add New, Command. KDE's own "
        f"bindings tell only of the press, so it toggles. {_CONFIRM.format(command=command)} "
        'Plasma\'s portal gives you a hold: hotkey.backend = "auto" takes it under Wayland.',
    )


def _entry(name: str, command: str) -> tuple[str, ...]:
    """A .desktop file that no menu shows."""
    lines = ("Type=Application", f"Name={name}", f"Exec={command}", "NoDisplay=true")
    return ("[Desktop Entry]", *lines)


def _qt_name(key: str) -> str:
    names = {"page_up": "PgUp", "page_down": "PgDown", "insert": "Ins", "delete": "Del"}
    names |= {"enter": "Return", "print_screen": "Print"}
    return names.get(key, key.replace("_", " ").title().replace(" ", ""))


def _tmux(key: str, command: str) -> Binding:
    # Of a command that fails tmux would tell its number alone, in the pane where one works.
    tell = 'tmux display-message -d 4000 "$(echo $why)"'  # two lines as one
    run = shlex.quote(f"why=$({command} ptt toggle 2>&1) || {tell}")
    return Binding(
        "~/.tmux.conf",
        (f"bind-key -N 'teamvoice: talk' {shlex.quote(key)} run-shell -b {run}",),
        f"the prefix, then {key}, starts to listen; the same again stops. It cannot confirm: for "
        "that press Y in teamvoice talk, or bind `teamvoice ptt confirm` to another key.",
    )


def tmux_popup(key: str, command: str) -> Binding:
    """The binding of a second key of tmux, which shows the terminal face over what is there.

    Args:
        key: The key after its prefix, as tmux names it.
        command: How the command is run from there.
    """
    run = f"-EE {shlex.quote(f'{command} talk')}"  # it stays when the command fails, and shows why
    sizes = ("-w 80 -h 24", "-w 100% -h 100%")  # tmux shows none that is larger than its terminal
    popups = " ".join(shlex.quote(f"display-popup {size} {run}") for size in sizes)
    fits = "'#{&&:#{e|>=:#{client_width},80},#{e|>=:#{client_height},24}}'"
    return Binding(
        "~/.tmux.conf",
        (f"bind-key -N 'teamvoice: show' {shlex.quote(key)} if-shell -F {fits} {popups}",),
        f"the prefix, then {key}, shows teamvoice talk; Q closes it.",
    )


def _portal(_key: str, command: str) -> Binding:
    return Binding(
        f"~/.local/share/applications/{APP_ID}.desktop",
        (
            *_entry("teamvoice", f"{command} run"),
            "Comment=Talk to the coding agents in your tmux panes",
        ),
        "the portal of the desktop (from version 1.22 on) grants keys only to those who have one.",
    )


DESKTOPS: dict[str, Callable[[str, str], Binding]] = {
    "hyprland": _hyprland,
    "sway": _sway,
    "gnome": _gnome,
    "kde": _kde,
    "i3": _i3,
    "tmux": _tmux,
    "portal": _portal,
}
