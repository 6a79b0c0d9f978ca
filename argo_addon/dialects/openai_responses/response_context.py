"""What a Responses answer says of the request that it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...ir.request import Request
from ..base import Fields, ResponseContext
from ..shared.raw_members import member, object_in, optional
from . import wire
from .compaction import asks, retained
from .state import is_kept, reference_in
from .tools import ClientTool, tools_of

_NULL = msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode
_TOOLS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_TYPE = msgspec.json.Decoder(wire.ItemType)
_ECHOED = (
    "frequency_penalty", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls",
    "previous_response_id",
    "presence_penalty", "prompt_cache_key", "reasoning", "safety_identifier", "temperature", "tool_choice",
    "top_logprobs", "top_p", "truncation",
)  # fmt: skip
"""Members that stand in the answer as they are asked for."""
_KINDS: dict[str, object] = {field.name: field.type for field in msgspec.structs.fields(wire.Resource)}
_DECODERS = {name: msgspec.json.Decoder(_KINDS[name]) for name in _ECHOED}
_FORMAT: Fields = {name: msgspec.Raw(value) for name, value in (("description", b"null"), ("strict", b"false"))}
_FUNCTION: Fields = {**_FORMAT, "parameters": _NULL}


class ResponsesContext(ResponseContext, frozen=True):
    """`resource` is the answer as far as the request makes it; `called` what the client calls each tool.

    `compacts` says that the answer is the conversation summed up, beside which `retained` stays.
    """

    resource: wire.Resource = msgspec.field(default_factory=wire.Resource)
    compacts: bool = False
    retained: Sequence[wire.Json] = ()
    called: Mapping[str, ClientTool] = {}


def context_of(fields: Fields, request: Request, context: ResponseContext) -> ResponsesContext:
    """What the answer to a request depends on. Raises ClientError that names the place of what does not fit."""
    _, called = tools_of(fields)
    compacts = asks(fields)
    return ResponsesContext(
        **msgspec.structs.asdict(context),
        resource=resource_of(fields, kept=context.keep is not None),
        called=called,
        compacts=compacts,
        retained=retained(fields, context.id) if compacts else (),
    )


def resource_of(fields: Fields, *, kept: bool) -> wire.Resource:
    """The answer as far as its request makes it; `kept` says that answers are kept here. Raises ClientError."""
    given = {
        name: member(fields[name], decoder, name)
        for name, decoder in _DECODERS.items()
        if fields.get(name, _NULL) != _NULL
    }
    tools = [_whole_tool(tool) for tool in optional(fields, "tools", _TOOLS) or ()]
    reference = reference_in(fields) if kept else None
    if reference is not None and reference.kind == "conversation":
        given["conversation"] = {"id": reference.key}
    stored = kept and is_kept(fields)
    return wire.Resource(**given, text=_whole_text(fields.get("text", _NULL)), tools=tools, store=stored)


def _whole_text(text: msgspec.Raw) -> dict[str, object]:
    """`text`, with the members that its format has in an answer."""
    given = {name: value for name, value in object_in(text).items() if value != _NULL}
    form = object_in(given.get("format", _NULL)) or {"type": msgspec.Raw(b'"text"')}
    whole = {**_FORMAT, **_said(form)} if form["type"] == _SCHEMA else form
    return {"verbosity": "medium", **given, "format": whole}


_SCHEMA = msgspec.Raw(b'"json_schema"')


def _whole_tool(tool: msgspec.Raw) -> msgspec.Raw:
    """A tool, with the members that a function has in an answer; what no strictness was asked for is not strict."""
    if _TYPE.decode(tool).type != "function":
        return tool
    given = _said(object_in(tool))
    return tool if given.keys() >= _FUNCTION.keys() else msgspec.Raw(_encode({**_FUNCTION, **given}))


def _said(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value != _NULL}
