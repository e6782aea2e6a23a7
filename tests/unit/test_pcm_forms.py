"""Sound in the forms that programs have it in: taken as what it is, or refused in clear words."""

from __future__ import annotations

import numpy as np
import pytest

from teamvoice.audio.pcm import audio_to_base64, base64_to_audio, float32_to_pcm16

LOUD = [1.0, -1.0, 0.5, 2.0]
PCM = float32_to_pcm16(np.array(LOUD))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, ">f2", ">f4"])
def test_floats_of_every_width_are_equally_loud(kind: type | str) -> None:
    assert float32_to_pcm16(np.array(LOUD, kind)) == PCM
    assert base64_to_audio(audio_to_base64(np.array(LOUD, kind))) == PCM
