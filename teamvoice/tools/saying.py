"""How tools tell of members: our own sentence, and what is from the pane in its fence. Pure.

Costs are counted in tokens, by an upper bound, so that no screen makes an answer long.
"""

from __future__ import annotations

from collections.abc import Sequence

from teamvoice.config import Member
from teamvoice.team.digest import Digest, digest, say_question, say_seconds, tokens, within
from teamvoice.team.glimpses import Status
from teamvoice.team.receipts import Outcome, Receipt, say_answered, say_sent, short, spoken
from teamvoice.team.screen import fence
from teamvoice.team.sight import Kind

NOBODY = "Nobody is on the team."
STATUS_TOKENS = 590
READ_TOKENS = 390
_PER_MEMBER = 80  # of a status that has room
# What our own words cost, the name apart, was counted with the tokenizers themselves.
_SENTENCE = 10  # tokens of the longest sentence below that leads to a fence
_FENCE = 18

_STATES = {
    Kind.IDLE: "idle",
    Kind.WORKING: "working",
    Kind.WAITING: "waiting for your answer",
    Kind.SHELL: "not running; there is only a shell in the pane",
    Kind.DEAD: "dead; the program in the pane has ended",
    Kind.MISSING: "missing; no pane was found",
    Kind.UNKNOWN: "in a state that could not be read",
}
_AWAY = "missing; tmux on that machine could not be reached"


def say_status(statuses: Sequence[Status]) -> str:
    """What everyone is doing; who has more to tell than fits is cut."""
    if not statuses:
        return NOBODY
    rest = STATUS_TOKENS - sum(map(_own, statuses))
    share = min(_PER_MEMBER, rest // len(statuses))
    return "\n".join(say_member(status, share) for status in statuses)


def say_read(status: Status) -> str:
    """What one member is doing, at some length."""
    return say_member(status, READ_TOKENS - _own(status))


def say_member(status: Status, budget: int) -> str:
    """What one member is doing, with so many tokens of what stands on the screen."""
    name = short(status.member.name)
    about = _about(status, budget)
    text = within(about, budget) if budget > 2 and about else ""
    is_away = status.state.kind is Kind.MISSING and status.state.source == "ssh"
    sentence = f"{_capital(spoken(name))} is {_AWAY if is_away else _STATES[status.state.kind]}"
    if not text:
        return f"{sentence}.{_mend(status, budget)}"
    return f"{sentence}{_LEADS[status.state.kind]}:\n{fence(name, text)}"


_LEADS = {Kind.WORKING: " on", Kind.IDLE: ", and said last", Kind.DEAD: ", with these last words"}
_LEADS |= {kind: "" for kind in Kind if kind not in _LEADS}


def say_who_waits(statuses: Sequence[Status]) -> str:
    """Who needs the person, and for what."""
    waiting = [status for status in statuses if status.state.kind is Kind.WAITING]
    if not waiting:
        return "Nobody needs you."
    return say_status(waiting)


def say_broadcast(receipts: Sequence[Receipt]) -> str:
    """Several receipts in as few sentences as the truth allows."""
    sentences = []
    for outcome, words in ((Outcome.SUBMITTED, "Submitted to"), (Outcome.QUEUED, "Queued for")):
        names = [spoken(r.member) for r in receipts if r.outcome is outcome]
        sentences += [f"{words} {listed(names)}."] if names else []
    sentences += [say_sent(receipt) for receipt in receipts if not receipt.arrived]
    return " ".join(sentences) or "There is nobody on the team."


def say_answer(receipt: Receipt) -> str:
    """An answer's receipt with what was chosen and what it was about, which is from the pane."""
    sentence = say_answered(receipt)
    about = within([": ".join(filter(None, (receipt.option, receipt.subject)))], _PER_MEMBER)
    if not receipt.arrived or not about:
        return sentence
    return f"{sentence.removesuffix('.')}:\n{fence(receipt.member, about)}"


def say_untold(name: str) -> str:
    """Nothing was pressed, for the person does not know the question that stands there."""
    return f"Did not answer {spoken(name)} yet: tell the person this question and ask them again."


def say_names(members: Sequence[Member]) -> str:
    """Members with what else they answer to."""
    return "; ".join(
        f"{m.name} (also {', '.join(m.aliases)})" if m.aliases else m.name for m in members
    )


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _about(status: Status, budget: int) -> Sequence[str]:
    """What is from the pane: the question, the work and its time, or what was said last."""
    state = status.state
    if state.kind is Kind.WAITING:
        return (
            (say_question(state.question, budget),) if state.question else state.detail.splitlines()
        )
    if state.kind not in {Kind.IDLE, Kind.WORKING}:
        return ()
    found = digest(status.body, status.last_message)
    return _work(found) if state.kind is Kind.WORKING else found.said


def _mend(status: Status, budget: int) -> str:
    """How to bring back who is missing, in our own words: whole, or not at all."""
    is_here = status.state.kind is Kind.MISSING and status.state.source == "tmux"
    fits = is_here and tokens(status.state.detail) <= budget
    return f" {_capital(status.state.detail)}." if fits and status.state.detail else ""


def _work(found: Digest) -> Sequence[str]:
    first = found.task or (found.said[0] if found.said else "")
    if not first:
        return ()
    took = f", for {say_seconds(found.seconds)}" if found.seconds else ""
    return (f"{first}{took}",)


def _own(status: Status) -> int:
    """The cost of our own words: the sentence, the fence, and the name in both."""
    return _SENTENCE + _FENCE + 2 * tokens(short(status.member.name))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
