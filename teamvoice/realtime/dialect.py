"""What a server is asked, in the way in which it can be asked.

Who sends requests need not know what the server lacks: each request becomes itself, a smaller one,
or nothing.
"""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from teamvoice.realtime.profiles import Feature
from teamvoice.realtime.requests import CommitAudio, CreateResponse, Request, TruncateItem


class Dialect:
    """Turns the requests of one session into those that its server takes.

    A server without ``MANUAL_RESPONSE`` answers every commit by itself, so the one request for an
    answer that follows a commit is left out. Later ones, after the results of tools, are not.

    Args:
        features: What the server can do.
    """

    def __init__(self, features: frozenset[Feature]) -> None:
        self._features = features
        self._is_answering = False  # a commit was sent, which the server answers by itself

    def translate(self, request: Request) -> Request | None:
        """The request to send; None when there is nothing to send."""
        match request:
            case TruncateItem() if Feature.TRUNCATE not in self._features:
                return None
            case CommitAudio():
                self._is_answering = Feature.MANUAL_RESPONSE not in self._features
                return request
            case CreateResponse():
                return self._response(request)
            case _:
                return request

    def _response(self, request: CreateResponse) -> CreateResponse | None:
        options = request.response
        if options is not UNSET and options.conversation == "none":
            return request if Feature.OUT_OF_BAND in self._features else None
        if self._is_answering:
            self._is_answering = False
            return None
        if options is not UNSET and Feature.TEXT_OUTPUT not in self._features:
            return replace(request, response=replace(options, output_modalities=UNSET))
        return request
