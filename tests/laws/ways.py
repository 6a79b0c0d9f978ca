"""The ways through the gateway that the laws look at: a client's call opened, and its relay, for a pair of dialects."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import msgspec

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings
from argo_addon.sse import Splitter, data_of
from argo_addon.translation.relay import Relay

from .making import Name

SETTINGS = Settings(user="jdoe").with_base_url("http://argo.example")
PATHS: dict[Name, str] = {"anthropic": "/v1/messages", "openai_chat": "/v1/chat/completions"}
MODELS: dict[Name, str] = {"anthropic": "claude-opus-4.6", "openai_chat": "gpt-5.4"}
STREAM = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
_CHANCE = re.compile(rb'"(?:request_id":"req_\w+|id":"(?:msg|chatcmpl)[-_][0-9a-f]{24})"')


@functools.cache
def gateway(force: bool) -> Gateway:
    """A gateway, with `force_conversion` as given."""
    return Gateway(msgspec.structs.replace(SETTINGS, force_conversion=force))


def opened(client: Name, body: dict[str, Any], *, force: bool) -> Exchange | Reply:
    """What becomes of a client's body."""
    made = gateway(force).open(ClientRequest("POST", PATHS[client], {}, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    return made


@functools.cache
def exchange(client: Name, upstream: Name, *, force: bool, stream: bool = True, model: str = "") -> Exchange:
    """A call for an answer, as plain as can be; Chat's asks for the usage."""
    body: dict[str, Any] = {"model": model or MODELS[upstream], "messages": [{"role": "user", "content": "Hi"}]}
    if stream:
        body["stream"] = True
    if client == "anthropic":
        body["max_tokens"] = 9
    elif stream:
        body["stream_options"] = {"include_usage": True}
    made = opened(client, body, force=force)
    assert isinstance(made, Exchange), made
    return made


def relay(client: Name, upstream: Name, *, force: bool) -> Relay:
    """A fresh relay of a call for a stream; all of a pair make the same of the same."""
    call = exchange(client, upstream, force=force)
    assert call.start_response(200, STREAM) is not None
    assert call.relay is not None
    return call.relay


def without_chance(sent: bytes) -> bytes:
    """Bytes without the ids that are made up for each answer."""
    return _CHANCE.sub(b'"made up"', sent)


def events_of(stream: bytes, *, ended: bool = True) -> list[Any]:
    """The events of a stream that went out, `[DONE]` as it is. Fails where one is not whole, or no JSON.

    `ended` says that the last one must have its blank line; within a dialect it may lack it, as it came.
    """
    frames = Splitter()
    found = [data for frame in frames.feed(stream) if (data := data_of(frame)) is not None]
    rest = frames.rest()
    assert not (ended and rest.strip()), "the last event has its end"
    found += [data for data in (data_of(rest),) if data is not None]
    return [data.decode() if data == b"[DONE]" else json.loads(data) for data in found]


def errors_in(name: Name, stream: bytes) -> list[int]:
    """The places of the error events in a stream of a dialect."""
    events = events_of(stream, ended=False)
    if name == "anthropic":
        return [place for place, event in enumerate(events) if _type_of(event) == "error"]
    return [place for place, event in enumerate(events) if isinstance(event, dict) and event.get("error")]


def _type_of(event: Any) -> Any:
    """Its type; within a dialect an event may be as odd as it came."""
    return event.get("type") if isinstance(event, dict) else None


def ends_in(name: Name, stream: bytes) -> int:
    """How many formal ends a stream of a dialect has."""
    events = events_of(stream, ended=False)
    if name == "anthropic":
        return sum(_type_of(event) == "message_stop" for event in events)
    return events.count("[DONE]")


def finishes_in(name: Name, stream: bytes) -> int:
    """How many times a stream of a dialect says why the answer ended."""
    events = [event for event in events_of(stream, ended=False) if event != "[DONE]"]
    if name == "anthropic":
        return sum(_type_of(event) == "message_delta" for event in events)
    return sum(bool(choice.get("finish_reason")) for event in events for choice in event.get("choices") or ())
