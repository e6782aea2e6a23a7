from __future__ import annotations

from datetime import UTC, datetime

from teamvoice.conversation.events import ToolCall, Usage
from teamvoice.conversation.turn import DoneCall, Turn
from teamvoice.daemon.records import turn_record

ENDED = datetime(2026, 1, 31, 9, 30, 0, 999, tzinfo=UTC)


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
    )
    assert turn_record(turn, ENDED, 0.5) == {
        "kind": "turn",
        "time": "2026-01-31T09:30:00+00:00",
        "number": 7,
        "heard": "stop the developer",
        "typed": False,
        "calls": [{"name": "stop", "arguments": {"member": "developer"}, "result": "ok", "ms": 2}],
        "spoken": "Done.",
        "outcome": "interrupted",
        "trouble": "the link broke",
        "ms": {"held": 900},
        "usage": [
            {
                "text_in": 3,
                "audio_in": 0,
                "cached_text_in": 0,
                "cached_audio_in": 0,
                "text_out": 0,
                "audio_out": 4,
            }
        ],
        "cost_usd": 0.5,
    }


def test_arguments_that_are_no_json_are_kept_as_they_came() -> None:
    turn = Turn(number=1, began=0.0, calls=(called('{"member'),))
    assert turn_record(turn, ENDED)["calls"][0]["arguments"] == '{"member'
