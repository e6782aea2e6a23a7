"""The small sounds: synthesised, soft, a fifth of a second or less, each with its own shape.

Rising means that something begins, falling that it ends; low and double is trouble.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import numpy as np

from teamvoice.audio.pcm import RATE, Samples, float32_to_pcm16

Kind = Literal["listening", "sent", "cancelled", "trouble", "confirm"]
KINDS: tuple[str, ...] = get_args(Kind)

_LOUDNESS = 0.12  # of full scale: noticed, not startling
_EDGE = RATE // 125  # samples over which a note swells and fades, so that it does not click
_A, _D, _E, _LOW = 880.0, 1174.7, 1318.5, 277.2  # hertz

_NOTES: dict[str, tuple[tuple[float, int], ...]] = {  # (hertz, milliseconds)
    "listening": ((_A, 45), (_E, 60)),
    "sent": ((_E, 45), (_A, 60)),
    "cancelled": ((_D, 50), (_A, 50), (_A / 2, 70)),
    "trouble": ((_LOW, 90), (0.0, 25), (_LOW, 90)),
    "confirm": ((_A, 50), (0.0, 15), (_A, 40), (_E, 80)),
}


@cache
def chime(kind: str) -> bytes:
    """The sound of a kind, in the house's PCM.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in _NOTES:
        raise ValueError(f'no chime is called "{kind}"; there are {", ".join(KINDS)}')
    return float32_to_pcm16(np.concatenate([_note(hertz, ms) for hertz, ms in _NOTES[kind]]))


def _note(hertz: float, ms: int) -> Samples:
    count = RATE * ms // 1000
    wave = np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    wave += 0.25 * np.sin(4 * np.pi * hertz * np.arange(count) / RATE)  # an octave for warmth
    swell = np.minimum(np.arange(count), np.arange(count)[::-1]) / _EDGE
    note: Samples = (_LOUDNESS * wave * np.minimum(swell, 1.0)).astype(np.float32)
    return note
