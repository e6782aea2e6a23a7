"""What a failure means for the link, and how long the link waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.errors import ConfigError, LinkClosed, LinkRefused, ProtocolError, TeamvoiceError
from teamvoice.realtime import failures
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.failures import Severity

FATAL, RETRY, HARMLESS = Severity.FATAL, Severity.RETRY, Severity.HARMLESS

codes = st.none() | st.text(max_size=12) | st.sampled_from(["insufficient_quota", "server_error"])


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        *((status, FATAL) for status in (301, 400, 401, 402, 403, 404, 405, 407, 410, 426)),
        *((status, RETRY) for status in (0, 408, 409, 425, 429, 500, 502, 503, 504, 529)),
    ],
)
def test_a_status(status: int, severity: Severity) -> None:
    assert failures.of_status(status).severity is severity


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        *((code, FATAL) for code in (1008, 1010, 3000, 3003)),
        *((code, RETRY) for code in (1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 1013)),
        *((code, RETRY) for code in (3008, 4000, 4999)),
    ],
)
def test_a_close_code(code: int, severity: Severity) -> None:
    assert failures.of_close(code).severity is severity


@pytest.mark.parametrize(
    ("code", "kind", "severity"),
    [
        ("insufficient_quota", "insufficient_quota", FATAL),
        (None, "insufficient_quota", FATAL),
        ("invalid_api_key", "invalid_request_error", FATAL),
        ("unheard_of", "authentication_error", FATAL),
        ("model_not_found", "invalid_request_error", FATAL),
        ("session_expired", "invalid_request_error", RETRY),
        ("response_cancel_not_active", "invalid_request_error", HARMLESS),
        ("conversation_already_has_active_response", "invalid_request_error", HARMLESS),
        ("input_audio_buffer_commit_empty", "invalid_request_error", HARMLESS),
        ("rate_limit_exceeded", "rate_limit_error", HARMLESS),
        (None, "server_error", HARMLESS),
        (None, None, HARMLESS),
        ("", "", HARMLESS),
    ],
)
def test_an_error_in_an_open_session(
    code: str | None, kind: str | None, severity: Severity
) -> None:
    assert failures.of_error(code, kind).severity is severity


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (LinkRefused("", status=401), FATAL),
        (LinkRefused("", status=503), RETRY),
        (LinkRefused("", status=429), RETRY),
        (LinkRefused("", status=429, code="insufficient_quota"), FATAL),
        (LinkRefused("", status=503, code="unheard_of"), RETRY),
        (LinkRefused("nobody answers"), RETRY),
        (LinkRefused("", status=101, code="invalid_value"), FATAL),
        (LinkRefused("", status=101, code="server_error"), RETRY),
        (LinkRefused("", status=101, code="session_expired"), RETRY),
        (LinkRefused("", status=101), FATAL),
        (LinkClosed("", code=3000), FATAL),
        (LinkClosed("", code=1001), RETRY),
        (ProtocolError(""), RETRY),
        (ConfigError("no key"), FATAL),
    ],
)
def test_what_ended_a_connection_or_kept_it_from_coming_up(
    error: TeamvoiceError, severity: Severity
) -> None:
    assert failures.of_exception(error).severity is severity


@given(st.integers(0, 5000), codes, codes)
def test_what_is_fatal_says_what_to_do(number: int, code: str | None, kind: str | None) -> None:
    verdicts = (
        failures.of_status(number),
        failures.of_close(number),
        failures.of_error(code, kind),
        failures.of_setup(code or ""),
    )
    assert all(bool(verdict.mend) is verdict.fatal for verdict in verdicts)


@given(st.integers(0, 5000), st.text(max_size=12))
def test_what_ended_a_connection_is_never_harmless(number: int, code: str) -> None:
    for error in (
        LinkRefused("", status=number, code=code),
        LinkRefused("", status=101, code=code),
        LinkClosed("", code=number),
    ):
        assert not failures.of_exception(error).harmless


@given(st.integers(500, 599) | st.integers(0, 0))
def test_a_servers_trouble_is_never_fatal(status: int) -> None:
    assert failures.of_status(status).severity is RETRY


@given(codes, codes)
def test_the_name_of_an_error_is_sorted_as_the_error_is(code: str | None, kind: str | None) -> None:
    name = failures.name_of(code, kind)
    assert failures.of_error(name) == failures.of_error(code, kind)


# Waiting ---------------------------------------------------------------------------------------

chances = st.floats(0, 1)
policies = st.builds(
    Backoff,
    first=st.floats(0.01, 5),
    most=st.floats(5, 600),
    factor=st.floats(1, 10),
    jitter=st.floats(0, 1),
)


@given(policies, st.integers(0, 10**9), chances)
def test_a_wait_is_never_longer_than_the_longest(
    policy: Backoff, tries: int, chance: float
) -> None:
    assert 0 <= policy.delay(tries, chance) <= policy.most


@given(policies, st.integers(0, 10**4), chances)
def test_a_wait_is_never_shorter_than_the_one_before(
    policy: Backoff, tries: int, chance: float
) -> None:
    assert policy.delay(tries + 1, chance) >= policy.delay(tries, chance)


@given(policies, st.integers(0, 100), chances)
def test_chance_takes_no_more_than_its_share(policy: Backoff, tries: int, chance: float) -> None:
    whole = policy.delay(tries, 0.0)
    assert policy.delay(tries, chance) >= whole * (1 - policy.jitter) * (1 - 1e-9)


@given(policies, st.integers(0, 100), chances, st.floats(0, 10**6))
def test_a_provider_is_left_alone_for_as_long_as_it_asks_within_reason(
    policy: Backoff, tries: int, chance: float, asked: float
) -> None:
    wait = policy.delay(tries, chance, asked)
    assert min(asked, policy.patience) <= wait <= policy.patience + policy.most


def test_the_waits_of_an_outage_double_up_to_the_longest() -> None:
    policy = Backoff(first=0.5, most=10.0)
    assert [policy.delay(tries, 0.0) for tries in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]


@given(st.integers(0, 1000), st.floats(0, 10**6))
def test_only_a_link_that_was_well_for_a_while_starts_anew(tries: int, up_for: float) -> None:
    policy = Backoff(steady=10.0)
    assert policy.tries_after(tries, up_for) == (0 if up_for >= 10 else tries + 1)
