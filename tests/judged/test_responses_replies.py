"""Recorded answers through the gateway mean what they meant, to a client of the Responses API.

Read as in test_replies.py: as recorded, by the SDK of the upstream's dialect, and through the gateway, by OpenAI's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import ResponseReasoningItem

from . import reading_responses as reading
from .meaning import same
from .meaning_responses import of_response
from .recordings import Answer, answers, begins_again
from .rules_responses import body_problems, responses_problems
from .sse_rules import frames
from .test_replies import direct
from .wires import BY_BYTE, BY_EVENT, MODELS, WHOLE, through

EVERY: list[Any] = [pytest.param(answer, id=answer.label) for answer in answers()]


def those(*, streamed: bool) -> list[Any]:
    """The answers of a form."""
    return [case for case in EVERY if case.values[0].streamed == streamed]


def ordered(answer: Answer) -> bool:
    """Whether the upstream's dialect knows an order of parts, as Responses do."""
    return answer.name == "anthropic"


@pytest.mark.parametrize("answer", EVERY)
def test_a_streaming_client_reads_the_same(answer: Answer) -> None:
    way = through(answer)
    read = of_response(reading.last(reading.events(way, MODELS[answer.name])))
    assert responses_problems(way.sent) == []
    if not begins_again(answer.body) or not direct(answer).calls:  # else half a call was given out before the restart
        same(direct(answer), read, translated=not ordered(answer))


@pytest.mark.parametrize("answer", EVERY)
def test_the_stream_helper_agrees(answer: Answer) -> None:
    model = MODELS[answer.name]
    told = of_response(reading.last(reading.events(through(answer), model)))
    same(told, of_response(reading.helped(through(answer), model)), translated=False)


@pytest.mark.parametrize(
    "answer", [case for case in EVERY if not case.values[0].streamed or case.values[0].name == "anthropic"]
)
def test_a_plain_client_reads_the_same(answer: Answer) -> None:
    """Claude is always called with a stream, whatever the client asked for."""
    way = through(answer)
    read = of_response(reading.response(way, MODELS[answer.name]))
    assert body_problems(way.sent) == []
    same(direct(answer), read, translated=not ordered(answer))


@pytest.mark.parametrize("answer", those(streamed=True))
def test_a_stream_is_the_same_however_it_is_cut(answer: Answer) -> None:
    sent = []
    for cut in (WHOLE, BY_EVENT, BY_BYTE):
        way = through(answer, cut=cut)
        reading.events(way, MODELS[answer.name])
        sent.append(without_chance(way.sent))
    assert sent[0] == sent[1] == sent[2]


def without_chance(stream: bytes) -> list[str]:
    """A stream's events without what the gateway takes from the clock or makes up: ids of its own, times."""
    events = [json.loads(data) for _, data in frames(stream)]
    own = str(events[0]["response"]["id"]).removeprefix("resp_")
    for event in events:
        for stamp in ("created_at", "completed_at"):
            event.get("response", {}).pop(stamp, None)
    return [json.dumps(event).replace(own, "ID") for event in events]


@pytest.mark.parametrize(
    "answer",
    [
        case
        for case in those(streamed=True)
        if case.values[0].name == "anthropic" and not begins_again(case.values[0].body)
    ],
)
def test_a_plain_answer_is_what_the_stream_adds_up_to(answer: Answer) -> None:
    model = MODELS[answer.name]
    streamed = reading.last(reading.events(through(answer), model))
    plain = reading.response(through(answer), model)
    assert [_bare(item.model_dump()) for item in plain.output] == [_bare(item.model_dump()) for item in streamed.output]
    assert (plain.status, plain.incomplete_details) == (streamed.status, streamed.incomplete_details)


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}


@pytest.mark.parametrize("answer", EVERY)
def test_2_5_an_answer_names_the_model_that_was_asked_for(answer: Answer) -> None:
    asked = f"argo:{MODELS[answer.name]}"
    responses = [reading.last(reading.events(through(answer), asked))]
    if answer.name == "anthropic" or not answer.streamed:
        responses.append(reading.response(through(answer), asked))
    assert {response.model for response in responses} == {asked}


@pytest.mark.parametrize("answer", [case for case in EVERY if case.values[0].name == "anthropic"])
def test_5_7_signed_thoughts_go_out_sealed(answer: Answer) -> None:
    """Whoever thinks with a signature gets it back: it is in an item of the answer."""
    items = [item for item in reading.last(reading.events(through(answer), MODELS["anthropic"])).output
             if isinstance(item, ResponseReasoningItem)]  # fmt: skip
    signed = answer.body.count(b'"signature_delta"') if answer.streamed else answer.body.count(b'"signature":')
    if signed:
        assert any(item.encrypted_content for item in items)
