"""A plain answer of Chat Completions, read into the neutral form. `keep` says that it goes back to this dialect."""

from __future__ import annotations

import msgspec

from ...ir.parts import Extra, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Choice, Response, Said, true_reason
from ...names import made_up_id
from ..lenient import Lenient
from ..members import Shape, object_in
from . import wire
from .pieces import arguments_of, citation_of, finish_of, pieces_of, signature_of, usage_of

ANSWER = Shape(wire.Answer)
CHOICE = Shape(wire.AnswerChoice)
SAID = Shape(wire.AnswerMessage)
_ANSWER = Lenient(wire.Answer)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


class RawChoices(msgspec.Struct):
    """An answer's or a chunk's choices and usage as they were written."""

    choices: msgspec.Raw = msgspec.Raw(b"[]")
    usage: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def each(self) -> list[msgspec.Raw]:
        """The choices one by one."""
        written = bytes(self.choices)
        return [item for item in _LIST.decode(written) if bytes(item)[:1] == b"{"] if written[:1] == b"[" else []


class RawSaid(msgspec.Struct):
    """A choice's message or delta as it was written."""

    message: msgspec.Raw = msgspec.Raw(b"{}")
    delta: msgspec.Raw = msgspec.Raw(b"{}")


def decode_answer(body: bytes, *, keep: bool) -> Response:
    """A plain answer. Raises msgspec.MsgspecError if it is none."""
    answer = _ANSWER.decode(body)
    raws = _decode(body, type=RawChoices) if keep else RawChoices()
    choices = []
    for number, choice in enumerate(answer.choices or ()):
        parts = _parts(choice.message or wire.AnswerMessage(), id_of(answer), keep)
        finish = finish_of(choice.finish_reason)
        extra: Extra = {}
        if keep:
            extra = kept_of(raws.each[number])
        else:
            calls = any(isinstance(part, ToolCallPart) for part in parts)
            finish = true_reason(finish, calls, any(isinstance(part, TextPart) and part.refusal for part in parts))
        choices.append(Choice(choice.index or 0, parts, finish, extra))
    return Response(
        id_of(answer),
        answer.model or "",
        tuple(choices),
        usage_of(counts_of(answer), object_in(raws.usage)),
        created_of(answer),
        ANSWER.others(msgspec.Raw(body)) if keep else {},
    )


def kept_of(choice: msgspec.Raw) -> Extra:
    """What of a choice only this dialect knows; what of its message or delta, under `said`."""
    extra = {name: value for name, value in CHOICE.others(choice).items() if bytes(value) != b"{}"}
    said = _decode(choice, type=RawSaid)
    inner = {**SAID.others(said.message), **SAID.others(said.delta)}
    return {**extra, "said": msgspec.Raw(_encode(inner))} if inner else extra


def id_of(answer: wire.Answer) -> str:
    """An answer's id, empty where it has none."""
    return "" if answer.id is None else str(answer.id)


def created_of(answer: wire.Answer) -> int | None:
    """When an answer was made, in seconds since 1970."""
    return None if answer.created is None else int(answer.created)


def counts_of(answer: wire.Answer) -> wire.Counts | None:
    """An answer's or a chunk's usage, wherever its vendor puts it."""
    return answer.usage or (answer.x_groq.usage if answer.x_groq is not None else None)


def _parts(message: wire.AnswerMessage, answer: str, keep: bool) -> tuple[Said, ...]:
    pieces = pieces_of(message)
    parts: list[Said] = [ReasoningPart("", redacted=data) for data in pieces.redacted]
    if pieces.thought or pieces.signature:
        parts.append(ReasoningPart(pieces.thought, pieces.signature or None))
    if pieces.text:
        parts.append(TextPart(pieces.text, citations=tuple(map(citation_of, message.annotations or ()))))
    if message.refusal:
        parts.append(TextPart(message.refusal, refusal=True))
    for number, call in enumerate(message.tool_calls or ()):
        if not keep and (signature := signature_of(call.extra_content)) is not None:
            parts.append(ReasoningPart("", signature))
        parts.append(_call(call, call.id or made_up_id(answer, number)))
    return tuple(parts)


def _call(call: wire.CallDelta, identifier: str) -> ToolCallPart:
    extra: Extra = {} if bytes(call.extra_content) == b"null" else {"extra_content": call.extra_content}
    if call.custom is not None:
        return ToolCallPart(identifier, call.custom.name, call.custom.input, custom=True, extra=extra)
    name = (call.function.name if call.function is not None else None) or ""
    return ToolCallPart(identifier, name, arguments_of(call.function) or "{}", extra=extra)
