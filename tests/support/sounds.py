"""Sounds, and what can be said of a recording of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from teamvoice.audio.pcm import BYTES_PER_SECOND, RATE, float32_to_pcm16, milliseconds

PIECE_BYTES = BYTES_PER_SECOND // 20
GAP_SAMPLES = RATE // 250  # 4 ms: no tone of these tests is quiet for so long
SLIP_SAMPLES = RATE // 1000  # a piece that was cut fits as well some periods of 3 kHz earlier


def tone(seconds: float, hertz: float = 440.0) -> bytes:
    """The same from its beginning to its end."""
    return float32_to_pcm16(0.5 * np.sin(2 * np.pi * hertz * np.arange(int(RATE * seconds)) / RATE))


def chirp(seconds: float, low: float = 300.0, high: float = 3000.0) -> bytes:
    """A tone that never repeats itself: its place in a recording can be found to the sample."""
    time = np.arange(int(RATE * seconds)) / RATE
    phase = 2 * np.pi * (low * time + (high - low) * time**2 / (2 * seconds))
    return float32_to_pcm16(0.5 * np.sin(phase))


def noise(seconds: float) -> bytes:
    """Noise, always the same: even a few milliseconds of it are like no other."""
    samples = np.random.default_rng(7).normal(0.0, 0.2, int(RATE * seconds))
    return float32_to_pcm16(np.convolve(samples, (0.25, 0.5, 0.25), "same"))


def place(needle: bytes, recording: bytes) -> tuple[int, float]:
    """Where a sound stands in a recording, in samples, and how well it fits (1.0: perfectly)."""
    wanted = np.frombuffer(needle, "<i2").astype(float)
    heard = np.frombuffer(recording, "<i2").astype(float)
    size = 1 << (len(wanted) + len(heard)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    at = int(np.argmax(product[: len(heard)]))
    piece = heard[at : at + len(wanted)]
    norm = np.linalg.norm(piece) * np.linalg.norm(wanted[: len(piece)])
    return at, float(np.dot(piece, wanted[: len(piece)]) / norm) if norm else 0.0


def loud_samples(recording: bytes, threshold: int = 300) -> Any:
    """Which samples are loud."""
    return np.flatnonzero(np.abs(np.frombuffer(recording, "<i2").astype(int)) > threshold)


def gaps(recording: bytes) -> list[tuple[int, int]]:
    """Silences within a sound, as its last sample before and its first after: a device that was not
    fed in time on a busy machine waits, and then goes on where it was."""
    loud = loud_samples(recording)
    return [(int(a), int(b)) for a, b in itertools.pairwise(loud) if b - a > GAP_SAMPLES]


def sound_ms(recording: bytes) -> float:
    """How long it sounds, from the first loud sample to the last, without gaps."""
    loud = loud_samples(recording)
    silent = sum(after - before for before, after in gaps(recording))
    return float(loud[-1] - loud[0] + 1 - silent) * 1000 / RATE if len(loud) else 0.0


def is_heard_whole(sound: bytes, recording: bytes) -> bool:
    """Every piece of a sound stands in a recording, once and in order, if with gaps between."""
    pieces = [sound[at : at + PIECE_BYTES] for at in range(0, len(sound), PIECE_BYTES)]
    placed = [place(piece, recording) for piece in pieces]
    cut = sum(fit < 0.9 for _, fit in placed)  # a gap falls into one piece, or between two
    found = [at for at, fit in placed if fit >= 0.9]
    in_order = all(b - a >= PIECE_BYTES // 2 - SLIP_SAMPLES for a, b in itertools.pairwise(found))
    whole = abs(sound_ms(recording) - milliseconds(sound)) < 10 + 2 * len(gaps(recording))
    return in_order and whole and cut <= len(gaps(recording)) and len(found) > len(pieces) // 2
