"""What is asked of a server, in the way in which it can be asked."""

from __future__ import annotations

import pytest

from teamvoice.realtime.dialect import Dialect
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
    Request,
    ResponseOptions,
    TruncateItem,
    aside,
)

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
    return [apt for apt in map(dialect.translate, requests) if apt is not None]


def test_a_server_that_can_do_everything_is_asked_everything() -> None:
    assert sent(ALL, *EVERYTHING) == EVERYTHING


@pytest.mark.parametrize(
    ("lacking", "request_"), [(Feature.TRUNCATE, TRUNCATE), (Feature.OUT_OF_BAND, ASIDE)]
)
def test_what_a_server_cannot_do_is_not_asked(lacking: Feature, request_: Request) -> None:
    expected = [request for request in EVERYTHING if request is not request_]
    assert sent(ALL - {lacking}, *EVERYTHING) == expected


def test_a_server_that_cannot_write_is_not_asked_to() -> None:
    (only,) = sent(ALL - {Feature.TEXT_OUTPUT}, WRITTEN)
    assert only == CreateResponse(response=ResponseOptions())


def test_a_server_that_answers_by_itself_is_not_asked_to_after_a_commit() -> None:
    commit, create = CommitAudio(), CreateResponse()
    turn = [commit, create, OUTPUT, create, commit, create, create]
    assert sent(ALL - {Feature.MANUAL_RESPONSE}, *turn) == [commit, OUTPUT, create, commit, create]


def test_a_summary_after_a_commit_is_asked_for_all_the_same() -> None:
    commit, create = CommitAudio(), CreateResponse()
    expected = [commit, ASIDE]
    assert sent(ALL - {Feature.MANUAL_RESPONSE}, commit, ASIDE, create) == expected
