"""Whom we talk to: one small profile for each kind of server, as data.

A :class:`Profile` is what we know of a kind of server; a :class:`Provider` is one of them with an
address and a key, ready to be connected to. What a server cannot do stands in its profile, so that
nobody else needs to ask for its name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from teamvoice import config
from teamvoice.errors import ConfigError


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


# What servers that were made for the beta call their events.
_BETA_NAMES = MappingProxyType(
    {
        "response.audio.delta": "response.output_audio.delta",
        "response.audio.done": "response.output_audio.done",
        "response.audio_transcript.delta": "response.output_audio_transcript.delta",
        "response.audio_transcript.done": "response.output_audio_transcript.done",
        "response.text.delta": "response.output_text.delta",
        "response.text.done": "response.output_text.done",
    }
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What we know of a kind of server.

    Args:
        name: As in the configuration.
        address: Where it is when the configuration does not say; empty when it must.
        needs_key: It refuses a connection without a key, so do not try.
        key_header: The header that carries the key.
        key_prefix: What stands before the key in it.
        aliases: Its own names of events, each with the name of the protocol.
        leaves_out: Settings of a session that it does not take.
        features: What it can do.
    """

    name: str
    address: str = ""
    needs_key: bool = False
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    aliases: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    features: frozenset[Feature] = frozenset(Feature)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("openai", address="wss://api.openai.com/v1/realtime", needs_key=True),
        Profile("offline", needs_key=True),
        Profile("generic", aliases=_BETA_NAMES, leaves_out=frozenset({"tracing"})),
    )
}


@dataclass(frozen=True, slots=True)
class Provider:
    """A server that can be connected to. The key is in no representation of it.

    Args:
        profile: What we know of its kind.
        address: ``ws://`` or ``wss://``, without the model.
        model: The model to talk to.
        key: The key; empty for none.
    """

    profile: Profile
    address: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def url(self) -> str:
        """The address with the model in its query, unless the address names one itself."""
        parts = urlsplit(self.address)
        query = parse_qsl(parts.query, keep_blank_values=True)
        if all(name != "model" for name, _ in query):
            query.append(("model", self.model))
        return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))

    @property
    def headers(self) -> dict[str, str]:
        """What a connection has to send: the key, where it cannot be overheard.

        A key is not sent without encryption to another machine. A server there that wants one
        refuses the connection, and has to be reached over ``wss://``.
        """
        if not self.key or not (self.encrypted or self.local):
            return {}
        return {self.profile.key_header: f"{self.profile.key_prefix}{self.key}"}

    @property
    def encrypted(self) -> bool:
        """Nobody on the way can read along."""
        return urlsplit(self.address).scheme == "wss"

    @property
    def local(self) -> bool:
        """The server is on this machine, where no proxy leads to it."""
        return _is_loopback(urlsplit(self.address).hostname or "")

    def can(self, feature: Feature) -> bool:
        """Whether the server does this."""
        return feature in self.profile.features


def choose(settings: config.Provider, key: str) -> str:
    """Which profile the configuration comes to, before anything is started for it.

    ``auto`` is ``generic`` when an address is set, ``openai`` when there is a key, and ``offline``
    otherwise.
    """
    if settings.name != "auto":
        return settings.name
    if settings.url:
        return "generic"
    return "openai" if key else "offline"


def resolve(
    settings: config.Provider, key: str, *, offline_url: str = "", offline_token: str = ""
) -> Provider:
    """The provider to connect to.

    Args:
        settings: The configuration's ``provider``.
        key: The API key; empty when there is none.
        offline_url: Where the offline server listens, when that was chosen.
        offline_token: The token that it wants.

    Raises:
        ConfigError: There is no address, no key where one is needed, or one that cannot be used.
    """
    profile = PROFILES[choose(settings, key)]
    if profile.name == "offline":
        address, secret = offline_url, offline_token
    else:
        address, secret = settings.url or profile.address, key
    _check_address(address)
    _check_key(secret, profile)
    return Provider(profile, address, settings.model, secret)


def _check_address(address: str) -> None:
    mend = "set provider.url to the address of the server, such as wss://host/v1/realtime"
    if not address:
        raise ConfigError("provider.url: no address to connect to", mend)
    try:
        parts = urlsplit(address)
        valid = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ConfigError(f"provider.url: {error}", mend) from error
    if not valid or parts.username or parts.fragment:
        raise ConfigError("provider.url: not the address of a WebSocket", mend)


def _check_key(key: str, profile: Profile) -> None:
    mend = "set OPENAI_API_KEY, or write it into the file env beside the configuration"
    if profile.needs_key and not key:
        raise ConfigError(f"there is no API key for {profile.name}", mend)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("the API key contains characters that no key has", mend)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name, not an address
