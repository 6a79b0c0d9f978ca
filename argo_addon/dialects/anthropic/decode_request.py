"""A request of the Messages API, read into the neutral form. It knows nothing of where the request is going.

`keep_extra` is True if it goes on to an upstream of this dialect: then what the neutral form has no word for is kept as
it stands. Otherwise a block that is not known is refused by its JSON path, since no other dialect could express it.
"""

from __future__ import annotations

import re

import msgspec

from ...errors import ClientError
from ...ir.parts import (
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    ResultContent,
    Source,
    TextPart,
    ToolCallPart,
    ToolReferencePart,
    ToolResultPart,
)
from ...ir.request import BuiltInTool, Message, OutputFormat, Reasoning, Request, Tool, ToolChoice
from ...recent import Recent
from ..base import Fields
from ..shared.data_url import in_base64, typed
from ..shared.raw_members import Shape, items_of, member, optional
from . import wire
from .citations import cited
from .tools import is_built_in, stand_in

BILLING = "x-anthropic-billing-header"
"""How the first system text of Claude Code may begin: it changes, and is of use to Anthropic only (pitfalls 1.3)."""
_NULL = msgspec.Raw(b"null")
_TRUE = msgspec.Raw(b"true")

_MESSAGE = Shape(wire.Message)
_TYPE = msgspec.json.Decoder(wire.BlockType)
_TEXT = Shape(wire.TextBlock)
_IMAGE = Shape(wire.ImageBlock)
_DOCUMENT = Shape(wire.DocumentBlock)
_TOOL_USE = Shape(wire.ToolUseBlock)
_TOOL_RESULT = Shape(wire.ToolResultBlock)
_THINKING_BLOCK = Shape(wire.ThinkingBlock)
_REDACTED = Shape(wire.RedactedBlock)
_SEARCH_RESULT = Shape(wire.SearchResultBlock)
_REFERENCE = Shape(wire.ToolReferenceBlock)
_OTHER = Shape(wire.OtherBlock)
_TOOL = Shape(wire.ToolParam)
_TOOLSET = Shape(wire.ToolsetParam)
_CHOICE = Shape(wire.ToolChoice)
_THINKING = Shape(wire.Thinking)
_OUTPUT_CONFIG = Shape(wire.OutputConfig)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FORM = Shape(wire.Format)
_FORMAT = msgspec.json.Decoder(wire.Format | None)
_SYSTEM = msgspec.json.Decoder(str | list[msgspec.Raw])
_NUMBER = msgspec.json.Decoder(float | None)
_WHOLE = msgspec.json.Decoder(int | None)
_WORDS = msgspec.json.Decoder(list[str] | None)

_KNOWN = {
    *("model", "stream", "user"),  # read elsewhere
    *("messages", "system", "tools", "tool_choice", "max_tokens", "temperature", "top_p", "top_k"),
    *("stop_sequences", "thinking", "output_config"),
}
_ELSEWHERE = {"metadata", "output_format"}
"""ARGO is told who asks by other means; the form of the output had another name in beta."""


def decode_request(fields: Fields, *, keep_extra: bool) -> Request:
    """The request. Raises ClientError that names the place of what does not fit."""
    choice, parallel = _tool_choice(fields)
    config, others = _output_config(fields)
    known = _KNOWN if keep_extra else _KNOWN | _ELSEWHERE
    form = config.format
    if not keep_extra and form is None:
        form = optional(fields, "output_format", _FORMAT)
    extra = {name: value for name, value in fields.items() if name not in known and value != _NULL}
    if not keep_extra:
        older = _FORM.others(fields.get("output_format", _NULL))
        extra.update({f"output_format.{name}": value for name, value in older.items()})
    return Request(
        dialect="anthropic",
        messages=(*_system(fields, keep_extra), *_messages(fields, keep_extra)),
        tools=_tools(bytes(fields.get("tools", _NULL))),
        tool_choice=choice,
        parallel_calls=parallel,
        max_tokens=optional(fields, "max_tokens", _WHOLE),
        temperature=optional(fields, "temperature", _NUMBER),
        top_p=optional(fields, "top_p", _NUMBER),
        top_k=optional(fields, "top_k", _WHOLE),
        stop=tuple(optional(fields, "stop_sequences", _WORDS) or ()),
        reasoning=_reasoning(fields, config.effort),
        output_format=None if form is None else OutputFormat(_encoded(form.schema)),
        extra={**extra, **_unsupported_of_config(others, keep_extra)},
    )


def _unsupported_of_config(others: Fields, keep_extra: bool) -> Fields:
    """What is known of `output_config` only here: to go back as it was, or to be told."""
    if keep_extra:
        return {"output_config": _encoded(others)} if others else {}
    return {f"output_config.{name}": value for name, value in others.items()}


class _ToolType(msgspec.Struct):
    type: str | None = None


_ANY = msgspec.json.Decoder(msgspec.Raw)
_TOOL_TYPE = msgspec.json.Decoder(_ToolType)


def _system(fields: Fields, keep_extra: bool) -> list[Message]:
    raw = fields.get("system", _NULL)
    if raw == _NULL:
        return []
    parts = _parts(member(raw, _SYSTEM, "system"), "system", keep_extra)
    if not keep_extra and parts and isinstance(parts[0], TextPart) and parts[0].text.startswith(BILLING):
        _, _, rest = parts[0].text.partition("\n")
        parts = (msgspec.structs.replace(parts[0], text=rest), *parts[1:]) if rest.strip() else parts[1:]
    return [Message("system", parts)] if parts else []


def _messages(fields: Fields, keep_extra: bool) -> list[Message]:
    if fields.get("messages", _NULL) == _NULL:
        raise ClientError(400, "messages: missing", param="messages")
    messages = []
    for number, (message, others) in enumerate(_MESSAGE.read_all(fields["messages"], "messages")):
        json_path = f"messages[{number}]"
        parts = _parts(message.content, f"{json_path}.content", keep_extra)
        if not keep_extra:
            _refuse_misplaced(message.role, parts, f"{json_path}.content")
        messages.append(Message(message.role, parts, others))
    if not messages and not keep_extra:
        raise ClientError(400, "messages: empty: there is nothing to answer", param="messages")
    return messages


def with_roles(fields: Fields) -> Fields:
    """The body with a role for messages that have none: it is of no weight to who counts tokens (pitfalls 8.1)."""
    if bytes(fields.get("messages", _NULL))[:1] != b"[":
        return fields
    messages = [{"role": msgspec.Raw(b'"user"'), **message} for _, message in items_of(fields, "messages", _MEMBERS)]
    return {**fields, "messages": _encoded(messages)}


_ROLE_OF_PART = {ToolCallPart: "assistant", ReasoningPart: "assistant", ToolResultPart: "user"}


def _refuse_misplaced(role: str, parts: tuple[Part, ...], json_path: str) -> None:
    for number, part in enumerate(parts):
        required = _ROLE_OF_PART.get(type(part), role)
        if required != role:
            where = f"{json_path}[{number}]"
            raise ClientError(400, f"{where}: this block belongs into a turn of the {required}'s", param=where)


def _parts(content: str | list[msgspec.Raw], json_path: str, keep_extra: bool) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(_part(raw, f"{json_path}[{number}]", keep_extra) for number, raw in enumerate(content))


_LEADING_TYPE = re.compile(rb'\{\s*"type"\s*:\s*"([a-z_]+)"')


def _kind_of(raw: msgspec.Raw, json_path: str) -> str:
    """What a block is: told by its first member as a rule, without reading the rest."""
    leading = _LEADING_TYPE.match(raw)
    return member(raw, _TYPE, json_path).type if leading is None else leading[1].decode()


def _part(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> Part:
    match _kind_of(raw, json_path):
        case "tool_use":
            call, others = _TOOL_USE.read_with_others(raw, json_path)
            arguments = "{}" if call.input == _NULL else bytes(call.input).decode()
            return ToolCallPart(call.id, call.name, arguments, cache=_cache(call.cache_control), extra=others)
        case "tool_result":
            return _tool_result(raw, json_path, keep_extra)
        case "thinking":
            thought, others = _THINKING_BLOCK.read_with_others(raw, json_path)
            return ReasoningPart(thought.thinking, thought.signature or None, extra=others)
        case "redacted_thinking":
            redacted, others = _REDACTED.read_with_others(raw, json_path)
            return ReasoningPart("", redacted=redacted.data, extra=others)
        case _:
            return _content(raw, json_path, keep_extra)


def _tool_result(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ToolResultPart:
    result, others = _TOOL_RESULT.read_with_others(raw, json_path)
    content: tuple[ResultContent, ...]
    if isinstance(result.content, str):
        content = (TextPart(result.content),)
    else:
        json_paths = [f"{json_path}.content[{number}]" for number in range(len(result.content or ()))]
        content = tuple(_content(*item, keep_extra) for item in zip(result.content or (), json_paths, strict=True))
    return ToolResultPart(
        result.tool_use_id,
        content,
        bool(result.is_error),
        _cache(result.cache_control),
        others,
    )


def _content(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ResultContent:
    """What may stand in a result as well as in a turn."""
    kind = _kind_of(raw, json_path)
    match kind:
        case "text":
            block, others = _TEXT.read_with_others(raw, json_path)
            citations = tuple(cited(citation) for citation in block.citations or ())
            return TextPart(block.text, citations=citations, cache=_cache(block.cache_control), extra=others)
        case "image":
            image = _IMAGE.read(raw, json_path)
            source = _source(image.source, f"{json_path}.source", keep_extra)
            source = source if keep_extra else typed(source, f"{json_path}.source.media_type")
            return ImagePart(source, cache=_cache(image.cache_control), extra=_IMAGE.all_others(raw))
        case "document":
            return _document(raw, json_path, keep_extra)
        case "search_result":
            found = _SEARCH_RESULT.read(raw, json_path)
            text = "\n".join([f"{found.title} ({found.source})", *(block.text for block in found.content)])
            return OpaquePart(kind, raw, json_path, (TextPart(text),), _cache(found.cache_control))
        case "tool_reference":
            reference = _REFERENCE.read(raw, json_path)
            return ToolReferencePart(reference.tool_name, raw, _cache(reference.cache_control))
        case _ if keep_extra or is_built_in(kind):
            return _built_in(kind, raw, json_path)
    known = "text, image, document, search_result, tool_use, tool_result, thinking, redacted_thinking"
    where = f"{json_path}.type"
    message = f"{where}: unknown content block '{kind}'; known are {known} and the blocks of built-in tools"
    raise ClientError(400, message, param=where)


class _Compaction(msgspec.Struct):
    content: str | None = None


_COMPACTION = msgspec.json.Decoder(_Compaction)


def _built_in(kind: str, raw: msgspec.Raw, json_path: str) -> OpaquePart:
    fallback: tuple[TextPart, ...] = ()
    if kind == "compaction" and (summary := member(raw, _COMPACTION, json_path).content):
        fallback = (TextPart(summary),)  # what came before it is there no more
    return OpaquePart(kind, raw, json_path, fallback, _cache(_OTHER.read(raw, json_path).cache_control))


_NOT_TEXT = TextPart("[an image of this document, which could not be passed on]")


def _document(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ResultContent:
    block = _DOCUMENT.read(raw, json_path)
    cache = _cache(block.cache_control)
    if block.source.type == "content":
        inner = block.source.content
        parts = _parts(inner if inner is not None else [], f"{json_path}.source.content", True)
        texts = [part if isinstance(part, TextPart) else _NOT_TEXT for part in parts]
        return OpaquePart("document", raw, json_path, tuple(TextPart(part.text) for part in texts), cache)
    source = _source(block.source, f"{json_path}.source", keep_extra)
    source = source if keep_extra else typed(source, f"{json_path}.source.media_type")
    return FilePart(source, block.title, cache, _DOCUMENT.all_others(raw))


def _source(source: wire.BlockSource, json_path: str, keep_extra: bool) -> Source:
    where, value = {
        "base64": ("data", source.data),
        "text": ("data", source.data),
        "url": ("url", source.url),
        "file": ("file_id", source.file_id),
        "content": ("data", None),
    }[source.type]
    if value is None:
        raise ClientError(400, f"{json_path}.{where}: missing", param=f"{json_path}.{where}")
    match source.type:
        case "text":
            return Source("text", value, source.media_type)
        case "url":
            return Source("url", value)
        case "file":
            return Source("file_id", value)
    return Source("base64", value, source.media_type) if keep_extra else in_base64(value, source.media_type)


def _cache(raw: msgspec.Raw) -> msgspec.Raw | None:
    return None if raw == _NULL else raw


def _read_tools(written: bytes) -> tuple[Tool | BuiltInTool, ...]:
    items = items_of({"tools": msgspec.Raw(written)}, "tools", _ANY)
    return tuple(_tool(raw, f"tools[{number}]") for number, (raw, _) in enumerate(items))


_tools = Recent(_read_tools)


def _tool(raw: msgspec.Raw, json_path: str) -> Tool | BuiltInTool:
    if (kind := member(raw, _TOOL_TYPE, json_path).type) not in (None, "custom"):
        built_in = _TOOLSET.read(raw, json_path)
        return BuiltInTool(built_in.type, built_in.name, raw, stand_in(kind or "", built_in.name))
    tool = _TOOL.read(raw, json_path)
    if tool.input_schema is None:
        where = f"{json_path}.input_schema"
        raise ClientError(400, f"{where}: missing: a tool needs a JSON Schema of its input", param=where)
    schema = _encoded(tool.input_schema)
    others = _TOOL.others(raw)
    return Tool(
        tool.name,
        tool.description,
        schema,
        tool.strict,
        cache=_cache(tool.cache_control),
        extra=others,
        deferred=others.get("defer_loading") == _TRUE,
    )


def _tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool | None]:
    raw = fields.get("tool_choice", _NULL)
    if raw == _NULL:
        return None, None
    choice = _CHOICE.read(raw, "tool_choice")
    extra = _CHOICE.others(raw)
    parallel = None if choice.disable_parallel_tool_use is None else not choice.disable_parallel_tool_use
    match choice.type:
        case "tool":
            if choice.name is None:
                raise ClientError(400, "tool_choice.name: missing", param="tool_choice.name")
            return ToolChoice("tool", (choice.name,), extra), parallel
        case "any":
            return ToolChoice("required", extra=extra), parallel
        case "auto" | "none":
            return ToolChoice(choice.type, extra=extra), parallel


def _output_config(fields: Fields) -> tuple[wire.OutputConfig, Fields]:
    raw = fields.get("output_config", _NULL)
    if raw == _NULL:
        return wire.OutputConfig(), {}
    return _OUTPUT_CONFIG.read(raw, "output_config"), _OUTPUT_CONFIG.all_others(raw)


def _reasoning(fields: Fields, effort: str | None) -> Reasoning | None:
    raw = fields.get("thinking", _NULL)
    if raw == _NULL:
        return None if effort is None else Reasoning(effort=effort)
    thinking = _THINKING.read(raw, "thinking")
    return Reasoning(thinking.type != "disabled", effort, thinking.budget_tokens, _THINKING.others(raw))


def _encoded(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
