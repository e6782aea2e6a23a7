"""What is printed for a desktop, and which source a session gets."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from teamvoice.errors import ConfigError
from teamvoice.hotkey.bindings import DESKTOPS, binding, desktop_of
from teamvoice.hotkey.choice import choose, otherwise
from teamvoice.hotkey.chords import MODIFIERS, NAMED, keysym

GSETTINGS = """\
#!/bin/sh
# Keeps settings in files, as dconf would.
file="$STORE/$(echo "$2.$3" | tr '/:' '__')"
case $1 in
    get) cat "$file" 2>/dev/null || echo '@as []' ;;
    set) printf '%s\\n' "$4" >"$file" ;;
esac
"""


TOGGLE = "'why=$(teamvoice ptt toggle 2>&1) || tmux display-message -d 4000 \"$(echo $why)\"'"


@pytest.mark.parametrize(
    ("desktop", "key", "lines"),
    [
        (
            "hyprland",
            "<ctrl>+<alt>+t",
            [
                "bind = CTRL ALT, t, exec, teamvoice ptt press",
                "bindr = CTRL ALT, t, exec, teamvoice ptt release",
            ],
        ),
        (
            "sway",
            "<cmd>+scroll_lock",
            [
                "bindsym --no-repeat Mod4+Scroll_Lock exec teamvoice ptt press",
                "bindsym --release Mod4+Scroll_Lock exec teamvoice ptt release",
            ],
        ),
        ("i3", "<f9>", ["bindsym --release F9 exec --no-startup-id teamvoice ptt toggle"]),
        (
            "tmux",
            "v",
            [f"bind-key -N 'teamvoice: talk' v run-shell -b {TOGGLE}"],
        ),
    ],
)
def test_lines_can_be_copied(desktop: str, key: str, lines: list[str]) -> None:
    assert list(binding(desktop, key).lines) == lines


@pytest.mark.parametrize("desktop", sorted(set(DESKTOPS) - {"portal"}))
def test_of_a_key_that_toggles_it_is_said_what_confirms(desktop: str) -> None:
    found = binding(desktop, "v")
    toggles = any("ptt toggle" in line for line in found.lines)
    assert ("ptt confirm" in found.note) is toggles


def test_a_desktop_file_has_what_kde_reads() -> None:
    lines = binding("kde", "<ctrl>+<page_up>", "/x/teamvoice").lines
    assert {"Exec=/x/teamvoice ptt toggle", "X-KDE-Shortcuts=Ctrl+PgUp"} <= set(lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "['{at}']"),
        ("@as []", "['{at}']"),
        ("['/a/']", "['/a/', '{at}']"),
        ("['/a/', '{at}']", "['/a/', '{at}']"),
    ],
)
def test_gnome_keeps_the_bindings_that_it_has(
    tmp_path: Path, before: str | None, after: str
) -> None:
    """With a gsettings that keeps what it is given; twice, as people do."""
    program = tmp_path / "gsettings"
    program.write_text(GSETTINGS)
    program.chmod(0o755)
    base = "org.gnome.settings-daemon.plugins.media-keys"
    at = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/teamvoice/"
    listed = tmp_path / f"{base}.custom-keybindings"
    if before is not None:
        listed.write_text(before.format(at=at))
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STORE": str(tmp_path)}
    script = "\n".join(binding("gnome", "<super>+t", "/a b/teamvoice").lines)
    for _ in range(2):
        subprocess.run(["sh", "-eu", "-c", script], env=environ, check=True)
    assert listed.read_text().strip() == after.format(at=at)
    folder = f"{base}.custom-keybinding:{at}".translate({ord("/"): "_", ord(":"): "_"})
    assert (tmp_path / f"{folder}.command").read_text() == "/a b/teamvoice ptt toggle\n"
    assert (tmp_path / f"{folder}.binding").read_text() == "<Super>t\n"


@pytest.mark.parametrize("desktop", sorted(set(DESKTOPS) - {"tmux", "portal"}))
@pytest.mark.parametrize("key", ["<ctrl>", "a+b", "<alt_gr>+a", "<f99>"])
def test_what_cannot_be_bound_is_refused(desktop: str, key: str) -> None:
    with pytest.raises(ConfigError):
        binding(desktop, key)


def test_every_key_has_a_name_of_xs() -> None:
    from Xlib import XK

    XK.load_keysym_group("xf86")
    named = [*sorted(NAMED - set(MODIFIERS)), *"abcz0129+-,./`;'=[]\\"]
    wrong = [key for key in named if not XK.string_to_keysym(keysym(key).replace("XF86", "XF86_"))]
    assert wrong == []


@pytest.mark.parametrize(
    ("environ", "desktop"),
    [
        ({"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, "gnome"),
        ({"XDG_CURRENT_DESKTOP": "KDE"}, "kde"),
        ({"XDG_CURRENT_DESKTOP": "Hyprland"}, "hyprland"),
        ({"SWAYSOCK": "/run/sway"}, "sway"),
        ({"XDG_CURRENT_DESKTOP": "Enlightenment"}, ""),
        ({}, ""),
    ],
)
def test_a_desktop_is_known_by_its_variables(environ: dict[str, str], desktop: str) -> None:
    assert desktop_of(environ) == desktop


@pytest.mark.parametrize(
    ("environ", "platform", "name"),
    [
        ({"XDG_SESSION_TYPE": "x11", "DISPLAY": ":0"}, "linux", "pynput"),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, "linux", "portal"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "portal"),
        ({"XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": "wayland-0"}, "linux", "pynput"),
        ({}, "linux", "pynput"),
        ({}, "darwin", "pynput"),
    ],
)
def test_a_session_gets_the_source_that_works_in_it(
    environ: dict[str, str], platform: str, name: str
) -> None:
    chosen, why = choose("auto", environ, platform)
    assert chosen == name
    assert why
    assert choose("evdev", environ, platform) == ("evdev", "as configured")


def test_without_a_portal_the_exact_lines_are_told() -> None:
    told = otherwise("portal", "<f9>", {"SWAYSOCK": "/run/sway"})
    assert "~/.config/sway/config" in told
    for line in binding("sway", "<f9>").lines:
        assert line in told
    assert otherwise("portal", "<f9>", {"XDG_CURRENT_DESKTOP": "GNOME"}) == (
        "teamvoice keys bind gnome says what to add"
    )
    assert "teamvoice keys bind --help" in otherwise("portal", "<f9>", {})
    assert otherwise("pynput", "<f9>", {"SWAYSOCK": "/run/sway"}) == ""
