"""Questions in a terminal; what an answer is checked for is told at once, and it is asked again."""

from __future__ import annotations

from collections.abc import Callable

from teamvoice.cli.output import plain, write
from teamvoice.errors import ConfigError


def question(what: str, proposal: str, check: Callable[[str], object] | None = None) -> str:
    """An answer; Enter takes the proposal.

    Args:
        what: What is asked.
        proposal: What Enter answers.
        check: Raises ``ConfigError`` with the reason for what cannot be taken.
    """
    while True:
        answer = input(plain(f"{what} [{proposal}]: ")).strip() or proposal
        try:
            if check:
                check(answer)
        except ConfigError as error:
            write(str(error))
        else:
            return answer


def is_agreed(what: str, proposal: str) -> bool:
    """Whether it is answered with yes."""
    answer = question(f"{what} yes or no", proposal, _check_agreed)
    return answer.casefold() in {"y", "yes"}


def _check_agreed(answer: str) -> None:
    if answer.casefold() not in {"y", "yes", "n", "no"}:
        raise ConfigError("say yes or no")
