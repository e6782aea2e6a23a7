"""What we know of each kind of server, as data: addresses, keys, shapes, names, and what it can do.

Nobody asks for a server's name: whatever sets one apart stands in its :class:`Profile`.
``docs/providers.md`` tells how each was tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType

HOUR_S = 3600.0


class Feature(Enum):
    """Something that not every server of the protocol can do."""

    TRUNCATE = auto()
    """Cut an answer to what was heard of it."""
    MANUAL_RESPONSE = auto()
    """Answer only when asked to, not at every commit."""
    OUT_OF_BAND = auto()
    """Answer outside the conversation."""
    TEXT_OUTPUT = auto()
    """Answer in writing."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What we know of a kind of server.

    Args:
        name: As in the configuration.
        address: Where it is when the configuration does not say; empty when it must.
        template: Its address when the configuration gives no more than a name or a host, which
            stands in it as ``{}``; empty when the configuration has to give the whole address.
        needs_key: It refuses a connection without a key, so do not try.
        key_header: The header that carries the key.
        key_prefix: What stands before the key in it.
        instead: Values of ours that it does not have, each with its own; empty leaves the choice
            to the server. They are what a configuration has that was never changed.
        leaves_out: Settings of a session that it does not take.
        moves: Settings that stand elsewhere in its session: our path, its path.
        greets: It sends ``session.created`` by itself.
        aliases: Its own names of events, each with the name of the protocol.
        ignores: Events that it sends and that nobody needs.
        session_s: No session is longer; None when there is no such bound.
        features: What it can do.
    """

    name: str
    address: str = ""
    template: str = ""
    needs_key: bool = False
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    instead: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    moves: Mapping[str, str] = field(default_factory=dict)
    greets: bool = True
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignores: frozenset[str] = frozenset()
    session_s: float | None = None
    features: frozenset[Feature] = frozenset(Feature)


# What servers that were made for the beta call their events.
BETA_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "response.audio.delta": "response.output_audio.delta",
        "response.audio.done": "response.output_audio.done",
        "response.audio_transcript.delta": "response.output_audio_transcript.delta",
        "response.audio_transcript.done": "response.output_audio_transcript.done",
        "response.text.delta": "response.output_text.delta",
        "response.text.done": "response.output_text.done",
    }
)

_OPENAI = Profile(
    "openai",
    address="wss://api.openai.com/v1/realtime",
    needs_key=True,
    session_s=HOUR_S,
)

_AZURE = Profile(
    "azure",
    template="wss://{}.openai.azure.com/openai/v1/realtime",
    needs_key=True,
    key_header="api-key",
    key_prefix="",
    aliases=BETA_NAMES,  # of resources that were made for the beta
    session_s=HOUR_S,
)

_XAI = Profile(
    "xai",
    address="wss://api.x.ai/v1/realtime",
    needs_key=True,
    instead=MappingProxyType({"gpt-realtime-2.1": "grok-voice-latest", "marin": "Ara"}),
    leaves_out=frozenset(
        {
            "type",
            "output_modalities",
            "tool_choice",
            "truncation",
            "tracing",
            "parallel_tool_calls",
            "audio.input.transcription",
            "audio.input.noise_reduction",
            "audio.output.speed",
        }
    ),
    moves=MappingProxyType(
        {"audio.output.voice": "voice", "audio.input.turn_detection": "turn_detection"}
    ),
    greets=False,
    aliases=BETA_NAMES,
    ignores=frozenset({"ping"}),
    session_s=HOUR_S,
    features=frozenset({Feature.MANUAL_RESPONSE}),
)

# LocalAI, and other pipelines of one's own: each has its own ears and voice.
_LOCALAI = Profile(
    "localai",
    address="ws://localhost:8080/v1/realtime",
    template="ws://{}/v1/realtime",
    instead=MappingProxyType({"marin": "", "gpt-transcribe": ""}),
    leaves_out=frozenset({"tracing", "truncation", "audio.input.noise_reduction"}),
    aliases=BETA_NAMES,
    features=frozenset({Feature.TEXT_OUTPUT}),
)

_OFFLINE = Profile("offline", needs_key=True)

_GENERIC = Profile("generic", aliases=BETA_NAMES, leaves_out=frozenset({"tracing"}))

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (_OPENAI, _AZURE, _XAI, _LOCALAI, _OFFLINE, _GENERIC)}
)
