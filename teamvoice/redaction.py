"""Keeping keys out of everything that is written: the log, and what ``config show`` prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(r"(^|[_-])(key|token|authorization|password|secret)$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"""
    \b(?P<keep>
        authorization["']? \s*[=:]\s* ["']? (?:(?:bearer|basic)\s+)?
      | bearer\s+ (?=\S{8})
      | [\w-]*(?:(?<!hot)key|token|password|secret)
        (?: ["']?\s*=\s*["']? | ["']\s*:\s*["']? | \s*:\s*["'] | \s*:\s* (?=\S{12}) )
    ) [^\s"'&,;}\])]+
    | \b sk-[\w-]{4,}
    | (?<=://) [^\s/@]+ (?=@)
    """,
    re.IGNORECASE | re.VERBOSE,
)  # where prose could stand, a length that its words seldom have: "no API key: talking to…"


class Redaction:
    """Hides what looks like a secret, and the secrets that are known.

    A value is hidden when its name says that it is a secret (``key``, ``api_key``,
    ``Authorization``, …); a text loses what looks like an API key or stands behind ``Bearer``,
    ``token=`` or an address's ``://``. Everything else is kept as it is.

    Args:
        secrets: Texts to hide wherever they turn up; empty ones are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _SECRET_TEXT.sub(lambda match: f"{match['keep'] or ''}{HIDDEN}", text)

    def value(self, value: Any) -> Any:
        """The same for anything that is made of mappings, sequences and texts."""
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self.text(value.decode("utf-8", "replace"))
            case Mapping():
                return {self._name(name): self._named(name, item) for name, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(item) for item in value]
            case None | bool() | int() | float():
                return value
        return self.text(repr(value))

    def _name(self, name: Any) -> Any:
        return self.text(name) if isinstance(name, str) else name

    def _named(self, name: Any, value: Any) -> Any:
        return HIDDEN if isinstance(name, str) and _SECRET_NAME.search(name) else self.value(value)
