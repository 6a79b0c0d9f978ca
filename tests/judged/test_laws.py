"""Law 8: what the gateway writes of generated answers and conversations, the official SDKs take, and it means the same.

The answers and conversations are those of tests/laws/making*.py. Streams are held against the SDKs' own event types and
the vendors' order rules (sse_rules.py), bodies against the SDKs' types, requests against their TypedDicts (typed.py).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest
from argo_addon.ir.parts import TextPart
from argo_addon.ir.response import FinishReason, Response
from tests.drawing import law
from tests.laws.making import NAMES, PAIRS, Name, answers
from tests.laws.making_talks import MODELS as ASKED
from tests.laws.making_talks import odd_talks, sane_talks
from tests.laws.making_wire import body_of, streams
from tests.laws.writing_talks import bodies

from . import reading
from .meaning import Meaning, same
from .sse_rules import anthropic_problems, chat_problems
from .test_requests import PATHS, wrong
from .wires import MODELS, Straight, Through, gateway

STREAM, PLAIN = "text/event-stream", "application/json"
BOTH = pytest.mark.parametrize(("client", "upstream"), PAIRS)
ACROSS = pytest.mark.parametrize(("client", "upstream"), [pair for pair in PAIRS if pair[0] != pair[1]])


def direct(upstream: Name, body: bytes) -> Meaning:
    """What a plain answer means to the SDK of its own dialect."""
    return reading.meaning(upstream, Straight(body, PLAIN), MODELS[upstream], streamed=False)


def told_apart(answer: Response) -> bool:
    """Whether an answer's words of refusal come with the finish reason for it (the others: a law of their own)."""
    (choice,) = answer.choices
    refuses = any(isinstance(part, TextPart) and part.refusal for part in choice.parts)
    return not refuses or choice.finish.reason is FinishReason.REFUSAL


def stream_problems(client: Name, stream: bytes, *, usage: bool | None) -> list[str]:
    """What is wrong with a stream that went out."""
    if client == "anthropic":
        return anthropic_problems(stream, beta=False, skipped=("never_heard_of",))
    return chat_problems(stream, usage=usage)


@BOTH
@law(25)
@given(data=st.data())
def test_law_8_a_stream_is_taken_by_the_sdk_and_means_the_same(
    client: Name, upstream: Name, data: st.DataObject
) -> None:
    """An upstream's stream, converted, is valid event by event and means what the plain answer means."""
    answer = data.draw(answers(upstream).filter(told_apart))
    odd = upstream == "anthropic" or client == upstream
    way = Through(data.draw(streams(upstream, answer, odd=odd)).whole, STREAM, force=True)
    read = reading.meaning(client, way, MODELS[upstream], streamed=True)
    told = answer.usage is not None if client == "openai_chat" else None
    assert stream_problems(client, way.sent, usage=told) == []
    same(direct(upstream, body_of(upstream, answer)), read, translated=client != upstream)


@BOTH
@law(25)
@given(data=st.data())
def test_law_8_the_sdks_stream_helper_agrees(client: Name, upstream: Name, data: st.DataObject) -> None:
    """The SDK's own accumulation of a stream is the plain answer that a client that asked for one gets."""
    answer = data.draw(answers(upstream).filter(told_apart))
    body = body_of(upstream, answer)
    model = MODELS[upstream]
    if client == "anthropic":
        events = reading.message_events(Through(body, PLAIN, force=True), model)
        assert (events[0], events[-1]) == ("message_start", "message_stop")
        return
    made = reading.completion(Through(body, PLAIN, force=True), model, streamed=True)
    plain = reading.completion(Through(body, PLAIN, force=True), model, streamed=False)
    one, other = made.choices[0], plain.choices[0]
    assert (one.message.content or "", one.message.refusal) == (other.message.content or "", other.message.refusal)
    assert one.finish_reason == other.finish_reason
    calls = [(call.id, call.type) for call in other.message.tool_calls or ()]
    assert [(call.id, call.type) for call in one.message.tool_calls or ()] == calls


@BOTH
@law(25)
@given(data=st.data())
def test_law_8_a_plain_answer_is_taken_by_the_sdk_and_means_the_same(
    client: Name, upstream: Name, data: st.DataObject
) -> None:
    """An upstream's plain answer, converted, keeps to the SDK's types and means the same, plain and streamed."""
    answer = data.draw(answers(upstream).filter(told_apart))
    body = body_of(upstream, answer)
    meant = direct(upstream, body)
    for streamed in (False, True):
        way = Through(body, PLAIN, force=True)
        read = reading.meaning(client, way, MODELS[upstream], streamed=streamed)
        same(meant, read, translated=client != upstream)
        if streamed:
            assert stream_problems(client, way.sent, usage=None) == []
        else:
            (Message if client == "anthropic" else ChatCompletion).model_validate_json(way.sent)


@pytest.mark.parametrize("streamed", [False, True])
def test_law_8_words_of_refusal_are_a_refusal(streamed: bool) -> None:
    """Chat ends them in `stop`; Anthropic has a stop reason for them."""
    message = {"role": "assistant", "content": None, "refusal": "I cannot."}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
    way = Through(json.dumps(body).encode(), PLAIN)
    assert reading.message(way, MODELS["openai_chat"], streamed=streamed).stop_reason == "refusal"


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
@pytest.mark.parametrize("model", ASKED["anthropic"])
def test_law_8_any_effort_is_one_that_claude_knows(model: str, effort: str) -> None:
    """The two dialects have other words for how much to think."""
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "reasoning_effort": effort}
    assert wrong("anthropic", sent("openai_chat", body, force=False)) == []


@ACROSS
@law(50)
@given(data=st.data())
def test_law_8_a_translated_request_is_valid_under_the_sdks_types(
    client: Name, upstream: Name, data: st.DataObject
) -> None:
    """Of any conversation, the upstream's body is one that its SDK could have sent."""
    talk = data.draw(odd_talks() | sane_talks())
    stream = data.draw(st.booleans())
    body = data.draw(bodies(client, talk, model=data.draw(st.sampled_from(ASKED[upstream])), stream=stream))
    assert wrong(upstream, sent(client, body, force=False)) == []


@pytest.mark.parametrize("name", NAMES)
@law(30)
@given(data=st.data())
def test_law_8_a_request_within_a_dialect_stays_valid(name: Name, data: st.DataObject) -> None:
    """A body that is valid under its own SDK's types still is once it has been converted."""
    body = data.draw(bodies(name, data.draw(sane_talks()), model=MODELS[name]))
    if not wrong(name, json.dumps(body).encode()):
        assert wrong(name, sent(name, body, force=True)) == []


def sent(client: Name, body: dict[str, Any], *, force: bool) -> bytes:
    """The upstream's body for a client's."""
    opened = gateway(force=force).open(ClientRequest("POST", PATHS[client], {}, json.dumps(body).encode()))
    assert isinstance(opened, Exchange), opened
    return opened.upstream.body
