"""Whom we talk to: which profile, at which address, with which key."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from teamvoice import config
from teamvoice.errors import ConfigError
from teamvoice.realtime.providers import PROFILES, Feature, Provider, choose, resolve

KEY = "sk-very-secret"


def settings(name: str = "auto", url: str = "", model: str = "m") -> config.Provider:
    return config.load(environ=_environment(name, url, model)).provider


def _environment(name: str, url: str, model: str) -> dict[str, str]:
    values = {"NAME": name, "URL": url, "MODEL": model}
    return {f"TEAMVOICE_PROVIDER_{key}": value for key, value in values.items()}


@pytest.fixture(autouse=True)
def _no_file(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))


@pytest.mark.parametrize(
    ("name", "url", "key", "chosen"),
    [
        ("auto", "", "", "offline"),
        ("auto", "", KEY, "openai"),
        ("auto", "wss://other/v1", KEY, "generic"),
        ("offline", "", KEY, "offline"),
        ("openai", "", "", "openai"),
    ],
)
def test_which_profile_is_chosen(name: str, url: str, key: str, chosen: str) -> None:
    assert choose(settings(name, url), key) == chosen


def test_openai() -> None:
    provider = resolve(settings(model="gpt-realtime-2.1"), KEY)
    assert provider.url == "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    assert provider.headers == {"Authorization": f"Bearer {KEY}"}
    assert not provider.local


def test_the_offline_server_is_reached_with_its_own_token() -> None:
    at = {"offline_url": "ws://127.0.0.1:4242/v1/realtime", "offline_token": "token"}
    provider = resolve(settings("offline"), KEY, **at)
    assert provider.url == "ws://127.0.0.1:4242/v1/realtime?model=m"
    assert provider.headers == {"Authorization": "Bearer token"}
    assert provider.local


def test_a_server_of_ones_own_needs_no_key() -> None:
    provider = resolve(settings("generic", "ws://localhost:8080/v1/realtime"), "")
    assert provider.headers == {}
    assert provider.name == "generic"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("wss://example.org/v1", True),
        ("ws://localhost:1/v1", True),
        ("ws://127.0.0.9:1/v1", True),
        ("ws://[::1]:1/v1", True),
        ("ws://192.168.1.5/v1", False),
        ("ws://localhost.example.org/v1", False),
        ("ws://example.org/v1", False),
    ],
)
def test_a_key_is_not_sent_where_it_can_be_overheard(address: str, sent: bool) -> None:
    assert bool(resolve(settings("generic", address), KEY).headers) is sent


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("wss://h/v1", "wss://h/v1?model=a%2Fb%20c"),
        ("wss://h/v1?x=1&y=", "wss://h/v1?x=1&y=&model=a%2Fb%20c"),
        ("wss://h/v1?model=mine", "wss://h/v1?model=mine"),
    ],
)
def test_the_model_stands_in_the_address(address: str, url: str) -> None:
    assert Provider(PROFILES["generic"], address, "a/b c").url == url


@pytest.mark.parametrize(
    ("name", "url", "key", "words"),
    [
        ("openai", "", "", "no API key"),
        ("xai", "", "", "no API key"),
        ("azure", "", KEY, "no address"),
        ("generic", "", "", "no address"),
        ("generic", "https://h/v1", "", "not the address of a WebSocket"),
        ("generic", "wss://", "", "not the address of a WebSocket"),
        ("generic", "wss://h:port/v1", "", "provider.url"),
        ("generic", "wss://me:pass@h/v1", "", "not the address of a WebSocket"),
        ("openai", "", "sk-a\nX-Evil: 1", "characters"),
        ("openai", "", "sk a", "characters"),
        ("openai", "", "sk-ü", "characters"),
        ("offline", "", KEY, "no address"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, url: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        resolve(settings(name, url), key)
    assert error.value.mend
    assert not key or key not in str(error.value)


@pytest.mark.parametrize(
    ("name", "url", "address"),
    [
        ("azure", "contoso", "wss://contoso.openai.azure.com/openai/v1/realtime?model=m"),
        (
            "azure",
            "wss://proxy.example.org/v1/realtime",
            "wss://proxy.example.org/v1/realtime?model=m",
        ),
        ("xai", "", "wss://api.x.ai/v1/realtime?model=m"),
        ("localai", "", "ws://localhost:8080/v1/realtime?model=m"),
        ("localai", "192.168.1.5:8765", "ws://192.168.1.5:8765/v1/realtime?model=m"),
    ],
)
def test_where_others_are(name: str, url: str, address: str) -> None:
    assert resolve(settings(name, url), KEY).url == address


def test_azure_has_a_header_of_its_own() -> None:
    assert resolve(settings("azure", "contoso"), KEY).headers == {"api-key": KEY}


def test_a_model_that_was_never_chosen_is_the_providers_own() -> None:
    default = settings("xai", model="gpt-realtime-2.1")
    assert resolve(default, KEY).url.endswith("?model=grok-voice-latest")


@pytest.mark.parametrize("name", ["../evil", "a b", "host/path", "me@host", "-x", "http:"])
def test_only_a_host_goes_into_a_template(name: str) -> None:
    with pytest.raises(ConfigError, match=r"provider\.url"):
        resolve(settings("azure", name), KEY)


def test_every_profile_can_be_configured() -> None:
    names = get_args(get_type_hints(config.Provider)["name"])
    assert {*PROFILES, "auto"} == set(names)


def test_the_key_is_in_no_representation() -> None:
    provider = resolve(settings(), KEY)
    assert KEY not in repr(provider)
    assert KEY not in f"{provider}"


def test_a_profile_says_what_its_server_can_do() -> None:
    provider = resolve(settings(), KEY)
    assert all(provider.can(feature) for feature in Feature)
