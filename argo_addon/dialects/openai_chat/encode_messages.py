"""A conversation in the neutral form, written for Chat Completions. What a model refuses is quirks.py's to change.

What came in this dialect goes back as it was; what came in another is put into the order that this one demands.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from typing_extensions import assert_never

from ...ir.parts import (
    GEMINI_MARK,
    Extra,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolReferencePart,
    ToolResultPart,
)
from ...ir.request import Message
from ...pieces import in_pieces
from ...translation.identifiers import fitted_identifier
from ..shared.data_url import url_of
from ..shared.dropped_fields import DroppedFields
from ..shared.outline import Outline
from ..shared.raw_members import with_others
from ..shared.result_words import left_out, tool_found
from .wire_usual import WrittenCall, WrittenCalls, WrittenFunction, WrittenResult, WrittenText, WrittenWords

NAME = "openai_chat"
Json = dict[str, object]
LONGEST_ID = 40
LONGEST_TOOL_NAME = 64
_EMPTY = "."
_SEEN_BELOW = "[see the next message of the user]"


class MessageEncoder:
    """Writes messages; `own` says that they came in this dialect. What it cannot say goes to `dropped`."""

    def __init__(self, own: bool, dropped: DroppedFields, outline: Outline) -> None:
        self._own = own
        self._dropped = dropped
        self._outline = outline
        outline.longest_id = LONGEST_ID
        self._json_path = ""  # where the parts at hand stand, for what is lost of them

    def messages(self, messages: tuple[Message, ...]) -> list[object]:
        """The conversation; a stand-in for one of which nothing can be said here, since an empty list is refused."""
        written: list[object] = []
        for message in in_pieces(messages):
            if self._own or not _write_usual(message, written):
                written += self._message(message)
        return written or [{"role": "user", "content": _EMPTY}]

    def _message(self, message: Message) -> list[Json]:
        extra = message.extra if self._own else {}
        self._json_path = "system[]." if message.role == "system" else "messages[].content[]."
        match message.role:
            case "system":
                return [{"role": "system", "content": self._content(message.parts), **extra}]
            case "assistant":
                assistant = self._assistant(message.parts)
                return [{**assistant, **extra}] if self._own or len(assistant) > 2 or assistant["content"] else []
            case "user":
                return self._user(message.parts, extra)

    def _assistant(self, parts: tuple[Part, ...]) -> Json:
        calls: list[Json] = []
        signature: str | None = None
        rest: list[Part] = []
        refusals: list[str] = []
        for part in parts:
            if isinstance(part, ToolCallPart):
                calls.append(self._call(part, signature))
                signature = None
            elif isinstance(part, TextPart) and part.refusal:
                refusals.append(part.text)
            elif not isinstance(part, ReasoningPart):
                rest.append(part)
            elif part.signature is not None and part.signature.startswith(GEMINI_MARK):
                signature = part.signature.removeprefix(GEMINI_MARK)
                self._outline.signed_calls = True
            else:
                self._dropped.note("messages[].content[].thinking")
        message: Json = {"role": "assistant", "content": self._content(rest, joined=not self._own)}
        if calls and not rest:
            message["content"] = None if self._own else ""
        if refusals:
            message["refusal"] = "".join(refusals)
        if calls:
            message["tool_calls"] = calls
        return message

    def _call(self, part: ToolCallPart, signature: str | None) -> Json:
        rest = self._rest(part.cache, part.extra, self._json_path)
        if part.custom and self._own:
            custom: Json = {"name": part.name, "input": part.arguments}
            return with_others({"id": part.id, "type": "custom", "custom": custom}, rest)
        arguments = part.arguments if self._own or part.arguments.strip() else "{}"
        if part.custom:
            arguments = msgspec.json.encode({"input": part.arguments}).decode()
        function: Json = {"name": fitted_identifier(part.name, LONGEST_TOOL_NAME), "arguments": arguments}
        call: Json = {"id": self._id(part.id), "type": "function", "function": function}
        if signature is not None:
            call["extra_content"] = {"google": {"thought_signature": signature}}
        return with_others(call, rest) if rest else call

    def _user(self, parts: tuple[Part, ...], extra: Extra) -> list[Json]:
        """The results of tools, a message each, then what the user says and what the results show (pitfalls 4.7)."""
        written: list[Json] = []
        shown: list[Part] = []
        others: list[Part] = []
        for part in parts:
            if isinstance(part, ToolResultPart):
                result = self._result(part, shown)
                written.append({**result, **extra} if extra else result)
            else:
                others.append(part)
        if shown or others or not written:
            content = self._content((*shown, *others))
            written.append({"role": "user", "content": content, **({} if written else extra)})
        return written

    def _result(self, part: ToolResultPart, shown: list[Part]) -> Json:
        rest = self._rest(part.cache, part.extra, self._json_path)
        message: Json = {"role": "tool", "tool_call_id": self._id(part.call_id)}
        if self._own:
            return {**message, "content": self._content(part.content), **rest}
        if len(part.content) == 1 and isinstance(only := part.content[0], TextPart) and not part.is_error:
            message["content"] = only.written
            return message
        texts = ["Error:"] if part.is_error and not _says_so(part) else []
        visible: list[ImagePart | FilePart] = []
        for item in part.content:
            match item:
                case TextPart():
                    texts.append(item.text)
                case OpaquePart():
                    self._dropped.note(f"messages[].content[].{item.kind}")
                    texts += [text.text for text in item.fallback] or [left_out(item.kind)]
                case ToolReferencePart():
                    texts.append(tool_found(fitted_identifier(item.name, LONGEST_TOOL_NAME)))
                case ImagePart():
                    texts.append(f"[image: {_SEEN_BELOW[1:]}")
                    visible.append(item)
                case FilePart():
                    texts.append(f"[file {item.name or ''}: {_SEEN_BELOW[1:]}")
                    visible.append(item)
                case _:
                    assert_never(item)
        if visible:
            shown += [TextPart(f"[What the tool call {self._id(part.call_id)} returned:]"), *visible]
        return {**message, "content": "\n".join(texts)}

    def _content(self, parts: Sequence[Part], joined: bool = False) -> str | msgspec.Raw | list[Json]:
        """Plain text where that is all there is, and if `joined` even where it comes in several parts."""
        if len(parts) == 1 and isinstance(only := parts[0], TextPart) and (joined or only.is_bare):
            if only.cache is not None or only.extra:
                self._note_losses(only)
            return only.written
        if joined and all(isinstance(part, TextPart) for part in parts):
            for part in parts:
                self._note_losses(part)
            return "".join(part.text for part in parts if isinstance(part, TextPart))
        written = [item for part in parts for item in self._part(part)]
        return written or ""

    def _note_losses(self, part: Part) -> None:
        if isinstance(part, TextPart):
            self._rest(part.cache, part.extra, self._json_path)

    def _part(self, part: Part) -> list[Json]:
        match part:
            case TextPart():
                if part.refusal and self._own:
                    return [{"type": "refusal", "refusal": part.text, **part.extra}]
                if not part.written and not self._own:
                    return []
                rest = self._rest(part.cache, part.extra, self._json_path)
                return [{"type": "text", "text": part.written, **rest}]
            case ImagePart():
                return self._image(part)
            case FilePart():
                return self._file(part)
            case OpaquePart():
                if self._own:
                    return [{"type": part.kind, **msgspec.json.decode(part.raw, type=dict[str, msgspec.Raw])}]
                self._dropped.note(f"messages[].content[].{part.kind}")
                return [{"type": "text", "text": text.written} for text in part.fallback]
            case ToolReferencePart():
                return [{"type": "text", "text": tool_found(fitted_identifier(part.name, LONGEST_TOOL_NAME))}]
            case ReasoningPart() | ToolCallPart() | ToolResultPart():
                return []  # written elsewhere in the message
            case _:
                assert_never(part)

    def _image(self, part: ImagePart) -> list[Json]:
        rest = self._rest(part.cache, part.extra, self._json_path)
        if part.source.kind not in ("base64", "url"):
            self._dropped.note("messages[].content[].source.file_id")
            return [{"type": "text", "text": f"[an image, file {part.source.value}, that is not here]"}]
        about: Json = {"url": url_of(part.source)}
        if part.detail is not None:
            about["detail"] = part.detail
        self._outline.images += 1
        return [with_others({"type": "image_url", "image_url": about}, rest)]

    def _file(self, part: FilePart) -> list[Json]:
        rest = self._rest(part.cache, part.extra, self._json_path)
        source, name = part.source, part.name
        if source.kind == "text":
            return [{"type": "text", "text": f"{name}\n\n{source.value}" if name else source.value, **rest}]
        if source.kind == "url":
            self._dropped.note("messages[].content[].source.url")
            return [{"type": "text", "text": f"[the document {name or ''} at {source.value}]", **rest}]
        if source.kind == "file_id":
            if self._own:
                about: Json = {"file_id": source.value}
                return [with_others({"type": "file", "file": {**about, **({"filename": name} if name else {})}}, rest)]
            self._dropped.note("messages[].content[].source.file_id")
            return [{"type": "text", "text": f"[the document {name or ''}, file {source.value}, that is not here]"}]
        data = url_of(source) if source.media_type else source.value
        about = {"file_data": data}
        if name or not self._own:
            about["filename"] = name or "document.pdf"
        return [with_others({"type": "file", "file": about}, rest)]

    def _rest(self, cache: msgspec.Raw | None, extra: Extra, path: str) -> Extra:
        """What only this dialect knows; a cache breakpoint is no word of its own, but some upstreams take it."""
        if cache is None and not extra:
            return extra
        if self._own:
            return {**({} if cache is None else {"cache_control": cache}), **extra}
        self._dropped.extra(path, {**extra, **({} if cache is None else {"cache_control": cache})})
        return {}

    def _id(self, name: str) -> str:
        return name if self._own else fitted_identifier(name, LONGEST_ID)


# What conversations of other dialects are mostly made of. What is not usual goes the way above, which notes what is
# lost; both ways write a usual message alike.


def _write_usual(message: Message, written: list[object]) -> bool:
    """Writes a message, if it is usual; whether it is."""
    role = message.role
    if role == "assistant":
        return _write_usual_assistant(message.parts, written)
    return role == "user" and _write_usual_user(message.parts, written)


def _write_usual_assistant(parts: tuple[Part, ...], written: list[object]) -> bool:
    """A turn of one text and of calls, either of which may be missing."""
    text: str | msgspec.Raw = ""
    calls: list[WrittenCall] = []
    for part in parts:
        if type(part) is ToolCallPart:
            arguments = part.arguments
            if part.custom or part.cache is not None or part.extra or not arguments.startswith("{"):
                return False
            function = WrittenFunction(fitted_identifier(part.name, LONGEST_TOOL_NAME), arguments)
            calls.append(WrittenCall(fitted_identifier(part.id, LONGEST_ID), "function", function))
        elif type(part) is TextPart and not text and part.is_bare:
            text = part.written
        else:
            return False
    if calls:
        written.append(WrittenCalls(text, calls))
    elif text:
        written.append(WrittenWords(text))
    return True


def _write_usual_user(parts: tuple[Part, ...], written: list[object]) -> bool:
    """A turn of results that are a text each, and of one text at most."""
    text: str | msgspec.Raw | None = None
    made: list[object] = []
    for part in parts:
        if type(part) is ToolResultPart:
            content = part.content
            if len(content) != 1 or part.is_error or part.cache is not None or part.extra:
                return False
            only = content[0]
            if type(only) is not TextPart:
                return False
            made.append(WrittenResult(fitted_identifier(part.call_id, LONGEST_ID), only.written))
        elif type(part) is TextPart and text is None and part.is_bare:
            text = part.written
        else:
            return False
    if text is not None:
        made.append(WrittenText(text))
    written += made
    return bool(made)


def _says_so(part: ToolResultPart) -> bool:
    first = part.content[0] if part.content else None
    return isinstance(first, TextPart) and first.text.lower().startswith("error")
