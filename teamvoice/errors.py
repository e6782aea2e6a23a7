"""Every error that teamvoice raises on purpose.

::

    TeamvoiceError            what went wrong, and the mend; exit code 1
    ├── ConfigError           the configuration cannot be used; exit code 2
    ├── UsageError            a command was given what it cannot take; exit code 2
    ├── MissingPart           the machine lacks something; exit code 3
    │   ├── AudioUnavailable  no usable microphone, speaker or sound library
    │   ├── BusUnavailable    no message bus, or no such service on it
    │   ├── HotkeyUnavailable no way to see the key in this session
    │   │   └── HotkeyRefused the person or the desktop said no: not to be asked again
    │   └── TmuxUnavailable   no tmux program, or no server to talk to
    ├── AlreadyRuns           another daemon has the control socket
    ├── NoDaemon              no daemon answers on the control socket; exit code 4
    ├── TeamError             a member or its pane cannot do what was asked
    │   ├── UnknownMember     no member has that name
    │   ├── AmbiguousMember   two members fit the name equally
    │   ├── HostAway          the machine with its pane cannot be reached
    │   └── TmuxFailed        a tmux command failed or did not answer in time
    │       └── TmuxUnasked   it was never given, so nothing was done
    ├── ToolError             a tool call that cannot be carried out; its text is spoken
    │   └── NeedsConfirmation a tool call that the person must confirm; nothing was done
    └── RealtimeError         the session with the speech model
        ├── LinkRefused       the provider refused the connection (HTTP status)
        ├── LinkClosed        an open connection ended (close code)
        └── ProtocolError     something that is not the protocol arrived
"""

from __future__ import annotations


class TeamvoiceError(Exception):
    """The root: one sentence that says what is wrong, and one that says how to mend it.

    Args:
        message: What went wrong, in words for the person at the desk.
        mend: What to do about it; empty when there is nothing to do.
    """

    exit_code = 1

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} ({self.mend})" if self.mend else self.message


def install(extra: str) -> str:
    """The mend where the package of an optional part (``offline``, ``tui``, ``wayland``) lacks."""
    return f"in the clone of teamvoice: .venv/bin/pip install -e '.[{extra}]'"


class ConfigError(TeamvoiceError):
    """The configuration cannot be used: which file, which key, what instead."""

    exit_code = 2


class UsageError(TeamvoiceError):
    """A command was given something that it cannot take."""

    exit_code = 2


class MissingPart(TeamvoiceError):
    """The machine lacks something that this command needs."""

    exit_code = 3


class AudioUnavailable(MissingPart):
    """No usable microphone or speaker."""


class BusUnavailable(MissingPart):
    """A message bus (D-Bus) or a service on it is not there, does not answer, or refuses.

    Args:
        code: The bus's own name for the error, when there was one.
    """

    def __init__(self, message: str, mend: str = "", *, code: str = "") -> None:
        super().__init__(message, mend)
        self.code = code


class HotkeyUnavailable(MissingPart):
    """No way to see the key in this session."""


class HotkeyRefused(HotkeyUnavailable):
    """The person, or the desktop, said no: to try again would only ask them again."""


class TmuxUnavailable(MissingPart):
    """No tmux program, or no tmux server to talk to."""


class AlreadyRuns(TeamvoiceError):
    """Another daemon of this user has the control socket."""


class NoDaemon(TeamvoiceError):
    """No daemon answers on the control socket."""

    exit_code = 4


class TeamError(TeamvoiceError):
    """A member or its pane cannot do what was asked."""


class UnknownMember(TeamError):
    """No member has that name."""


class AmbiguousMember(TeamError):
    """Two members fit the name equally well."""


class HostAway(TeamError):
    """The machine on which a member's pane is cannot be reached, or has no tmux server."""


class TmuxFailed(TeamError):
    """A tmux command failed, or did not answer before its deadline."""


class TmuxUnasked(TmuxFailed):
    """A tmux command was never given, so nothing was done."""


class ToolError(TeamvoiceError):
    """A tool call that cannot be carried out; the message is made for speaking."""


class NeedsConfirmation(ToolError):
    """A tool call that the person must confirm first; nothing was done. The message says why."""


class RealtimeError(TeamvoiceError):
    """The session with the speech model."""


class LinkRefused(RealtimeError):
    """The provider refused the connection.

    Args:
        status: The HTTP status of the refusal; 0 when nobody answered at all; 101 when the
            connection opened and the session was refused.
        code: The provider's own code for the reason, when it gave one.
        wait_s: How long the provider asks to be left alone, in seconds; 0 when it does not say.
    """

    def __init__(
        self,
        message: str,
        mend: str = "",
        *,
        status: int = 0,
        code: str = "",
        wait_s: float = 0.0,
    ) -> None:
        super().__init__(message, mend)
        self.status = status
        self.code = code
        self.wait_s = wait_s


class LinkClosed(RealtimeError):
    """An open connection ended.

    Args:
        code: The WebSocket close code; 1006 when the connection just broke.
    """

    def __init__(self, message: str, mend: str = "", *, code: int = 1006) -> None:
        super().__init__(message, mend)
        self.code = code


class ProtocolError(RealtimeError):
    """Something that is not the Realtime protocol arrived."""
