"""Which member is meant, and which pane is a member's: pure.

Both follow the same rule. What fits best wins; when two fit equally it is asked back, never
guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence

from teamvoice.config import Member
from teamvoice.errors import AmbiguousMember, TeamError, UnknownMember
from teamvoice.team.panes import Pane

_ARTICLES = {"the", "a", "an", "my", "our", "to"}
_TITLES = {"agent", "agents", "bot", "assistant", "guy", "person", "member", "pane"}
_NEAR = 0.75  # difflib's ratio from which a word counts as a misspelling
_TARGET = re.compile(r"^(?P<session>[^:]+):(?P<window>[^.]*)(?:\.(?P<pane_index>\d+))?$")


def find_member(spoken: str, members: Sequence[Member]) -> Member:
    """The member whom a spoken or typed name means.

    Raises:
        UnknownMember: No name comes near; the message says who there is.
        AmbiguousMember: Several fit equally; the message names them.
    """
    wanted = _words(spoken)
    for fits in (_is_same, _is_part, _is_near):
        found = [m for m in members if any(fits(wanted, _words(n)) for n in (m.name, *m.aliases))]
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(member.name for member in found)
            raise AmbiguousMember(f'"{spoken}" could be {names}', "say which one")
    known = ", ".join(member.name for member in members) or "nobody"
    raise UnknownMember(f'Nobody on the team is called "{spoken}"', f"on the team: {known}")


def find_pane(member: Member, panes: Sequence[Pane]) -> Pane | None:
    """The pane of a member; ``None`` when it is missing.

    Raises:
        AmbiguousMember: Several panes fit equally; the message says where they are.
        TeamError: The target names a window that has several panes.
    """
    if member.target:
        return _by_target(member, panes)
    names = {name.casefold() for name in (member.name, *member.aliases)}
    rules: tuple[tuple[str, Callable[[Pane], bool]], ...] = (
        ("@teamvoice", lambda p: p.options.get("@teamvoice", "").casefold() in names),
        ("@role_name", lambda p: p.options.get("@role_name", "").casefold() in names),
        # Not one after the other: any program may give its pane any title, also another's name.
        ("", lambda p: bool({bare_title(p.title), p.window_name.casefold()} & names)),
    )
    for option, rule in rules:
        if pane := _only(member, [pane for pane in panes if rule(pane)], option):
            return pane
    return None


def wanted_options(members: Iterable[Member]) -> tuple[str, ...]:
    """The user options by which panes are found: they must be read with every pane."""
    own = (m.target.partition("=")[0].strip() for m in members if m.target.startswith("@"))
    return tuple(dict.fromkeys(("@teamvoice", "@role_name", *own)))


def is_by_number(member: Member) -> bool:
    """The target is the number of a window."""
    match = _TARGET.match(member.target)
    return bool(match and match["window"].isdecimal())


def as_said(name: str) -> str:
    """A name as it is heard: names for which this is the same cannot be told apart."""
    return "".join(_words(name))


def bare_title(title: str) -> str:
    """A pane's title without the signs that an agent puts before it."""
    return re.sub(r"^\W+", "", title).strip().casefold()


def _by_target(member: Member, panes: Sequence[Pane]) -> Pane | None:
    target = member.target
    if target.startswith("%"):
        return _only(member, [pane for pane in panes if pane.id == target])
    if target.startswith("@") and "=" in target:
        option, _, value = (part.strip() for part in target.partition("="))
        return _only(member, [pane for pane in panes if pane.options.get(option) == value])
    if match := _TARGET.match(target):
        at_place = [pane for pane in panes if _is_at(pane, **match.groupdict())]
        if len(at_place) > 1:
            raise TeamError(
                f"{member.name}: {target} has {len(at_place)} panes",
                f"name one of them in the configuration, such as {at_place[0].place}",
            )
        if at_place:
            return at_place[0]
    return _only(member, [pane for pane in panes if bare_title(pane.title) == bare_title(target)])


def _is_at(pane: Pane, session: str, window: str, pane_index: str | None = None) -> bool:
    in_window = not window or window in {pane.window, pane.window_name}
    return pane.session == session and in_window and pane_index in {None, pane.index}


def _only(member: Member, panes: Sequence[Pane], option: str = "") -> Pane | None:
    """Of the panes that fit, the one; the option is that by which they do."""
    if len(panes) > 1:
        places = " and ".join(pane.place for pane in panes)
        mend = f"untag {panes[-1].place}: tmux set-option -p -u -t {panes[-1].id} {option}"
        raise AmbiguousMember(
            f"The pane of {member.name} could be {places}",
            mend if option else "give the member a target",
        )
    return panes[0] if panes else None


def _words(name: str) -> tuple[str, ...]:
    """A name as it is compared: without case, punctuation, articles, and words like "agent"."""
    words = re.sub(r"[^\w%]+|_", " ", name.casefold()).split()
    core = tuple(word for word in words if word not in _ARTICLES | _TITLES)
    return core or tuple(words)


def _is_same(wanted: tuple[str, ...], name: tuple[str, ...]) -> bool:
    return "".join(wanted) == "".join(name)


def _is_part(wanted: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Every word that was said is, or begins, a word of the name."""
    return bool(wanted) and all(any(_begins(w, n) for n in name) for w in wanted)


def _begins(said: str, word: str) -> bool:
    return said == word or (len(said) >= 3 and word.startswith(said))


def _is_near(wanted: tuple[str, ...], name: tuple[str, ...]) -> bool:
    said, known = " ".join(wanted), " ".join(name)
    return difflib.SequenceMatcher(None, said, known).ratio() >= _NEAR
