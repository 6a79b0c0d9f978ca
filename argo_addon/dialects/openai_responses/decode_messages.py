"""A Responses request's conversation, read into the neutral form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

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
from ...ir.request import Message, Role
from ..base import Fields
from ..shared.data_url import image_of, source_of
from ..shared.raw_members import Shape, member, object_in, optional, text_of_member
from . import wire
from .compaction import ELSEWHERE, OPENING, PROMPT, SUMMARIES, asks
from .decode_usual import Items, thoughts_of
from .tools import ClientTool, client_tools_in, name_of

_S = TypeVar("_S", bound=msgspec.Struct)
_NULL = msgspec.Raw(b"null")
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw] | None)
_TEXT_VALUE = msgspec.json.Decoder(str)
_INSTRUCTIONS = msgspec.json.Decoder(str | list[msgspec.Raw] | None)
_TYPE = msgspec.json.Decoder(wire.ItemType)
_MESSAGE = Shape(wire.Message)
_CALL = Shape(wire.Call)
_OUTPUT = Shape(wire.Output)
_REASONING = Shape(wire.Reasoning)
_TEXT = Shape(wire.TextPart)
_REFUSAL = Shape(wire.RefusalPart)
_IMAGE = Shape(wire.ImagePart)
_FILE = Shape(wire.FilePart)
_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
_OF_NO_WEIGHT = frozenset({"type", "id", "status", "execution"})
"""Members of items and parts that change no answer."""
_SAID_ELSEWHERE = frozenset({"additional_tools", "compaction_trigger"})
_HOSTED = ("_call", "_call_output", "_list_tools", "_approval_request", "_approval_response")
"""How the types of items end that the provider's own tools make."""


def messages_of(
    fields: Fields, tools: Mapping[str, ClientTool], items: list[wire.UsualItem] | None
) -> tuple[Message, ...]:
    """The conversation, the instructions first; `tools` are those declared, by the names they go by, `items` is what
    `usual_items` makes of it.

    Raises ClientError that names the place of what does not fit.
    """
    instructions = optional(fields, "instructions", _INSTRUCTIONS)
    before = _items(instructions, "instructions", "system", tools) if instructions else ()
    last = (Message("user", (TextPart(PROMPT),)),) if asks(fields) else ()
    usual = None if items is None else Items(tools).messages_of(items)
    if usual:
        return (*before, *usual, *last)
    given = optional(fields, "input", _INPUT)
    if given is None:
        raise ClientError(400, "input: missing", param="input")
    if given == [] and not before:
        raise ClientError(400, "input: empty: there is nothing to answer", param="input")
    return (*before, *_items(given, "input", "user", tools), *last)


def check_items(items: Sequence[msgspec.Raw], json_path: str) -> None:
    """Raises ClientError for an item that could be read by nobody later."""
    for number, raw in enumerate(items):
        _item(raw, f"{json_path}[{number}]", {}, {})


def parts_of_item(raw: msgspec.Raw) -> tuple[Part, ...]:
    """What an item of an answer says, so far as an item of a request may say it too. Raises ClientError."""
    message = _item(raw, "output", {}, {})
    return () if message is None else message.parts


def _items(
    given: str | list[msgspec.Raw], json_path: str, role: Role, tools: Mapping[str, ClientTool]
) -> tuple[Message, ...]:
    if isinstance(given, str):
        return (Message(role, (TextPart(given),)),)
    items = Items(tools)
    usual = items.message_of if role == "user" else lambda _: None
    read = (usual(raw) or _item(raw, f"{json_path}[{number}]", tools, items.calls) for number, raw in enumerate(given))
    return tuple(message for message in read if message is not None)


def _item(raw: msgspec.Raw, json_path: str, tools: Mapping[str, ClientTool], calls: dict[str, str]) -> Message | None:
    about = member(raw, _TYPE, json_path)
    kind = about.type or ("message" if about.role is not None else "")
    match kind:
        case "message":
            message = _MESSAGE.read(raw, json_path)
            return Message(_ROLES[message.role], _parts(message.content, f"{json_path}.content"), _extra(_MESSAGE, raw))
        case "function_call" | "custom_tool_call" | "tool_search_call" | "local_shell_call":
            call = _call(raw, kind, json_path, tools)
            calls[about.id or call.id] = call.id
            return Message("assistant", (call,), _unsupported_of_call(raw))
        case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
            result = _result(raw, json_path)
            renamed = msgspec.structs.replace(result, call_id=calls.get(result.call_id, result.call_id))
            return Message("user", (renamed,), _extra(_OUTPUT, raw))
        case "tool_search_output":
            found = _OUTPUT.read(raw, json_path)
            content = _found(found, json_path, tools)
            return Message("user", (ToolResultPart(found.call_id or found.id or "", content),), _extra(_OUTPUT, raw))
        case "reasoning":
            return Message("assistant", _thoughts(_REASONING.read(raw, json_path)), _extra(_REASONING, raw))
        case "item_reference":
            reason = "an item_reference refers to what is kept, and this is not: send the item itself"
            raise ClientError(400, f"{json_path}: {reason}", param=json_path, code="previous_response_not_found")
    if kind in _SAID_ELSEWHERE:
        return None
    if kind in SUMMARIES:
        return _summary(raw, kind, json_path)
    if kind.endswith(_HOSTED):
        return Message("assistant", (OpaquePart(kind, raw, json_path),))
    where = f"{json_path}.type"
    known = "message, function_call, custom_tool_call, reasoning, their outputs and those of built-in tools"
    raise ClientError(400, f"{where}: unknown item '{kind}'; known are {known}", param=where)


def _found(output: wire.Output, json_path: str, tools: Mapping[str, ClientTool]) -> tuple[ResultContent, ...]:
    """The tools that a search has found, by the names that the model knows them by: they are offered as well."""
    names = [
        name_of(tool.name, tool.namespace, tools)
        for number, raw in enumerate(output.tools)
        for tool in client_tools_in(raw, f"{json_path}.tools[{number}]")
    ]
    return tuple(map(ToolReferencePart, names)) or (TextPart("No tools were found."),)


def _summary(raw: msgspec.Raw, kind: str, json_path: str) -> Message:
    """What was compacted: the summary where it could be opened, else a word of its having been there."""
    summary = text_of_member(object_in(raw), "summary")
    said = TextPart(f"{OPENING}{summary}") if summary else OpaquePart(kind, raw, json_path, (TextPart(ELSEWHERE),))
    return Message("user", (said,))


def _extra(shape: Shape[_S], raw: msgspec.Raw) -> Fields:
    """What an item or a part says besides that has any weight."""
    others = shape.others(raw).items()
    return {name: value for name, value in others if name not in _OF_NO_WEIGHT and bytes(value) != b"[]"}


def _unsupported_of_call(raw: msgspec.Raw) -> Fields:
    """What of a call does not come back to the model: for a shell's, where and as whom it ran besides."""
    unsupported = _extra(_CALL, raw)
    members = object_in(raw)
    if members.get("type") == _SHELL_CALL:
        action = object_in(members.get("action", _NULL))
        unsupported.update(
            {f"action.{name}": value for name, value in action.items() if name not in _CARRIED_OF_ACTIONS}
        )
    return {name: value for name, value in unsupported.items() if bytes(value) not in (b"null", b"{}")}


def _call(raw: msgspec.Raw, kind: str, json_path: str, tools: Mapping[str, ClientTool]) -> ToolCallPart:
    call = _CALL.read(raw, json_path)
    identifier = call.call_id or call.id or ""
    match kind:
        case "custom_tool_call":
            return ToolCallPart(identifier, name_of(call.name, call.namespace, tools), call.input, custom=True)
        case "local_shell_call":
            action = member(call.action, _ACTION, f"{json_path}.action")
            return ToolCallPart(identifier, "local_shell", msgspec.json.encode(_shell_arguments(action)).decode())
        case "tool_search_call":
            return ToolCallPart(identifier, "tool_search", _text_of(call.arguments))
    return ToolCallPart(identifier, name_of(call.name, call.namespace, tools), _text_of(call.arguments))


_ACTION = msgspec.json.Decoder(wire.ShellAction)
_SHELL_CALL = msgspec.Raw(b'"local_shell_call"')
_CARRIED_OF_ACTIONS = frozenset({"type", "command", "working_directory", "timeout_ms"})


def _shell_arguments(action: wire.ShellAction) -> dict[str, object]:
    """A shell action as the arguments that the model wrote."""
    arguments = {
        "command": action.command,
        "working_directory": action.working_directory,
        "timeout_ms": action.timeout_ms,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _text_of(arguments: msgspec.Raw) -> str:
    written = bytes(arguments)
    if written == b"null":
        return ""
    return _TEXT_VALUE.decode(written) if written.startswith(b'"') else written.decode()


def _result(raw: msgspec.Raw, json_path: str) -> ToolResultPart:
    result = _OUTPUT.read(raw, json_path)
    kinds = (TextPart, ImagePart, FilePart, OpaquePart)
    parts = _parts(result.output, f"{json_path}.output")
    content: tuple[ResultContent, ...] = tuple(part for part in parts if isinstance(part, kinds))
    return ToolResultPart(result.call_id or result.id or "", content)


def _thoughts(item: wire.Reasoning) -> tuple[ReasoningPart, ...]:
    return thoughts_of(item.encrypted_content, item.content, item.summary)


def _parts(content: str | list[msgspec.Raw] | None, json_path: str) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(_part(raw, f"{json_path}[{number}]") for number, raw in enumerate(content))


def _part(raw: msgspec.Raw, json_path: str) -> Part:
    kind = member(raw, _TYPE, json_path).type or ""
    match kind:
        case "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text":
            return TextPart(_TEXT.read(raw, json_path).text, extra=_extra(_TEXT, raw))
        case "refusal":
            return TextPart(_REFUSAL.read(raw, json_path).refusal, refusal=True, extra=_extra(_REFUSAL, raw))
        case "input_image":
            return msgspec.structs.replace(_image(_IMAGE.read(raw, json_path), json_path), extra=_extra(_IMAGE, raw))
        case "input_file":
            return msgspec.structs.replace(_file(_FILE.read(raw, json_path), json_path), extra=_extra(_FILE, raw))
        case "input_audio":
            return OpaquePart(kind, raw, json_path, (TextPart("[a sound recording, which this model cannot hear]"),))
    where = f"{json_path}.type"
    known = "input_text, input_image, input_file, output_text, refusal"
    raise ClientError(400, f"{where}: unknown content part '{kind}'; known are {known}", param=where)


def _image(image: wire.ImagePart, json_path: str) -> ImagePart:
    if image.image_url is not None:
        return ImagePart(image_of(image.image_url, f"{json_path}.image_url"), image.detail)
    if image.file_id is None:
        raise ClientError(
            400, f"{json_path}.image_url: missing, and there is no file_id either", param=f"{json_path}.image_url"
        )
    return ImagePart(Source("file_id", image.file_id), image.detail)


def _file(file: wire.FilePart, json_path: str) -> FilePart:
    if file.file_data is not None:
        return FilePart(source_of(file.file_data, file.filename), file.filename)
    if file.file_url is not None:
        return FilePart(Source("url", file.file_url), file.filename)
    if file.file_id is None:
        where = f"{json_path}.file_data"
        raise ClientError(400, f"{where}: missing, and there is neither file_url nor file_id", param=where)
    return FilePart(Source("file_id", file.file_id), file.filename)
