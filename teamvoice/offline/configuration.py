"""The session's configuration: what ``session.update`` changes, merges and may not change."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET

from teamvoice.offline import requests
from teamvoice.offline.requests import ServerVad
from teamvoice.offline.validate import Refused
from teamvoice.offline.voice import voices

_SERVICE_VOICES = (
    "alloy ash ballad coral echo sage shimmer verse marin cedar"  # what any client may ask for
)
_OWN_VOICES = "awb kal kal16 rms slt"
_ESPEAKS = re.compile("en(-|$)")  # its voices are asked for only by such a name
VOICES = frozenset((*_SERVICE_VOICES.split(), *_OWN_VOICES.split()))
_PCM = {"type": "audio/pcm", "rate": 24_000}


class Configuration:
    """What a session is set to. It begins as the service's sessions do: listening for speech.

    Args:
        session_id: The id that ``session.created`` shows.
        model: What the connection's URL asked for; empty when it did not say.
        expires_at: When the session ends, seconds since the epoch.
    """

    def __init__(self, session_id: str, model: str, expires_at: int) -> None:
        self._head = {"object": "realtime.session", "id": session_id, "expires_at": expires_at}
        self.model = model
        self.instructions = ""
        self.tools: list[dict[str, Any]] = []
        self.tool_choice: Any = "auto"
        self.parallel = True
        self.modality = "audio"
        self.voice = "marin"
        self.max_output_tokens: int | str = "inf"
        self.turn_detection: requests.ServerVad | requests.SemanticVad | None = ServerVad()
        self.transcription: dict[str, Any] | None = None
        self._plain: dict[str, Any] = {"tracing": None, "truncation": "auto", "prompt": None}
        self._plain["include"] = None
        self._speed = 1.0
        self._noise_reduction: dict[str, Any] | None = None

    def update(self, fields: requests.SessionFields, *, voice_used: bool) -> None:
        """Take a ``session.update``: all of it, or nothing when it is refused.

        Raises:
            Refused: It asks for something that cannot be changed, or that is not there.
        """
        self._check(fields, voice_used=voice_used)
        self._take_plain(fields)
        if fields.audio is not UNSET and fields.audio.input is not UNSET:
            self._take_input(fields.audio.input)
        if fields.audio is not UNSET and fields.audio.output is not UNSET:
            self._take_output(fields.audio.output)

    def wire(self) -> dict[str, Any]:
        """The session as ``session.created`` and ``session.updated`` show it."""
        return {
            **self._head,
            **self._plain,
            "type": "realtime",
            "model": self.model or "offline",
            "instructions": self.instructions,
            "output_modalities": [self.modality],
            "tools": self.tools,
            "tool_choice": self.tool_choice,
            "parallel_tool_calls": self.parallel,
            "max_output_tokens": self.max_output_tokens,
            "audio": {"input": self._input(), "output": self._output()},
        }

    def _input(self) -> dict[str, Any]:
        return {
            "format": _PCM,
            "transcription": self.transcription,
            "noise_reduction": self._noise_reduction,
            "turn_detection": msgspec.to_builtins(self.turn_detection),
        }

    def _output(self) -> dict[str, Any]:
        return {"format": _PCM, "voice": self.voice, "speed": self._speed}

    def _check(self, fields: requests.SessionFields, *, voice_used: bool) -> None:
        if fields.type != "realtime":
            raise unsupported("session.type", "transcription sessions")
        if fields.prompt is not UNSET and fields.prompt is not None:
            raise unsupported("session.prompt", "stored prompts")
        if fields.model is not UNSET and self.model not in ("", fields.model):
            message = "A session's model cannot be changed."
            raise Refused("cannot_update_model", message, "session.model")
        if fields.audio is UNSET:
            return
        _check_input(fields.audio.input)
        if fields.audio.output is not UNSET:
            check_format(fields.audio.output.format, "session.audio.output.format")
            param = "session.audio.output.voice"
            check_voice(fields.audio.output.voice, param, self.voice, used=voice_used)

    def _take_plain(self, fields: requests.SessionFields) -> None:
        given = msgspec.to_builtins(fields)
        self.model = given.get("model", self.model)
        self.instructions = given.get("instructions", self.instructions)
        self.tools = given.get("tools", self.tools)
        self.tool_choice = given.get("tool_choice", self.tool_choice)
        self.parallel = given.get("parallel_tool_calls", self.parallel)
        self.max_output_tokens = given.get("max_output_tokens", self.max_output_tokens)
        (self.modality,) = given.get("output_modalities", [self.modality])
        kept = ("tracing", "truncation", "prompt", "include", "reasoning")
        self._plain |= {name: given[name] for name in kept if name in given}

    def _take_input(self, given: requests.AudioInput) -> None:
        if given.turn_detection is not UNSET:
            self.turn_detection = given.turn_detection
        if given.transcription is not UNSET:
            self.transcription = msgspec.to_builtins(given.transcription)
        if given.noise_reduction is not UNSET:
            self._noise_reduction = msgspec.to_builtins(given.noise_reduction)

    def _take_output(self, given: requests.AudioOutput) -> None:
        if isinstance(given.voice, str):
            self.voice = given.voice
        if given.speed is not UNSET:
            self._speed = given.speed


def check_format(given: Any, param: str) -> None:
    """Refuse every audio format but PCM16 at 24 kHz."""
    if given is UNSET:
        return
    if given.type != "audio/pcm":
        raise unsupported(f"{param}.type", f"the format '{given.type}'", "'audio/pcm'")
    if given.rate not in (UNSET, 24_000):
        raise unsupported(f"{param}.rate", f"a rate of {given.rate}", "24000")


def check_voice(given: Any, param: str, now: str, *, used: bool) -> None:
    """Refuse a voice that is not there, and another one once audio was spoken."""
    if given is UNSET or given == now:
        return
    if given not in VOICES and not (_ESPEAKS.match(str(given)) and given in voices()):
        known = ", ".join(f"'{name}'" for name in sorted(VOICES))
        raise Refused("invalid_value", f"Invalid voice. Supported values are: {known}.", param)
    if used:
        message = "Cannot update a conversation's voice once audio was spoken with it."
        raise Refused("cannot_update_voice", message, param)


def unsupported(param: str, what: str, instead: str = "") -> Refused:
    """What the protocol has and this server has not."""
    hint = f" Supported is {instead}." if instead else ""
    return Refused("invalid_value", f"This server does not have {what}.{hint}", param)


def _check_input(given: Any) -> None:
    if given is UNSET:
        return
    check_format(given.format, "session.audio.input.format")
    detection = given.turn_detection
    if isinstance(detection, ServerVad) and detection.idle_timeout_ms is not None:
        raise unsupported("session.audio.input.turn_detection.idle_timeout_ms", "idle timeouts")
