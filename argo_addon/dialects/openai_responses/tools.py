"""The tools of a Responses request, as tools that any model knows, and their names on the way back.

Tools in a namespace get one name (`ns__tool`), free-text ones an `input`, those that Codex runs itself (tool_search,
local_shell) a schema; in the answer each goes by its own name and type again (pitfalls 1.14 to 1.17).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...errors import ClientError
from ...ir.request import BuiltInTool, Tool
from ...recent import Recent
from ..base import Fields
from ..shared.free_text_tools import with_grammar
from ..shared.raw_members import Shape, items_of, member, object_in, optional
from . import wire
from .hosted_tools import failed_call

_encode = msgspec.json.Encoder().encode
_RAW = msgspec.json.Decoder(msgspec.Raw)
_TOOL = Shape(wire.Tool)
_TYPE = msgspec.json.Decoder(wire.ItemType)
_MORE = msgspec.json.Decoder(wire.AdditionalTools)
_GRAMMAR = msgspec.json.Decoder(wire.Grammar | None)
_FORM = Shape(wire.Grammar)
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw] | None)
_NULL = msgspec.Raw(b"null")
_DEFER = "defer_loading"
_TRUE = msgspec.Raw(b"true")
_OF_NAMESPACES = frozenset({"type", "name", "tools"})
_SIGN = b'"tools"'
"""What stands in every conversation with an item that brings tools along."""
_BARE = "functions"
"""The namespace whose tools go by their own names."""

_NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')
_SHELL = msgspec.Raw(
    b'{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":'
    b'"The program and its arguments."},"working_directory":{"type":"string"},"timeout_ms":{"type":"integer"}},'
    b'"required":["command"]}'
)


class ClientTool(msgspec.Struct, frozen=True):
    """A tool as the client knows it. `kind` is the type of the item that calls it."""

    name: str
    namespace: str | None = None
    kind: str = "function_call"


def one_name(name: str, namespace: str | None) -> str:
    """The name of a tool in a namespace, as a model sees it."""
    return name if namespace in (None, "", _BARE) else f"{namespace}__{name}"


def declared(fields: Fields) -> Iterator[tuple[msgspec.Raw, str]]:
    """The tools as they were written, and where: `tools`, and those that items of the conversation bring along."""
    for number, (raw, _) in enumerate(items_of(fields, "tools", _RAW)):
        yield raw, f"tools[{number}]"
    given = optional(fields, "input", _INPUT)
    for position, item in enumerate(given if isinstance(given, list) else ()):
        if member(item, _TYPE, f"input[{position}]").type in ("additional_tools", "tool_search_output"):
            more = member(item, _MORE, f"input[{position}]").tools
            yield from ((raw, f"input[{position}].tools[{number}]") for number, raw in enumerate(more))


_Tools = tuple[tuple[Tool | BuiltInTool, ...], Mapping[str, ClientTool]]


def tools_of(fields: Fields, *, brought: bool = True) -> _Tools:
    """The tools, each once, and what the client calls them; `brought`: items may bring some along.

    Raises ClientError that names the place.
    """
    if brought and _SIGN in bytes(fields.get("input", _NULL)):
        return _all(declared(fields))
    return _listed(bytes(fields.get("tools", _NULL)))


def _all(written: Iterable[tuple[msgspec.Raw, str]]) -> _Tools:
    tools: dict[str, Tool | BuiltInTool] = {}
    names: dict[str, ClientTool] = {}
    for raw, json_path in written:
        for tool, client_tool in _read(raw, json_path, None):
            flat = _own_name(tool.name, client_tool, names)
            tools[flat] = tool if flat == tool.name or isinstance(tool, BuiltInTool) else _renamed(tool, flat)
            names[flat] = client_tool
    return tuple(tools.values()), names


_listed = Recent(lambda written: _all(declared({"tools": msgspec.Raw(written)})))


def client_tools_in(raw: msgspec.Raw, json_path: str) -> list[ClientTool]:
    """The client's tools in one declaration, which may be of a namespace. Raises ClientError that names the place."""
    return [named for tool, named in _read(raw, json_path, None) if isinstance(tool, Tool)]


def _renamed(tool: Tool, name: str) -> Tool:
    return msgspec.structs.replace(tool, name=name)


def _own_name(flat: str, client_tool: ClientTool, names: Mapping[str, ClientTool]) -> str:
    """The name itself, or one made from it where another tool has it already."""
    name, number = flat, 1
    while name in names and names[name] != client_tool:
        number += 1
        name = f"{flat}_{number}"
    return name


def name_of(name: str, namespace: str | None, names: Mapping[str, ClientTool]) -> str:
    """What the tool that a call in the history names is called: found by search, it may go without its namespace."""
    own = names.get(one_name(name, namespace))
    if own is not None and own.name == name and own.namespace == namespace:
        return one_name(name, namespace)
    found = (
        flat for flat, client_tool in names.items() if (client_tool.name, client_tool.namespace) == (name, namespace)
    )
    flat = one_name(name, namespace)
    return next(found, name if flat not in names and name in names else flat)


def _read(raw: msgspec.Raw, json_path: str, namespace: str | None) -> Iterable[tuple[Tool | BuiltInTool, ClientTool]]:
    tool = _TOOL.read(raw, json_path)
    others = _TOOL.others(raw)
    extra = {name: value for name, value in others.items() if name != _DEFER}
    deferred = others.get(_DEFER) == _TRUE
    match tool.type:
        case "namespace":
            about = {name: value for name, value in object_in(raw).items() if name not in _OF_NAMESPACES}
            unsupported = {f"namespace.{name}": value for name, value in about.items() if value != _NULL}
            for number, inner in enumerate(tool.tools):
                for made, client_tool in _read(inner, f"{json_path}.tools[{number}]", tool.name):
                    yield _with(unsupported, made), client_tool
        case "function":
            name = _name(tool, json_path)
            schema = _NO_PARAMETERS if tool.parameters is None else msgspec.Raw(_encode(tool.parameters))
            made = Tool(
                one_name(name, namespace), tool.description, schema, tool.strict, extra=extra, deferred=deferred
            )
            yield made, ClientTool(name, namespace)
        case "custom":
            name = _name(tool, json_path)
            extra.update({f"format.{member}": value for member, value in _FORM.others(tool.format).items()})
            description = _with_grammar(tool, json_path)
            made = Tool(one_name(name, namespace), description, custom=True, extra=extra, deferred=deferred)
            yield made, ClientTool(name, namespace, "custom_tool_call")
        case "tool_search" if tool.execution == "client":
            schema = _NO_PARAMETERS if tool.parameters is None else msgspec.Raw(_encode(tool.parameters))
            yield (
                Tool("tool_search", tool.description, schema, extra=extra),
                ClientTool("tool_search", None, "tool_search_call"),
            )
        case "local_shell":
            yield (
                Tool("local_shell", "Run a command.", _SHELL, extra=extra),
                ClientTool("local_shell", None, "local_shell_call"),
            )
        case _:
            failed = failed_call(tool.type, raw)
            yield BuiltInTool(tool.type, tool.type, raw, failed_call=failed), ClientTool(tool.type)


def _with(unsupported: Fields, tool: Tool | BuiltInTool) -> Tool | BuiltInTool:
    """A tool with what its namespace says besides: nobody else has namespaces."""
    return tool if isinstance(tool, BuiltInTool) else msgspec.structs.replace(tool, extra={**unsupported, **tool.extra})


def _name(tool: wire.Tool, json_path: str) -> str:
    if not tool.name:
        raise ClientError(400, f"{json_path}.name: missing", param=f"{json_path}.name")
    return tool.name


def _with_grammar(tool: wire.Tool, json_path: str) -> str | None:
    form = member(tool.format, _GRAMMAR, f"{json_path}.format") or wire.Grammar()
    return with_grammar(tool.description, form.syntax, form.definition)
