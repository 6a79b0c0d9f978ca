"""Recorded answers through the gateway mean what they meant, to a client of the GenAI API.

Read as in test_replies.py: once as recorded, by the SDK of the upstream's dialect, once through the gateway, by
Google's: its synchronous and its asynchronous client, thoughts asked for and not.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai.types import GenerateContentResponse

from . import reading_google as reading
from .meaning import same
from .meaning_google import of_candidates, sayable
from .recordings import Answer, answers, begins_again
from .rules_google import chunk_problems, google_problems
from .test_replies import direct
from .test_responses_replies import ordered
from .wires import BY_BYTE, BY_EVENT, MODELS, WHOLE, Through, through

EVERY: list[Any] = [pytest.param(answer, id=answer.label) for answer in answers()]
THOUGHTS = pytest.mark.parametrize("thoughts", [True, False], ids=["thoughts", "no thoughts"])


def those(*, streamed: bool) -> list[Any]:
    """The answers of a form."""
    return [case for case in EVERY if case.values[0].streamed == streamed]


def judged(answer: Answer, chunks: list[GenerateContentResponse], *, thoughts: bool) -> None:
    """Asserts that an answer was read as it was meant."""
    if not begins_again(answer.body) or not direct(answer).calls:  # else half a call was given out before the restart
        meant = sayable(direct(answer), thoughts=thoughts)
        same(meant, of_candidates(chunks), translated=not ordered(answer))


@THOUGHTS
@pytest.mark.parametrize("answer", EVERY)
def test_a_streaming_client_reads_the_same(answer: Answer, thoughts: bool) -> None:
    way = through(answer)
    chunks = reading.chunks(way, MODELS[answer.name], thoughts=thoughts)
    assert google_problems(way.sent, events=True) == []
    judged(answer, chunks, thoughts=thoughts)


@pytest.mark.parametrize("answer", EVERY)
def test_an_asynchronous_client_reads_the_same(answer: Answer) -> None:
    way = through(answer)
    judged(answer, reading.chunks(way, MODELS[answer.name], thoughts=True, later=True), thoughts=True)
    if answer.name == "anthropic" or not answer.streamed:
        judged(answer, [reading.answer(way, MODELS[answer.name], thoughts=True, later=True)], thoughts=True)


@THOUGHTS
@pytest.mark.parametrize(
    "answer", [case for case in EVERY if not case.values[0].streamed or case.values[0].name == "anthropic"]
)
def test_a_plain_client_reads_the_same(answer: Answer, thoughts: bool) -> None:
    """Claude is always called with a stream, whatever the client asked for."""
    way = through(answer)
    read = reading.answer(way, MODELS[answer.name], thoughts=thoughts)
    assert chunk_problems([way.sent]) == []
    judged(answer, [read], thoughts=thoughts)


@pytest.mark.parametrize("answer", EVERY)
def test_3_24_a_stream_without_alt_is_one_json_list(answer: Answer) -> None:
    way = through(answer)
    reply = reading.listed(way, MODELS[answer.name])
    assert reply.headers["content-type"] == "application/json"
    assert google_problems(way.sent, events=False) == []
    chunks = [GenerateContentResponse.model_validate(chunk) for chunk in json.loads(reply.content)]
    judged(answer, chunks, thoughts=True)


@pytest.mark.parametrize("answer", EVERY)
def test_3_21_events_are_named_so(answer: Answer) -> None:
    way = through(answer)
    reading.chunks(way, MODELS[answer.name], thoughts=False)
    assert way.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("answer", those(streamed=True))
def test_a_stream_is_the_same_however_it_is_cut(answer: Answer) -> None:
    for read in (_by_events, reading.listed):
        sent = []
        for cut in (WHOLE, BY_EVENT, BY_BYTE):
            way = through(answer, cut=cut)
            read(way, MODELS[answer.name])
            sent.append(way.sent)
        assert sent[0] == sent[1] == sent[2]


def _by_events(way: Through, model: str) -> object:
    return reading.chunks(way, model, thoughts=True)


@pytest.mark.parametrize("answer", EVERY)
def test_2_5_an_answer_names_the_model_that_was_asked_for(answer: Answer) -> None:
    asked = f"argo:{MODELS[answer.name]}"
    chunks = reading.chunks(through(answer), asked, thoughts=False)
    if answer.name == "anthropic" or not answer.streamed:
        chunks.append(reading.answer(through(answer), asked, thoughts=False))
    assert {chunk.model_version for chunk in chunks} == {asked}
