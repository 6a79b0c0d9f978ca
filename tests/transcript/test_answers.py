"""Answers as they are shown: streams put together, plain answers, errors, what is cut off or of no dialect."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from argo_addon.transcript.formats import Body, fits
from argo_addon.transcript.read import transcript

from .bodies import FIXTURES, UPSTREAM_STREAM, WAYS, answer_for, stream_for

EVERY = pytest.mark.parametrize("name", WAYS)
CALL = '    path: "a.txt"'


def shown(data: bytes, target: str = "/anything", kind: str = "text/event-stream", status: int = 200) -> str:
    body = Body(data, target, kind, status)
    assert fits(body)
    return transcript(body)


@EVERY
def test_a_stream_is_put_together(name: str) -> None:
    way = WAYS[name]
    data = stream_for(name)
    text = shown(data, way.path, way.type)
    lines = text.splitlines()
    assert lines[0].startswith(f"{way.title} stream · ")
    assert lines[1] in ("finish: tool_use", "finish: tool_calls", "finish: completed", "finish: STOP")
    assert "57 out" in text
    assert "19 in (7 from the cache" in text
    assert "I read both." in lines
    assert [line for line in lines if "call read" in line]
    assert CALL in lines
    assert [line for line in lines if "call list" in line]
    assert "── remarks" not in text
    assert text == shown(data, "/anything", way.type)


@EVERY
def test_thoughts_are_shown_where_the_client_gets_them(name: str) -> None:
    text = shown(stream_for(name), WAYS[name].path, WAYS[name].type)
    assert "    Two files, so two calls." in text.splitlines()


@EVERY
def test_a_plain_answer_is_shown_as_its_stream_is(name: str) -> None:
    way = WAYS[name]
    text = shown(answer_for(name), way.path, "application/json")
    assert text.startswith(f"{way.title} answer · ")
    assert {"I read both.", CALL} <= set(text.splitlines())
    assert "57 out" in text


@EVERY
def test_every_beginning_of_a_stream_is_shown_as_far_as_it_goes(name: str) -> None:
    way = WAYS[name]
    data = stream_for(name)
    for end in range(1, len(data), 7):
        text = transcript(Body(data[:end], way.path, way.type, 200))
        assert text
    at = data.index(b"I read both.") + len(b"I read")
    cut = transcript(Body(data[:at], way.path, way.type, 200))
    assert "I read" in cut.splitlines()
    assert "cut off" in cut


def test_calls_side_by_side_and_every_way_of_ending_a_line_are_read() -> None:
    chat = FIXTURES / "openai_chat"
    text = shown((chat / "parallel_calls.sse").read_bytes())
    assert text.startswith("OpenAI Chat stream · gpt-5.4 · chatcmpl-01")
    assert text.count("▸ call ") == 2
    whole = (chat / "text.sse").read_bytes()
    assert shown(whole.replace(b"\n", b"\r\n")) == shown(whole.replace(b"\n", b"\r")) == shown(whole)


def test_built_in_tools_and_citations_are_shown() -> None:
    text = shown((FIXTURES / "anthropic" / "citations_and_server_tools.sse").read_bytes())
    assert "▸ server_tool_use" in text
    assert "▸ cites " in text


def test_a_call_that_was_cut_off_is_shown_as_it_came() -> None:
    assert "(not whole: no JSON)" in shown((FIXTURES / "anthropic" / "cut_tool_input.sse").read_bytes())


def test_the_legacy_gateways_bare_text_is_an_answer() -> None:
    text = shown("Gr\xfc\xdfe\nan alle".encode(), "/api/v1/resource/streamchat/", "text/plain")
    assert text.startswith("ARGO's legacy gateway")
    assert {"Gr\xfc\xdfe", "an alle"} <= set(text.splitlines())
    for odd in (b'{"a": 1}', b"data: x", b"[1, 2]", b"id: 5\n\nnext"):
        assert shown(odd, "/api/v1/resource/streamchat/", "text/plain").endswith(odd.decode())
    plain = {"response": {"content": "Hi", "tool_calls": [{"id": "a", "name": "read", "input": {"path": "a.txt"}}]}}
    told = shown(json.dumps(plain).encode(), "/api/v1/resource/chat/", "application/json")
    assert {"Hi", CALL} <= set(told.splitlines())


def test_completions_are_shown() -> None:
    chunk = {"id": "c", "object": "text_completion", "model": "gpt", "choices": [{"index": 0, "text": "Hi"}]}
    end = {**chunk, "choices": [{"index": 0, "text": "!", "finish_reason": "length"}]}
    data = b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in (chunk, end)) + b"data: [DONE]\n\n"
    assert {"Hi!", "finish: length"} <= set(shown(data).splitlines())


ERRORS = {
    "/v1/messages": {"type": "error", "error": {"type": "overloaded_error", "message": "Too many"}},
    "/v1/chat/completions": {"error": {"message": "Too many", "type": "rate_limit", "code": "x", "param": None}},
    "/v1/responses": {"error": {"message": "Error code: 429 - {'error': {'message': 'Too many'}}"}},
    "/v1beta/models/gemini:generateContent": {"error": {"code": 429, "message": "Too many", "status": "EXHAUSTED"}},
    "/api/v1/resource/chat/": {"error": "Too many"},
}


@pytest.mark.parametrize("path", ERRORS)
def test_an_error_is_shown_with_what_it_says(path: str) -> None:
    text = shown(json.dumps(ERRORS[path]).encode(), path, "application/json", 429)
    assert "error: Too many (status 429" in text
    assert '"error": ' in text


def test_an_error_in_the_middle_of_a_stream_is_shown_with_what_came_before() -> None:
    before = UPSTREAM_STREAM[: UPSTREAM_STREAM.index(b'"index":3')].rpartition(b"event:")[0]
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    text = shown(before + error)
    assert "error: Overloaded" in text
    assert "I read both." in text
    said = b'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n\n'
    told = shown(said + b'{"error":{"code":503,"message":"Gone"}}\r\n\r\n')
    assert "error: Gone (code 503" in told
    assert "Hi" in told.splitlines()
    failed = {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Sorry"}}}
    assert "error: Sorry" in shown(b"data: " + json.dumps(failed).encode() + b"\n\n")


def test_geminis_own_backend_wraps_its_answers() -> None:
    chunk = {"response": {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}}
    text = shown(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    assert {"Hi", "finish: STOP"} <= set(text.splitlines())


def test_a_compressed_stream_that_was_cut_off_is_unpacked_as_far_as_it_goes() -> None:
    packed = gzip.compress(UPSTREAM_STREAM, mtime=0)
    assert "Two files" in transcript(Body(packed[:-60], "/v1/messages", "text/event-stream", 200))


@pytest.mark.parametrize("name", ["openai_chat", "openai_responses", "anthropic", "google"])
def test_five_megabytes_are_read_in_one_go(name: str) -> None:
    delta = {
        "openai_chat": {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "word "}}]},
        "openai_responses": {"type": "response.output_text.delta", "output_index": 0, "delta": "word "},
        "anthropic": {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}},
        "google": {"candidates": [{"content": {"parts": [{"text": "word "}]}, "index": 0}], "modelVersion": "gemini"},
    }[name]
    frame = b"data: " + json.dumps(delta).encode() + b"\n\n"
    data = frame * (5_000_000 // len(frame))
    began = time.process_time()
    assert transcript(Body(data, "", "text/event-stream", 200))
    assert time.process_time() - began < 15, "it is not linear"
