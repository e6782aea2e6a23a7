"""teamvoice: the voice of an AI team.

For programs of your own: :class:`RealtimeClient` with :class:`SessionConfig`,
:class:`AudioHandler`, and conversions of sound. They are imported when they are first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would be imported at every press of a bound key
if TYPE_CHECKING:
    from typing import Any

    from teamvoice.audio.pcm import (
        audio_to_base64,
        base64_to_audio,
        ensure_mono,
        float32_to_pcm16,
        pcm16_to_float32,
        resample_audio,
    )
    from teamvoice.library.client import RealtimeClient
    from teamvoice.library.sound import AudioHandler
    from teamvoice.library.wish import VOICES, SessionConfig

__version__ = "0.1.0"

__all__ = [
    "VOICES",
    "AudioHandler",
    "RealtimeClient",
    "SessionConfig",
    "audio_to_base64",
    "base64_to_audio",
    "ensure_mono",
    "float32_to_pcm16",
    "pcm16_to_float32",
    "resample_audio",
]

_LIBRARY = {
    "AudioHandler": "library.sound",
    "RealtimeClient": "library.client",
    "SessionConfig": "library.wish",
    "VOICES": "library.wish",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    where = _LIBRARY.get(name, "audio.pcm")
    return getattr(importlib.import_module(f"{__name__}.{where}"), name)
