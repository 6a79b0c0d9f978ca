"""A call whose conversation is compacted first: two calls of its model, the second with what the first has made."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..dialects.openai_responses.compaction import with_trigger
from ..dialects.openai_responses.context_management import managed
from ..dialects.openai_responses.dialect import OpenAIResponses
from ..dialects.shared.endpoints import Operation
from .exchange import Exchange
from .parsing import ParsedCall

_encode = msgspec.json.Encoder().encode


class _Compacted(msgspec.Struct):
    output: list[dict[str, object]]


_COMPACTED = msgspec.json.Decoder(_Compacted)
_OF_ANSWER = frozenset({"text", "max_output_tokens", "previous_response_id", "conversation", "background"})
"""What a request says of its answer and of where it is kept, which is nothing to the compaction before it."""


def with_compaction(parsed: ParsedCall, made: Callable[[ParsedCall], Exchange]) -> Exchange:
    """The call, with a compaction before it where its `context_management` wants one. Raises ClientError."""
    managing = parsed.operation is Operation.GENERATE and isinstance(parsed.client, OpenAIResponses)
    if not managing or "context_management" not in parsed.fields:
        return made(parsed)
    fields, compacts = managed(parsed.fields)
    call = parsed if fields is parsed.fields else parsed.with_fields(fields)
    if not compacts:
        return made(call)
    call = msgspec.structs.replace(call, preceding=[])
    exchange = made(call)

    def then(body: bytes) -> Exchange:
        output = _COMPACTED.decode(body).output
        whole = {**fields, "input": msgspec.Raw(_encode(output))}
        second = made(call.with_fields(whole))
        call.preceding[:] = output[-1:]
        return second

    asked = {name: value for name, value in with_trigger(fields).items() if name not in _OF_ANSWER}
    asks = call.with_fields(asked)
    first = msgspec.structs.replace(asks, operation=Operation.COMPACT, stream=False, keep=None)
    exchange.begin_with(made(first), then)
    return exchange
