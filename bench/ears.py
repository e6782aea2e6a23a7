"""How well and how fast the offline ears hear: ``python bench/ears.py [noise level, 0 to 1]``.

Right: the right tool with the right member. Word errors: in the texts of messages, where a message
that led to no call counts as wholly wrong. Beside it: every word of every utterance.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bench.report import row
from teamvoice.offline.ears import Ears
from teamvoice.offline.mind import understand
from teamvoice.offline.vocabulary import Vocabulary
from tests.support.commands import COMMANDS, FOREIGN, HELD_OUT, TEAM, VARIED, WIDE_TEAM, Spoken
from tests.support.fresh_commands import FRESH
from tests.support.speech import TOOLS, VOICES, feed, noisy, score, spoken_pcm, word_errors

WRITES = {"send_message", "broadcast", "interrupt"}


def main() -> None:
    noise = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    for title, team, commands in (
        ("twelve", TEAM, COMMANDS),
        ("varied", WIDE_TEAM, VARIED),
        ("held out", WIDE_TEAM, HELD_OUT),
        ("fresh", WIDE_TEAM, FRESH),
    ):
        measure(title, _ready(team), team, commands, noise)
    foreign(noise)


def measure(
    title: str, ears: Ears, team: Vocabulary, commands: Sequence[Spoken], noise: float
) -> None:
    right = message_errors = message_words = errors = words = 0
    ends: list[float] = []
    for command in commands:
        for voice in VOICES:
            feed(ears, noisy(spoken_pcm(command.said, voice), noise))
            released = time.perf_counter()
            heard = ears.end().text
            ends.append((time.perf_counter() - released) * 1000)
            result = score(command, heard, team)
            right += result.right
            message_errors += min(result.errors, result.words)
            message_words += result.words
            wrong = word_errors(command.said.split(), heard.split())
            errors, words = errors + wrong, words + len(command.said.split())
            if wrong or not result.right:
                print(f"    {voice}: {command.said!r} heard as {heard!r}")
    print(f"{title}: right tool and member {right} of {len(ends)}; words wrong in messages "
          f"{message_errors / message_words:.3f}, in all {errors / words:.3f}")  # fmt: skip
    print("   ", row("key up to text", ends, "250 ms"))


def foreign(noise: float) -> None:
    ears = _ready(WIDE_TEAM)
    calls: list[str] = []
    for text in FOREIGN:
        for voice in VOICES:
            feed(ears, noisy(spoken_pcm(text, voice), noise))
            heard = ears.end().text
            for call in understand(heard, TOOLS, WIDE_TEAM).calls:
                calls.append(call.name)
                print(f"    {voice}: {text!r} heard as {heard!r}: {call}")
    writes = sum(name in WRITES for name in calls)
    print(f"not meant for us: {len(FOREIGN) * len(VOICES)} utterances led to {len(calls)} calls, "
          f"{writes} of them writes")  # fmt: skip


def _ready(team: Vocabulary) -> Ears:
    ears = Ears(team)
    began = time.perf_counter()
    ears.load()
    print(f"ears for {len(team.members)} members ready in {time.perf_counter() - began:.2f} s")
    return ears


if __name__ == "__main__":
    main()
