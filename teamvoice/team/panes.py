"""A pane as tmux describes it, and the one format in which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_FIELDS = (
    "pane_id",
    "pane_pid",
    "pane_dead",
    "pane_in_mode",
    "pane_input_off",
    "pane_synchronized",
    "session_name",
    "window_index",
    "pane_index",
    "pane_current_command",
    "window_activity",
    "pane_width",
    "pane_height",
)


@dataclass(frozen=True, slots=True)
class Pane:
    """One pane at one moment.

    Args:
        id: ``%7``: unique for the life of the tmux server, and the only target that is written to.
        pid: The program that the pane was started with; a respawned pane has another.
        command: What tmux takes for the running program. It may be a wrapper: see ``processes``.
        activity: The second (since the epoch) in which its window last had output.
        size: Columns and rows.
        options: User options (``@role_name``) that were asked for and have a value.
        touched: The second in which a person last used the keyboard or the mouse in its session.
            Known, like the next, only of a pane that was looked at.
        untouched_s: Whole seconds since then, and up to one more; ``None`` when no person can be
            typing in this pane.
    """

    id: str
    pid: int
    dead: bool
    in_mode: bool
    input_off: bool
    synchronized: bool
    session: str
    window: str
    index: str
    command: str
    window_name: str
    title: str
    activity: int = 0
    size: tuple[int, int] = (0, 0)
    options: dict[str, str] = field(default_factory=dict)
    touched: int = 0
    untouched_s: int | None = None

    @property
    def place(self) -> str:
        """Where a person finds it, as tmux writes it: ``work:2.1``."""
        return f"{self.session}:{self.window}.{self.index}"


def pane_format(options: Sequence[str], mark: str) -> str:
    """The format for ``list-panes -F`` that :func:`parse_panes` reads.

    Args:
        options: The user options that are asked for.
        mark: Made anew for each question, so that nothing in a pane's name, title, options or
            program can pass for another field or another pane. Letters and digits.
    """
    names = (*_FIELDS, *options, "window_name", "pane_title")
    return f"{mark}<{f'{mark},'.join(f'#{{{name}}}' for name in names)}{mark}>"


def parse_panes(text: str, options: Sequence[str], mark: str) -> tuple[list[Pane], str]:
    """Read tmux's answer: the panes, each once, and what follows the line of the last one."""
    panes: dict[str, Pane] = {}  # groups of sessions list theirs twice
    rest = text
    for record in text.split(f"{mark}<")[1:]:
        fields, _, rest = record.partition(f"{mark}>")
        pane = _pane_of(fields.split(f"{mark},"), options)
        panes |= {pane.id: pane} if pane else {}
    return list(panes.values()), rest.removeprefix("\n")


def _pane_of(parts: Sequence[str], options: Sequence[str]) -> Pane | None:
    if len(parts) != len(_FIELDS) + len(options) + 2 or not parts[0].startswith("%"):
        return None  # it was cut off, or there is none
    values = parts[len(_FIELDS) : -2]
    return Pane(
        id=parts[0],
        pid=int(parts[1] or 0),
        dead=_is_on(parts[2]),
        in_mode=_is_on(parts[3]),
        input_off=_is_on(parts[4]),
        synchronized=_is_on(parts[5]),
        session=parts[6],
        window=parts[7],
        index=parts[8],
        command=parts[9],
        window_name=parts[-2],
        title=parts[-1],
        activity=int(parts[10] or 0),
        size=(int(parts[11] or 0), int(parts[12] or 0)),
        options={n: v for n, value in zip(options, values, strict=True) if (v := value.strip())},
    )


# tmux tells the time of a person's last key by the second, and the session's alone.
HANDS = (
    "%s #{session_activity} #{session_attached} #{pane_active} "
    "#{?#{||:#{window_active},#{session_grouped}},1,0}"
)


def with_hands(pane: Pane, line: str) -> Pane:
    """The pane with what ``display-message`` made of :data:`HANDS`."""
    now, touched, attached, *current = (int(word or 0) for word in line.split(" "))
    can_type = bool(attached) and all(current)
    return replace(pane, touched=touched, untouched_s=max(0, now - touched) if can_type else None)


def _is_on(flag: str) -> bool:
    return flag not in {"", "0"}
