"""Corners in which a request or an answer was lost once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange

from .asking import MESSAGES, answered, asked, chat_body, chat_sse, finished, opened, request
from .test_other_requests import RESPONSES, body_of

Json = Any


def test_a_thread_is_refused_with_the_word_at_which_anthropics_sdk_sends_all_messages() -> None:
    for model in ("claude-opus-4.6", "gpt-5.4"):
        reply = opened(MESSAGES, request(MESSAGES, model, thread={"type": "create"}))
        assert not isinstance(reply, Exchange)
        error = json.loads(reply.body)["error"]
        assert (reply.status, error["type"]) == (400, "invalid_request_error")
        assert error["details"] == {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
        assert "thread" in error["message"]


@pytest.mark.parametrize("path", [MESSAGES, RESPONSES])
@pytest.mark.parametrize("stream", [False, True])
def test_a_call_by_the_apis_older_name_is_a_call(path: str, stream: bool) -> None:
    call = {"name": "f", "arguments": '{"a":1}'}
    body = {"model": "gpt-4o", "input": "u"} if path == RESPONSES else request(path, "gpt-4o")
    if stream:
        pieces = [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": '{"a":1}'}}]
        reply = answered(path, {**body, "stream": True}, chat_sse(*pieces, finished("function_call")))
    else:
        reply = answered(path, body, chat_body({"function_call": call}, "function_call"))
    assert reply.status == 200
    assert b'"f"' in reply.body
    assert b"tool_use" in reply.body or b"function_call" in reply.body
    assert b"end_turn" not in reply.body


def test_a_document_at_a_url_goes_to_claude_as_words() -> None:
    part = {"type": "input_file", "file_url": "https://a.example/plan.pdf", "filename": "plan.pdf"}
    call = asked(RESPONSES, {"model": "claude-opus-4.6", "input": [{"role": "user", "content": [part]}]})
    (block,) = body_of(call)["messages"][0]["content"]
    assert block["type"] == "text"
    assert "https://a.example/plan.pdf" in block["text"]
    assert call.dropped


def test_an_image_within_a_document_leaves_a_note() -> None:
    content = [{"type": "text", "text": "d"}, {"type": "image", "source": {
        "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]  # fmt: skip
    block = {"type": "document", "source": {"type": "content", "content": content}}
    call = asked(MESSAGES, request(MESSAGES, "gpt-5.4", {"role": "user", "content": [block]}))
    assert "an image of this document" in json.dumps(body_of(call)["messages"])


def test_a_bare_text_is_the_users_in_the_log_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    asked(RESPONSES, {"model": "gpt-5.4", "input": "u"})
    assert "user 3 B" in caplog.text
