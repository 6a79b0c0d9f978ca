"""The parts of messages and answers as lines. It knows the neutral form and no dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from typing_extensions import assert_never

from ..ir.parts import (
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
from .wording import arguments, brief, bytes_in, shortened, size

MARK = "▸ "
"""How a line begins that says what follows."""

RULE = "── "
"""How a line begins above which another turn ends."""


_SUMMARIES = frozenset({"compaction", "compaction_summary", "context_compaction"})
"""Kinds of items in which a conversation's summary is sealed."""


def heading(words: str) -> str:
    """A line above a turn."""
    return f"{RULE}{words} " + "─" * max(4, 70 - len(words))


def is_heading(line: str) -> bool:
    """Whether a line says what follows."""
    return line.startswith(RULE) or line.lstrip().startswith(MARK)


def lines_of(parts: Iterable[Part], names: Mapping[str, str]) -> list[str]:
    """The parts, one below the other; `names` are tools' names by their calls' ids."""
    return [line for part in parts for line in _lines(part, names)]


def _lines(part: Part, names: Mapping[str, str]) -> list[str]:
    match part:
        case TextPart():
            return _text(part)
        case ReasoningPart():
            return _thought(part)
        case ToolCallPart():
            given = part.arguments.splitlines() if part.custom else arguments(part.arguments)
            return [f"{MARK}call {part.name}{_in_brackets(part.id)}", *_indented(given)]
        case ToolResultPart():
            name = names.get(part.call_id, "")
            failed = ", an error" if part.is_error else ""
            said = lines_of(part.content, names) or ["(nothing)"]
            words = " ".join(word for word in (f"{MARK}result of", name) if word)
            return [f"{words}{_in_brackets(part.call_id)}{failed}", *_indented(said)]
        case ImagePart():
            return [f"{MARK}image: {_source(part.source)}" + (f", detail {part.detail}" if part.detail else "")]
        case FilePart():
            return [f"{MARK}file{f' {part.name}' if part.name else ''}: {_source(part.source)}"]
        case ToolReferencePart():
            return [f"{MARK}tool found: {part.name}"]
        case OpaquePart() if part.kind in _SUMMARIES:
            sealed = f"{MARK}compaction: a summary of what came before, sealed ({size(len(bytes(part.raw)))})"
            return [f"{sealed}; in words it stands on ARGO's side"]
        case OpaquePart():
            return [f"{MARK}{part.kind or 'of no type'}", *_indented(brief(bytes(part.raw)).splitlines())]
        case _:
            assert_never(part)


def _text(part: TextPart) -> list[str]:
    lines = [f"{MARK}refusal"] if part.refusal else []
    lines += part.text.splitlines()
    cited = [f"{MARK}cites {one.url or one.title or shortened(one.quoted or '')}" for one in part.citations]
    return [*lines, *cited, *([f"{MARK}cache breakpoint"] if part.cache is not None else [])]


def _thought(part: ReasoningPart) -> list[str]:
    if part.redacted is not None:
        return [f"{MARK}thinking, redacted: {bytes_in(part.redacted)}"]
    signed = f", signed ({size(len(part.signature))})" if part.signature else ""
    return [f"{MARK}thinking{signed}", *_indented(part.text.splitlines())]


def _source(source: Source) -> str:
    kind = source.media_type or "unknown type"
    match source.kind:
        case "base64":
            return f"{kind}, {bytes_in(source.value)}"
        case "text":
            return f"{kind}, {size(len(source.value.encode('utf-8', 'replace')))}"
        case "url":
            return f"at {source.value[:300]}"
        case "file_id":
            return f"file id {source.value[:300]}"
        case _:
            assert_never(source.kind)


def _in_brackets(identifier: str) -> str:
    return f" ({identifier})" if identifier else ""


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
