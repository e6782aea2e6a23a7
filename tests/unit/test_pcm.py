from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.audio.pcm import (
    BLOCK_BYTES,
    BLOCK_MS,
    audio_to_base64,
    base64_to_audio,
    ensure_mono,
    float32_to_pcm16,
    milliseconds,
    mixed,
    pcm16_to_float32,
    resample_audio,
    scaled,
)
from teamvoice.errors import ProtocolError

WHOLE = st.binary(max_size=200).map(lambda data: data[: len(data) // 2 * 2])


@given(WHOLE)
def test_pcm_survives_the_way_to_floats_and_back(pcm: bytes) -> None:
    samples = pcm16_to_float32(pcm)
    back = np.frombuffer(float32_to_pcm16(samples), "<i2").astype(int)
    assert np.all(np.abs(samples) <= 1.0)
    assert np.all(np.abs(back - np.maximum(np.frombuffer(pcm, "<i2").astype(int), -32767)) == 0)


def test_what_is_too_loud_is_clipped_and_nan_is_silent() -> None:
    pcm = float32_to_pcm16(np.array([2.0, -2.0, np.nan, 0.0, np.inf]))
    assert np.frombuffer(pcm, "<i2").tolist() == [32767, -32767, 0, 0, 32767]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="3 bytes end within a sample"):
        pcm16_to_float32(b"\0\0\0")


@given(st.binary(max_size=50).map(lambda half: half * 2))
def test_base64_there_and_back(pcm: bytes) -> None:
    assert base64_to_audio(audio_to_base64(pcm)) == pcm


def test_floats_are_made_pcm_for_the_wire() -> None:
    assert base64_to_audio(audio_to_base64(np.array([1.0]))) == b"\xff\x7f"


@pytest.mark.parametrize("text", ["*", "abc", "ab c=", "ü"])
def test_what_is_not_base64_is_a_protocol_error(text: str) -> None:
    with pytest.raises(ProtocolError, match="not base64"):
        base64_to_audio(text)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(48_000, 24_000), (16_000, 24_000)])
def test_resampling_keeps_length_and_pitch(from_rate: int, to_rate: int) -> None:
    wave = np.sin(2 * np.pi * 440 * np.arange(from_rate) / from_rate).astype(np.float32)
    out = resample_audio(wave, from_rate, to_rate)
    assert len(out) == to_rate
    assert int(np.argmax(np.abs(np.fft.rfft(out)))) == 440
    assert out.dtype == np.float32


def test_the_same_rate_changes_nothing() -> None:
    wave = np.array([0.1, 0.2], dtype=np.float32)
    assert np.array_equal(resample_audio(wave, 24_000, 24_000), wave)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        resample_audio(np.zeros(3, dtype=np.float32), 0, 24_000)
    with pytest.raises(TypeError, match="an array, not bytes: see pcm16_to_float32"):
        resample_audio(b"\0" * 8, 24_000, 16_000)  # type: ignore[arg-type]  # wrong on purpose


def test_stereo_is_averaged_and_mono_is_kept() -> None:
    assert np.allclose(ensure_mono(np.array([[1.0, 0.0], [0.5, 0.5]])), [0.5, 0.5])
    assert np.allclose(ensure_mono(np.array([[0.3], [0.4]])), [0.3, 0.4])
    assert np.allclose(ensure_mono(np.array([0.3, 0.4])), [0.3, 0.4])
    with pytest.raises(ValueError, match="dimensions"):
        ensure_mono(np.zeros((1, 1, 1)))
    with pytest.raises(TypeError, match="ensure_mono takes an array, not bytes"):
        ensure_mono(b"\0" * 8)  # type: ignore[arg-type]  # wrong on purpose


def test_a_block_is_twenty_milliseconds() -> None:
    assert milliseconds(bytes(BLOCK_BYTES)) == BLOCK_MS


def test_volume_and_mixing() -> None:
    assert scaled(b"\x00\x40", 0.5) == b"\x00\x20"
    assert scaled(b"\x00\x40", 1.0) == b"\x00\x40"
    assert scaled(b"\x00\x40", 0.0) == b"\x00\x00"
    assert mixed(b"\xff\x7f\x01\x00", b"\x01\x00") == b"\xff\x7f\x01\x00"
