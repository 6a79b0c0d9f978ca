"""A client's call, read as far as routing needs it: the first step of every call. It knows no dialect's members.

What is not needed here stays as the client wrote it, in a `dict[str, Raw]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from .. import surrogates
from ..dialects.base import Dialect, Fields
from ..dialects.shared.endpoints import Endpoint, Operation
from ..dialects.shared.usual import ReadsAtOnce
from ..errors import UNREADABLE, ClientError
from ..ir.request import Message
from ..pieces import pause
from .keeping import Keeper
from .messages import ClientRequest

AT_ONCE = 64 * 1024
"""Bytes of a body from which on it is worth a guess where it goes."""
MAX_NAME_LENGTH = 200
"""Characters that a model's name may have."""
_NO_MODEL = "model: missing. Name a model; GET /v1/models lists them."
_BODY = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ParsedCall(msgspec.Struct, frozen=True):
    """A client's call. `members` are those of its body as they were written, with what Google says in the path.

    They lack the conversation where the body was read in one pass (`is_whole`); then `messages` are that conversation,
    until the call is translated. `timeout` is in seconds, None where the client sets none.
    """

    request: ClientRequest
    client: Dialect
    operation: Operation
    members: Fields
    model: str
    stream: bool
    timeout: float | None
    keep: Keeper | None = None
    """Keeps the answer, where answers are kept."""
    preceding: list[dict[str, object]] = []
    """What the answer begins with (ResponseContext)."""
    is_whole: bool = True
    messages: Sequence[Message] | None = None

    @property
    def fields(self) -> Fields:
        """All members. Where some are lacking, the body is read anew: few calls that go elsewhere need them."""
        return self.members if self.is_whole else parse_body(self.request.body)

    def with_fields(self, fields: Fields) -> ParsedCall:
        """The same call of another body."""
        return msgspec.structs.replace(self, members=fields, is_whole=True, messages=None)

    @property
    def upstream_fields(self) -> Fields:
        """The members that are meant for the upstream: `timeout` is the gateway's own (argo.md, "Timeouts")."""
        return _but_timeout(self.fields)

    @property
    def upstream_members(self) -> Fields:
        """Those of them that are at hand."""
        return _but_timeout(self.members)


def _but_timeout(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "timeout"}


def parse_call(
    request: ClientRequest, client: Dialect, endpoint: Endpoint, goes_elsewhere: Callable[[], bool] = lambda: False
) -> ParsedCall:
    """Reads a call's model, stream and timeout. Raises ClientError that names the place.

    `goes_elsewhere` guesses whether it will be translated: then a long body is read in one pass, if it is usual.
    """
    read = None
    if len(request.body) >= AT_ONCE and isinstance(client, ReadsAtOnce) and not endpoint.defaults and goes_elsewhere():
        read = _read_at_once(request.body, client)
    members, messages = read or (parse_body(request.body), None)
    fields = {**endpoint.defaults, **members}
    pause()
    if endpoint.argument:
        in_path: dict[str, object] = {"model": endpoint.argument}
        if endpoint.stream is not None:
            in_path |= {"stream": endpoint.stream, "alt": _alt(request.target)}
        fields = {**fields, **{name: msgspec.Raw(msgspec.json.encode(value)) for name, value in in_path.items()}}
    if "model" not in fields:
        raise ClientError(400, _NO_MODEL, param="model")
    stream = _member(fields, "stream", bool | None, "true or false")
    if endpoint.operation is Operation.COMPACT:
        stream = False  # a compaction is made whole
    return ParsedCall(
        request,
        client,
        endpoint.operation,
        fields,
        model=_checked_model(_member(fields, "model", str, "a model's name as text")),
        stream=endpoint.streams if stream is None else stream,
        timeout=_checked_timeout(_member(fields, "timeout", float | None, "a number of seconds")),
        is_whole=messages is None,
        messages=messages,
    )


def _read_at_once(body: bytes, client: ReadsAtOnce) -> tuple[Fields, Sequence[Message] | None] | None:
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError:
        return None  # `parse_body` tells where
    pause()
    return client.read_usual(body)


_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]+)"')
_ENDS = 300


def model_at_ends(body: bytes) -> str | None:
    """The model that a body seems to name, by a look at where most clients write it."""
    found = _MODEL.search(body[:_ENDS]) or _MODEL.search(body[-_ENDS:])
    return None if found is None else found[1].decode(errors="replace")


def parse_model(body: bytes) -> str:
    """The model that a body names to ask about it: by `model`, or as older clients do by `name`. Raises ClientError."""
    fields = parse_body(body)
    name = next((one for one in ("model", "name") if one in fields), None)
    if name is None:
        raise ClientError(400, _NO_MODEL, param="model")
    return _checked_model(_member(fields, name, str, "a model's name as text"))


def parse_body(body: bytes) -> Fields:
    """The members of a body. Raises ClientError where it is no JSON object in UTF-8.

    Half a surrogate pair, as a tool writes it that has cut a text in the middle of an emoji, is no character: U+FFFD
    takes its place, or the conversation could never go on.
    """
    try:
        if not body.isascii():
            body.decode()
        try:
            return _BODY.decode(body)
        except msgspec.ValidationError:
            raise
        except UNREADABLE:
            if (whole := surrogates.whole(body)) == body:
                raise
            return _BODY.decode(whole)
    except UnicodeDecodeError as error:
        raise ClientError(400, f"The request body is not valid UTF-8, at byte {error.start}.") from error
    except msgspec.ValidationError as error:
        raise ClientError(400, f"The request body must be a JSON object ({error}).") from error
    except RecursionError as error:
        raise ClientError(400, "The request body is nested too deep to be read.") from error
    except UNREADABLE as error:
        raise ClientError(400, f"The request body is no valid JSON: {error}.") from error


def _checked_model(name: str) -> str:
    if not name.strip():
        raise ClientError(400, "model: empty. Name a model; GET /v1/models lists them.", param="model")
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        message = f"model: expected a name of at most {MAX_NAME_LENGTH} printable characters."
        raise ClientError(400, message, param="model")
    return name


def _checked_timeout(seconds: float | None) -> float | None:
    if seconds is not None and seconds <= 0:
        raise ClientError(400, f"timeout: {seconds:g} is no number of seconds above 0.", param="timeout")
    return seconds


def _alt(target: str) -> str | None:
    """How Google's clients want a stream, by the query's `alt`."""
    return dict(parse_qsl(target.partition("?")[2])).get("alt")


def _member(fields: Fields, name: str, kind: Any, expected: str) -> Any:
    """A member of the body, decoded; None if it is missing. Raises ClientError."""
    raw = fields.get(name, b"null")
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        found = bytes(raw)[:60].decode("utf-8", "replace")
        raise ClientError(400, f"{name}: expected {expected}, found {found}.", param=name) from error
