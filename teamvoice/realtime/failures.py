"""What a failure means for the link: sorted here, in one place, by tables.

::

    FATAL     trying again cannot help; a person has to do something first
    RETRY     this connection is lost or useless; another one may work
    HARMLESS  the session goes on; whoever sent the request deals with it

Pure: no clock, no connection, no memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from teamvoice.errors import ConfigError, LinkClosed, LinkRefused, TeamvoiceError


class Severity(Enum):
    """What a failure means for the link."""

    FATAL = auto()
    RETRY = auto()
    HARMLESS = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A failure, sorted.

    Args:
        severity: What it means for the link.
        mend: What to do about it, in words; empty when there is nothing for a person to do.
    """

    severity: Severity
    mend: str = ""

    @property
    def fatal(self) -> bool:
        """A person has to do something first."""
        return self.severity is Severity.FATAL

    @property
    def harmless(self) -> bool:
        """The session goes on."""
        return self.severity is Severity.HARMLESS


_KEY = "check the API key, then try again"
_ACCESS = "check that the key's project may use the Realtime API and this model"
_MONEY = "add credit or raise the limit in the provider's billing settings"
_MODEL = "set provider.model to a model that the provider has"
_ADDRESS = "check provider.url and provider.model"
_SETTINGS = "change the setting that the provider names"
_PROXY = "check the proxy settings of this machine"

_HARMLESS = Verdict(Severity.HARMLESS)
_RETRY = Verdict(Severity.RETRY)


def _fatal(mend: str) -> Verdict:
    return Verdict(Severity.FATAL, mend)


# HTTP statuses of a refused connection. A status that is not here: a server's trouble (5xx) or no
# status at all is tried again, anything else is not.
_STATUSES = {
    401: _fatal(_KEY),
    402: _fatal(_MONEY),
    403: _fatal(_ACCESS),
    404: _fatal(_ADDRESS),
    407: _fatal(_PROXY),
    408: _RETRY,
    409: _RETRY,
    425: _RETRY,
    429: _RETRY,
}

# Close codes after which the same would happen again. Every other close is tried again.
_CLOSES = {
    1008: _fatal(_KEY),  # policy violation
    1010: _fatal(_ADDRESS),  # the server lacks an extension: it is not a Realtime server
    3000: _fatal(_KEY),  # unauthorized
    3003: _fatal(_ACCESS),  # forbidden
}

# Codes and types of ``error`` events that end the session, or ought to. All others leave it open:
# most are an answer to one request (``response_cancel_not_active``, an empty commit, a response
# that is already active), which the conversation deals with.
_ERRORS = {
    "invalid_api_key": _fatal(_KEY),
    "authentication_error": _fatal(_KEY),
    "invalid_organization": _fatal(_ACCESS),
    "permission_error": _fatal(_ACCESS),
    "account_deactivated": _fatal(_MONEY),
    "billing_hard_limit_reached": _fatal(_MONEY),
    "insufficient_quota": _fatal(_MONEY),
    "model_not_found": _fatal(_MODEL),
    "unsupported_country_region_territory": _fatal("the provider does not serve this region"),
    "session_expired": _RETRY,
}

# Errors that a new connection meets by bad luck, not because of what it asked for.
_PASSING = frozenset(
    {"server_error", "internal_error", "overloaded", "rate_limit_exceeded", "rate_limit_error"}
)


def of_status(status: int) -> Verdict:
    """Sort a refused connection by its HTTP status; 0 when nobody answered."""
    if status in _STATUSES:
        return _STATUSES[status]
    return _RETRY if status == 0 or status >= 500 else _fatal(_ADDRESS)


def of_close(code: int) -> Verdict:
    """Sort the end of an open connection by its close code."""
    return _CLOSES.get(code, _RETRY)


def of_error(code: str | None, kind: str | None = None) -> Verdict:
    """Sort an error within an open session by its code, else by its type."""
    return _ERRORS.get(code or "") or _ERRORS.get(kind or "") or _HARMLESS


def name_of(code: str | None, kind: str | None) -> str:
    """Which of an error's code and type says more: the one that is sorted here, else the code."""
    known = (name for table in (_ERRORS, _PASSING) for name in (code, kind) if name in table)
    return next(known, code or kind) or ""


def of_setup(code: str) -> Verdict:
    """Sort an error that answers the set-up of a session.

    What would be harmless later is not so here: the session cannot be as we want it, and asking
    for the same again comes to the same.
    """
    verdict = of_error(code)
    if not verdict.harmless:
        return verdict
    return _RETRY if code in _PASSING else _fatal(_SETTINGS)


def of_exception(error: TeamvoiceError) -> Verdict:
    """Sort whatever ended a connection, or kept it from coming up."""
    match error:
        case LinkRefused(status=101):
            return of_setup(error.code)
        case LinkRefused():
            named = of_error(error.code)
            return of_status(error.status) if named.harmless else named
        case LinkClosed():
            return of_close(error.code)
        case ConfigError():
            return _fatal(error.mend)
        case _:
            return _RETRY
