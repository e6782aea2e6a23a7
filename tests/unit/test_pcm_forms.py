"""Sound in the forms that programs have it in: taken as what it is, or refused in clear words."""

from __future__ import annotations

import numpy as np
import pytest

from teamvoice.audio.pcm import (
    audio_to_base64,
    base64_to_audio,
    ensure_mono,
    float32_to_pcm16,
    pcm16_of,
    pcm16_to_float32,
    resample_audio,
)

LOUD = [1.0, -1.0, 0.5, 2.0]
PCM = float32_to_pcm16(np.array(LOUD))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, ">f2", ">f4"])
def test_floats_of_every_width_are_equally_loud(kind: type | str) -> None:
    assert float32_to_pcm16(np.array(LOUD, kind)) == PCM
    assert base64_to_audio(audio_to_base64(np.array(LOUD, kind))) == PCM


@pytest.mark.parametrize("kind", ["<i2", np.float32, np.float64])
def test_a_memoryview_is_taken_by_its_format(kind: type | str) -> None:
    samples = np.array([0.5, -0.5, 0.25])
    pcm = float32_to_pcm16(samples)
    form = np.frombuffer(pcm, "<i2") if kind == "<i2" else samples.astype(kind)
    assert base64_to_audio(audio_to_base64(form.data)) == pcm


def test_a_memoryview_of_something_else_is_told() -> None:
    with pytest.raises(TypeError, match=r"sound is bytes of PCM16, or an array .* not int32"):
        audio_to_base64(np.zeros(4, np.int32).data)
    with pytest.raises(TypeError, match="takes bytes of PCM16, not items of 'f'"):
        pcm16_to_float32(np.zeros(4, np.float32).data)
    assert np.allclose(pcm16_to_float32(np.array([32767, 0, -32767], "<i2").data), [1, 0, -1])


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (1, 4), (), (2, 1, 1)])
@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_what_is_not_one_channel_is_told_with_its_mend(shape: tuple[int, ...], kind: type) -> None:
    with pytest.raises(ValueError, match="not sound of one channel: ensure_mono"):
        audio_to_base64(np.zeros(shape, kind))


def test_the_mend_mends() -> None:
    pairs = np.repeat(np.array([[0.5], [-0.5]]), 2, axis=1)
    pcm = float32_to_pcm16(pairs[:, 0])
    ints = np.frombuffer(float32_to_pcm16(pairs), "<i2").reshape(-1, 2)
    for stereo in (pairs, pairs.astype(np.float16), ints):
        assert base64_to_audio(audio_to_base64(ensure_mono(stereo))) == pcm
    assert base64_to_audio(audio_to_base64(ints[:, :1])) == pcm, "a column is one channel"
    assert pcm16_of(ints, channels=2) == ints.tobytes()


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), 1e-300, 99, 10**9])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    for rates in ((rate, 24_000), (24_000, rate), (rate, rate)):
        with pytest.raises(ValueError, match="rates must be positive, from 100 to 1,000,000"):
            resample_audio(np.zeros(9, np.float32), *rates)


def test_a_rate_that_is_no_number_is_told() -> None:
    with pytest.raises(TypeError, match="a rate is a number of hertz, not str"):
        resample_audio(np.zeros(9, np.float32), "16000")  # type: ignore[arg-type]  # as without types


@pytest.mark.parametrize("shape", [(), (2, 2, 2)])
def test_recordings_of_no_or_three_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    for rates in ((16_000, 24_000), (24_000, 24_000)):
        with pytest.raises(ValueError, match=f"one or two dimensions, not {len(shape)}"):
            resample_audio(np.zeros(shape, np.float32), *rates)


def test_a_recording_of_ints_and_one_of_two_channels_are_resampled() -> None:
    ints = resample_audio(np.full(1600, 16_384, np.int16), 16_000)
    assert abs(float(ints[1200]) - 0.5) < 0.01
    assert resample_audio(np.zeros((1600, 2)), 16_000).shape == (2400, 2)
