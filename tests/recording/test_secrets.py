"""Nothing that a recording can be made to print has a key in it, in whatever pieces it came."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from mitmproxy import http
from mitmproxy.io import FlowReader

from argo_addon.recording.explain import as_it_came, explanation
from argo_addon.recording.export import exported, fixture

from ..proxy.talking import CHAT, MESSAGES
from ..redaction.planting import SECRETS, is_planted
from ..running import streamed
from .recorded import Start


def _event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def _answer(text: str, arguments: str) -> Iterator[bytes]:
    """A Claude's stream that says a text and calls a tool, three letters at a time."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: dict[str, object] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
    }
    yield _event("message_start", message={**message, "stop_sequence": None, "usage": usage})
    for index, (block, kind, name, said) in enumerate(
        (
            ({"type": "text", "text": ""}, "text_delta", "text", text),
            (
                {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {}},
                "input_json_delta",
                "partial_json",
                arguments,
            ),
        )
    ):
        yield _event("content_block_start", index=index, content_block=block)
        for place in range(0, len(said), 3):
            delta = {"type": kind, name: said[place : place + 3]}
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage=usage)
    yield _event("message_stop")


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("form", ["a PEM key", "Anthropic's", "Basic", "YAML", "a cookie"])
def test_no_key_can_be_read_in_what_was_streamed(start: Start, form: str, path: str) -> None:
    made = start()
    secret = SECRETS[form]
    made.argo.answer = lambda seen: streamed(
        *_answer(f"It is\n{secret}\nthen", json.dumps({"content": f"a\n{secret}\nb"}))
    )
    model = {"model": "claude-opus-4.6", "stream": True, "max_tokens": 100}
    said = {"role": "user", "content": f"Mine is\n{secret}\nlast"}
    body = {
        "/v1/messages": {**MESSAGES, **model, "messages": [said]},
        "/v1/chat/completions": {**CHAT, **model, "messages": [said]},
        "/v1/responses": {"model": "claude-opus-4.6", "stream": True, "input": [said]},
    }[path]
    made.client.post(path, json=body)
    recorded = made.one()
    shown = [explanation(recorded, full=True), as_it_came(recorded)]
    shown += [exported([recorded], kind).decode() for kind in ("flow", "har", "curl")]
    shown += [path.read_text() for path in made.folder.rglob("*.flow")]
    for text in [*shown, fixture(recorded).decode()]:
        assert not is_planted(text), text
    assert "It is" in shown[0]
    assert "then" in shown[0]
    assert "last" in shown[0]


def test_a_password_that_is_repeated_in_prose_goes_there_too(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*_answer("I took zw0lf-Boxer for it, as you said", "{}"))
    said = {"role": "user", "content": "password: zw0lf-Boxer"}
    made.client.post("/v1/messages", json={**MESSAGES, "model": "claude-opus-4.6", "stream": True, "messages": [said]})
    recorded = made.one()
    assert "zw0lf" not in explanation(recorded, full=True)
    assert "I took [removed] for it, as you said" in explanation(recorded, full=True)
    flows = FlowReader(io.BytesIO(exported([recorded], "flow"))).stream()
    assert all(isinstance(flow, http.HTTPFlow) for flow in flows)
