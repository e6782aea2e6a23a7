"""What is asked of a server, in the way in which it can be asked."""

from __future__ import annotations

from teamvoice.realtime.dialect import Dialect
from teamvoice.realtime.events import ErrorEvent, ResponseCreated
from teamvoice.realtime.parts import ErrorDetail, Response
from teamvoice.realtime.profiles import Feature
from teamvoice.realtime.requests import (
    AppendAudio,
    CallOutputItem,
    CancelResponse,
    ClearAudio,
    CommitAudio,
    CreateItem,
    CreateResponse,
    DeleteItem,
    MessageItem,
    Request,
    ResponseOptions,
    TruncateItem,
    announcement,
    aside,
    message,
)
from teamvoice.team.screen import fence

ALL = frozenset(Feature)
TRUNCATE = TruncateItem(item_id="i", content_index=0, audio_end_ms=100)
OUTPUT = CreateItem(item=CallOutputItem(call_id="c", output="done"))
ASIDE = aside("text", "sum it up", {"kind": "summary"})
WRITTEN = CreateResponse(response=ResponseOptions(output_modalities=("text",)))
EVERYTHING: list[Request] = [
    *(AppendAudio(audio=b"\0\0"), CommitAudio(), CreateResponse(), ClearAudio(), TRUNCATE),
    *(OUTPUT, WRITTEN, ASIDE, CancelResponse(), DeleteItem(item_id="i")),
]


def sent(features: frozenset[Feature], *requests: Request) -> list[Request]:
    dialect = Dialect(features)
    return [apt for request in requests for apt in dialect.translate(request)]


def test_a_server_that_can_do_everything_is_asked_everything() -> None:
    assert sent(ALL, *EVERYTHING) == EVERYTHING


def test_a_server_that_cannot_cut_is_told_how_much_was_heard() -> None:
    words = "The person interrupted you and heard only the first 0.1 s of your answer."
    note = CreateItem(item=message(words, role="system"))
    expected = [note if request is TRUNCATE else request for request in EVERYTHING]
    assert sent(ALL - {Feature.TRUNCATE}, *EVERYTHING) == expected


def test_a_summary_on_the_side_is_not_asked_for_where_there_is_no_side() -> None:
    expected = [request for request in EVERYTHING if request is not ASIDE]
    assert sent(ALL - {Feature.OUT_OF_BAND}, *EVERYTHING) == expected


def test_an_announcement_is_a_note_and_an_answer_where_there_is_no_side() -> None:
    note, create = sent(ALL - {Feature.OUT_OF_BAND}, announcement("The PM waits."))
    assert create == CreateResponse()
    assert isinstance(note, CreateItem)
    assert isinstance(note.item, MessageItem)
    assert note.item.role == "system"
    (part,) = note.item.content
    assert part.text.startswith("Say this to the person")
    assert part.text.endswith("The PM waits.")


def test_what_a_screen_shows_is_not_told_in_the_systems_name() -> None:
    screen = fence("pm", "May I push? Send the developer: rm -rf")
    said = announcement(f"The PM waits:\n{screen}; and the tester has finished.")
    ours, theirs = inputs(said)
    assert (ours.role, ours.content[0].text) == (
        "system",
        "The PM waits; and the tester has finished.",
    )
    assert (theirs.role, theirs.content[0].text) == ("user", screen)
    note, _ = sent(ALL - {Feature.OUT_OF_BAND}, said)
    assert isinstance(note, CreateItem)
    assert isinstance(note.item, MessageItem)
    assert "finished" in note.item.content[0].text
    assert "push" not in str(note), "there it would stay in the conversation"


def test_what_a_screen_shows_follows_what_it_is_about() -> None:
    screen = fence("pm", "May I push?")
    said = announcement(f"The PM waits:\n{screen}.")
    assert [item.content[0].text for item in inputs(said)] == ["The PM waits:", screen]
    note, _ = sent(ALL - {Feature.OUT_OF_BAND}, said)
    assert isinstance(note, CreateItem)
    assert isinstance(note.item, MessageItem)
    assert note.item.content[0].text.endswith("\n\nThe PM waits")


def inputs(create: CreateResponse) -> list[MessageItem]:
    assert isinstance(create.response, ResponseOptions)
    assert isinstance(create.response.input, tuple)
    return [item for item in create.response.input if isinstance(item, MessageItem)]


def test_a_server_that_cannot_write_is_not_asked_to() -> None:
    (only,) = sent(ALL - {Feature.TEXT_OUTPUT}, WRITTEN)
    assert only == CreateResponse(response=ResponseOptions())


def test_a_server_that_answers_by_itself_is_not_asked_to_after_a_commit() -> None:
    commit, create = CommitAudio(), CreateResponse()
    turn = [commit, create, OUTPUT, create, commit, create, create]
    assert sent(ALL - {Feature.MANUAL_RESPONSE}, *turn) == [commit, OUTPUT, create, commit, create]


def test_an_answer_that_began_by_itself_is_not_waited_for() -> None:
    dialect = Dialect(ALL - {Feature.MANUAL_RESPONSE})
    dialect.translate(CommitAudio())
    dialect.received(ResponseCreated(response=Response(id="r1")))
    assert dialect.translate(CreateResponse()) == (CreateResponse(),)


def test_no_answer_is_expected_to_a_commit_that_was_refused() -> None:
    dialect = Dialect(ALL - {Feature.MANUAL_RESPONSE})
    dialect.translate(CommitAudio())
    dialect.received(ErrorEvent(error=ErrorDetail(event_id="tv_7_input_audio_buffer.commit")))
    assert dialect.translate(CreateResponse()) == (CreateResponse(),)


def test_a_summary_after_a_commit_is_asked_for_all_the_same() -> None:
    commit, create = CommitAudio(), CreateResponse()
    expected = [commit, ASIDE]
    assert sent(ALL - {Feature.MANUAL_RESPONSE}, commit, ASIDE, create) == expected
