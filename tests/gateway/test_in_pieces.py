"""A request that is opened in pieces, with others opened between them, becomes what it becomes at once."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from argo_addon import pieces
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway, Outcome
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.pieces import MANY, Work
from argo_addon.settings.model import Settings

from ..benchmarks.works import CLIENTS

MODELS = ("gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro")
CONVERSATIONS = {"anthropic": "messages", "openai_chat": "messages", "openai_responses": "input", "google": "contents"}
_NUMBER = re.compile(rb"req_\w+")
FAULT = {"role": "nobody", "content": 1, "parts": 1}


def request(client: str, model: str, *, faulty: bool = False) -> ClientRequest:
    """A client's request with a long conversation, the last of which may not be as it must."""
    path, body = CLIENTS[client]
    whole: dict[str, Any] = {"model": model, **copy.deepcopy(body)}
    conversation = CONVERSATIONS[client]
    whole[conversation] *= 2 * MANY // len(whole[conversation]) + 1
    if faulty:
        whole[conversation].append(FAULT)
    return ClientRequest("POST", path.format(model), {}, json.dumps(whole).encode())


def came_of(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Exchange):
        return outcome.upstream.url, outcome.upstream.headers, outcome.upstream.body, outcome.dropped
    assert isinstance(outcome, Reply)
    return outcome.status, _NUMBER.sub(b"", outcome.body)


@pytest.mark.parametrize("client", CONVERSATIONS)
def test_in_pieces_a_request_becomes_what_it_becomes_at_once(monkeypatch: pytest.MonkeyPatch, client: str) -> None:
    monkeypatch.setattr(pieces, "PIECE", 0.0)
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    asked = [request(client, model, faulty=faulty) for model in MODELS for faulty in (False, True)]
    others = [request(other, "gpt-5.4") for other in CONVERSATIONS]
    at_once = [came_of(gateway.open(one)) for one in asked]
    for one, expected in zip(asked, at_once, strict=True):
        work, count = Work(lambda one=one: gateway.open(one)), 1  # type: ignore[misc]
        while not work.go_on():
            count += 1
            if count < len(others):
                gateway.open(others[count])
        assert came_of(work.result) == expected
        assert count > 4
    assert {len(expected) for expected in at_once} == {2, 4}
