"""What it means that the provider refused one of our requests: pure.

================== ================================================================================
refused            means
================== ================================================================================
a response         none comes: of one that was cancelled as wished; of another, it is given up, or
                   asked for again when the provider has one under way
a block of speech  what is said is not whole, and may mean something else
a commit, words,   the session lacks them, so a response would be to less, or to what was before: it
a tool's output    must not be acted upon
a cancel, a cut    it was over, or gone, already; of a response that was asked for meanwhile the
                   refusal of an older cancel says nothing
anything else      is told; when a response is awaited, it may be the one that was refused
================== ================================================================================
"""

from __future__ import annotations

import enum

from teamvoice.conversation.events import RequestRefused


class Refusal(enum.Enum):
    """A refusal, sorted."""

    CANCELLED = "cancelled"  # the response that was to be cancelled is none
    ANOTHER = "another"  # there is a response of which we do not know
    RESPONSE = "response"
    BLOCK = "block"
    COMMIT = "commit"
    ITEM = "item"
    HARMLESS = "harmless"
    OTHER = "other"
    UNKNOWN = "unknown"  # which request it was


ANOTHER = "conversation_already_has_active_response"
_BY_REQUEST = {
    "": Refusal.UNKNOWN,
    "input_audio_buffer.append": Refusal.BLOCK,
    "input_audio_buffer.commit": Refusal.COMMIT,
    "response.cancel": Refusal.HARMLESS,
    "conversation.item.truncate": Refusal.HARMLESS,
    "conversation.item.delete": Refusal.HARMLESS,
}


def sort(event: RequestRefused, *, is_leaving: bool, has_begun: bool) -> Refusal:
    """Sort a refusal.

    Args:
        event: The refusal.
        is_leaving: The living response was cancelled.
        has_begun: It had begun, so that the provider was asked to stop it.
    """
    match event.request:
        case "response.create" if is_leaving:
            return Refusal.CANCELLED
        case "response.cancel" if is_leaving and has_begun:
            return Refusal.CANCELLED
        case "response.create":
            return Refusal.ANOTHER if event.code == ANOTHER else Refusal.RESPONSE
        case "conversation.item.create" if event.about:
            return Refusal.ITEM
    return _BY_REQUEST.get(event.request, Refusal.OTHER)
