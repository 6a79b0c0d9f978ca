"""Law 3 for requests: what a dialect can say of a request comes back as it was, and what both can say crosses over."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.base import Fields
from argo_addon.dialects.shared.dropped_fields import DroppedFields
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.translate import read_stream_body
from argo_addon.ir.parts import FilePart, ImagePart, Part, TextPart, ToolCallPart, ToolResultPart
from argo_addon.ir.request import BuiltInTool, Request, Tool
from argo_addon.ir.response import Choice, Finish, FinishReason, Response, Usage
from argo_addon.translation.identifiers import fitted_identifier
from tests.drawing import law

from .making import NAMES, Name
from .making_talks import Json, Talk, odd_talks, sane_talks, tool_of
from .making_talks import Tool as MadeTool
from .making_talks import tools as making_tools
from .making_wire import body_of
from .reading_talks import MARK
from .ways import JSON, MODELS, opened
from .writing_talks import bodies

_FITS = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


def led(talk: Talk) -> bool:
    """Whether there is more than system texts, and just one that leads: of Claude's, a second one would join it."""
    return any(turn.speaker != "system" for turn in talk) and (len(talk) < 2 or talk[1].speaker != "system")


kept_talks = (odd_talks() | sane_talks()).filter(led)


def fields_of(body: Json) -> Fields:
    """A body's members as they were written."""
    return msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])


def as_fields(name: Name, request: Request) -> Fields:
    """The members of a request in a dialect."""
    return UPSTREAM[name].encode_request(request, DroppedFields(), max_tokens=1000, stream=False)


@pytest.mark.parametrize("name", NAMES)
@law(80)
@given(data=st.data())
def test_law_3_within_a_dialect_a_request_comes_back_exactly(name: Name, data: st.DataObject) -> None:
    """Decoded to be kept, encoded and decoded again, a request of any history is the same, and nothing is a loss."""
    body = data.draw(bodies(name, data.draw(kept_talks)))
    spoken = UPSTREAM[name]
    losses = DroppedFields()
    request = spoken.decode_request(fields_of(body), keep_extra=True)
    again = spoken.encode_request(request, losses, max_tokens=1000, stream=False)
    expected = spoken.decode_request(fields_of(with_fitting_names(name, body)), keep_extra=True)
    assert typed(spoken.decode_request(again, keep_extra=True)) == typed(expected)
    assert losses.paths == ()


def typed(request: Request) -> Request:
    """A request whose tools' schemas all say that they are an object's, which Claude wants to read."""
    tools = [
        msgspec.structs.replace(tool, schema=_typed(tool.schema)) if isinstance(tool, Tool) and tool.schema else tool
        for tool in request.tools
    ]
    return msgspec.structs.replace(request, tools=tuple(tools))


def _typed(schema: msgspec.Raw) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"type": "object", **json.loads(bytes(schema))}, sort_keys=True).encode())


@pytest.mark.parametrize("name", NAMES)
@law(80)
@given(data=st.data())
def test_law_3_within_a_dialect_every_member_is_as_the_client_wrote_it(name: Name, data: st.DataObject) -> None:
    """But for spellings that mean the same, conversion within a dialect changes no value of the body."""
    body = data.draw(bodies(name, data.draw(kept_talks)))
    again = as_fields(name, UPSTREAM[name].decode_request(fields_of(body), keep_extra=True))
    made = json.loads(msgspec.json.encode(again))
    assert list(changed(spelled(with_fitting_names(name, body)), spelled(made))) == []


def with_fitting_names(name: Name, body: Json) -> Json:
    """A body whose tools go by the names that an upstream takes, wherever they are named."""
    made: Json = json.loads(json.dumps(body))
    for named in _named_in(made):
        named["name"] = fitted_identifier(named["name"], UPSTREAM[name].max_tool_name_length)
    return made


def _named_in(body: Json) -> Iterator[Json]:
    for message in body["messages"]:
        yield from (call["function"] for call in message.get("tool_calls", []))
        content = message["content"] if isinstance(message.get("content"), list) else []
        yield from (block for block in content if block["type"] == "tool_use")
    choice = body.get("tool_choice")
    chosen = [choice] if isinstance(choice, dict) and choice["type"] in ("tool", "function") else []
    yield from (tool.get("function", tool) for tool in [*body.get("tools", []), *chosen])


_ELSEWHERE = {"model", "stream", "max_tokens", "max_completion_tokens", "n"}
"""Members that are set by others, or have two names."""


def spelled(body: Json) -> Json:
    """A body in one spelling: texts as blocks, a stop word as a list, schemas with their type, no default form."""
    made = {name: value for name, value in body.items() if name not in _ELSEWHERE}
    blocks: Json = _blocks(made)
    return blocks


def _blocks(value: Any) -> Any:
    if isinstance(value, list):
        return [_blocks(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _blocks(one) for name, one in value.items()}
    for name in ("content", "system"):
        if isinstance(made.get(name), str):
            made[name] = [{"type": "text", "text": made[name]}]
        if made.get("role") == "assistant" and isinstance(made.get(name), list):
            made[name] = [part for part in made[name] if part != {"type": "text", "text": ""}]
    if isinstance(made.get("stop"), str):
        made["stop"] = [made["stop"]]
    if "input_schema" in made:
        made["input_schema"] = {"type": "object", **made["input_schema"]}
    if made.get("response_format") == {"type": "text"}:
        del made["response_format"]
    return made


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Where a body has lost, gained or changed something; nulls, empty texts and empty lists say nothing."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            yield from changed(before.get(name), after.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from changed(one, two, f"{path}[{place}]")
    elif before != after and (before or after):
        yield f"{path}: {before!r} became {after!r}"


@pytest.mark.parametrize(("client", "upstream"), [("anthropic", "openai_chat"), ("openai_chat", "anthropic")])
@law(80)
@given(data=st.data())
def test_law_3_what_both_dialects_can_say_crosses_over(client: Name, upstream: Name, data: st.DataObject) -> None:
    """A well-ordered conversation, its tools and its limits mean the same in the other dialect."""
    body = data.draw(bodies(client, data.draw(sane_talks())))
    request = UPSTREAM[client].decode_request(fields_of(body), keep_extra=False)
    crossed = UPSTREAM[upstream].decode_request(as_fields(upstream, request), keep_extra=False)
    assert talk_of(crossed) == talk_of(request)
    assert list(differing(request.tools, crossed.tools)) == []
    assert limits_of(crossed) == limits_of(request)


def talk_of(request: Request) -> list[Any]:
    """Who says what, turn by turn: the marks of the texts, the calls and the results."""
    turns: list[Any] = []
    for message in request.messages:
        said = [one for part in message.parts for one in _said(part)]
        if turns and turns[-1][0] == message.role:
            turns[-1] = (message.role, sorted([*turns[-1][1], *said], key=repr))
        elif said:
            turns.append((message.role, sorted(said, key=repr)))
    return turns


def _said(part: Part) -> list[Any]:
    match part:
        case TextPart():
            return MARK.findall(part.text)
        case ToolCallPart():
            return [(part.id, part.name, json.loads(part.arguments))]
        case ToolResultPart():
            return [("result", part.call_id), *(one for inner in part.content for one in _said(inner))]
        case ImagePart():
            return [("image", part.source.value)]
        case FilePart():
            encoded = part.source.kind == "base64"
            return MARK.findall(base64.b64decode(part.source.value).decode() if encoded else part.source.value)
    return []


def differing(tools: tuple[Tool | BuiltInTool, ...], crossed: tuple[Tool | BuiltInTool, ...]) -> Iterator[str]:
    """Where tools differ: in names that both dialects take, in descriptions, in schemas but for an object's type."""
    for one, two in zip(tools, crossed, strict=True):
        assert isinstance(one, Tool)
        assert isinstance(two, Tool)
        if one.name != two.name and _FITS.match(one.name):
            yield f"{one.name} became {two.name}"
        schemas = [{"type": "object", **json.loads(bytes(tool.schema or b"{}"))} for tool in (one, two)]
        if schemas[0] != schemas[1] or one.description != two.description:
            yield f"{one} became {two}"


def limits_of(request: Request) -> dict[str, Any]:
    """What limits the answer, as far as both can say it."""
    never = request.tool_choice is not None and request.tool_choice.mode == "none"
    return {
        "max_tokens": request.max_tokens or 1000,
        "temperature": None if request.temperature is None else min(request.temperature, 1),
        "top_p": request.top_p,
        "stop": [word for word in request.stop[:4] if word.strip()],
        "one call": request.parallel_calls is False and bool(request.tools) and not never,
    }


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("client", "upstream"), [("anthropic", "openai_chat"), ("openai_chat", "anthropic")])
@law(40)
@given(given_tools=making_tools, wanted=st.integers(0, 2))
def test_law_3_a_tools_name_comes_back_as_the_client_knows_it(
    client: Name, upstream: Name, streamed: bool, given_tools: list[MadeTool], wanted: int
) -> None:
    """A name that the upstream does not take is changed on the way there, and changed back on the way here."""
    if wanted >= len(given_tools):
        return
    body = {"model": MODELS[upstream], "messages": [{"role": "user", "content": "Hi"}], "stream": streamed}
    call = opened(
        client, {**body, "max_tokens": 9, "tools": [tool_of(client, tool) for tool in given_tools]}, force=False
    )
    assert isinstance(call, Exchange)
    sent = json.loads(call.upstream.body)["tools"]
    names = [tool["name"] if upstream == "anthropic" else tool["function"]["name"] for tool in sent]
    assert len(set(names)) == len(names)
    assert all(_FITS.match(name) or (upstream == "anthropic" and len(name) <= 128) for name in names)
    usage = Usage(1, 1, None, None)
    finish = Finish(FinishReason.TOOL_CALLS, "tool_use" if upstream == "anthropic" else "tool_calls")
    answer = Response("x", "m", (Choice(0, (ToolCallPart("t_1", names[wanted], "{}"),), finish),), usage, 1)
    reply = call.complete_response(200, JSON, body_of(upstream, answer))
    spoken = UPSTREAM[client]
    read = (
        read_stream_body(spoken.reader(keep_extra=False), reply.body)
        if streamed
        else spoken.decode_response(reply.body, keep_extra=False)
    )
    (part,) = read.choices[0].parts
    assert isinstance(part, ToolCallPart)
    assert part.name == given_tools[wanted].name
