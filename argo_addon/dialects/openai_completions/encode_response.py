"""Answers of the legacy Completions API, plain and streamed: the text and nothing else, since it knows nothing else.

Source: the OpenAI API reference ("Completions").
"""

from __future__ import annotations

import msgspec

from ...errors import GatewayError
from ...ir.events import ChoiceEnd, Event, PartStart, ResponseEnd, ResponseStart, TextDelta
from ...ir.parts import TextPart
from ...ir.response import Finish, FinishReason, Response, Usage
from ...sse import frame_of, one_line
from ..base import ResponseContext, Writer
from ..openai.errors import error_body

Json = dict[str, object]
_encode = msgspec.json.Encoder().encode
_DONE = b"data: [DONE]\n\n"
_PING = b": ping\n\n"
_CUT = (FinishReason.LENGTH, FinishReason.CONTEXT)


class CompletionContext(ResponseContext, frozen=True):
    """`echo` is what the answer is to begin with."""

    echo: str = ""


def encode_response(response: Response, context: CompletionContext) -> bytes:
    """The body of a plain answer."""
    choice = response.choices[0] if response.choices else None
    parts = choice.parts if choice is not None else ()
    text = context.echo + "".join(part.text for part in parts if isinstance(part, TextPart))
    finish = choice.finish if choice is not None else Finish(FinishReason.STOP)
    body = {**_about(context, response.id, response.model, response.created), "choices": [_choice(text, finish)]}
    if response.usage is not None:
        body["usage"] = _usage(response.usage)
    return _encode(body)


def _about(context: CompletionContext, identifier: str, model: str, created: int | None) -> Json:
    return {
        "id": identifier or f"cmpl-{context.id}",
        "object": "text_completion",
        "created": context.created if created is None else created,
        "model": context.model if context.model is not None else model,
    }


def _choice(text: str, finish: Finish | None) -> Json:
    reason = None if finish is None else _word(finish.reason)
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": reason}


def _word(reason: FinishReason) -> str:
    if reason is FinishReason.REFUSAL:
        return "content_filter"
    return "length" if reason in _CUT else "stop"


def _usage(usage: Usage) -> Json:
    total = usage.input + usage.output
    return {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": total}


class CompletionWriter(Writer):
    """Writes a stream's chunks."""

    repeats = True

    def __init__(self, context: CompletionContext) -> None:
        self._context = context
        self._head = b""
        self._texts: set[int] = set()
        self._finish = Finish(FinishReason.STOP)

    def write(self, event: Event) -> bytes:
        match event:
            case TextDelta() if event.index in self._texts and event.text:
                return self._chunk(event.text, None)
            case PartStart(part=TextPart(), choice=0):
                self._texts.add(event.index)
            case ResponseStart() if not self._head:
                about = _about(self._context, event.id, event.model, event.created)
                self._head = b"data: " + one_line(_encode(about))[:-1]
                return self._chunk(self._context.echo, None) if self._context.echo else b""
            case ChoiceEnd(choice=0):
                self._finish = event.finish
            case ResponseEnd():
                return self._chunk("", self._finish) + self._close(event)
        return b""  # the API has no words for it

    def _chunk(self, text: str, finish: Finish | None) -> bytes:
        return b'%b,"choices":[%b]}\n\n' % (self._head, one_line(_encode(_choice(text, finish))))

    def _close(self, event: ResponseEnd) -> bytes:
        if event.usage is None or not self._context.usage:
            return _DONE
        return b'%b,"choices":[],"usage":%b}\n\n' % (self._head, _encode(_usage(event.usage))) + _DONE

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        return frame_of(error_body(error))

    def keep_alive(self) -> bytes:
        return _PING
