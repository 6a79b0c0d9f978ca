"""What is remembered of members that come again, and that it is never another's."""

from __future__ import annotations

import json

from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.gateway.model_call import ModelCall
from argo_addon.recent import LARGEST, Recent

from .running import settings_for


def test_it_is_made_once_for_the_same_bytes_and_what_decides_besides() -> None:
    made: list[tuple[bytes, str]] = []

    def make(written: bytes, besides: str) -> int:
        made.append((written, besides))
        return len(made)

    recent = Recent(make, size=2)
    assert [recent(b"a", "x"), recent(b"a", "x"), recent(b"a", "y"), recent(b"a", "x")] == [1, 1, 2, 1]
    recent(b"b", "x")  # the third: what was asked for least lately is forgotten
    assert recent(b"a", "x") == 1
    assert recent(b"a", "y") == 4


def test_what_is_large_is_not_kept() -> None:
    made: list[int] = []
    recent = Recent(lambda written: made.append(len(written)))
    for _ in range(2):
        recent(b"x" * (LARGEST + 1))
    assert len(made) == 2


def test_tools_that_differ_in_the_middle_alone_are_not_taken_for_each_other() -> None:
    gateway = Gateway(settings_for("http://127.0.0.1:9"))
    headers = {"content-type": "application/json", "authorization": "Bearer key"}
    for model in ("gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6"):
        for name in ("alpha", "gamma", "alpha"):
            tool = {"name": f"find_{name}", "description": "Finds. " * 20, "input_schema": {"type": "object"}}
            body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], "tools": [tool]}
            outcome = gateway.open(ClientRequest("POST", "/v1/messages", headers, json.dumps(body).encode()))
            assert isinstance(outcome, ModelCall)
            (sent,) = json.loads(outcome.upstream.body)["tools"]
            assert (sent.get("function") or sent)["name"] == f"find_{name}"
