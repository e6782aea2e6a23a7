"""How a connection fails to open, and how it ends, told as our own errors."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from teamvoice.errors import LinkClosed, LinkRefused
from teamvoice.realtime import failures
from teamvoice.realtime.events import ErrorEvent, Event, ResponseDone
from teamvoice.realtime.parts import ErrorDetail


def ends_session(event: Event) -> ErrorDetail | None:
    """The error of an event, or of a response that failed, if no session outlives it."""
    match event:
        case ErrorEvent(error=told):
            error: ErrorDetail | None = told
        case ResponseDone(response=response):
            error = response.error
        case _:
            return None
    return error if error and not failures.of_error(error.code, error.type).harmless else None


def session_refused(error: ErrorDetail) -> LinkRefused:
    """An ``error`` of the provider's that stands against the session as a whole."""
    code = failures.name_of(error.code, error.type)
    words = error.message or code or "no reason given"
    return LinkRefused(f"the provider refused the session: {words}", status=101, code=code)


@asynccontextmanager
async def refusals(address: str, within: float) -> AsyncIterator[None]:
    """Tell every way in which a connection may fail to open as :class:`LinkRefused`."""
    try:
        async with asyncio.timeout(within):
            yield
    except InvalidStatus as error:
        raise _refused(error) from error
    except TimeoutError as error:
        raise LinkRefused(f"{address} did not answer within {within:g} s") from error
    except (OSError, EOFError, WebSocketException) as error:
        raise LinkRefused(f"{address} cannot be reached: {error}") from error


def _refused(error: InvalidStatus) -> LinkRefused:
    response = error.response
    detail = _error_in(response.body or b"")
    words = detail.message or response.reason_phrase
    message = f"the provider refused the connection: HTTP {response.status_code} {words}"
    code = failures.name_of(detail.code, detail.type)
    wait = _seconds_to_wait(response.headers.get("Retry-After", ""))
    return LinkRefused(message.rstrip(), status=response.status_code, code=code, wait_s=wait)


def _seconds_to_wait(told: str) -> float:
    """The value of ``Retry-After``: seconds, or a date; 0 when it is neither or is over."""
    try:
        if told.strip().isdecimal():
            return float(told)
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _error_in(body: bytes | bytearray) -> ErrorDetail:
    """The provider's own words in the body of a refusal, where it has some."""
    try:
        error = json.loads(body)["error"]
        return ErrorDetail(**{k: error[k] for k in ("message", "type", "code") if k in error})
    except (ValueError, KeyError, TypeError, RecursionError):
        return ErrorDetail()


def closed_with(error: ConnectionClosed) -> LinkClosed:
    """The provider's code and reason; 1006 when there was no farewell."""
    if error.rcvd:
        code, reason = error.rcvd.code, error.rcvd.reason
    else:
        code, reason = 1006, error.sent.reason if error.sent else ""
    words = f": {reason}" if reason else ""
    return LinkClosed(f"the connection ended with code {code}{words}", code=code)
