"""What a server is asked, in the way in which it can be asked.

Who sends requests need not know what the server lacks: each request becomes itself, or others that
come as near to it as the server can, or none.

================== ===========================================================================
a server without   is asked
================== ===========================================================================
``TRUNCATE``       nothing is cut: it is told in words how much of its answer was heard
``MANUAL_RESPONSE`` no answer to what was committed, for it gives that by itself
``OUT_OF_BAND``    what is to be said aloud becomes a note with an answer to it, within the
                   conversation, without the text from panes, which would stay there; what is to
                   be written on the side is not asked for
``TEXT_OUTPUT``    the same, to be spoken
================== ===========================================================================
"""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from teamvoice.realtime.events import ErrorEvent, Event, ResponseCreated
from teamvoice.realtime.profiles import Feature
from teamvoice.realtime.requests import (
    CommitAudio,
    CreateItem,
    CreateResponse,
    MessageItem,
    Request,
    ResponseOptions,
    TruncateItem,
    message,
)


class Dialect:
    """Turns the requests of one session into those that its server takes.

    Args:
        features: What the server can do.
    """

    def __init__(self, features: frozenset[Feature]) -> None:
        self._features = features
        self._is_answering = False  # a commit was sent, which the server answers by itself

    def translate(self, request: Request) -> tuple[Request, ...]:
        """The requests to send instead, in order."""
        match request:
            case TruncateItem() if Feature.TRUNCATE not in self._features:
                return (_heard_in_part(request),)
            case CommitAudio():
                self._is_answering = Feature.MANUAL_RESPONSE not in self._features
                return (request,)
            case CreateResponse(response=ResponseOptions(conversation="none") as options):
                return (request,) if Feature.OUT_OF_BAND in self._features else _within(options)
            case CreateResponse():
                return self._response(request)
            case _:
                return (request,)

    def received(self, event: Event) -> None:
        """The server answers by itself what it was given, or did not take it."""
        match event:
            case ResponseCreated() | ErrorEvent(request="input_audio_buffer.commit"):
                self._is_answering = False

    def _response(self, request: CreateResponse) -> tuple[Request, ...]:
        if self._is_answering:
            self._is_answering = False
            return ()
        options = request.response
        if options is not UNSET and Feature.TEXT_OUTPUT not in self._features:
            return (replace(request, response=replace(options, output_modalities=UNSET)),)
        return (request,)


def _heard_in_part(cut: TruncateItem) -> CreateItem:
    seconds = cut.audio_end_ms / 1000
    words = f"The person interrupted you and heard only the first {seconds:.1f} s of your answer."
    return CreateItem(item=message(words, role="system"))


def _within(options: ResponseOptions) -> tuple[Request, ...]:
    """What was to be answered outside the conversation, within it; nothing if it was to be read."""
    if options.output_modalities == ("text",) or options.input is UNSET:
        return ()
    given = [
        part.text
        for item in options.input
        if isinstance(item, MessageItem) and item.role == "system"
        for part in item.content
    ]
    words = "\n\n".join([*filter(None, [options.instructions or ""]), *given]).removesuffix(":")
    return CreateItem(item=message(words, role="system")), CreateResponse()
