"""Pitfalls 9.2: the official SDKs read a stream full of signs of life as they read it without them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from . import reading, reading_google, reading_responses
from .meaning import Meaning, same
from .meaning_google import of_candidates
from .meaning_responses import of_response
from .recordings import Answer, begins_again
from .rules_responses import responses_problems
from .test_replies import NAMES
from .test_responses_replies import those
from .wires import BY_EVENT, MODELS, SLOWLY, Through, pieces, through

STREAMS = [case for case in those(streamed=True) if not begins_again(case.values[0].body)]
every = pytest.mark.parametrize("answer", STREAMS)


def ways(answer: Answer, *, force: bool = False) -> tuple[Through, Through]:
    """The recorded answer without signs of life, and with them."""
    return through(answer, force=force, cut=BY_EVENT), through(answer, force=force, cut=SLOWLY)


@every
@pytest.mark.parametrize("client", NAMES)
@pytest.mark.parametrize("force", [False, True])
def test_9_2_of_messages_and_completions(answer: Answer, client: Any, force: bool) -> None:
    quick, slow = (
        reading.meaning(client, way, MODELS[answer.name], streamed=True) for way in ways(answer, force=force)
    )
    same(quick, slow, translated=False)


@every
def test_9_2_of_responses(answer: Answer) -> None:
    model = MODELS[answer.name]
    without, slowly = ways(answer)
    quick, slow = (of_response(reading_responses.helped(way, model)) for way in (without, slowly))
    same(quick, slow, translated=False)
    assert responses_problems(slowly.sent) == []


@every
@pytest.mark.parametrize("later", [False, True])
def test_9_2_of_candidates(answer: Answer, later: bool) -> None:
    def read(way: Through) -> Meaning:
        return of_candidates(reading_google.chunks(way, MODELS[answer.name], thoughts=True, later=later))

    same(*map(read, ways(answer)), translated=False)


@pytest.mark.parametrize(
    "silent", [b"data:", b"data: null", b"data: []", b"data: {}", b"event: content_block_delta\ndata: null"]
)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("force", [False, True])
def test_9_2_events_of_the_upstream_that_say_nothing(name: Any, silent: bytes, force: bool) -> None:
    """The openai SDK fails on each of them, Anthropic's gives the last out as an event: here is no trace of them."""
    answer = next(case.values[0] for case in STREAMS if case.values[0].name == name)
    spoilt = dataclasses.replace(answer, body=b"".join(silent + b"\n\n" + one for one in pieces(answer.body, BY_EVENT)))
    read = [
        reading.meaning(name, through(one, force=force, cut=BY_EVENT), MODELS[name], streamed=True)
        for one in (answer, spoilt)
    ]
    same(*read, translated=False)
