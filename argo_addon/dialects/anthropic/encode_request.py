"""The whole body of a Messages request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

import msgspec

from ...ir.request import FREE_TEXT, BuiltInTool, Message, OutputFormat, Request, Tool
from ...schema import can_be_closed, closed, rooted
from ...translation.conversation import paired, shown_by_users
from ...translation.identifiers import fitted_identifier
from ..base import Fields
from ..shared.dropped_fields import DroppedFields
from ..shared.outline import Outline
from ..shared.raw_members import object_in, with_others
from ..shared.upstream_tools import upstream_tools
from .encode_cache import with_breakpoints
from .encode_messages import LONGEST_TOOL_NAME, NAME, Json, MessageEncoder

_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY_OBJECT = msgspec.json.Decoder(dict[str, object])
_JSON_ONLY = "Answer with one JSON object and nothing else."
_JSON_OF_SCHEMA = "Answer with JSON of this schema and nothing else, without a fence around it:\n"
_CHOICES = {"auto": "auto", "required": "any", "none": "none", "tool": "tool"}


def encode_request(
    request: Request, dropped: DroppedFields, *, max_tokens: int, stream: bool, outline: Outline
) -> Fields:
    """The body's members, all but model, user and streaming; what could not be said goes to `dropped`.

    `max_tokens` is what the answer may have where the request does not say (pitfalls 1.12).
    """
    own = request.dialect == NAME
    writer = MessageEncoder(own, dropped, outline)
    system, rest = _split(request.messages if own else shown_by_users(request.messages), own)
    messages = writer.as_they_were(rest) if own else writer.in_order(paired(rest))
    fields: Json = {
        "max_tokens": request.max_tokens or max_tokens,
        "system": writer.system(system),
        "messages": messages,
        **_tools(request, dropped),
        "temperature": _temperature(request, dropped),
        "top_p": request.top_p,
        "top_k": request.top_k,
        "stop_sequences": _stop(request, dropped),
        **_reasoning(request),
        "stream": stream or None,
    }
    if own:
        fields.update(request.extra)
    else:
        dropped.extra("", request.extra)
        for message in request.messages:
            dropped.extra("messages[].", message.extra)
        for name in ("verbosity", "seed", "presence_penalty", "frequency_penalty"):
            if getattr(request, name) is not None:
                dropped.note(name)
        if request.output_format is not None:
            _tell_of_form(request.output_format, dropped)
            if words := _form_in_words(request.output_format):
                fields["system"] = [*_blocks(fields["system"]), {"type": "text", "text": words}]
        marked = with_breakpoints(fields)
        outline.in_order = marked is not fields and not writer.thinks and messages[-1]["role"] == "user"
        fields = marked
    fields["output_config"] = _output_config(request, own, dropped) or None
    return {name: msgspec.Raw(_encode(value)) for name, value in fields.items() if value is not None}


def _form_in_words(form: OutputFormat) -> str:
    """A form that Claude knows no other way: any JSON, or JSON with names that are not known beforehand."""
    if form.schema is None:
        return _JSON_ONLY
    return "" if _is_supported(form) else _JSON_OF_SCHEMA + bytes(form.schema).decode()


def _is_supported(form: OutputFormat) -> bool:
    """Whether Claude's structured output has the form: its objects are closed, all of them."""
    return form.schema is not None and can_be_closed(_ANY_OBJECT.decode(form.schema))


def _tell_of_form(form: OutputFormat, dropped: DroppedFields) -> None:
    if form.schema is not None and not _is_supported(form):
        dropped.note("response_format.schema")
    dropped.extra("response_format.", form.extra)
    if form.description is not None:
        dropped.note("response_format.description")


def _stop(request: Request, dropped: DroppedFields) -> list[str] | None:
    """The stop words; Claude takes none of blanks only."""
    words = [word for word in request.stop if request.dialect == NAME or word.strip()]
    if len(words) < len(request.stop):
        dropped.note("stop")
    return words or None


def _temperature(request: Request, dropped: DroppedFields) -> float | None:
    """Between 0 and 1, where other dialects go to 2."""
    if request.dialect == NAME or request.temperature is None or request.temperature <= 1:
        return request.temperature
    dropped.note("temperature")
    return 1.0


def _blocks(system: object) -> list[object]:
    return system if isinstance(system, list) else []


def _split(messages: tuple[Message, ...], own: bool) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The system messages that lead, and the others; one that stands alone is the user's to say."""
    start = next((number for number, message in enumerate(messages) if message.role != "system"), len(messages))
    if start == len(messages) and messages and not own:
        return (), tuple(msgspec.structs.replace(message, role="user") for message in messages)
    return messages[:start], messages[start:]


def _tools(request: Request, dropped: DroppedFields) -> Json:
    own = request.dialect == NAME
    tools = request.tools if own else upstream_tools(request, dropped)
    if not tools:
        return {}
    if not own and request.tool_choice is not None:
        dropped.extra("tool_choice.", request.tool_choice.extra)
    choice = _tool_choice(request, {tool.name for tool in tools}, dropped)
    return {"tools": [_tool(tool, own, dropped) for tool in tools], "tool_choice": choice}


def _tool(tool: Tool | BuiltInTool, own: bool, dropped: DroppedFields) -> object:
    if isinstance(tool, BuiltInTool):
        return tool.raw
    description = tool.description
    written: Json = {"name": fitted_identifier(tool.name, LONGEST_TOOL_NAME)}
    if description is not None:
        written["description"] = description
    written["input_schema"] = tool.schema if own else _with_type(tool.schema)
    if tool.strict is not None:
        written["strict"] = tool.strict
    if tool.cache is not None:
        written["cache_control"] = tool.cache
    if own:
        return {**written, **tool.extra}
    dropped.extra("tools[].", tool.extra)
    return written


def _with_type(schema: msgspec.Raw | None) -> object:
    """A tool's schema, an object's even where it does not say so."""
    if schema is None:
        return FREE_TEXT
    members = _OBJECT.decode(schema)
    return schema if "type" in members else {"type": "object", **members}


def _tool_choice(request: Request, names: set[str], dropped: DroppedFields) -> Json | None:
    choice, parallel = request.tool_choice, request.parallel_calls
    own = request.dialect == NAME
    if not own and choice is not None and choice.mode == "tool" and choice.names[0] not in names:
        dropped.note("tool_choice")
        choice = None
    mode = "auto" if choice is None else _CHOICES[choice.mode]
    if choice is None and parallel is not False:
        return None
    written: Json = {"type": mode}
    if choice is not None and choice.mode == "tool":
        written["name"] = fitted_identifier(choice.names[0], LONGEST_TOOL_NAME)
    if parallel is not None and mode != "none" and (own or not parallel):
        written["disable_parallel_tool_use"] = not parallel
    return {**written, **(choice.extra if own and choice is not None else {})}


def _reasoning(request: Request) -> Json:
    reasoning = request.reasoning
    if reasoning is None:
        return {}
    if reasoning.enabled is None:  # an effort alone, as other dialects name it
        if request.dialect == NAME:
            return {}
        return {} if reasoning.effort == "none" else {"thinking": {"type": "adaptive"}}
    if not reasoning.enabled:
        return {"thinking": {"type": "disabled", **reasoning.extra}}
    if reasoning.budget is None:
        return {"thinking": {"type": "adaptive", **reasoning.extra}}
    return {"thinking": {"type": "enabled", "budget_tokens": reasoning.budget, **reasoning.extra}}


def _output_config(request: Request, own: bool, dropped: DroppedFields) -> Json:
    config: Json = {}
    effort = None if request.reasoning is None else request.reasoning.effort
    if effort is not None and (own or effort != "none"):
        config["effort"] = "low" if effort == "minimal" and not own else effort
        if config["effort"] != effort:
            dropped.note(f"output_config.effort: {effort} (sent: low)")
    form = request.output_format
    if form is not None and form.schema is not None and (own or _is_supported(form)):
        config["format"] = {"type": "json_schema", "schema": form.schema if own else _closed(form)}
    others = object_in(request.extra["output_config"]) if own and "output_config" in request.extra else {}
    return with_others(config, others)


def _closed(form: OutputFormat) -> object:
    return closed(rooted(_ANY_OBJECT.decode(form.schema or b"{}")))
