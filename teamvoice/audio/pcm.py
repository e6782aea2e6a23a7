"""Sound as numbers: conversions between what devices, models and files speak. Pure.

Inside the house sound is mono PCM16, little-endian, 24 kHz, as ``bytes``; a block is 20 ms.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np
import numpy.typing as npt

from teamvoice.errors import AudioUnavailable, ProtocolError

RATE = 24_000
BLOCK_MS = 20
BLOCK_BYTES = 960
BYTES_PER_SECOND = RATE * 2

Samples = npt.NDArray[np.float32]
AnySound = bytes | bytearray | memoryview | npt.NDArray[Any]
LOWEST_RATE, HIGHEST_RATE = 100, 1_000_000  # hertz, of recordings
_OF_BYTES = ("B", "b", "c")  # formats of a memoryview
_FULL_SCALE = 32_767  # symmetric: -1.0 and 1.0 are equally loud


def float32_to_pcm16(samples: npt.NDArray[np.floating]) -> bytes:
    """Samples from -1.0 to 1.0 as PCM16 little-endian; what is louder is clipped, NaN is silent.

    Raises:
        TypeError: No array of floats, such as one of int16, which is PCM16 already.
    """
    _check_floats(samples)
    wide = samples.astype(np.promote_types(samples.dtype, np.float32))  # float16 ends at 65,504
    clipped = np.clip(np.nan_to_num(wide, nan=0.0), -1.0, 1.0)
    pcm: bytes = np.rint(clipped * _FULL_SCALE).astype("<i2").tobytes()
    return pcm


def pcm16_to_float32(pcm: bytes | bytearray | memoryview) -> Samples:
    """PCM16 little-endian as samples from -1.0 to 1.0.

    Raises:
        TypeError: No bytes, such as an array, or a memoryview of anything but bytes or int16.
        ValueError: An odd number of bytes: half a sample.
    """
    if isinstance(pcm, memoryview) and pcm.format not in _OF_BYTES:
        if np.asarray(pcm).dtype != np.int16:
            raise TypeError(f"pcm16_to_float32 takes bytes of PCM16, not items of '{pcm.format}'")
        pcm = pcm.tobytes()
    if not isinstance(pcm, bytes | bytearray | memoryview):
        raise TypeError(f"pcm16_to_float32 takes bytes of PCM16, not {type(pcm).__name__}")
    _check_whole(pcm)
    return np.maximum(np.frombuffer(pcm, "<i2").astype(np.float32) / _FULL_SCALE, np.float32(-1.0))


def pcm16_of(audio: AnySound, channels: int = 1) -> bytes:
    """Sound in any of the forms that programs have it in, as PCM16 little-endian.

    Args:
        audio: PCM16 as bytes; an array, or a memoryview, of int16 or of samples from -1.0 to 1.0.
        channels: How many there are. An array has one dimension, or is frames by channels.

    Raises:
        TypeError: It is something else; says what.
        ValueError: Bytes that end within a sample, or an array of another shape.
    """
    if isinstance(audio, memoryview) and audio.format not in _OF_BYTES:
        audio = np.asarray(audio)
    if isinstance(audio, bytes | bytearray | memoryview):
        pcm = bytes(audio)
        _check_whole(pcm)
        return pcm
    kind = getattr(audio, "dtype", type(audio).__name__)
    is_int16 = kind == np.int16
    if not is_int16 and not (isinstance(audio, np.ndarray) and np.issubdtype(kind, np.floating)):
        raise TypeError(f"sound is bytes of PCM16, or an array of int16 or of floats, not {kind}")
    if audio.ndim != 1 and audio.shape[1:] != (channels,):
        many = "one channel" if channels == 1 else f"{channels} channels"
        wrong = f"an array of the shape {audio.shape} is not sound of {many}"
        raise ValueError(f"{wrong}: ensure_mono makes one channel of frames by channels")
    return audio.astype("<i2").tobytes() if is_int16 else float32_to_pcm16(audio)


def audio_to_base64(audio: AnySound) -> str:
    """PCM16, or samples that are made PCM16 first, as base64 text for the wire.

    Raises:
        TypeError, ValueError: As :func:`pcm16_of`.
    """
    return base64.b64encode(pcm16_of(audio)).decode("ascii")


def base64_to_audio(text: str) -> bytes:
    """The PCM16 of base64 text.

    Raises:
        ProtocolError: The text is not base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError(f"audio that is not base64 arrived: {error}") from error


def resample_audio(
    samples: npt.NDArray[Any], original_rate: float, target_rate: float = RATE
) -> Samples:
    """A whole recording at another rate; its length is scaled by the ratio of the rates.

    Args:
        samples: From -1.0 to 1.0, or int16; one dimension, or frames by channels.
        original_rate: In hertz, from 100 to 1,000,000.
        target_rate: The same.

    Raises:
        TypeError: Samples that are no array of numbers, such as PCM16 as bytes, or a rate that is
            no number.
        ValueError: A rate out of these bounds, or neither one nor two dimensions.
        AudioUnavailable: The resampler is not installed.
    """
    plain = _as_samples(samples, "resample_audio")
    for rate in (original_rate, target_rate):
        check_rate(rate)
    if original_rate == target_rate or samples.size == 0:
        return plain
    try:
        import soxr
    except ImportError as error:
        raise AudioUnavailable("resampling needs soxr", "pip install soxr") from error
    resampled: Samples = soxr.resample(plain, original_rate, target_rate)
    return resampled


def ensure_mono(samples: npt.NDArray[Any]) -> Samples:
    """One channel: frames by channels are averaged, a single channel is taken as it is.

    Args:
        samples: From -1.0 to 1.0, or int16.

    Raises:
        TypeError: Samples that are no array of numbers, such as PCM16 as bytes.
        ValueError: Neither one nor two dimensions.
    """
    plain = _as_samples(samples, "ensure_mono")
    if plain.ndim == 1:
        return plain
    mixed: Samples = plain.mean(axis=1)
    return mixed


def _as_samples(samples: npt.NDArray[Any], taker: str) -> Samples:
    """An array as samples from -1.0 to 1.0."""
    if not hasattr(samples, "dtype"):  # what code without types may pass
        kind = type(samples).__name__
        raise TypeError(f"{taker} takes an array, not {kind}: see pcm16_to_float32")
    if samples.ndim not in (1, 2):
        raise ValueError(f"audio has one or two dimensions, not {samples.ndim}")
    if samples.dtype == np.int16:
        return pcm16_to_float32(samples.astype("<i2").tobytes()).reshape(samples.shape)
    return samples.astype(np.float32)


def check_rate(rate: object) -> None:
    """Of a rate in hertz.

    Raises:
        TypeError: It is no number.
        ValueError: It is none that sound has: from 100 to 1,000,000.
    """
    if not isinstance(rate, int | float | np.integer | np.floating):  # as without types
        raise TypeError(f"a rate is a number of hertz, not {type(rate).__name__}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:  # nan is none of these
        bounds = f"{LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz"
        raise ValueError(f"rates must be positive, from {bounds}, not {rate}")


def _check_whole(pcm: bytes | bytearray | memoryview) -> None:
    if len(pcm) % 2:
        raise ValueError(f"{len(pcm)} bytes end within a sample: PCM16 has two bytes each")


def _check_floats(samples: object) -> None:
    if not np.issubdtype(getattr(samples, "dtype", object), np.floating):
        kind = getattr(samples, "dtype", type(samples).__name__)
        raise TypeError(f"float32_to_pcm16 takes an array of floats, not {kind}")


def milliseconds(pcm: bytes) -> float:
    """How long a piece of the house's PCM16 sounds."""
    return len(pcm) * 1000 / BYTES_PER_SECOND


def scaled(pcm: bytes, volume: float) -> bytes:
    """PCM16 at a volume from 0.0 to 1.0."""
    if volume >= 1.0:
        return pcm
    return np.rint(np.frombuffer(pcm, "<i2") * max(volume, 0.0)).astype("<i2").tobytes()


def mixed(pcm: bytes, over: bytes) -> bytes:
    """PCM16 with another, no longer, laid over its beginning; what gets too loud is clipped."""
    total = np.frombuffer(pcm, "<i2").astype(np.int32)
    total[: len(over) // 2] += np.frombuffer(over, "<i2")
    return np.clip(total, -32_768, 32_767).astype("<i2").tobytes()
