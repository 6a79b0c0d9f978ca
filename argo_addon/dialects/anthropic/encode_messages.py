"""A request in the neutral form, written for the Messages API. What one of its models refuses is quirks.py's to change.

What came in this dialect goes back as it was; what came in another is put into the order that this one demands.
"""

from __future__ import annotations

import base64

import msgspec
from typing_extensions import assert_never

from ...ir.fold import arguments_object
from ...ir.parts import (
    OUR_MARK,
    Extra,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    Source,
    TextPart,
    ToolCallPart,
    ToolReferencePart,
    ToolResultPart,
)
from ...ir.request import Message
from ...pieces import in_pieces
from ...translation.identifiers import fitted_identifier
from ..shared.dropped_fields import DroppedFields
from ..shared.outline import Outline
from ..shared.raw_members import with_others
from ..shared.result_words import left_out, tool_found
from .citations import as_written

NAME = "anthropic"
Json = dict[str, object]
_EMPTY = "."
"""What stands where nothing is said and something must stand (pitfalls 1.9)."""
LONGEST_ID = 64
LONGEST_TOOL_NAME = 128


class MessageEncoder:
    """Writes messages; `own` says that they came in this dialect. What it cannot say goes to `dropped`."""

    def __init__(self, own: bool, dropped: DroppedFields, outline: Outline) -> None:
        self._own = own
        self._dropped = dropped
        self._outline = outline
        outline.longest_id = LONGEST_ID
        self.thinks = False
        """Whether there are thoughts in what was written."""
        self._json_path = ""  # where the parts at hand stand, for what is lost of them

    def as_they_were(self, messages: tuple[Message, ...]) -> list[Json]:
        """The messages of a request that came in this dialect."""
        return [
            {"role": message.role, "content": self._content(message.parts), **message.extra}
            for message in in_pieces(messages)
        ]

    def system(self, messages: tuple[Message, ...]) -> str | msgspec.Raw | list[Json] | None:
        """The leading system messages."""
        parts = tuple(part for message in messages for part in message.parts)
        if self._own:
            return self._content(parts) if messages else None
        self._json_path = "system[]."
        return self._blocks(parts) or None

    def in_order(self, messages: tuple[Message, ...]) -> list[Json]:
        """The messages of another dialect: one turn after the other, the user first, none of them empty."""
        turns: list[tuple[str, list[Json]]] = []
        self._json_path = "messages[].content[]."
        for message in in_pieces(messages):
            blocks = _usual(message.parts)
            if blocks is None:
                parts = message.parts
                if message.role == "assistant":
                    parts = tuple(sorted(parts, key=lambda part: not isinstance(part, ReasoningPart)))
                blocks = self._blocks(parts)
            if not blocks:
                continue
            role = "assistant" if message.role == "assistant" else "user"  # ARGO's Claude takes no later system message
            if turns and turns[-1][0] == role:
                turns[-1][1].extend(blocks)
            else:
                turns.append((role, blocks))
        if not turns or turns[0][0] != "user":
            turns.insert(0, ("user", [{"type": "text", "text": _EMPTY}]))
        return [{"role": role, "content": blocks} for role, blocks in turns]

    def _content(self, parts: tuple[Part, ...], *, in_result: bool = False) -> str | msgspec.Raw | list[Json]:
        only = parts[0] if len(parts) == 1 else None
        if isinstance(only, TextPart) and only.is_bare and (self._own or not only.is_blank):
            return only.written
        return self._blocks(parts, in_result=in_result)

    def _blocks(self, parts: tuple[Part, ...], *, in_result: bool = False) -> list[Json]:
        return [block for part in parts for block in self._block(part, in_result)]

    def _block(self, part: Part, in_result: bool) -> list[Json]:
        match part:
            case TextPart():
                return self._text(part)
            case ToolCallPart():
                return [
                    {
                        "type": "tool_use",
                        "id": self._id(part.id),
                        "name": fitted_identifier(part.name, LONGEST_TOOL_NAME),
                        "input": _input(part),
                        **self._rest(part.cache, part.extra, "messages[].tool_calls[]."),
                    }
                ]
            case ToolResultPart():
                return [self._result(part)]
            case ReasoningPart():
                return self._thinking(part)
            case ImagePart():
                return self._image(part)
            case FilePart():
                return self._file(part)
            case ToolReferencePart():
                return self._reference(part)
            case OpaquePart():
                return self._opaque(part, in_result=in_result)
            case _:
                assert_never(part)

    def _text(self, part: TextPart) -> list[Json]:
        if not self._own and part.is_blank:
            return []
        written = [as_written(citation, own=self._own) for citation in part.citations] if self._own else []
        citations: Json = {"citations": written} if written else {}
        rest = self._rest(part.cache, part.extra, self._json_path)
        return [{"type": "text", "text": part.written, **citations, **rest}]

    def _result(self, part: ToolResultPart) -> Json:
        content = self._content(part.content, in_result=True)
        failed: Json = {"is_error": True} if part.is_error else {}
        result: Json = {"type": "tool_result", "tool_use_id": self._id(part.call_id)}
        if content or self._own:
            result["content"] = content
        return {**result, **failed, **self._rest(part.cache, part.extra, "messages[].")}

    def _thinking(self, part: ReasoningPart) -> list[Json]:
        """Only what a Claude has signed, be it without its text, as newer ones give it (pitfalls 5.5, 5.7)."""
        if part.redacted is not None:
            return [{"type": "redacted_thinking", "data": part.redacted}]
        signed = part.signature is not None and not part.signature.startswith(OUR_MARK)
        if not self._own and not signed:
            self._dropped.note("messages[].reasoning_content")
            return []
        self.thinks = True
        block: Json = {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
        return [{**block, **(part.extra if self._own else {})}]

    def _image(self, part: ImagePart) -> list[Json]:
        if part.detail is not None:
            self._dropped.note("messages[].content[].image_url.detail")
        rest = self._rest(part.cache, part.extra, self._json_path)
        if part.source.kind == "file_id" and not self._own:
            return self._note_in_place_of(
                f"[an image, file {part.source.value}, that is not here]", "messages[].content[]"
            )
        self._outline.images += 1
        return [with_others({"type": "image", "source": _source(part.source)}, rest)]

    def _file(self, part: FilePart) -> list[Json]:
        if self._own:
            source: Json | None = _source(part.source)
        else:
            source = _document(part.source)
        if source is None and part.source.kind == "url":
            note = f"[the document {part.name or ''} at {part.source.value}]"
            return self._note_in_place_of(note, "messages[].content[].source.url")
        if source is None:
            kind = part.source.media_type or part.source.kind
            note = f"[the file {part.name or ''} ({kind}) could not be passed on: only PDF and text can]"
            return self._note_in_place_of(note, "messages[].content[].file")
        title: Json = {"title": part.name} if part.name else {}
        rest = self._rest(part.cache, part.extra, self._json_path)
        return [with_others({"type": "document", "source": source, **title}, rest)]

    def _opaque(self, part: OpaquePart, *, in_result: bool = False) -> list[Json]:
        if self._own:
            return [msgspec.json.decode(part.raw, type=dict[str, object])]
        self._dropped.note(f"messages[].content[].{part.kind}")
        said = [block for text in part.fallback for block in self._text(text)]
        return said or ([{"type": "text", "text": left_out(part.kind)}] if in_result else [])

    def _reference(self, part: ToolReferencePart) -> list[Json]:
        if self._own:
            return [msgspec.json.decode(part.raw, type=dict[str, object])]
        return [{"type": "text", "text": tool_found(fitted_identifier(part.name, LONGEST_TOOL_NAME))}]

    def _note_in_place_of(self, note: str, path: str) -> list[Json]:
        self._dropped.note(path)
        return [{"type": "text", "text": note}]

    def _rest(self, cache: msgspec.Raw | None, extra: Extra, path: str) -> Extra:
        """What goes with any block: a cache breakpoint, and what only this dialect knows."""
        rest: Extra = {} if cache is None else {"cache_control": cache}
        if self._own:
            return {**rest, **extra}
        self._dropped.extra(path, extra)
        return rest

    def _id(self, name: str) -> str:
        return name if self._own else fitted_identifier(name, LONGEST_ID)


def _usual(parts: tuple[Part, ...]) -> list[Json] | None:
    """The blocks of what other dialects' turns are mostly made of, with nothing that could be lost; None for others.

    The longer way writes them alike.
    """
    blocks: list[Json] = []
    for part in parts:
        if type(part) is TextPart:
            if not part.is_bare:
                return None
            if not part.is_blank:
                blocks.append({"type": "text", "text": part.written})
        elif type(part) is ToolCallPart:
            if part.custom or part.cache is not None or part.extra:
                return None
            name = fitted_identifier(part.name, LONGEST_TOOL_NAME)
            identifier = fitted_identifier(part.id, LONGEST_ID)
            given = arguments_object(part.arguments)
            blocks.append({"type": "tool_use", "id": identifier, "name": name, "input": given})
        elif type(part) is ToolResultPart:
            if len(part.content) != 1 or part.is_error or part.cache is not None or part.extra:
                return None
            only = part.content[0]
            if type(only) is not TextPart or not only.is_bare or only.is_blank:
                return None
            identifier = fitted_identifier(part.call_id, LONGEST_ID)
            blocks.append({"type": "tool_result", "tool_use_id": identifier, "content": only.written})
        else:
            return None
    return blocks


def _input(part: ToolCallPart) -> object:
    return {"input": part.arguments} if part.custom else arguments_object(part.arguments)


def _source(source: Source) -> Json:
    match source.kind:
        case "base64":
            kind: Json = {} if source.media_type is None else {"media_type": source.media_type}
            return {"type": "base64", **kind, "data": source.value}
        case "text":
            return {"type": "text", "media_type": source.media_type or "text/plain", "data": source.value}
        case "url":
            return {"type": "url", "url": source.value}
        case "file_id":
            return {"type": "file", "file_id": source.value}


def _document(source: Source) -> Json | None:
    """The source of a document that came in another dialect; None where Claude has no reader for it."""
    if source.kind != "base64":
        return _source(source) if source.kind == "text" else None  # ARGO's Claude fetches nothing
    kind = source.media_type or ""
    if kind == "application/pdf":
        return _source(source)
    if not kind.startswith("text/") and kind not in ("application/json", "application/xml", "application/yaml"):
        return None
    try:
        text = base64.b64decode(source.value, validate=True).decode()
    except ValueError:  # no base64, or no text
        return None
    return {"type": "text", "media_type": "text/plain", "data": text}
