"""How a session is to be: one frozen description, and the ``session.update`` that it comes to.

The whole conversation is billed again with every response, and only what is byte for byte the same
as before is billed at the cached price. So everything in here stays as it is for the life of a
session, the same description always comes to the same bytes, and nothing that changes (a clock, a
list of panes) may be put into it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from teamvoice.realtime.profiles import Profile
from teamvoice.realtime.requests import UpdateSession

_PLAIN = Profile("")  # takes everything as we say it
_NOWHERE: Mapping[str, str] = MappingProxyType({})

PCM = {"type": "audio/pcm", "rate": 24_000}

# Models of the second generation: gpt-realtime-2, gpt-realtime-2.1-mini, but not
# gpt-realtime-2025-08-28, whose 2 is that of a year.
_SECOND_GENERATION = re.compile(r"gpt-realtime-2(\.\d+)?(-|$)")


@dataclass(frozen=True, kw_only=True)
class SessionSpec:
    """A session as we want it.

    Args:
        instructions: What the model is told about itself, from ``realtime.instructions``.
        tools: Function tools, each ``{"type", "name", "description", "parameters"}``.
        model: The model's name; some settings exist for some models only.
        voice: The voice; it cannot be changed once it has spoken. Empty leaves it to the server.
        speed: How fast it speaks, from 0.25 to 1.5; 1.0 is its own pace.
        output_modalities: ``("audio",)`` or ``("text",)``; the protocol allows no more than one.
        transcription: The model that writes down what the person says; empty for none.
        language: The language that is spoken, as ISO 639-1 (``en``); empty when it may be any.
        turn_detection: None for push-to-talk; else ``{"type": "server_vad" | "semantic_vad", …}``.
        noise_reduction: ``near_field`` for a headset, ``far_field`` for a room, empty for none.
        retention_ratio: How much of a conversation that has grown too long is kept.
        reasoning_effort: For models that reason; empty leaves it to the model.
        max_output_tokens: A bound for each answer; None for the provider's own.
    """

    instructions: str = ""
    tools: tuple[dict[str, Any], ...] = ()
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"
    speed: float = 1.0
    output_modalities: tuple[str, ...] = ("audio",)
    transcription: str = "gpt-transcribe"
    language: str = ""
    turn_detection: dict[str, Any] | None = None
    noise_reduction: str = "near_field"
    retention_ratio: float = 0.8
    reasoning_effort: str = ""
    max_output_tokens: int | None = None

    def payload(
        self, leave_out: Collection[str] = (), moves: Mapping[str, str] = _NOWHERE
    ) -> dict[str, Any]:
        """The ``session`` of ``session.update``.

        Args:
            leave_out: Settings that the provider does not take; ``audio.input.noise_reduction``
                names one within another.
            moves: Settings that stand elsewhere in the provider's session: our path, its path.
        """
        session = {
            "type": "realtime",
            "instructions": self.instructions,
            "output_modalities": list(self.output_modalities),
            "audio": {"input": self._input(), "output": self._output()},
            "tools": list(self.tools),
            "tool_choice": "auto",
            "truncation": {"type": "retention_ratio", "retention_ratio": self.retention_ratio},
            "tracing": None,
            **self._of_second_generation(),
        }
        if self.max_output_tokens is not None:
            session["max_output_tokens"] = self.max_output_tokens
        for path in leave_out:
            _remove(session, path.split("."))
        for path, other in moves.items():
            _move(session, path.split("."), other.split("."))
        return session

    def update(self, profile: Profile = _PLAIN) -> UpdateSession:
        """The request that makes a session so, as a kind of server takes it."""
        own = replace(
            self,
            model=profile.instead.get(self.model, self.model),
            voice=profile.instead.get(self.voice, self.voice),
            transcription=profile.instead.get(self.transcription, self.transcription),
        )
        return UpdateSession(session=own.payload(profile.leaves_out, profile.moves))

    def _input(self) -> dict[str, Any]:
        return {
            "format": dict(PCM),
            "transcription": self._transcription(),
            "noise_reduction": {"type": self.noise_reduction} if self.noise_reduction else None,
            "turn_detection": dict(self.turn_detection) if self.turn_detection else None,
        }

    def _output(self) -> dict[str, Any]:
        voice = {"voice": self.voice} if self.voice else {}
        return {"format": dict(PCM), **voice, "speed": self.speed}

    def _transcription(self) -> dict[str, str] | None:
        if not self.transcription:
            return None
        language = {"language": self.language} if self.language else {}
        return {"model": self.transcription, **language}

    def _of_second_generation(self) -> dict[str, Any]:
        """Settings that older models refuse."""
        if not _SECOND_GENERATION.match(self.model):
            return {}
        effort = self.reasoning_effort
        reasoning = {"reasoning": {"effort": effort}} if effort else {}
        return {"parallel_tool_calls": True, **reasoning}


def _remove(settings: dict[str, Any], path: list[str]) -> None:
    *outer, last = path
    for name in outer:
        settings = settings.get(name, {})
    settings.pop(last, None)


def _move(settings: dict[str, Any], path: list[str], other: list[str]) -> None:
    """Put a setting elsewhere; one that is not there stays away."""
    *outer, last = path
    source = settings
    for name in outer:
        source = source.get(name, {})
    if last not in source:
        return
    value = source.pop(last)
    *outer, last = other
    for name in outer:
        settings = settings.setdefault(name, {})
    settings[last] = value
