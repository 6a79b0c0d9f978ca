"""What answers of Ollama's API are made of: the reason of the end, the usage, the time."""

from __future__ import annotations

from datetime import datetime, timezone

from ...ir.response import FinishReason, Usage
from ..base import ResponseContext

Json = dict[str, object]
_CUT = (FinishReason.LENGTH, FinishReason.CONTEXT)


class OllamaContext(ResponseContext, frozen=True):
    """`generates` says that the call is one of `/api/generate`, `thoughts` that the client wants to see them.

    `wrapped` says that the answer was wrapped into an object, since its form is to be none.
    """

    generates: bool = False
    thoughts: bool = True
    wrapped: bool = False


def done_word(reason: FinishReason) -> str:
    """Why an answer ended."""
    return "length" if reason in _CUT else "stop"


def usage_of(usage: Usage | None) -> Json:
    """The figures. How long it took is left out, as Ollama leaves out what is 0."""
    return {} if usage is None else {"prompt_eval_count": usage.input, "eval_count": usage.output}


def time_of(created: int) -> str:
    """A time in seconds since 1970 as RFC 3339."""
    return datetime.fromtimestamp(created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
