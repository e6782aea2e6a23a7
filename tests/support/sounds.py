"""Sounds whose place in a recording can be found to the sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from teamvoice.audio.pcm import RATE, float32_to_pcm16


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
