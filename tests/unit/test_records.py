from __future__ import annotations

from datetime import UTC, datetime

from teamvoice import config
from teamvoice.conversation.events import ToolCall, Transcribed, Usage
from teamvoice.conversation.turn import DoneCall, Turn
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.records import turn_record

CALL = {
    "call_id": "c", "name": "stop", "arguments": {"member": "developer"}, "result": "ok", "ms": 2,
}  # fmt: skip
ENDED = datetime(2026, 1, 31, 9, 30, 0, 999, tzinfo=UTC)

NOTHING_USED = dict.fromkeys(
    ("text_in", "audio_in", "cached_text_in", "cached_audio_in", "text_out", "audio_out"), 0
)


def called(arguments: str) -> DoneCall:
    return DoneCall(call=ToolCall(call_id="c", name="stop", arguments=arguments), output="ok", ms=2)


def test_a_turn_is_kept_whole() -> None:
    turn = Turn(
        number=7,
        began=81.5,
        heard="stop the developer",
        calls=(called('{"member": "developer"}'),),
        spoken="Done.",
        outcome="interrupted",
        trouble="the link broke",
        ms={"held": 900},
        usage=(Usage(text_in=3, audio_out=4),),
        transcribed=(Transcribed(audio_in=9),),
        sent_ms=700,
    )
    record = turn_record(turn, ENDED, Tariff(config.Config(), "offline"))
    assert record == {
        "kind": "turn",
        "time": "2026-01-31T09:30:00+00:00",
        "number": 7,
        "heard": "stop the developer",
        "typed": False,
        "calls": [CALL],
        "spoken": "Done.",
        "outcome": "interrupted",
        "trouble": "the link broke",
        "ms": {"held": 900},
        "sent_ms": 700,
        "provider": "offline",
        "model": "offline",
        "transcriber": "",
        "transcribed": [{"text_in": 0, "audio_in": 9, "text_out": 0, "seconds": None}],
        "usage": [{**NOTHING_USED, "text_in": 3, "audio_out": 4}],
        "dollars": {**dict.fromkeys(NOTHING_USED, 0.0), "transcription": 0.0},
        "itemised": True,
        "cost_usd": 0.0,
    }


def test_a_sum_in_which_something_is_not_known_is_not_known() -> None:
    settings = config.Config(provider=config.Provider(transcription="a-model-of-my-own"))
    turn = Turn(1, 0.0, usage=(Usage(text_in=100),), transcribed=(Transcribed(audio_in=9),))
    record = turn_record(turn, ENDED, Tariff(settings, "openai"))
    assert record["dollars"]["text_in"] == 100 * 4 / 1_000_000
    assert record["dollars"]["transcription"] is None
    assert record["cost_usd"] is None


def test_arguments_that_are_no_json_are_kept_as_they_came() -> None:
    turn = Turn(number=1, began=0.0, calls=(called('{"member'),))
    record = turn_record(turn, ENDED, Tariff(config.Config(), "offline"))
    assert record["calls"][0]["arguments"] == '{"member'
