from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, State, View
from tests.support.deliveries import (
    IDLE,
    ORDER,
    PANE,
    PROFILES,
    SCROLLED,
    end,
    pasted,
    pasted_by,
    pressed,
    pressed_by,
    seen,
)

SHIELD = "\n" * 5


def test_a_message_on_its_way() -> None:
    machine = Delivery(ORDER)
    assert machine.begin() == d.Look()
    assert pasted_by(machine.handle(d.Looked(0.0, IDLE))) == ORDER.text
    assert machine.handle(d.Done(0.01)) == d.Look()
    assert machine.handle(d.Looked(0.02, IDLE)) == d.Look(0.015)
    assert pressed_by(machine.handle(d.Looked(0.04, seen(draft=ORDER.text)))) == ("Enter",)
    assert machine.handle(d.Done(0.05)) == d.Look()
    assert machine.handle(d.Looked(0.06, seen(draft=ORDER.text))) == d.Look(0.015)
    receipt = end(machine.handle(d.Looked(0.08, seen(Kind.WORKING))))
    assert (receipt.outcome, receipt.member, receipt.pane) == (Outcome.SUBMITTED, "developer", "%1")


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(IDLE, pane=None), "its pane is gone"),
        (replace(IDLE, pane=replace(PANE, dead=True)), "has ended"),
        (replace(IDLE, pane=replace(PANE, pid=11)), "another program was started"),
        (replace(IDLE, pane=replace(PANE, input_off=True)), "switched off"),
        (replace(IDLE, pane=replace(PANE, synchronized=True)), "synchronised"),
        (seen(Kind.SHELL), "only a shell"),
        (seen(Kind.WAITING), "waits for an answer"),
        (seen(draft="half a thou"), "half-typed draft"),
        (replace(IDLE, profile=None, state=State(Kind.UNKNOWN, "process", 0, "vim")), ", vim"),
    ],
)
def test_what_is_refused_at_the_first_look(view: View, why: str) -> None:
    machine = Delivery(ORDER, d.Patience(draft=0))
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, view)))
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.why


def test_a_draft_is_refused_only_once_it_has_stood() -> None:
    """What a person has just sent is drawn for a moment longer."""
    draft = seen(draft="half a thought")
    sent, left = Delivery(ORDER), Delivery(ORDER)
    for machine in (sent, left):
        machine.begin()
        assert isinstance(machine.handle(d.Looked(0, draft)), d.Look)
        assert isinstance(machine.handle(d.Looked(0.3, draft)), d.Look)
    assert pasted_by(sent.handle(d.Looked(0.4, IDLE))) == ORDER.text
    assert end(left.handle(d.Looked(0.4, draft))).outcome is Outcome.REFUSED


@pytest.mark.parametrize("text", ["", " \n ", "\x1b\x07"])
def test_nothing_to_say_is_refused(text: str) -> None:
    assert end(Delivery(replace(ORDER, text=text)).begin()).outcome is Outcome.REFUSED


@pytest.mark.parametrize("text", ["─" * 90, "╌╌╌\n│", "██▓", "⠋"])
def test_what_reads_as_a_frame_alone_is_not_typed(text: str) -> None:
    receipt = end(Delivery(replace(ORDER, text=text)).begin())
    assert (receipt.outcome, "frame" in receipt.why) == (Outcome.REFUSED, True)


@pytest.mark.parametrize("sigil", "/@!#")
@pytest.mark.parametrize("agent", ["claude", "codex", "opencode", "aider"])
def test_a_first_character_that_commands_is_shielded(agent: str, sigil: str) -> None:
    profile, text = PROFILES[agent], f"{sigil}login is broken"
    machine = Delivery(replace(ORDER, text=text))
    machine.begin()
    pasted = pasted_by(machine.handle(d.Looked(0, replace(IDLE, profile=profile))))
    assert pasted == profile.escapes.get(sigil, "") + text
    machine.handle(d.Done(0))
    shown = replace(seen(draft=text), profile=profile)
    command = machine.handle(d.Looked(0, shown))
    if agent == "claude" and sigil in profile.sigils:  # it must be seen as a stub
        assert isinstance(command, d.Look)
        stub = replace(seen(draft="[Pasted text #1 +5 lines]"), profile=profile)
        command = machine.handle(d.Looked(0, stub))
    assert pressed_by(command) == ("Enter",)


@pytest.mark.parametrize(
    "unseen", ["\ufeff", "\u200b", "\ufe0f", "\u00ad", "\u3164", "\U000e0041 "]
)
@pytest.mark.parametrize("sigil", "/!")
def test_what_is_unseen_before_a_command_does_not_hide_it(sigil: str, unseen: str) -> None:
    text = f"{unseen}{sigil}clear"
    assert pasted_into("claude", text) == SHIELD + text
    machine = Delivery(replace(ORDER, text=text))
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, replace(IDLE, profile=PROFILES["generic"]))))
    assert f'begins with "{sigil}"' in receipt.why


@pytest.mark.parametrize("word", ["exit", "Quit", ":q", "qu\u200bit"])
def test_a_word_that_would_end_the_agent_is_shielded_or_refused(word: str) -> None:
    assert pasted_into("claude", word) == SHIELD + word
    assert pasted_into("claude", f"{word} now") == f"{word} now"
    assert pasted_into("codex", word) == word
    shieldless = msgspec.structs.replace(PROFILES["claude"], escapes={})
    machine = Delivery(replace(ORDER, text=word))
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, replace(IDLE, profile=shieldless))))
    assert (receipt.outcome, "is only" in receipt.why) == (Outcome.REFUSED, True)


@pytest.mark.parametrize(
    ("agent", "text"),
    [("claude", "it is in C:\\"), ("codex", "see @abc"), ("codex", "$"), ("codex", "it costs $")],
)
def test_an_end_that_enter_would_not_submit_is_closed_with_a_blank(agent: str, text: str) -> None:
    assert pasted_into(agent, text) == f"{text} "
    assert pasted_into(agent, f"{text} now") == f"{text} now"


def pasted_into(agent: str, text: str) -> str:
    machine = Delivery(replace(ORDER, text=text))
    machine.begin()
    return pasted_by(machine.handle(d.Looked(0, replace(IDLE, profile=PROFILES[agent]))))


def test_an_agent_that_still_starts_is_given_longer() -> None:
    draft = f"› {ORDER.text}"
    for lines, kind in (
        ((draft, "  Waiting for startup · esc cancel"), d.Press),
        (("", draft), d.Press),  # the draft leaves no room to say so
        ((draft, "", "  gpt · ~/work"), d.Finish),
        ((), d.Finish),
    ):
        machine, codex = pressed(), PROFILES["codex"]
        view = replace(seen(draft=ORDER.text, lines=lines), profile=codex)
        assert isinstance(machine.handle(d.Looked(9, view)), kind)


def test_what_an_agent_with_no_known_shield_would_take_for_a_command_is_refused() -> None:
    for agent in ("generic", "gemini"):
        machine = Delivery(replace(ORDER, text="/login is broken"))
        machine.begin()
        view = replace(IDLE, profile=PROFILES[agent])
        assert "taken for a command" in end(machine.handle(d.Looked(0, view))).why


def test_a_prompt_that_does_not_show_is_waited_for_and_then_refused() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    assert machine.handle(d.Looked(0, seen(Kind.UNKNOWN, draft=None))) == d.Look(0.1)
    assert "prompt" in end(machine.handle(d.Looked(1, seen(Kind.UNKNOWN, draft=None)))).why


IN_MODE = replace(IDLE, pane=replace(PANE, in_mode=True))


def left() -> Delivery:
    machine = Delivery(ORDER)
    machine.begin()
    assert machine.handle(d.Looked(0, IN_MODE)) == d.LeaveMode()
    assert machine.handle(d.Left(0, SCROLLED)) == d.Look()
    return machine


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (d.Done(2), "its view restored"),
        (d.Denied(2), "stays left"),
        (d.Failed(2, "tmux hangs"), "stays left"),
    ],
)
def test_copy_mode_is_left_first_and_restored_at_the_end(answer: d.Event, evidence: str) -> None:
    machine = left()
    assert pasted_by(machine.handle(d.Looked(0, IDLE))) == ORDER.text
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, seen(draft=ORDER.text)))
    machine.handle(d.Done(1))
    assert machine.handle(d.Looked(2, seen(Kind.WORKING))) == d.RestoreView(SCROLLED)
    receipt = end(machine.handle(answer))
    assert (receipt.outcome, evidence in receipt.evidence) == (Outcome.SUBMITTED, True)


@pytest.mark.parametrize(
    "view",
    [seen(draft="half"), seen(Kind.WAITING, draft=None), seen(Kind.WORKING)],
)
def test_a_refusal_leaves_no_copy_mode(view: View) -> None:
    machine = Delivery(ORDER, d.Patience(draft=0), only_idle=True)
    machine.begin()
    scrolled = replace(view, pane=replace(PANE, in_mode=True))
    assert end(machine.handle(d.Looked(0, scrolled))).outcome is Outcome.REFUSED


def test_a_person_who_enters_copy_mode_again_is_left_alone() -> None:
    machine = left()
    assert machine.handle(d.Looked(0, IN_MODE)) == d.RestoreView(SCROLLED)
    assert end(machine.handle(d.Denied(0))).outcome is Outcome.REFUSED


@pytest.mark.parametrize(("queued", "outcome"), [(True, "queued"), (False, "submitted")])
def test_queued_is_only_what_is_seen_to_be_queued(queued: bool, outcome: str) -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, seen(Kind.WORKING, draft=ORDER.text)))
    machine.handle(d.Done(0))
    assert machine.handle(d.Looked(0.1, seen(Kind.WORKING))) == d.Look(0.1)
    assert end(machine.handle(d.Looked(0.7, seen(Kind.WORKING, queued=queued)))).outcome == outcome


def test_a_message_for_the_idle_is_not_typed_into_work() -> None:
    machine = Delivery(ORDER, only_idle=True)
    machine.begin()
    assert end(machine.handle(d.Looked(0, seen(Kind.WORKING)))).why == "it is working"


def test_an_enter_that_tmux_denies_is_looked_into_and_not_counted() -> None:
    machine = pasted()
    machine.handle(d.Looked(0.1, seen(draft=ORDER.text)))
    assert machine.handle(d.Denied(0.1)) == d.Look(0.03)
    assert pressed_by(machine.handle(d.Looked(0.2, seen(draft=ORDER.text)))) == ("Enter",)
    machine.handle(d.Denied(0.2))
    receipt = end(machine.handle(d.Looked(0.3, seen(Kind.WAITING, draft=None))))
    assert (receipt.outcome, "not pressed" in receipt.why) == (Outcome.UNCONFIRMED, True)


def test_who_enters_copy_mode_before_enter_is_named_as_what_kept_it() -> None:
    machine = pasted()
    shown = seen(draft=ORDER.text)
    command = machine.handle(d.Looked(0.1, replace(shown, pane=replace(PANE, in_mode=True))))
    while not isinstance(command, d.Finish):
        wants = isinstance(command, d.Press)
        looked = d.Looked(0.2, replace(shown, pane=replace(PANE, in_mode=True)))
        command = machine.handle(d.Denied(0.2) if wants else looked)
    assert command.receipt.outcome is Outcome.UNCONFIRMED
    assert command.receipt.why == "its pane went into copy mode, so Enter was not pressed"


def test_a_screen_that_never_holds_still_is_given_up() -> None:
    machine = Delivery(ORDER)
    command = machine.begin()
    while not isinstance(command, d.Finish):
        wants = isinstance(command, d.Paste)
        command = machine.handle(d.Denied(0) if wants else d.Looked(0, IDLE))
    assert command.receipt.outcome is Outcome.REFUSED


def test_a_question_that_opens_after_the_paste_is_not_answered() -> None:
    receipt = end(pasted().handle(d.Looked(0.1, seen(Kind.WAITING, draft=None))))
    assert receipt.outcome is Outcome.UNCONFIRMED
    assert "Enter was not pressed" in receipt.why


def test_text_that_is_not_ours_gets_no_enter() -> None:
    machine = pasted()
    merged = seen(draft=f"half {ORDER.text}")
    assert isinstance(machine.handle(d.Looked(0.1, merged)), d.Look)
    receipt = end(machine.handle(d.Looked(9, merged)))
    assert receipt.outcome is Outcome.UNCONFIRMED
    assert "something else" in receipt.why


def test_a_swallowed_enter_is_pressed_again_but_not_for_ever() -> None:
    machine = pressed()
    standing = seen(draft=ORDER.text)
    assert isinstance(machine.handle(d.Looked(0.1, standing)), d.Look)
    assert pressed_by(machine.handle(d.Looked(1.6, standing))) == ("Enter",)
    machine.handle(d.Done(1.6))
    assert pressed_by(machine.handle(d.Looked(3.2, standing))) == ("Enter",)
    machine.handle(d.Done(3.2))
    assert isinstance(machine.handle(d.Looked(5, standing)), d.Look)
    assert end(machine.handle(d.Looked(7, standing))).outcome is Outcome.UNCONFIRMED


def test_an_agent_that_began_to_work_gets_no_second_enter() -> None:
    machine = pressed()
    standing = seen(Kind.WORKING, draft=ORDER.text)  # drawn late: the message was taken
    assert isinstance(machine.handle(d.Looked(1.6, standing)), d.Look)
    assert isinstance(machine.handle(d.Looked(3.2, standing)), d.Look)


def test_a_program_that_took_the_pane_over_gets_nothing() -> None:
    order = replace(ORDER, command="node")
    machine = Delivery(order)
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, replace(IDLE, pane=replace(PANE, command="vim")))))
    assert (receipt.outcome, "taken over" in receipt.why) == (Outcome.REFUSED, True)


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("[Pasted text #1 +9 lines]", d.Press),
        ("[Pasted text #12]", d.Press),
        ("[Pasted text #1 +8 lines]", d.Look),  # that of somebody else
        ("[Pasted text #9 +2 lines]", d.Look),
        ("x [Pasted text #1 +9 lines]", d.Look),
        ("[Pasted text #1 +9 lines][Pasted text #2 +9 lines]", d.Look),
    ],
)
def test_a_collapsed_paste_is_known_again(draft: str, kind: type[d.Command]) -> None:
    machine = pasted("\n".join("abcdefghij"))
    assert isinstance(machine.handle(d.Looked(0.1, seen(draft=draft))), kind)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (("one", "", "two"), d.Press),
        (("one", "", "two", "", "help"), d.Press),  # furniture
        (("one", "", "tw", "o", ""), d.Press),
        (("one",), d.Look),
        (("one", "", "two or three"), d.Look),
        (("one", "", "two", "and more"), d.Look),
        (("wait", "one", "", "two"), d.Look),
    ],
)
def test_a_message_of_paragraphs_is_known_by_all_of_its_rows(
    lines: tuple[str, ...], kind: type[d.Command]
) -> None:
    machine = pasted("one\n\ntwo")
    rows = tuple(f"{'›' if n == 0 else ' '} {row}" for n, row in enumerate(lines))
    view = seen(draft=lines[0], lines=rows, profile=PROFILES["codex"])
    assert isinstance(machine.handle(d.Looked(0, view)), kind)


@pytest.mark.parametrize("kind", [Kind.SHELL, Kind.DEAD])
def test_an_agent_that_ends_after_enter_is_no_success(kind: Kind) -> None:
    gone = seen(kind, profile=PROFILES["shell"], pane=replace(PANE, dead=kind is Kind.DEAD))
    assert end(pressed().handle(d.Looked(0.1, gone))).outcome is Outcome.UNCONFIRMED


def test_tmux_failing_before_the_paste_is_a_refusal_and_after_it_a_doubt() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    assert end(machine.handle(d.Failed(0, "tmux hangs"))).outcome is Outcome.REFUSED
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, IDLE))
    assert end(machine.handle(d.Failed(0, "tmux hangs"))).outcome is Outcome.UNCONFIRMED
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, IDLE))
    assert end(machine.handle(d.Failed(0, "full", unasked=True))).outcome is Outcome.REFUSED


def test_a_paste_that_is_denied_is_looked_into() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, IDLE))
    assert machine.handle(d.Denied(0)) == d.Look(0.03)
    dead = replace(IDLE, pane=replace(PANE, dead=True))
    assert end(machine.handle(d.Looked(0, dead))).outcome is Outcome.REFUSED
