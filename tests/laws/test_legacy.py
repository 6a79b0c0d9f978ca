"""The laws, as far as they can be said of the legacy gateway: order, nothing lost, any input, any cut."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.simulator.rules.legacy import check_chat
from tests.drawing import law
from tests.gateway.legacy.asking import CLIENTS, Client

from .making import Name, json_values
from .making_talks import MODELS, Json, odd_talks, sane_talks
from .reading_talks import broken, lost, said_in
from .test_nothing_raises import is_error, odd_values, spoilt
from .ways import JSON, PATHS, SETTINGS
from .writing_talks import bodies

GATEWAY = Gateway(msgspec.structs.replace(SETTINGS, use_legacy_argo=True))
BOTH = pytest.mark.parametrize("client", ["anthropic", "openai_chat"])
CALLER = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
ANY_MODEL = st.sampled_from([model for models in MODELS.values() for model in models])
TEXT = {"content-type": "text/plain; charset=utf-8"}


def opened(path: str, body: Json) -> Exchange | Reply:
    made = GATEWAY.open(ClientRequest("POST", path, {}, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    return made


def sent(client: Name, body: Json) -> Json:
    made = opened(PATHS[client], body)
    assert isinstance(made, Exchange), made
    read: Json = json.loads(made.upstream.body)
    return read


def as_its_own(body: Json) -> tuple[Name, Json]:
    """The body in the words of the model's own API, for those who read them."""
    messages: list[Json] = body["messages"]
    if body["model"].startswith("claude"):
        system = [message["content"] for message in messages if message["role"] == "system"]
        rest = [message for message in messages if message["role"] != "system"]
        return "anthropic", {"system": "\n\n".join(system) or [], "messages": rest}
    for message in messages:
        for call in message.get("tool_calls", ()):
            if "args" in call:
                call["function"] = {"name": call["name"], "arguments": json.dumps(call["args"])}
    return "openai_chat", body


@BOTH
@law(80)
@given(data=st.data())
def test_any_history_is_in_order_whole_and_taken(client: Name, data: st.DataObject) -> None:
    """Calls and results pair up, no text is lost, and the simulator has nothing against it."""
    talk = data.draw(odd_talks() | sane_talks())
    body = sent(client, data.draw(bodies(client, talk, model=data.draw(ANY_MODEL))))
    check_chat(body)
    name, read = as_its_own(body)
    assert broken(name, read) == []
    assert lost(talk, said_in(name, read)) == []


@BOTH
@law(90)
@given(data=st.data())
def test_any_request_goes_upstream_or_is_the_clients_error(client: Name, data: st.DataObject) -> None:
    body = data.draw(bodies(client, data.draw(odd_talks()), model=data.draw(ANY_MODEL)))
    made = opened(PATHS[client], data.draw(spoilt(body)))
    if isinstance(made, Exchange):
        assert json.loads(made.upstream.body)["user"] == "jdoe"
    else:
        is_error(client, made, whose=range(400, 500))


def call(client: Client, *, stream: bool, tools: bool) -> Exchange:
    path, body = (
        client.path("claude-opus-4.6", stream=stream),
        client.body("claude-opus-4.6", stream=stream, tools=tools),
    )
    made = opened(path, body)
    assert isinstance(made, Exchange)
    return made


USE = {"id": "toolu_1", "input": {"command": "ls"}, "name": "shell", "type": "tool_use"}
FUNCTION = {"name": "shell", "arguments": '{"command": "ls"}'}
ANSWERS: list[Any] = [
    {"response": "Hello."},
    {"response": {"content": "Hello.", "tool_calls": []}},
    {"response": {"content": [{"type": "text", "text": "Look."}, USE], "tool_calls": [USE]}},
    {"response": {"content": f"Look. {USE!r}", "tool_calls": None}},
    {"response": {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": FUNCTION}]}},
    {"response": {"content": "", "tool_calls": [{"id": None, "args": {"command": "ls"}, "name": "shell"}]}},
]


@CALLER
@law(120)
@given(data=st.data())
def test_any_answer_gives_a_reply(client: Client, data: st.DataObject) -> None:
    told = json.dumps(data.draw(spoilt(data.draw(st.sampled_from(ANSWERS))) | odd_values | json_values)).encode()
    for stream in (False, True):
        reply = call(client, stream=stream, tools=True).complete_response(200, JSON, told)
        if reply.status != 200:
            assert json.loads(reply.body)["error"]["message"]
            assert 400 <= reply.status < 600
        elif stream:
            assert client.streamed(reply.body.decode()).finish in (*client.ends, "OTHER")
        else:  # Google's word for an answer without a word
            assert client.plain(json.loads(reply.body)).finish in (*client.ends, "OTHER")


@CALLER
@law(80)
@given(text=st.text(min_size=1), cuts=st.lists(st.integers(1, 9), max_size=30))
def test_text_is_the_same_however_it_is_cut(client: Client, text: str, cuts: list[int]) -> None:
    made = call(client, stream=True, tools=False)
    assert made.start_response(200, TEXT) is not None
    assert made.relay is not None
    left, out = text.encode(), b""
    for size in cuts:
        out, left = out + made.relay.feed(left[:size]), left[size:]
    out += made.relay.feed(left) + made.relay.close()
    assert client.streamed(out.decode()).text == text


@CALLER
@law(60)
@given(pieces=st.lists(st.binary(max_size=12), max_size=6))
def test_any_bytes_end_well(client: Client, pieces: list[bytes]) -> None:
    made = call(client, stream=True, tools=False)
    assert made.start_response(200, TEXT) is not None
    assert made.relay is not None
    out = b"".join(map(made.relay.feed, pieces)) + made.relay.close()
    assert made.relay.finished
    if made.relay.complete:
        assert client.streamed(out.decode()).text.encode() == b"".join(pieces)
    else:
        assert made.relay.error is not None
        assert (out == b"") == (made.relay.refusal is not None)
