from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.redaction import HIDDEN, Redaction

letters = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=12)
keys = letters.map(lambda text: f"sk-{text}")
around = st.text(st.characters(exclude_categories=["L", "N"], exclude_characters="_-"), max_size=9)


@given(keys, around, around)
def test_an_api_key_never_gets_out(key: str, before: str, after: str) -> None:
    shown = Redaction().text(f"{before}{key}{after}")
    assert key not in shown
    assert HIDDEN in shown


@given(
    letters, st.sampled_from(["Bearer ", "bearer  ", "Authorization: Basic ", "Authorization: "])
)
def test_what_authorizes_never_gets_out(secret: str, before: str) -> None:
    assert secret not in Redaction().text(f"GET / {before}{secret}\r\n")


@given(
    letters,
    st.sampled_from(["key", "api_key", "API-KEY", "token", "access_token", "Authorization"]),
    st.sampled_from(["{}={}", "?{}={}&x=1", '{{"{}": "{}"}}', "{{'{}': '{}'}}", "{}: {}"]),
)
def test_a_value_named_as_a_secret_never_gets_out(secret: str, name: str, shape: str) -> None:
    assert secret not in Redaction().text(shape.format(name, secret))


nested = st.recursive(
    st.just(None),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.sampled_from(["event", "text", "url"]), inner, min_size=1),
    ),
    max_leaves=6,
)


def planted(shape: object, secret: object) -> object:
    match shape:
        case None:
            return secret
        case dict():
            return {name: planted(item, secret) for name, item in shape.items()}
        case list() | tuple():
            return type(shape)(planted(item, secret) for item in shape)
    return shape


@given(nested, keys, st.booleans())
def test_no_nesting_hides_a_key_from_it(shape: object, key: str, raw: bool) -> None:
    value = planted(shape, key.encode() if raw else f"with {key}!")
    assert key not in repr(Redaction().value(value))


hexes = st.text("0123456789abcdef", min_size=16)


@given(nested, hexes, st.text(max_size=5))
def test_a_known_secret_never_gets_out_whatever_it_looks_like(
    shape: object, secret: str, beside: str
) -> None:
    value = planted(shape, f"{beside}{secret}{beside}")
    assert secret in repr(value)
    assert secret not in repr(Redaction([secret]).value(value))


@pytest.mark.parametrize(
    "name", ["key", "api_key", "Authorization", "token", "PASSWORD", "x-secret"]
)
def test_a_value_of_such_a_name_is_hidden_whatever_it_is(name: str) -> None:
    assert Redaction().value({name: ["a", 1], "kept": 1}) == {name: HIDDEN, "kept": 1}


@pytest.mark.parametrize(
    "text",
    [
        "tell the developer that the token is wrong",
        "hotkey ready",
        "hotkey: <ctrl>+<alt>+<shift>+t",
        "no API key: talking to the offline server",
        "the bearer of bad news has a basic understanding of it",
        "usage: 31 tokens in",
        "task-list done, risk-free, desk-lamp",
        "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1",
        "%3 developer@work:2.1",
        "",
    ],
)
def test_words_that_are_no_secrets_are_kept(text: str) -> None:
    assert Redaction(["", "other"]).text(text) == text


def test_an_address_loses_its_password() -> None:
    assert Redaction().text("wss://me:pass@host/x") == f"wss://{HIDDEN}@host/x"


def test_an_object_is_shown_by_its_repr_without_secrets() -> None:
    assert Redaction().value(ValueError("sk-abcdefgh")) == f"ValueError('{HIDDEN}')"
