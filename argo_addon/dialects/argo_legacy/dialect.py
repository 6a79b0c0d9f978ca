"""The legacy dialect: how ARGO's legacy gateway is called, and what it answers. No client speaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from ...ir.request import Request
from ...ir.response import ResponsePart
from ..base import Fields, Recorded, UpstreamHeaders
from ..shared.dropped_fields import DroppedFields
from ..shared.raw_members import is_set
from . import decode_response, encode_request, reduce_request
from .stream_reader import TextReader

_encode = msgspec.json.Encoder().encode


class ArgoLegacy(UpstreamHeaders, Recorded):
    """ARGO's legacy gateway (argo.md)."""

    name = reduce_request.NAME
    title = "ARGO's legacy gateway"
    recorded_path = re.compile(r"/resource/(?:stream)?chat\Z")
    response_sign = rb"(?!)"  # its answers have no sign of their own
    base = "/api/v1/resource"
    chat = f"{base}/chat/"
    streamchat = f"{base}/streamchat/"
    embed = f"{base}/embed/"

    def owns_response(self, members: Fields) -> bool:
        return is_set(members, "response")

    def credentials(self, user: str) -> dict[str, str]:
        """None: the body alone says who asks."""
        return {}

    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        return {}, []

    def supported_request(self, request: Request, dropped: DroppedFields) -> Request:
        """The request with nothing in it that cannot be said here; what is left out goes to `dropped`."""
        return reduce_request.fitted(request, dropped)

    def has_tools(self, request: Request) -> bool:
        """Whether its answer may hold calls, which streamchat has no words for."""
        return reduce_request.has_tools(request)

    def laid_out(self, family: str, fields: Fields, dropped: DroppedFields, *, streamed: bool, limited: bool) -> Fields:
        """The members of a request, given the body that the model's own API would get; dropped as above.

        `limited` says that it was the client who set a limit to the answer.
        """
        return encode_request.laid_out(family, fields, dropped, streamed=streamed, limited=limited)

    def seal(self, fields: Fields, *, model: str, user: str) -> Fields:
        """The body's members with model and identity."""
        return {**fields, "model": msgspec.Raw(_encode(model)), "user": msgspec.Raw(_encode(user))}

    def embedding_request(self, texts: Sequence[str]) -> Fields:
        """The body for texts to embed, but for model and user."""
        return {"prompt": msgspec.Raw(_encode(texts))}

    def decode_response(self, body: bytes, identifier: str) -> tuple[ResponsePart, ...]:
        """What an answer of chat says. Raises UpstreamError where there is none in it."""
        return decode_response.decode_response(body, identifier)

    def decode_vectors(self, body: bytes, expected: int) -> list[list[float]]:
        """The vectors of an answer of embed. Raises UpstreamError where they are not as many as there were texts."""
        return decode_response.decode_vectors(body, expected)

    def reader(self, prompt: int) -> TextReader:
        """A fresh reader for an answer of streamchat; `prompt` is the request's tokens."""
        return TextReader(prompt)
