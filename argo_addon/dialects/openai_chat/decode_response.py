"""A plain response of Chat Completions, read into the neutral form.

`keep_extra` is True if it goes to a client of this dialect.
"""

from __future__ import annotations

from ...errors import UpstreamError
from ...ir.parts import Extra, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Choice, Response, ResponsePart, consistent_finish
from ...translation.identifiers import made_up_id, own_id
from ..shared.foreign_errors import NAMELESS
from ..shared.lenient import Lenient
from ..shared.raw_members import object_in
from . import wire
from .passthrough import calls_in, choice_extras, choices_in, response_extras
from .response_parts import arguments_of, citation_of, content_of, finish_of, signature_of, usage_of

_BODY = Lenient(wire.ResponseBody)


def decode_response(body: bytes, *, keep_extra: bool) -> Response:
    """A plain answer. Raises msgspec.MsgspecError if it is none, UpstreamError if it says that it ended in an error."""
    response = _BODY.decode(body)
    if not keep_extra and any(choice.finish_reason == "error" for choice in response.choices or ()):
        raise UpstreamError(502, NAMELESS)
    members = object_in(body) if keep_extra else {}
    raws = choices_in(members)
    choices = []
    for number, choice in enumerate(response.choices or ()):
        message, finish = choice.message or wire.ResponseMessage(), finish_of(choice.finish_reason)
        if keep_extra:
            parts = _same_dialect_parts(message, id_of(response), calls_in(raws[number]))
        else:
            parts = _parts(message, id_of(response))
            calls = any(isinstance(part, ToolCallPart) for part in parts)
            finish = consistent_finish(
                finish, calls, any(isinstance(part, TextPart) and part.refusal for part in parts)
            )
        extra = choice_extras(raws[number]) if keep_extra else {}
        choices.append(Choice(choice.index or 0, parts, finish, extra))
    return Response(
        id_of(response),
        response.model or "",
        tuple(choices),
        usage_of(response.usage if keep_extra else counts_of(response), object_in(members.get("usage", b""))),
        created_of(response),
        response_extras(members),
    )


def id_of(response: wire.ResponseBody) -> str:
    """An answer's id, empty where it has none."""
    return "" if response.id is None else str(response.id)


def created_of(response: wire.ResponseBody) -> int | None:
    """When an answer was made, in seconds since 1970."""
    return None if response.created is None else int(response.created)


def counts_of(response: wire.ResponseBody) -> wire.Counts | None:
    """An answer's or a chunk's usage, wherever its vendor puts it."""
    return response.usage or (response.x_groq.usage if response.x_groq is not None else None)


def _parts(message: wire.ResponseMessage, response_id: str) -> tuple[ResponsePart, ...]:
    content = content_of(message)
    parts: list[ResponsePart] = [ReasoningPart("", redacted=data) for data in content.redacted]
    if content.thought or content.signature:
        parts.append(ReasoningPart(content.thought, content.signature or None))
    if content.text:
        parts.append(TextPart(content.text, citations=tuple(map(citation_of, message.annotations or ()))))
    if message.refusal:
        parts.append(TextPart(message.refusal, refusal=True))
    taken: set[str] = set()
    for number, call in enumerate(message.calls):
        if (signature := signature_of(call.extra_content)) is not None:
            parts.append(ReasoningPart("", signature))
        parts.append(_call(call, own_id(call.id, taken, response_id, number), {}))
    return tuple(parts)


def _same_dialect_parts(
    message: wire.ResponseMessage, response_id: str, calls: list[Extra]
) -> tuple[ResponsePart, ...]:
    """The parts that the neutral form carries for this dialect's own clients; the rest is kept beside them."""
    parts: list[ResponsePart] = []
    if message.reasoning_content:
        parts.append(ReasoningPart(message.reasoning_content))
    if isinstance(message.content, str) and message.content:
        parts.append(TextPart(message.content))
    if message.refusal:
        parts.append(TextPart(message.refusal, refusal=True))
    for number, call in enumerate(message.tool_calls or ()):
        parts.append(_call(call, call.id or made_up_id(response_id, number), calls[number]))
    return tuple(parts)


def _call(call: wire.CallDelta, identifier: str, extra: Extra) -> ToolCallPart:
    if call.custom is not None:
        return ToolCallPart(identifier, call.custom.name, call.custom.input, custom=True, extra=extra)
    name = (call.function.name if call.function is not None else None) or ""
    return ToolCallPart(identifier, name, arguments_of(call.function) or "{}", extra=extra)
