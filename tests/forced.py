"""What a client makes of an answer, its dialect's way, so that two answers can be held against each other."""

from __future__ import annotations

import json
from typing import Any

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings
from argo_addon.sse import Splitter, data_of

Json = Any
PATHS = {"openai_chat": "/v1/chat/completions", "anthropic": "/v1/messages"}
SSE = {"content-type": "text/event-stream"}
JSON_TYPE = {"content-type": "application/json"}
_SAID_AGAIN = ("index", "type")


def opened(dialect: str, body: Json, *, force: bool) -> Exchange:
    """A call of a client, on its way to an upstream of the same dialect."""
    settings = Settings(user="jdoe", force_conversion=force).with_base_url("http://argo.example")
    call = Gateway(settings).open(ClientRequest("POST", PATHS[dialect], {}, json.dumps(body).encode()))
    assert isinstance(call, Exchange), call
    return call


def streamed(dialect: str, body: Json, stream: bytes, *, force: bool) -> bytes:
    """What the client gets of a stream."""
    call = opened(dialect, {**body, "stream": True}, force=force)
    assert call.start_response(200, SSE) is not None
    assert call.relay is not None
    made = call.relay.feed(stream) + call.relay.close()
    assert call.relay.error is None, call.relay.error
    return made


def plain(dialect: str, body: Json, answer: bytes, *, force: bool) -> Json:
    """What the client gets of a plain answer."""
    reply = opened(dialect, body, force=force).complete_response(200, JSON_TYPE, answer)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def event_data_in(stream: bytes) -> list[Json]:
    """The JSON of a stream's events."""
    frames = Splitter()
    found = [data_of(frame) for frame in (*frames.feed(stream), frames.rest())]
    return [json.loads(data) for data in found if data is not None and data != b"[DONE]"]


def told(dialect: str, stream: bytes) -> Json:
    """The answer that a stream tells, put together as the dialect's SDK does, without what says nothing."""
    if dialect == "openai_chat":
        return without_nothing(_completion(stream))
    assembler = UPSTREAM["anthropic"].assembler()
    assert assembler is not None
    others = []
    for event in event_data_in(stream):
        if event["type"] not in ("ping", "content_block_stop"):
            assembler.add(json.dumps(event).encode())
        if not event["type"].startswith(("content_block", "message_start", "message_delta", "ping")):
            others.append(event)
    return without_nothing([json.loads(assembler.body()), others])


def _completion(stream: bytes) -> Json:
    """The openai SDK's way: texts are appended, but for a type or an index; lists are joined by their items' index."""
    answer: Json = {"object": "chat.completion.chunk", "choices": {}}
    for chunk in event_data_in(stream):
        answer.update({name: value for name, value in chunk.items() if name != "choices" and value is not None})
        for choice in chunk.get("choices") or ():
            grown = answer["choices"].setdefault(choice.get("index", 0), {"delta": {"role": "assistant"}})
            _grow(grown, {name: value for name, value in choice.items() if name != "index"})
    for choice in answer["choices"].values():
        for number, call in enumerate(choice["delta"].get("tool_calls") or ()):
            call.update(
                type="custom" if "custom" in call else "function", index=number
            )  # some leave the type out, or begin to count at 1
    return answer


def _grow(before: Json, more: Json) -> None:
    for name, value in more.items():
        known = before.get(name)
        if known is None or value is None:
            before[name] = known if value is None else value
        elif isinstance(known, str) and isinstance(value, str) and name not in (*_SAID_AGAIN, "role", "finish_reason"):
            before[name] = known + value
        elif isinstance(known, dict) and isinstance(value, dict):
            _grow(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            before[name] = _list_grown(known, value)
        else:
            before[name] = value


def _list_grown(before: list[Json], more: list[Json]) -> list[Json]:
    grown = list(before)
    for item in more:
        same = next(
            (known for known in grown if isinstance(item, dict) and known.get("index") == item.get("index")), None
        )
        if same is None or "index" not in item:
            grown.append(item)
        else:
            _grow(same, item)
    return grown


def without_nothing(value: Json) -> Json:
    """JSON without the members that are null: whether they are there says nothing."""
    if isinstance(value, dict):
        return {name: without_nothing(item) for name, item in value.items() if item is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value
