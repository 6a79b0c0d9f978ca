"""The items that a Responses answer is made of."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import ReasoningPart, ToolCallPart
from ...ir.response import Finish, FinishReason, Usage
from ..shared.free_text_tools import free_text
from ..shared.lenient import Lenient
from ..shared.sealed_reasoning import sealed
from . import wire
from .response_context import ResponsesContext
from .tools import ClientTool

Json = dict[str, object]
_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SHELL = Lenient(wire.ShellArguments)
_INCOMPLETE = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTEXT: "max_output_tokens",
    FinishReason.REFUSAL: "content_filter",
}


def client_tool(part: ToolCallPart, context: ResponsesContext) -> ClientTool:
    """What the client calls the tool that is called."""
    name = context.client_tool_name(part.name)
    known = context.called.get(name, ClientTool(name))
    return msgspec.structs.replace(known, kind="custom_tool_call") if part.custom else known


def call_item(part: ToolCallPart, identifier: str, context: ResponsesContext, status: str = "completed") -> Json:
    """A whole call, as the item that the client knows its tool by."""
    tool = client_tool(part, context)
    about: Json = {"id": identifier, "type": tool.kind, "call_id": part.id, "status": status}
    match tool.kind:
        case "custom_tool_call":
            about["input"] = free_text(part)
        case "tool_search_call":
            return {**about, "execution": "client", "arguments": _object(part.arguments)}
        case "local_shell_call":
            return {**about, "action": _action(part.arguments)}
        case _:
            about["arguments"] = part.arguments if part.arguments.strip() else "{}"
    about["name"] = tool.name
    return about if tool.namespace is None else {**about, "namespace": tool.namespace}


def _object(arguments: str) -> object:
    try:
        return _ARGUMENTS.decode(arguments)
    except msgspec.MsgspecError:
        return {}


def _action(arguments: str) -> Json:
    """What a shell is to run; a command in one text, as some models write it, is run by a shell."""
    try:
        action = _SHELL.decode(arguments.encode())
    except UNREADABLE:  # cut off, or no JSON at all: nothing to run
        action = wire.ShellArguments()
    command = action.command or action.cmd
    ran = ["sh", "-c", command] if isinstance(command, str) and command else command or []
    action_item: Json = {"type": "exec", "command": ran, "env": action.env or {}}
    for name, value in (("working_directory", action.working_directory), ("timeout_ms", action.timeout_ms)):
        if value is not None:
            action_item[name] = value
    return action_item


def reasoning_item(part: ReasoningPart, identifier: str) -> Json:
    """A whole thought; what its provider wants back is sealed in it."""
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    item: Json = {"id": identifier, "type": "reasoning", "summary": summary}
    envelope = sealed([part])
    return item if envelope is None else {**item, "encrypted_content": envelope}


def usage_of(usage: Usage) -> Json:
    """The figures, both details filled (pitfalls 3.13)."""
    read: Json = {"cached_tokens": usage.cache_read or 0, "cache_write_tokens": usage.cache_write or 0}
    return {
        "input_tokens": usage.input,
        "input_tokens_details": read,
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": usage.input + usage.output,
    }


def incomplete_reason(finish: Finish) -> str | None:
    """Why an answer that ends so is incomplete; None where it is complete (pitfalls 2.2, 3.14)."""
    return _INCOMPLETE.get(finish.reason)
