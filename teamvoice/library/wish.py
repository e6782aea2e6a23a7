"""How a program wants its session to be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from teamvoice import config as configuration
from teamvoice.errors import ConfigError
from teamvoice.realtime.session import SessionSpec

VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
"""The voices of OpenAI's models; other providers have their own."""

_PCM16 = ("pcm16", "audio/pcm")


@dataclass(slots=True)
class SessionConfig:
    """How a session is to be; read when a client connects, and until then free to change.

    The transcription, the language, and how fast the voice speaks are the configuration's.

    Args:
        model: The model's name; empty for the configuration's.
        voice: One of ``VOICES``, or a voice of another provider's.
        instructions: What the model is told about itself.
        input_audio_format: PCM16, mono, 24 kHz: there is no other one here.
        output_audio_format: The same.
        turn_detection: Who ends a turn: the server when it hears that you stopped (the default:
            ``{"type": "server_vad"}``, or ``{"type": "semantic_vad"}``), or with None only
            :meth:`RealtimeClient.commit_audio`.
        tools: Function tools, each ``{"type": "function", "name", "description", "parameters"}``;
            None, or nothing, for none.
    """

    model: str = ""
    voice: str = "alloy"
    instructions: str = ""
    input_audio_format: str = "pcm16"
    output_audio_format: str = "pcm16"
    turn_detection: Mapping[str, Any] | None = field(default_factory=lambda: {"type": "server_vad"})
    tools: Sequence[Mapping[str, Any]] | None = ()


def spec_of(wish: SessionConfig, settings: configuration.Provider) -> SessionSpec:
    """The session that is wished; what the wish does not say is as the settings say.

    Raises:
        ConfigError: An audio format that is not PCM16, tools or a turn detection that are none.
        TypeError: A name, or words, that are no string; tools that are no list.
    """
    for name in ("model", "voice", "instructions"):
        if not isinstance(value := getattr(wish, name), str):
            raise TypeError(f"{name} is a string, not {type(value).__name__}")
    for form in (wish.input_audio_format, wish.output_audio_format):
        if form not in _PCM16:
            raise ConfigError(f'the audio format "{form}" is not spoken here', "use pcm16")
    return SessionSpec(
        instructions=wish.instructions,
        tools=_tools(wish.tools),
        model=wish.model or settings.model,
        voice=wish.voice,
        speed=settings.speed,
        transcription=settings.transcription,
        language=settings.language,
        turn_detection=_detection(wish.turn_detection),
    )


def _tools(wish: object) -> tuple[dict[str, Any], ...]:
    if wish is None:
        return ()
    if not isinstance(wish, Iterable):  # what code without types may pass
        raise TypeError(f"tools is a list of mappings, or None, not {type(wish).__name__}")
    tools = tuple(wish)
    if not all(isinstance(tool, Mapping) for tool in tools):
        raise ConfigError("tools are mappings", 'each {"type": "function", "name": …}')
    return tuple(dict(tool) for tool in tools)


def _detection(wish: object) -> dict[str, Any] | None:
    if not isinstance(wish, Mapping | None):
        raise ConfigError(
            f"turn_detection is a mapping or None, not {wish!r}",
            'say it as {"type": "server_vad"}',
        )
    return dict(wish) if wish else None
