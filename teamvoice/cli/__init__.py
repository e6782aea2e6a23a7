"""The command line. Each command imports what it needs, when it needs it.

Exit codes: 0 done; 1 refused, unconfirmed or failed; 2 usage or configuration; 3 the machine
lacks something, and what; 4 no daemon; 130 interrupted; 141 nobody reads the output any more.

A press of a key bound to ``teamvoice ptt press`` waits for this module: it imports next to
nothing, and ``ptt`` goes past everything else that a command line needs.
"""

from __future__ import annotations

import os
import sys
import time

from teamvoice.errors import TeamvoiceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every error ends as a line that says what is wrong and how to mend it."""
    began = time.monotonic()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words, began)
        sys.stdout.flush()
    except TeamvoiceError as error:
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_output()
        return 141
    except OSError as error:  # a full disk behind standard output, a file that may not be read
        _forget_output()
        _tell(TeamvoiceError(str(error)))
        return 1
    return code


def _run(words: list[str], began: float) -> int:
    if len(words) == 2 and words[0] == "ptt":
        from teamvoice.cli import ptt

        if words[1] in ptt.ACTIONS:
            return ptt.send(words[1], began)
    from teamvoice.cli import commands

    return commands.run(words)


def _tell(error: TeamvoiceError) -> None:
    lines = [f"teamvoice: {error.message}", *([error.mend] if error.mend else [])]
    sys.stderr.write("\n".join(lines) + "\n")


def _forget_output() -> None:
    """What is left over cannot be written: it must not fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
