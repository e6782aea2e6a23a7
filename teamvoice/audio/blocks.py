"""What a device hands over becomes the house's blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from teamvoice.audio.pcm import BLOCK_BYTES, RATE, Samples, ensure_mono, float32_to_pcm16


class BlockMaker:
    """Pieces of any rate and number of channels become blocks of 20 ms."""

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._rest = b""
        self._resampler: Any = None
        if rate != RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32")

    def feed(self, piece: bytes) -> list[bytes]:
        """Every block that is complete now."""
        if self._resampler is None and self._channels == 1:
            return self._cut(piece)
        return self._cut(self._convert(self._mono(piece), last=False))

    def flush(self) -> list[bytes]:
        """What is left, made a whole block."""
        if self._resampler is not None:
            blocks = self._cut(self._convert(self._mono(b""), last=True))
        else:
            blocks = []
        if self._rest:
            blocks.append(self._rest.ljust(BLOCK_BYTES, b"\0"))
            self._rest = b""
        return blocks

    def _mono(self, piece: bytes) -> Samples:
        samples = np.frombuffer(piece, "<i2").astype(np.float32) / 32_767
        return ensure_mono(samples.reshape(-1, self._channels))

    def _convert(self, samples: Samples, *, last: bool) -> bytes:
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        return float32_to_pcm16(samples)

    def _cut(self, pcm: bytes) -> list[bytes]:
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % BLOCK_BYTES
        self._rest = pcm[whole:]
        return [pcm[start : start + BLOCK_BYTES] for start in range(0, whole, BLOCK_BYTES)]
