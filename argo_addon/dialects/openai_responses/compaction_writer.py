"""The answer to a request for a compaction: one item, in which what the model has said is sealed (compaction.py)."""

from __future__ import annotations

import msgspec

from ...errors import UpstreamError
from ...ir.events import ChoiceEnd, Event, PartStart, ResponseEnd, ResponseStart, TextDelta
from ...ir.parts import TextPart
from ...ir.response import Usage
from ..shared.endpoints import Operation
from .response_context import ResponsesContext
from .response_parts import Json, usage_of
from .stream_writer import ResponseWriter

_encode = msgspec.json.Encoder().encode


class CompactionWriter(ResponseWriter):
    """Writes an answer whose one item is the compaction: what the model says is its summary."""

    def __init__(self, context: ResponsesContext) -> None:
        super().__init__(context)
        self._words: list[str] = []
        self._says = False  # text that is no refusal

    def _write(self, event: Event) -> bytes:
        match event:
            case ResponseStart():
                return b"" if self._head else self._begin(event)
            case PartStart():
                self._says = isinstance(event.part, TextPart) and not event.part.refusal
            case TextDelta() if self._says:
                self._words.append(event.text)
            case ChoiceEnd() if event.choice == 0:
                self._finish = event.finish
            case ResponseEnd():
                return self._summed_up(event)
        return b""

    def _summed_up(self, event: ResponseEnd) -> bytes:
        summary = "".join(self._words).strip()
        if not summary:
            return self.fail(no_summary(), "")
        context = self._context
        assert context.seal is not None  # whoever routes a call gives it
        identifier = f"cmp_{context.id}_0"
        item: Json = {"id": identifier, "type": "compaction", "encrypted_content": context.seal(summary)}
        written = self._event("response.output_item.added", {"output_index": 0, "item": item}) + self._done(item)
        return written + self._completed(None if event.usage is None else usage_of(event.usage))

    def body(self) -> bytes:
        """The body of an answer that is not streamed. Raises UpstreamError where there is no summary."""
        response, context = self.response, self._context
        if response.status != "completed":
            raise no_summary()
        if context.operation is not Operation.COMPACT:
            return _encode(response)
        about = {"id": response.id, "object": "response.compaction", "created_at": response.created_at}
        output = [*context.retained, *response.output]
        return _encode({**about, "output": output, "usage": response.usage or usage_of(Usage())})


def no_summary() -> UpstreamError:
    """What is told where the model has not summed the conversation up."""
    return UpstreamError(502, "The model gave no summary of the conversation. Try again, or with another model.")
