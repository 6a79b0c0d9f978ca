"""Laws of there and back: what a dialect can say of an answer or a request comes back as it was."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.base import ResponseContext
from argo_addon.gateway.translate import read_stream_body
from argo_addon.ir.fold import fold, unfold
from argo_addon.ir.parts import TextPart
from argo_addon.ir.response import Choice, Response
from tests.drawing import law

from .making import NAMES, PAIRS, Name, answers
from .making_wire import body_of, streams
from .meaning import meant, told_to_its_own
from .ways import JSON, STREAM, exchange, without_chance

ASKED = ResponseContext(None, "00", 1)
OWN = msgspec.structs.replace(ASKED, same_dialect=True)
BOTH = pytest.mark.parametrize(("client", "upstream"), PAIRS)


def written(client: Name, answer: Response, asked: ResponseContext) -> bytes:
    """An answer's stream for a client."""
    writer = UPSTREAM[client].writer(asked)
    return b"".join(map(writer.write, unfold(answer)))


def said(client: Name, answer: Response, asked: ResponseContext) -> dict[str, object]:
    """What an answer means once it is there: an empty one has a text at least, for a client of another dialect."""
    (choice,) = answer.choices
    if choice.parts or asked.same_dialect or client != "anthropic":
        return meant(answer, client)
    filled = Choice(0, (TextPart(""),), choice.finish)
    return meant(msgspec.structs.replace(answer, choices=(filled,)), client)


@law(100)
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_law_3_an_answer_unfolded_and_folded_is_the_same(data: st.DataObject, name: Name) -> None:
    """Events and answers tell the same."""
    answer = data.draw(answers(name))
    assert fold(unfold(answer)) == answer


@BOTH
@law(60)
@given(data=st.data())
def test_law_3_a_plain_answer_written_and_read_is_the_same(client: Name, upstream: Name, data: st.DataObject) -> None:
    """An upstream's answer, written as the client's plain body, reads as it was."""
    answer = data.draw(answers(upstream))
    spoken = UPSTREAM[client]
    body = spoken.encode_response(answer, ASKED)
    assert spoken.check_body(body) is None
    assert meant(spoken.decode_response(body, keep_extra=False), client) == said(client, answer, ASKED)


@BOTH
@law(60)
@given(data=st.data())
def test_law_3_a_stream_written_and_read_is_the_same(client: Name, upstream: Name, data: st.DataObject) -> None:
    """An upstream's answer, written as the client's stream, reads as it was."""
    answer = data.draw(answers(upstream))
    stream = written(client, answer, ASKED)
    assert meant(read_stream_body(UPSTREAM[client].reader(keep_extra=False), stream), client) == said(
        client, answer, ASKED
    )


@pytest.mark.parametrize("name", NAMES)
@law(60)
@given(data=st.data())
def test_law_3_within_a_dialect_an_answer_comes_back_exactly(name: Name, data: st.DataObject) -> None:
    """What was decoded to be kept is, once it is encoded and decoded again, exactly the same, plain and streamed."""
    spoken = UPSTREAM[name]
    answer = data.draw(answers(name))
    plain = spoken.decode_response(body_of(name, answer), keep_extra=True)
    body = spoken.encode_response(plain, OWN)
    assert as_json(spoken.decode_response(body, keep_extra=True)) == as_json(plain)
    assert within(json.loads(body_of(name, answer)), json.loads(body)) == []
    read = read_stream_body(spoken.reader(keep_extra=True), data.draw(streams(name, answer)).whole)
    again = read_stream_body(spoken.reader(keep_extra=True), written(name, read, OWN))
    assert told_to_its_own(again, name) == told_to_its_own(read, name) == meant(answer, name)
    assert as_json(again.usage) == as_json(read.usage)
    assert as_json(again.choices[0].finish) == as_json(read.choices[0].finish)


def as_json(value: object) -> object:
    """A value of the neutral form as JSON, whatever blanks the upstream wrote between its values."""
    return json.loads(msgspec.json.encode(value))


def within(before: object, after: object, path: str = "") -> list[str]:
    """Where a body has lost or changed something; nulls and empty lists say nothing, and strings of JSON are JSON."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            problem
            for name, value in before.items()
            if value not in (None, [])
            for problem in within(value, after.get(name), f"{path}.{name}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [problem for place, (one, two) in pairs for problem in within(one, two, f"{path}[{place}]")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


@BOTH
@law(40)
@given(data=st.data())
def test_law_3_every_way_through_the_gateway_tells_the_same(client: Name, upstream: Name, data: st.DataObject) -> None:
    """Plain or streamed upstream, plain or streamed to the client: four ways, one answer."""
    answer = data.draw(answers(upstream))
    plain, stream = body_of(upstream, answer), data.draw(streams(upstream, answer)).whole
    spoken = UPSTREAM[client]
    told = []
    for body, kind in ((plain, JSON), (stream, STREAM)):
        for streams_out in (False, True):
            call = exchange(client, upstream, force=True, stream=streams_out)
            reply = call.complete_response(200, kind, body)
            assert reply.status == 200, reply
            reader = spoken.reader(keep_extra=False)
            read = (
                read_stream_body(reader, reply.body)
                if streams_out
                else spoken.decode_response(reply.body, keep_extra=False)
            )
            told.append(meant(read, client))
    assert told[1:] == told[:1] * 3
    assert told[0] == meant(answer, client)


@BOTH
@law(25)
@given(data=st.data())
def test_law_7_an_answer_is_translated_the_same_every_time(client: Name, upstream: Name, data: st.DataObject) -> None:
    """The same answer twice gives the same bytes, plain and streamed."""
    answer = data.draw(answers(upstream))
    body = body_of(upstream, answer)
    for streams_out in (False, True):
        call = exchange(client, upstream, force=True, stream=streams_out)
        once, twice = (call.complete_response(200, JSON, body).body for _ in range(2))
        assert without_chance(once) == without_chance(twice)


def test_law_3_an_answer_with_calls_ends_in_calls_whatever_stopped_it() -> None:
    """A stop sequence behind a call: Chat's clients look at the finish reason before they look for calls."""
    call = {"type": "tool_use", "id": "t_1", "name": "f", "input": {}}
    usage = {"input_tokens": 1, "output_tokens": 1}
    body = {"id": "m", "content": [call], "stop_reason": "stop_sequence", "stop_sequence": "x", "usage": usage}
    reply = exchange("openai_chat", "anthropic", force=False, stream=False).complete_response(
        200, JSON, json.dumps(body).encode()
    )
    assert json.loads(reply.body)["choices"][0]["finish_reason"] == "tool_calls"
