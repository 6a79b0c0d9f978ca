"""What ARGO's chat endpoint wants otherwise than clients write it, changed in the body and nowhere else.

Each function takes the body's members as they were written and returns them with just its own change made; what need
not change keeps its bytes. Which of them a model needs is not known here: quirks.py asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from ...errors import UNREADABLE, ClientError
from ...ir.fold import arguments_object
from ...pieces import in_pieces, pause
from ...recent import Recent
from ..base import Fields
from ..shared.call_ids import with_fitting_member, with_fitting_text
from ..shared.raw_members import items_of, member

_encode = msgspec.json.Encoder().encode
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_TEXT = msgspec.json.Decoder(str)
_BY_THE_USER = re.compile(rb'"user"').search
_SYSTEM = msgspec.Raw(b'"system"')
_USER = msgspec.Raw(b'"user"')
_NEXT_TO_NOTHING: Fields = {"role": _USER, "content": msgspec.Raw(b'"."')}
"""What the user says where nothing is said and something must be."""
_EMPTY = msgspec.Raw(b'""')
_NULL = b"null"

DOCUMENTED = frozenset(
    {"model", "messages", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
     "max_completion_tokens", "max_tokens", "metadata", "modalities", "n", "parallel_tool_calls", "prediction",
     "presence_penalty", "prompt_cache_key", "reasoning_effort", "response_format", "safety_identifier", "seed",
     "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
     "top_logprobs", "top_p", "user", "verbosity", "web_search_options"}
)  # fmt: skip
"""The members of a request that the vendor's API reference has, and `user`, which ARGO wants."""


class _TextPart(msgspec.Struct):
    text: str = ""


class _Call(msgspec.Struct):
    id: str = ""


_PARTS = msgspec.json.Decoder(list[_TextPart])
_CALL = msgspec.json.Decoder(_Call)


def messages_of(fields: Fields) -> list[Fields]:
    """The conversation, message by message. Raises ClientError where it is none."""
    try:
        return _OBJECTS.decode(fields.get("messages", b"[]"))
    except UNREADABLE:  # or the list is null, or one message is at fault: it is named
        return [message for _, message in items_of(fields, "messages", _OBJECT)]


def with_messages(fields: Fields, messages: list[Fields]) -> Fields:
    """The body with this conversation."""
    return {**fields, "messages": msgspec.Raw(_encode(messages))}


def each_message(fields: Fields, change: Callable[[Fields], Fields]) -> Fields:
    """The body with `change` made to each message; the body itself if it changed none."""
    before = messages_of(fields)
    after = [change(message) for message in in_pieces(before)]
    return (
        with_messages(fields, after) if any(new is not old for new, old in zip(after, before, strict=True)) else fields
    )


def with_fitting_ids(message: Fields, longest: int) -> Fields:
    """A message whose ids of calls are no longer than that: another upstream has made them (pitfalls 4.1)."""
    changed: Fields = {}
    if "tool_call_id" in message:
        changed["tool_call_id"] = with_fitting_text(message["tool_call_id"], longest)
    if bytes(message.get("tool_calls", _NULL)).startswith(b"["):
        calls = _LIST.decode(message["tool_calls"])
        made = [with_fitting_member(call, "id", longest) for call in calls]
        changed["tool_calls"] = msgspec.Raw(_encode(made)) if made != calls else message["tool_calls"]
    return {**message, **changed} if any(message[name] != value for name, value in changed.items()) else message


def role_of(message: Fields) -> str:
    """A message's role, as far as it is text."""
    try:
        return _TEXT.decode(message.get("role", b'""'))
    except UNREADABLE:
        return ""


def developer_as_system(message: Fields) -> Fields:
    """A `developer` message as a `system` message."""
    return {**message, "role": _SYSTEM} if role_of(message) == "developer" else message


def content_not_null(message: Fields) -> Fields:
    """A message whose content is null or missing with an empty text (pitfalls 1.9)."""
    return {**message, "content": _EMPTY} if bytes(message.get("content", _NULL)) == _NULL else message


def system_as_text(message: Fields) -> Fields:
    """A system message of several parts as one text."""
    content = bytes(message.get("content", _NULL))
    if role_of(message) != "system" or not content.startswith(b"["):
        return message
    try:
        text = "\n".join(part.text for part in _PARTS.decode(content))
    except UNREADABLE as error:
        message_of = "messages[].content: a system message's parts must be texts"
        raise ClientError(400, f"{message_of} ({error})", param="messages") from error
    return {**message, "content": msgspec.Raw(_encode(text))}


def last_by_the_user(fields: Fields) -> Fields:
    """The body, whose last message is the user's to say where all are the system's."""
    if _BY_THE_USER(fields.get("messages", b"")):  # as nearly always; or a megabyte would be taken apart for it
        return fields
    messages = messages_of(fields)
    if not messages or any(role_of(message) != "system" for message in reversed(messages)):
        return fields
    return with_messages(fields, [*messages[:-1], {**messages[-1], "role": _USER}])


def one_call_at_a_time(fields: Fields) -> Fields:
    """Several calls of one message, and their results, as pairs of one call and its result (pitfalls 1.33).

    A call that is not behind the user or a result, as in a history that a client has cut, gets a user's word before it.
    """
    messages = messages_of(fields)
    unwound: list[Fields] = []
    position = 0
    before = ""
    while position < len(messages):
        pause()
        message = messages[position]
        position += 1
        calls = _calls(message)
        results = []
        while position < len(messages) and role_of(messages[position]) == "tool":
            results.append(messages[position])
            position += 1
        if calls and before not in ("user", "tool"):
            unwound.append(_NEXT_TO_NOTHING)
        speaker = "tool" if results else role_of(message)
        before = before if speaker == "system" else speaker
        unwound += _pairs(message, calls, results) if len(calls) > 1 else [message, *results]
    return with_messages(fields, unwound) if len(unwound) != len(messages) else fields


def _calls(message: Fields) -> list[msgspec.Raw]:
    raw = message.get("tool_calls", msgspec.Raw(_NULL))
    return [] if bytes(raw) == _NULL else member(raw, _LIST, "messages[].tool_calls")


def _pairs(message: Fields, calls: list[msgspec.Raw], results: list[Fields]) -> list[Fields]:
    """The message's text with the first call, then its results, then the next call alone, and so on."""
    left: dict[str | None, list[Fields]] = {}
    for result in results:
        left.setdefault(_id_of_result(result), []).append(result)
    pairs: list[Fields] = []
    for number, call in enumerate(calls):
        identifier = _id_of_call(call)
        own = [] if identifier is None else left.pop(identifier, [])
        alone = {**message, "tool_calls": msgspec.Raw(_encode([call]))}
        pairs += [alone if number == 0 else {**alone, "content": _EMPTY}, *own]
    return pairs + [result for result in results if _id_of_result(result) in left]


def _id_of_result(result: Fields) -> str | None:
    try:
        return _TEXT.decode(result.get("tool_call_id", b'""'))
    except UNREADABLE:
        return None


def _id_of_call(call: msgspec.Raw) -> str | None:
    try:
        return _CALL.decode(call).id
    except UNREADABLE:
        return None


def token_limit_by_new_name(fields: Fields) -> Fields:
    """`max_tokens` as `max_completion_tokens`; where both stand, the newer one counts (pitfalls 1.12)."""
    if "max_tokens" not in fields:
        return fields
    renamed = {
        "max_completion_tokens" if name == "max_tokens" else name: value
        for name, value in fields.items()
        if name != "max_tokens" or "max_completion_tokens" not in fields
    }
    return renamed


def token_limit_by_old_name(fields: Fields) -> Fields:
    """`max_completion_tokens` as `max_tokens`; where both stand, the newer one counts."""
    if "max_completion_tokens" not in fields:
        return fields
    rest = {name: value for name, value in fields.items() if name not in ("max_tokens", "max_completion_tokens")}
    return {**rest, "max_tokens": fields["max_completion_tokens"]}


def descriptions_within(fields: Fields, limit: int) -> Fields:
    """Tool descriptions of at most `limit` characters; what is beyond moves into the system text (pitfalls 4.10)."""
    if "tools" not in fields:
        return fields
    tools, overflow = _shortened(bytes(fields["tools"]), limit)
    if not overflow:
        return fields
    return _with_system_text({**fields, "tools": tools}, overflow)


def _shorten(written: bytes, limit: int) -> tuple[msgspec.Raw, str]:
    """Tools with shortened descriptions, and what moves into the system text."""
    overflow: list[str] = []

    def shorten(function: Fields) -> Fields:
        try:
            name, text = (_TEXT.decode(function.get(member, b'""')) for member in ("name", "description"))
        except UNREADABLE:
            return function  # null, or no text: the upstream's to judge
        if len(text) <= limit:
            return function
        pointer = " [continued in the system message]"
        cut = text.rfind(" ", limit // 2, limit - len(pointer)) + 1 or limit - len(pointer)
        overflow.append(f"# Description of the tool {name}, continued\n{text[cut:]}")
        return {**function, "description": msgspec.Raw(_encode(text[:cut].rstrip() + pointer))}

    tools = each_function({"tools": msgspec.Raw(written)}, shorten)["tools"]
    return tools, "\n\n".join(overflow)


_shortened = Recent(_shorten)
"""A coding tool sends the same tools with each call."""


def each_function(fields: Fields, change: Callable[[Fields], Fields]) -> Fields:
    """The body with `change` made to the `function` of each tool; the body itself if it changed none."""
    raw = fields.get("tools")
    if raw is None or bytes(raw) == _NULL:
        return fields
    try:
        before = [_OBJECT.decode(tool) for tool in _LIST.decode(raw)]
        after = [
            {**tool, "function": _changed(tool["function"], change)} if "function" in tool else tool for tool in before
        ]
    except UNREADABLE as error:
        raise ClientError(400, f"tools: expected a list of tools ({error})", param="tools") from error
    return {**fields, "tools": msgspec.Raw(_encode(after))} if after != before else fields


def _changed(raw: msgspec.Raw, change: Callable[[Fields], Fields]) -> msgspec.Raw:
    before = _OBJECT.decode(raw)
    after = change(before)
    return raw if after is before else msgspec.Raw(_encode(after))


def _with_system_text(fields: Fields, text: str) -> Fields:
    """The body with `text` at the end of its first system message, or in a first message of its own."""
    messages = messages_of(fields)
    if not messages or role_of(messages[0]) not in ("system", "developer"):
        own: Fields = {"role": _SYSTEM, "content": msgspec.Raw(_encode(text))}
        return with_messages(fields, [own, *messages])
    content = bytes(messages[0].get("content", _NULL))
    if content.startswith(b"["):
        parts: list[object] = [*_LIST.decode(content), {"type": "text", "text": text}]
        grown = _encode(parts)
    else:
        before = "" if content == _NULL else member(msgspec.Raw(content), _TEXT, "messages[0].content")
        grown = _encode(f"{before}\n\n{text}" if before else text)
    return with_messages(fields, [{**messages[0], "content": msgspec.Raw(grown)}, *messages[1:]])


_IMAGE = b'"image_url"'
_LEFT_OUT = msgspec.Raw(b'{"type":"text","text":"[an earlier image, left out: this model takes no more]"}')


class _PartType(msgspec.Struct):
    type: str = ""


_PART_TYPE = msgspec.json.Decoder(_PartType)


def images_within(fields: Fields, most: int) -> tuple[Fields, list[str]]:
    """The conversation with its newest images, and words in the place of the earlier ones (pitfalls 1.13)."""
    if bytes(fields.get("messages", b"")).count(_IMAGE) <= most:
        return fields, []
    messages = messages_of(fields)
    images = sum(_is_image(part) for message in messages for part in _parts_of(message))
    surplus = images - most
    if surplus <= 0:
        return fields, []
    changed: list[Fields] = []
    for message in messages:
        parts = _parts_of(message)
        here = [number for number, part in enumerate(parts) if _is_image(part)][: max(surplus, 0)]
        surplus -= len(here)
        content = [_LEFT_OUT if number in here else part for number, part in enumerate(parts)]
        changed.append({**message, "content": msgspec.Raw(_encode(content))} if here else message)
    return with_messages(fields, changed), [f"messages[].content[].image_url beyond {most}"]


def _parts_of(message: Fields) -> list[msgspec.Raw]:
    content = bytes(message.get("content", _NULL))
    return _LIST.decode(content) if content.startswith(b"[") else []


def _is_image(part: msgspec.Raw) -> bool:
    try:
        return _PART_TYPE.decode(part).type == "image_url"
    except UNREADABLE:
        return False


def refuse_more_tools(fields: Fields, most: int) -> None:
    """Raises ClientError where more tools are offered than a model takes (pitfalls 4.11)."""
    raw = fields.get("tools", msgspec.Raw(_NULL))
    count = 0 if bytes(raw) == _NULL else len(member(raw, _LIST, "tools"))
    if count > most:
        message = f"tools: {count} are offered, this model takes {most} at most: turn some off, of MCP servers for one"
        raise ClientError(400, message, param="tools")


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def effort_within(fields: Fields, allowed: Sequence[str]) -> tuple[Fields, list[str]]:
    """`reasoning_effort` as the nearest of these: the next lower one, else the lowest (pitfalls 5.4).

    The lowest in the place of none is as little as there is, and needs no telling.
    """
    effort = member(fields["reasoning_effort"], _TEXT, "reasoning_effort")
    if effort in allowed or effort not in _EFFORTS:
        return fields, []
    rank = _EFFORTS.index(effort)
    nearest = ([name for name in allowed if _EFFORTS.index(name) < rank] or allowed[:1])[-1]
    changed = [f"reasoning_effort: {effort} (sent: {nearest})"] if effort != "none" else []
    return {**fields, "reasoning_effort": msgspec.Raw(_encode(nearest))}, changed


class _Function(msgspec.Struct):
    arguments: str = ""


class _FunctionCall(msgspec.Struct):
    function: _Function | None = None


_FUNCTION_CALL = msgspec.json.Decoder(_FunctionCall)


def object_arguments(message: Fields) -> Fields:
    """A message with the arguments of its calls as JSON objects: none are an empty one, others go under `_raw`."""
    before = _calls(message)
    after = [_with_object_arguments(call) for call in before]
    return message if after == before else {**message, "tool_calls": msgspec.Raw(_encode(after))}


def without_signatures(message: Fields) -> Fields:
    """A message with its calls as they were before Gemini signed them."""
    before = [member(call, _OBJECT, "messages[].tool_calls[]") for call in _calls(message)]
    after = [{name: value for name, value in call.items() if name != "extra_content"} for call in before]
    return message if after == before else {**message, "tool_calls": msgspec.Raw(_encode(after))}


def _with_object_arguments(call: msgspec.Raw) -> msgspec.Raw:
    try:
        function = _FUNCTION_CALL.decode(call).function
    except UNREADABLE:
        return call  # the upstream's to judge
    if function is None:
        return call
    whole = bytes(arguments_object(function.arguments))
    if whole == function.arguments.encode():
        return call
    members = _OBJECT.decode(call)
    inner = {**_OBJECT.decode(members["function"]), "arguments": msgspec.Raw(_encode(whole.decode()))}
    return msgspec.Raw(_encode({**members, "function": inner}))
