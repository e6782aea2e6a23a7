"""What a model costs, as ``[cost.prices]`` and the table that comes with teamvoice say it."""

from __future__ import annotations

from typing import Annotated

import msgspec

Dollars = Annotated[float, msgspec.Meta(ge=0)]


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """US dollars per million tokens, ``minute`` per minute of audio; None when it is not known.

    ``text_in`` and ``audio_in`` are for input that was not cached.
    """

    text_in: Dollars | None = None
    cached_text_in: Dollars | None = None
    text_out: Dollars | None = None
    audio_in: Dollars | None = None
    cached_audio_in: Dollars | None = None
    audio_out: Dollars | None = None
    minute: Dollars | None = None
