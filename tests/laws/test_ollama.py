"""The laws for Ollama's API: a stream's lines add up to the plain answer, however they came; histories are in order."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.ir.parts import ReasoningPart, TextPart, ToolCallPart
from argo_addon.ir.response import FinishReason, Response
from argo_addon.simulator.rules import chat, messages
from argo_addon.translation.relay import Relay
from tests.drawing import law

from .making import NAMES, Name, answers
from .making_talks import MODELS as ANY_MODEL
from .making_talks import PIXEL, Json, odd_talks, sane_talks
from .making_wire import body_of, cuts, streams
from .reading_talks import broken, lost, said_in
from .test_nothing_raises import odd_values, spoilt
from .ways import JSON, MODELS, STREAM, gateway
from .writing_ollama import PATHS, requests

PATH = st.sampled_from(PATHS)
TO_EACH = pytest.mark.parametrize("upstream", NAMES)


def opened(path: str, body: Json, *, force: bool = False) -> Exchange | Reply:
    made = gateway(force).open(ClientRequest("POST", path, {}, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    return made


@functools.cache
def exchange(path: str, upstream: Name, *, stream: bool, think: bool = True) -> Exchange:
    asks: Json = {"messages": [{"role": "user", "content": "Hi"}]} if path == "/api/chat" else {"prompt": "Hi"}
    made = opened(path, {"model": MODELS[upstream], "think": think, **asks, **({} if stream else {"stream": False})})
    assert isinstance(made, Exchange), made
    return made


def relay(path: str, upstream: Name, *, think: bool = True) -> Relay:
    call = exchange(path, upstream, stream=True, think=think)
    assert call.start_response(200, STREAM) is not None
    assert call.relay is not None
    return call.relay


def lines_of(stream: bytes) -> list[Json]:
    """The lines of a stream, each whole and an object. Fails where one is not."""
    assert stream.endswith(b"\n") or not stream
    lines = [json.loads(line) for line in stream.decode().split("\n")[:-1]]
    assert all(isinstance(line, dict) for line in lines)
    return lines


def added_up(lines: list[Json]) -> Json:
    """The plain answer that a stream's lines add up to."""
    *pieces, last = lines
    assert [line["done"] for line in lines] == [False] * len(pieces) + [True]
    held = [line.get("message", line) for line in lines]
    told: Json = {"content": "".join(one.get("content", one.get("response", "")) for one in held)}
    told["thinking"] = "".join(one.get("thinking", "") for one in held) or None
    told["tool_calls"] = [call for one in held for call in one.get("tool_calls", [])]
    return {**{name: last.get(name) for name in _ABOUT}, **told}


_ABOUT = ("model", "created_at", "done_reason", "prompt_eval_count", "eval_count")


def meant(answer: Response, *, think: bool = True) -> Json:
    """What an answer of an upstream's says to Ollama's clients."""
    (choice,) = answer.choices
    cut = choice.finish.reason in (FinishReason.LENGTH, FinishReason.CONTEXT)
    thoughts = "".join(part.text for part in choice.parts if isinstance(part, ReasoningPart))
    calls = [part for part in choice.parts if isinstance(part, ToolCallPart)]
    return {
        "content": "".join(part.text for part in choice.parts if isinstance(part, TextPart)),
        "thinking": (thoughts or None) if think else None,
        "tool_calls": [(call.name, json.loads(call.arguments)) for call in calls],
        "done_reason": "length" if cut else "stop",
        "prompt_eval_count": answer.usage and answer.usage.input,
        "eval_count": answer.usage and answer.usage.output,
    }


def said(told: Json) -> Json:
    """The same of what a client was told."""
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in told["tool_calls"]]
    return {name: calls if name == "tool_calls" else told[name] for name in told if name not in ("model", "created_at")}


@TO_EACH
@law(24)
@given(data=st.data())
def test_a_stream_adds_up_to_the_plain_answer_however_it_is_cut(upstream: Name, data: st.DataObject) -> None:
    path, answer = data.draw(PATH), data.draw(answers(upstream))
    think = data.draw(st.booleans())
    stream = data.draw(streams(upstream, answer)).whole
    made = []
    for pieces in ([stream], [stream[place : place + 1] for place in range(len(stream))], data.draw(cuts(stream))):
        through = relay(path, upstream, think=think)
        out = b""
        for piece in pieces:
            more = through.feed(piece)
            lines_of(more)  # whole lines, or none
            out += more
        made.append(out + through.close())
        assert (through.complete, through.error) == (True, None)
    assert made[1:] == made[:1] * 2
    told = added_up(lines_of(made[0]))
    assert told["model"] == MODELS[upstream]
    assert said(told) == meant(answer, think=think)
    for kind, body in ((JSON, body_of(upstream, answer)), (STREAM, stream)):
        reply = exchange(path, upstream, stream=False, think=think).complete_response(200, kind, body)
        assert reply.status == 200
        assert said(added_up([json.loads(reply.body)])) == said(told)


@TO_EACH
@law(40)
@given(data=st.data())
def test_a_stream_that_is_cut_off_ends_in_an_error_and_is_never_done(upstream: Name, data: st.DataObject) -> None:
    stream = data.draw(streams(upstream, data.draw(answers(upstream))))
    path = data.draw(PATH)
    prefix = stream.whole[: data.draw(st.integers(0, len(stream.whole)))]
    through = relay(path, upstream)
    out = b"".join(map(through.feed, data.draw(cuts(prefix)))) + through.close()
    lines = lines_of(out)
    if through.complete:
        assert len(prefix) >= stream.told
        added_up(lines)
    elif through.refusal is not None:
        assert out == b""
    else:
        assert [line.keys() == {"error"} for line in lines] == [False] * (len(lines) - 1) + [True]
        assert not any(line.get("done") for line in lines)
    assert (through.feed(b"data: {}\n\n"), through.close()) == (b"", b"")


@TO_EACH
@law(40)
@given(data=st.data())
def test_any_answer_gives_a_reply(upstream: Name, data: st.DataObject) -> None:
    path = data.draw(PATH)
    body = json.loads(body_of(upstream, data.draw(answers(upstream))))
    told = json.dumps(data.draw(spoilt(body) | odd_values)).encode()
    for stream in (False, True):
        reply = exchange(path, upstream, stream=stream).complete_response(200, JSON, told)
        if reply.status == 200:
            added_up(lines_of(reply.body) if stream else [json.loads(reply.body)])
        else:
            assert json.loads(reply.body).keys() == {"error"}


@TO_EACH
@law(50)
@given(data=st.data())
def test_any_history_is_in_order_whole_and_taken(upstream: Name, data: st.DataObject) -> None:
    """Calls and results pair up, no text is lost, and the simulator has nothing against it."""
    with_ids = data.draw(st.booleans())
    talk = data.draw(odd_talks() | sane_talks() if with_ids else sane_talks())
    model = data.draw(st.sampled_from(ANY_MODEL[upstream]))
    made = opened("/api/chat", data.draw(requests(talk, model=model, with_ids=with_ids)))
    assert isinstance(made, Exchange), made
    body = json.loads(made.upstream.body)
    if upstream == "anthropic":
        messages.check(body, made.upstream.headers)
    else:
        chat.check(body)
    assert broken(upstream, body) == []
    assert lost(talk, said_in(upstream, body)) == []


@TO_EACH
@law(24)
@given(data=st.data())
def test_calls_and_images_of_a_well_ordered_talk_are_all_there(upstream: Name, data: st.DataObject) -> None:
    talk = data.draw(sane_talks())
    asks = data.draw(requests(talk, model=MODELS[upstream], with_ids=data.draw(st.booleans())))
    made = opened("/api/chat", asks)
    assert isinstance(made, Exchange), made
    body = json.loads(made.upstream.body)
    wanted = [(call.name, json.loads(call.arguments)) for turn in talk for call in turn.calls]
    assert called(upstream, body) == wanted
    shown = [message for message in asks["messages"] for _ in message.get("images", ())]
    assert json.dumps(body).count(PIXEL) == len(shown)


def called(upstream: Name, body: Json) -> list[Any]:
    """The calls in an upstream's body."""
    if upstream == "openai_chat":
        calls = [call["function"] for message in body["messages"] for call in message.get("tool_calls") or ()]
        return [(call["name"], json.loads(call["arguments"])) for call in calls]
    blocks = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    return [(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]


@TO_EACH
@law(60)
@given(data=st.data())
def test_any_request_goes_upstream_or_is_the_clients_error(upstream: Name, data: st.DataObject) -> None:
    body = data.draw(requests(data.draw(odd_talks()), model=MODELS[upstream]))
    made = opened(data.draw(PATH), data.draw(spoilt(body)))
    if isinstance(made, Exchange):
        assert json.loads(made.upstream.body)["user"] == "jdoe"
    elif made.status != 200:  # as it is where nothing is asked
        assert made.status in range(400, 500)
        assert json.loads(made.body).keys() == {"error"}
