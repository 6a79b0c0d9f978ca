"""Errors in forms that are none of the upstream's own, in an answer's place or in its middle: their words are told."""

from __future__ import annotations

import json

import pytest

from .opening import CHAT, JSON, SSE, exchange
from .test_stream_ends import ASKED, ENDS, events, every_way, gateway, opened, words

ERRORS = {
    "Responses, an event": b'event: error\ndata: {"type":"error","code":"x","message":"boom","param":null}\n\n',
    "Responses, a failure": b'data: {"type":"response.failed","response":{"error":{"message":"boom"}}}\n\n',
    "FastAPI": b'data: {"detail":"boom"}\n\n',
    "vLLM": b'data: {"object":"error","message":"boom","type":"BadRequestError","code":400}\n\n',
    "GraphQL": b'data: {"errors":[{"message":"boom"}]}\n\n',
    "a message alone": b'data: {"message":"boom","status":500}\n\n',
    "an event of words": b"event: error\ndata: boom\n\n",
    "Google, no event": b'{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}',
    "the same and a blank line": b'{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}\n\n',
    "a text": b"boom",
    "a page": b"<!doctype html>\n<html><head><title>boom</title></head>\n\n<body>Sign in</body>\n\n</html>\n",
}


@every_way
@pytest.mark.parametrize("place", [0, 1, 4])
def test_the_words_of_an_error_in_another_form_reach_the_client(
    client: str, upstream: str, force: bool, place: int
) -> None:
    begun = events(upstream, "two")[:-1][:place]
    for form, error in ERRORS.items():
        for behind in (b"", b"data: [DONE]\n\n") if error.endswith(b"}\n\n") else (b"",):
            relay = opened(client, upstream, force).relay
            assert relay is not None
            made = b"".join(map(relay.feed, [*begun, error, behind])) + relay.close()
            assert relay.error is not None, form
            assert "boom" in relay.error.message, form
            assert relay.refusal is relay.error or b"boom" in made, form
            assert ENDS[client] not in made, form


@pytest.mark.parametrize("upstream", ["gpt", "claude"])
def test_and_those_of_a_plain_answer(upstream: str) -> None:
    for form in ("FastAPI", "vLLM", "GraphQL", "a message alone", "Responses, a failure"):
        body = ERRORS[form].partition(b"data: ")[2].strip()
        reply = opened("messages", upstream, False).complete_response(200, JSON, body)
        assert reply.status >= 400, form
        assert json.loads(reply.body)["error"]["message"] == "boom", form


@every_way
def test_events_of_other_kinds_and_comments_are_no_errors(client: str, upstream: str, force: bool) -> None:
    odd = [
        b": boom\n\n",
        b'data: {"type":"status","message":"boom","detail":"boom"}\n\n',
        b"retry: 3\n\n",
        b"id: 1\n\n",
    ]
    first, *others = events(upstream, "two")
    relay = opened(client, upstream, force).relay
    assert relay is not None
    made = b"".join(map(relay.feed, [*odd[:1], first, *odd, *others])) + relay.close()
    assert relay.error is None
    if not (client == "chat" and upstream == "gpt"):
        assert words(client, made) == "One two"


@pytest.mark.parametrize("client", ["chat", "messages"])
def test_a_claude_error_without_its_type_gets_it(client: str) -> None:
    call = opened(client, "claude", False)
    reply = call.complete_response(429, JSON, b'{"error":{"type":"rate_limit_error","message":"boom"}}')
    told = json.loads(reply.body)
    assert (reply.status, told["error"]["message"]) == (429, "boom")
    assert client == "chat" or told["type"] == "error"


@pytest.mark.parametrize("kind", [JSON, SSE, {}, {"content-type": "text/html"}], ids=["JSON", "SSE", "none", "HTML"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_a_plain_answer_is_one_whatever_its_head_says(kind: dict[str, str], mark: bytes) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "word"}, "finish_reason": "stop"}
    body = (
        mark
        + json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}).encode()
    )
    for path, asked in (("/v1/chat/completions", CHAT), ("/v1/responses", {"model": "gpt-5.4", "input": "hi"})):
        for force in (False, True):
            reply = exchange(gateway(force), path, asked).complete_response(200, kind, body)
            assert reply.status == 200, reply.body
            assert "word" in json.dumps(json.loads(reply.body))


@pytest.mark.parametrize("client", ["messages", "responses", "google"])
@pytest.mark.parametrize("force", [False, True])
def test_an_end_that_is_an_error_is_none_of_an_answer(client: str, force: bool) -> None:
    """OpenRouter's way to say that a provider failed; a client of the same dialect reads it for itself."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "wo"}, "finish_reason": "error"}
    body = json.dumps({"id": "c", "choices": [choice]}).encode()
    path, asked = ASKED[client]
    path = path.replace("streamGenerateContent?alt=sse", "generateContent").replace("MODEL", "gpt-5.4")
    body_asked = {**asked, "model": "gpt-5.4", "stream": False} if "MODEL" not in ASKED[client][0] else asked
    reply = exchange(gateway(force), path, body_asked).complete_response(200, JSON, body)
    assert reply.status == 502
    assert "error that it does not name" in json.loads(reply.body)["error"]["message"]
