"""The whole body of an Ollama request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...errors import ClientError
from ...ir.request import OutputFormat, Reasoning, Request, Tool
from ...recent import Recent
from ...schema import rooted
from ..base import Fields
from ..shared.object_answers import in_object, needs_object
from ..shared.raw_members import Shape, items_of, member, optional
from . import wire
from .decode_messages import messages_of, prompt_of

_NULL = msgspec.Raw(b"null")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_TOOL = Shape(wire.Tool)
_OPTIONS = Shape(wire.Options)
_OBJECT: msgspec.json.Decoder[Mapping[str, object]] = msgspec.json.Decoder(dict[str, object])
_FORMAT = msgspec.json.Decoder(str | dict[str, msgspec.Raw] | None)
_THINK = msgspec.json.Decoder(bool | str | None)
_FLAG = msgspec.json.Decoder(bool | None)
_TEXT = msgspec.json.Decoder(str | None)
_DURATION = msgspec.json.Decoder(float | str | None)
_LIST = msgspec.json.Decoder(list[msgspec.Raw] | None)
_encode = msgspec.json.Encoder().encode

_NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')
_KNOWN = frozenset({"model", "stream", "format", "options", "think"})
_OF_CHAT = frozenset({"messages", "tools"})
_OF_GENERATE = frozenset({"prompt", "system", "images", "context", "suffix"})
_OF_THE_MACHINE = frozenset(
    {"keep_alive", "truncate", "shift", "numa", "num_ctx", "num_batch", "num_gpu", "main_gpu", "low_vram", "f16_kv",
     "logits_all", "vocab_only", "use_mmap", "use_mlock", "embedding_only", "num_thread", "num_keep"}
)  # fmt: skip
"""Members that say how a model is to lie in this machine's memory, which changes no answer of one that does not."""
_MEANINGLESS = (b"null", b'""', b"false", b"[]", b"{}")
_EFFORTS = ("low", "medium", "high", "max")


def decode_request(fields: Fields) -> Request:
    """The request. Raises ClientError that names the place of what does not fit."""
    generates = is_generate(fields)
    if generates:
        _refuse_unkept(fields)
    options, others = _options(fields)
    limit = options.num_predict
    stop = options.stop
    return Request(
        dialect="ollama",
        messages=prompt_of(fields) if generates else messages_of(fields),
        tools=() if generates else _tools(bytes(fields.get("tools", _NULL))),
        max_tokens=int(limit) if limit is not None and limit > 0 else None,  # below that is no limit
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=int(options.top_k) if options.top_k is not None and options.top_k > 0 else None,  # below that: of all
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        reasoning=_reasoning(fields),
        output_format=_output_format(fields),
        seed=None if options.seed is None else int(options.seed),
        presence_penalty=options.presence_penalty,
        frequency_penalty=options.frequency_penalty,
        extra={**_unsupported(fields, generates), **others},
    )


def is_generate(fields: Fields) -> bool:
    """Whether a request is of `/api/generate`, which has a prompt and no messages."""
    return "messages" not in fields


def asks_nothing(fields: Fields) -> bool:
    """Whether a request is only to have the model loaded, or put away."""
    if is_generate(fields):
        return not optional(fields, "prompt", _TEXT) and not optional(fields, "images", _LIST)
    given = bytes(fields["messages"])
    if given[:1] == b"[" and given[1:2] in (b"{", b'"'):
        return False
    return not optional(fields, "messages", _LIST)


def is_put_away(fields: Fields) -> bool:
    """Whether a request that asks nothing is to have the model put away."""
    keep = optional(fields, "keep_alive", _DURATION)
    return keep is not None and str(keep).rstrip("hms") in ("0", "0.0")


def wants_thoughts(fields: Fields) -> bool:
    """Whether the client wants to see what the model thinks: unless it says that it does not."""
    return optional(fields, "think", _THINK) is not False


def is_wrapped(fields: Fields) -> bool:
    """Whether the answer comes in an object, since its form is to be none."""
    return needs_object(_schema(fields))


def _refuse_unkept(fields: Fields) -> None:
    """Raises ClientError for what would be silently another question without it."""
    if optional(fields, "context", _LIST):
        message = "context: earlier turns are not kept here: send them as the messages of /api/chat"
        raise ClientError(400, message, param="context")
    if optional(fields, "suffix", _TEXT):
        message = "suffix: models that fill in a middle are not served: put it into the prompt's words"
        raise ClientError(400, message, param="suffix")


def _unsupported(fields: Fields, generates: bool) -> Fields:
    known = _KNOWN | _OF_THE_MACHINE | (_OF_GENERATE if generates else _OF_CHAT)
    unsupported = {name: value for name, value in fields.items() if name not in known}
    return {name: value for name, value in unsupported.items() if bytes(value) not in _MEANINGLESS}


def _options(fields: Fields) -> tuple[wire.Options, Fields]:
    """The options, and those that no model here takes, by their paths."""
    raw = fields.get("options", _NULL)
    if raw == _NULL:
        return wire.Options(), {}
    options, others = _OPTIONS.read_with_others(raw, "options")
    return options, {f"options.{name}": value for name, value in others.items() if name not in _OF_THE_MACHINE}


def _read_tools(written: bytes) -> tuple[Tool, ...]:
    items = items_of({"tools": msgspec.Raw(written)}, "tools", _RAW)
    return tuple(_tool(raw, f"tools[{number}]") for number, (raw, _) in enumerate(items))


_tools = Recent(_read_tools)


def _tool(raw: msgspec.Raw, json_path: str) -> Tool:
    tool = _TOOL.read(raw, json_path)
    function = tool.function
    schema = _NO_PARAMETERS if function.parameters == _NULL else function.parameters
    if not bytes(schema).startswith(b"{"):
        where = f"{json_path}.function.parameters"
        raise ClientError(400, f"{where}: expected a schema, an object", param=where)
    return Tool(function.name, function.description, schema, extra=_TOOL.all_others(raw))


def _reasoning(fields: Fields) -> Reasoning | None:
    think = optional(fields, "think", _THINK)
    if think is None or think == "":
        return None
    if isinstance(think, bool):
        return Reasoning(enabled=think)
    if think not in _EFFORTS:
        known = ", ".join(_EFFORTS)
        raise ClientError(400, f"think: expected true, false or one of {known}, found '{think}'", param="think")
    return Reasoning(effort=think)


def _output_format(fields: Fields) -> OutputFormat | None:
    schema = _schema(fields)
    if schema is not None:
        return OutputFormat(msgspec.Raw(_encode(in_object(schema) if needs_object(schema) else schema)))
    return None if optional(fields, "format", _FORMAT) in (None, "") else OutputFormat()


def _schema(fields: Fields) -> Mapping[str, object] | None:
    """The schema that the answer is to have; None where it is to be any JSON, or none."""
    given = optional(fields, "format", _FORMAT)
    if isinstance(given, str):
        if given not in ("", "json"):
            raise ClientError(400, f'format: expected "json" or a JSON Schema, found "{given}"', param="format")
        return None
    return None if given is None else rooted(member(fields["format"], _OBJECT, "format"))
