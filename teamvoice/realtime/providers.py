"""Whom we talk to: a profile with an address and a key, ready to be connected to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from teamvoice import config
from teamvoice.errors import ConfigError
from teamvoice.realtime.profiles import PROFILES, Feature, Profile

__all__ = ["PROFILES", "Feature", "Profile", "Provider", "choose", "resolve"]

# What may stand in a profile's template: a name or a host, perhaps with a port.
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")


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
            model = self.profile.instead.get(self.model, self.model)
            query.append(("model", model))
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
        address, secret = _address(settings.url, profile), key
    _check_address(address)
    _check_key(secret, profile)
    return Provider(profile, address, settings.model, secret)


def _address(url: str, profile: Profile) -> str:
    """The configured address, which may be no more than what the profile's template lacks."""
    if profile.template and _HOST.fullmatch(url):
        return profile.template.format(url)
    return url or profile.address


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
    name = "OPENAI_API_KEY" if profile.name == "openai" else "TEAMVOICE_API_KEY"
    mend = f"set {name}, or write TEAMVOICE_API_KEY into the file env beside the configuration"
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
