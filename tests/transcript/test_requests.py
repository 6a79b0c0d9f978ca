"""Requests as they are shown: conversations with their tools and parameters, and what of them nobody understands."""

from __future__ import annotations

import json

import pytest

from argo_addon.transcript.formats import Body, fits
from argo_addon.transcript.read import transcript

from ..dialects.asking import Json
from .bodies import CHAT, GOOGLE, MESSAGES, MODEL, PIXEL, WAYS, written

EVERY = pytest.mark.parametrize("name", WAYS)


def shown(body: Json | bytes, target: str = "/anything") -> str:
    request = Body(body if isinstance(body, bytes) else written(body), target)
    assert fits(request)
    return transcript(request)


@EVERY
@pytest.mark.parametrize("by_path", [True, False])
def test_a_request_is_a_conversation(name: str, by_path: bool) -> None:
    way = WAYS[name]
    text = shown(way.body, way.path if by_path else "/anything")
    lines = text.splitlines()
    assert lines[0].startswith(f"{way.title} request")
    assert {"temperature: 0.25", "tools (1): read", "Be brief.", "What is in a.txt?", "I look."} <= set(lines)
    assert "▸ image: image/png, 308 bytes" in lines
    assert PIXEL not in text
    assert [line for line in lines if line.startswith("messages: ") and "user: ▸ result of read" in line]
    called, argument = lines.index("▸ call read (call_1)"), lines.index('    path: "a.txt"')
    assert argument == called + 1
    assert lines.index("▸ result of read (call_1)") > argument
    assert any("forty-two" in line for line in lines)
    order = [line.split()[1:-1] for line in lines if line.startswith("── ")]
    assert order == [["system"], ["1", "user"], ["2", "assistant"], ["3", "user"]]
    assert "── remarks" not in text


def test_model_and_stream_are_in_the_title() -> None:
    assert shown(CHAT).splitlines()[0] == f"OpenAI Chat request · {MODEL} · streamed"
    assert shown(GOOGLE, WAYS["google"].path).splitlines()[0] == f"Google request · {MODEL} · streamed"


def test_geminis_own_backend_wraps_its_requests() -> None:
    text = shown({"model": "gemini-2.5-pro", "project": "p", "request": GOOGLE}, "/v1internal:streamGenerateContent")
    assert text.startswith("Google request · gemini-2.5-pro")
    assert "What is in a.txt?" in text


def test_a_turn_that_is_not_understood_is_shown_as_it_stands() -> None:
    odd = {"role": "user", "content": [{"type": "smell", "data": PIXEL}]}
    text = shown({**MESSAGES, "messages": [*MESSAGES["messages"], odd, {"role": "user", "content": "And?"}]})
    assert '"type": "smell"' in text
    assert "And?" in text.splitlines()
    assert PIXEL not in text
    assert "── remarks" in text


def test_a_parameter_that_is_not_understood_costs_nothing_else() -> None:
    text = shown({**CHAT, "temperature": "hot"}, "/v1/chat/completions")
    assert "temperature: expected" in text
    assert "What is in a.txt?" in text


def test_a_body_that_was_cut_off_is_shown_as_far_as_it_goes() -> None:
    whole = written(MESSAGES)
    text = shown(whole[: whole.index(b"a.txt?")], "/v1/messages")
    assert "What is in " in text
    assert "no whole JSON" in text


def test_the_legacy_gateways_requests_are_shown() -> None:
    legacy = {"user": "jdoe", "model": "claudeopus46", "messages": MESSAGES["messages"], "tools": MESSAGES["tools"]}
    assert "▸ call read (call_1)" in shown(legacy, "/api/v1/resource/chat/")


def test_what_is_to_be_counted_is_a_conversation_too() -> None:
    counted = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    assert shown(counted, "/v1/messages/count_tokens?beta=true").startswith("Anthropic request")
    assert shown({"contents": GOOGLE["contents"]}, "/v1beta/models/gemini:countTokens").startswith("Google request")
    assert not fits(Body(b'{"input_tokens": 5}', "/v1/messages/count_tokens", "application/json", 200))


def test_what_is_no_call_of_a_model_is_left_to_others() -> None:
    assert not fits(Body(b'{"input": ["a", "b"], "model": "embedding"}', "/v1/embeddings"))
    assert not fits(Body(b"", "/v1/messages"))
    assert not fits(Body(b"<html>", "/v1/messages", "text/html", 502))
    assert not fits(Body(b'{"data": []}', "/v1/models", "application/json", 200))
    assert not fits(Body(json.dumps({"messages": 5}).encode(), "/other"))


def test_a_request_for_a_compaction_says_so_and_what_it_goes_on_from() -> None:
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]}
    body = {"model": MODEL, "previous_response_id": "resp_1", "input": [said, {"type": "compaction_trigger"}]}
    lines = shown(body, "/v1/responses").splitlines()
    assert "goes on from resp_1" in lines
    assert "messages: 1, the last by user: Weather?" in lines
    assert lines[-1] == "▸ compaction: a summary of the conversation so far"
    assert "goes on from conv_1" in shown({**body, "conversation": {"id": "conv_1"}}, "/v1/responses").splitlines()
