"""Recorded answers through the gateway mean what they meant, to a client of either dialect.

Each answer is read twice by official SDKs: as it was recorded, with the SDK of its own dialect, and through the
gateway, with the SDK of the client's. Streams are fed whole, by event and byte by byte. One combination is left out: a
plain answer to a streaming client of the same dialect without conversion, which the gateway refuses on purpose.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message
from anthropic.types.beta import BetaMessage
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from . import reading
from .meaning import Meaning, of_chunks, of_completion, same
from .recordings import Answer, Name, answers, begins_again, from_last_start
from .sse_rules import anthropic_problems, chat_problems, frames
from .wires import BY_BYTE, BY_EVENT, MODELS, WHOLE, Straight, through

NAMES: tuple[Name, ...] = ("anthropic", "openai_chat")


def cases(*, streamed: bool, passed_on: bool = True) -> list[Any]:
    """Every answer of a form for every client, with and without forced conversion; `passed_on`: unconverted, too."""
    return [
        pytest.param(answer, client, force, id=f"{answer.label}-{client}{'-forced' if force else ''}")
        for answer in answers()
        if answer.streamed == streamed
        for client in NAMES
        for force in (False, True)
        if passed_on or force or client != answer.name
    ]


def direct(answer: Answer) -> Meaning:
    """What the answer means as it was recorded."""
    body = from_last_start(answer.body) if answer.streamed and answer.name == "anthropic" else answer.body
    return reading.meaning(answer.name, Straight(body, answer.kind), MODELS[answer.name], streamed=answer.streamed)


def translated(answer: Answer, client: Name) -> bool:
    return client != answer.name


def problems(answer: Answer, client: Name, stream: bytes) -> list[str]:
    """What is wrong with the client's stream. Within a dialect it may be as wrong as the recording is, no more."""
    if client == "anthropic":
        found = anthropic_problems(stream, beta=client == answer.name)
    else:
        found = chat_problems(stream, usage=None if client == answer.name else True)
    return found if client != answer.name or as_typed(answer) else []


@pytest.mark.parametrize(("answer", "client", "force"), cases(streamed=True))
def test_a_stream_means_the_same(answer: Answer, client: Name, force: bool) -> None:
    way = through(answer, force=force)
    read = reading.meaning(client, way, MODELS[answer.name], streamed=True)
    assert problems(answer, client, way.sent) == []
    if not begins_again(answer.body) or not direct(answer).calls:  # else half a call was given out before the restart
        same(direct(answer), read, translated=translated(answer, client))


@pytest.mark.parametrize(("answer", "client", "force"), cases(streamed=True))
def test_a_stream_is_the_same_however_it_is_cut(answer: Answer, client: Name, force: bool) -> None:
    sent = []
    for cut in (WHOLE, BY_EVENT, BY_BYTE):
        way = through(answer, force=force, cut=cut)
        reading.meaning(client, way, MODELS[answer.name], streamed=True)
        sent.append(way.sent)
    whole, *others = sent
    for other in others:
        assert other == whole or without_chance(other) == without_chance(whole)


def without_chance(stream: bytes) -> list[tuple[str, str]]:
    """A stream's events without what the gateway takes from the clock or makes up: `created`, and answers' ids."""

    def bare(data: str) -> str:
        if data == "[DONE]":
            return data
        event = json.loads(data)
        event.pop("created", None)
        event.pop("id", None)
        if isinstance(event.get("message"), dict):
            event["message"].pop("id", None)
        return json.dumps(event)

    return [(name, bare(data)) for name, data in frames(stream)]


@pytest.mark.parametrize(("answer", "client", "force"), cases(streamed=True, passed_on=False))
def test_the_other_ways_to_read_a_stream_agree(answer: Answer, client: Name, force: bool) -> None:
    """Anthropic's events one by one; Chat's stream helper, and a stream without a word on usage."""
    model = MODELS[answer.name]
    if client == "anthropic":
        events = reading.message_events(through(answer, force=force), model)
        assert events[-1] == "message_stop"
        return
    if client == answer.name and not as_typed(answer):
        pytest.skip("the recording is no stream that the SDK's helper reads")
    final = of_completion(reading.completion(through(answer, force=force), model, streamed=True))
    folded = of_chunks(reading.chunks(through(answer, force=force), model))
    same(folded, final, translated=True)
    if client != answer.name:  # within the dialect, the upstream tells whoever asked it
        quiet = through(answer, force=force)
        assert all(chunk.usage is None for chunk in reading.chunks(quiet, model, usage=False))
        assert chat_problems(quiet.sent, usage=False) == []


@pytest.mark.parametrize(
    ("answer", "client", "force"),
    [case for case in cases(streamed=True) if case.values[0].name == "anthropic"],
)
def test_a_stream_read_by_a_plain_client_means_the_same(answer: Answer, client: Name, force: bool) -> None:
    """Claude is always called with a stream, whatever the client asked for."""
    way = through(answer, force=force)
    read = reading.meaning(client, way, MODELS[answer.name], streamed=False)
    same(direct(answer), read, translated=translated(answer, client))
    valid_body(answer, client, way.sent)


@pytest.mark.parametrize(("answer", "client", "force"), cases(streamed=False))
def test_a_plain_answer_means_the_same(answer: Answer, client: Name, force: bool) -> None:
    way = through(answer, force=force)
    read = reading.meaning(client, way, MODELS[answer.name], streamed=False)
    same(direct(answer), read, translated=translated(answer, client))
    valid_body(answer, client, way.sent)


@pytest.mark.parametrize(("answer", "client", "force"), cases(streamed=False, passed_on=False))
def test_a_plain_answer_to_a_streaming_client_means_the_same(answer: Answer, client: Name, force: bool) -> None:
    way = through(answer, force=force)
    read = reading.meaning(client, way, MODELS[answer.name], streamed=True)
    same(direct(answer), read, translated=translated(answer, client))
    assert problems(answer, client, way.sent) == []


def valid(client: Name, body: bytes, *, beta: bool) -> bool:
    """Whether a plain body keeps to the SDK's types; `beta`: those of the beta API do, too."""
    chat: tuple[type[BaseModel], ...] = (ChatCompletion,)
    kinds = ((Message, BetaMessage) if beta else (Message,)) if client == "anthropic" else chat
    for kind in kinds:
        try:
            kind.model_validate_json(body)
        except ValidationError:
            continue
        return True
    return False


def valid_body(answer: Answer, client: Name, body: bytes) -> None:
    """Asserts that the client's body keeps to the SDK's types. Within a dialect it may be as wrong as the recording."""
    if client != answer.name:
        (Message if client == "anthropic" else ChatCompletion).model_validate_json(body)
    elif as_typed(answer):
        assert valid(client, body, beta=True)


def as_typed(answer: Answer) -> bool:
    """Whether the recording itself keeps to the SDK's types, the beta API's included."""
    if not answer.streamed:
        return valid(answer.name, answer.body, beta=True)
    if answer.name == "anthropic":
        return not anthropic_problems(answer.body, beta=True)
    return not chat_problems(answer.body, usage=None)


@pytest.mark.parametrize("answer", [pytest.param(answer, id=answer.label) for answer in answers()])
def test_2_5_a_translated_answer_names_the_model_that_was_asked_for(answer: Answer) -> None:
    client = next(name for name in NAMES if name != answer.name)
    asked = f"argo:{MODELS[answer.name]}"
    for streamed in (False, True):
        if answer.streamed and not streamed and answer.name == "openai_chat":
            continue  # a plain Chat call is never streamed upstream
        way = through(answer, force=True)
        if client == "anthropic":
            assert reading.message(way, asked, streamed=streamed).model == asked
        elif streamed:
            assert {chunk.model for chunk in reading.chunks(way, asked)} == {asked}
        else:
            assert reading.completion(way, asked, streamed=False).model == asked


@pytest.mark.parametrize("answer", [pytest.param(answer, id=answer.label) for answer in answers()])
def test_the_readers_read_every_recording(answer: Answer) -> None:
    """Of the tests themselves: a recording read directly means something, and both of Chat's readers agree."""
    meant = direct(answer)
    assert meant.stop in ("stop", "tool_calls", "length", "refusal")
    assert meant.text or meant.reasoning or meant.calls or meant.stop == "refusal" or answer.name == "anthropic"
    if answer.name == "openai_chat" and answer.streamed and not chat_problems(answer.body, usage=None):
        helped = reading.completion(Straight(answer.body, answer.kind), "m", streamed=True)
        same(of_completion(helped), meant, translated=True)
