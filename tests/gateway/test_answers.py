"""What becomes of an answer, without a socket; and what the log tells."""

from __future__ import annotations

import json

import pytest

from argo_addon.gateway.gateway import Gateway

from .opening import CHAT, JSON, MESSAGES, SSE, exchange, opened


def wrapped(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "BadRequestError", "code": "internal_error"}}).encode()


def test_a_plain_answer_comes_back_byte_for_byte(gateway: Gateway) -> None:
    body = b'{ "id":"x","choices":[ {"message":{}} ],"novel":1.0 }'
    answer = exchange(gateway, "/v1/chat/completions", CHAT).complete_response(
        200, {**JSON, "x-request-id": "r1"}, body
    )
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (200, body, "r1")
    assert answer.headers["argo-proxy-model"] == "gpt54"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
def test_7_5_a_proper_error_comes_back_as_it_is(gateway: Gateway, status: int) -> None:
    body = b'{"error": {"message": "no",  "type": "t", "param": null, "code": "c", "more": 1}}'
    answer = exchange(gateway, "/v1/chat/completions", CHAT).complete_response(
        status, {**JSON, "retry-after": "3"}, body
    )
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (status, body, "3")


def test_7_5_a_500_that_wraps_a_400_is_a_400_with_the_inner_message(gateway: Gateway) -> None:
    said = "Error code: 400 - {'error': {'message': \"it's too long\", 'type': 'invalid_request_error', 'code': 'context_length_exceeded', 'param': 'messages'}}"  # noqa: E501
    answer = exchange(gateway, "/v1/chat/completions", CHAT).complete_response(500, JSON, wrapped(said))
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == {
        "message": "it's too long",
        "type": "invalid_request_error",
        "param": "messages",
        "code": "context_length_exceeded",
    }


def test_7_5_wrappings_within_wrappings_are_taken_off(gateway: Gateway) -> None:
    inner = "Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'slow down'}}"
    outer = f"Error code: 500 - {{'error': {{'message': {inner!r}}}}}"
    body = json.dumps({"type": "error", "error": {"type": "api_error", "message": outer}}).encode()
    answer = exchange(gateway, "/v1/messages", MESSAGES).complete_response(500, {**JSON, "retry-after": "9"}, body)
    assert (answer.status, answer.headers["retry-after"]) == (429, "9")
    assert json.loads(answer.body)["error"] == {"type": "rate_limit_error", "message": "slow down"}


@pytest.mark.parametrize("payload", ["{'message': ", "{'error': 5}", "{" * 5000, "{'a': 1}"])
def test_a_wrapping_that_cannot_be_read_stays_as_it_is(gateway: Gateway, payload: str) -> None:
    message = f"Error code: 400 - {payload}"
    answer = exchange(gateway, "/v1/chat/completions", CHAT).complete_response(500, JSON, wrapped(message))
    assert answer.status == 500
    assert json.loads(answer.body)["error"]["message"] == message


@pytest.mark.parametrize(
    ("status", "headers", "body", "told", "says"),
    [
        (502, {"content-type": "text/html"}, b"<title>502 Bad Gateway</title>" + b"x" * 9999, 502, "502 Bad Gateway"),
        (200, {"content-type": "text/html"}, b"<html><h1>Sign in</h1>", 502, "Sign in"),
        (404, {"content-type": "text/html"}, b"<title>Not Found</title>", 404, "Not Found"),
        (429, {"content-type": "text/plain"}, b"too many", 429, "too many"),
        (500, {}, b"", 502, "empty body"),
        (302, {"location": "https://sso.example/"}, b"", 502, "https://sso.example/"),
        (200, JSON, b'{"choi', 502, "no "),
        (200, JSON, b"[]", 502, "no "),
        (200, JSON, b'{"id": 1}', 502, "without"),
        (200, JSON, wrapped("Error code: 400 - {'error': {'message': 'bad'}}"), 400, "bad"),
        (200, SSE, b"data: {}\n\n", 502, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_7_9_and_7_10_what_is_no_answer_becomes_an_error_of_one_line(
    gateway: Gateway, path: str, status: int, headers: dict[str, str], body: bytes, told: int, says: str
) -> None:
    call = exchange(gateway, path, CHAT if "chat" in path else MESSAGES)
    answer = call.complete_response(status, headers, body)
    message = json.loads(answer.body)["error"]["message"]
    assert answer.status == told
    assert says in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"detail":"temperature out of range"}', "temperature out of range"),
        (b'{"error":"no such thing"}', "no such thing"),
    ],
)
def test_7_5_an_error_in_another_shape_keeps_its_status(gateway: Gateway, body: bytes, says: str) -> None:
    answer = exchange(gateway, "/v1/chat/completions", CHAT).complete_response(422, JSON, body)
    assert answer.status == 422
    assert says in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize(
    "wrapping",
    ["Error code: 100 - {'message': 'x'}", "Error code: 200 - {'message': 'x'}", "Error code: 400 - {{}: 1}"],
)
def test_a_wrapped_status_that_is_no_errors_is_not_taken(gateway: Gateway, wrapping: str) -> None:
    assert exchange(gateway, "/v1/chat/completions", CHAT).complete_response(500, JSON, wrapped(wrapping)).status == 500


def test_a_stream_is_relayed_with_headers_that_keep_it_from_being_held_up(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True})
    headers = call.start_response(200, {**SSE, "transfer-encoding": "chunked", "x-request-id": "r"})
    assert headers is not None
    assert call.relay is not None
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-request-id"] == "r"
    assert "transfer-encoding" not in headers


@pytest.mark.parametrize(
    ("status", "headers"),
    [(400, JSON), (200, JSON), (502, {"content-type": "text/html"}), (200, {**SSE, "content-encoding": "gzip"})],
)
def test_what_is_no_readable_stream_is_read_whole(gateway: Gateway, status: int, headers: dict[str, str]) -> None:
    assert exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True}).start_response(status, headers) is None


def test_a_compressed_stream_is_given_whole_once_it_is_there(gateway: Gateway) -> None:
    stream = b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True})
    answer = call.complete_response(200, {**SSE, "content-encoding": "gzip"}, stream)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, stream, "text/event-stream")


def test_10_3_what_was_left_out_is_told_in_a_header(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "top_p": 0.5})
    assert call.complete_response(200, JSON, b'{"choices":[{}]}').headers["argo-proxy-dropped"] == "top_p"


# Logs


def test_9_10_verbose_lines_tell_roles_and_sizes_but_no_content_and_no_key(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    turns = [{"role": role, "content": "CONTENT"} for role in ("system", "user", "assistant", "user", "assistant")]
    with caplog.at_level("INFO"):
        opened(gateway, "/v1/chat/completions?key=SECRET", {**CHAT, "messages": turns}, authorization="Bearer SECRET")
        opened(gateway, "/v1/nothing?key=SECRET", {}, x_api_key="SECRET")
        opened(gateway, "/v1/chat/completions?key=SECRET", {**CHAT, "messages": "CONTENT"})
    assert "5 messages, the last: assistant 43 B, user 38 B, assistant 43 B" in caplog.text
    assert "SECRET" not in caplog.text
    assert "CONTENT" not in caplog.text
