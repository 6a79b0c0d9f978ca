"""Section 7 of the pitfalls: errors, each in its client's own form. Bad requests: test_7_bad_requests.py."""

from __future__ import annotations

import json
import re

import pytest

from argo_addon.errors import UpstreamError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings

from .asking import (
    CHAT,
    CHATS,
    CLAUDES,
    MESSAGES,
    MODELS,
    SSE_TYPE,
    Json,
    answered,
    asked,
    call_delta,
    chat_sse,
    claude_sse,
    events_sse,
    of,
    opened,
    request,
    start_of,
)
from .reading import events_of

BOTH = [MESSAGES, CHAT]
EITHER = [(MESSAGES, model) for model in CHATS] + [(CHAT, model) for model in CLAUDES]


def upstream_error(path: str, message: str, kind: str = "invalid_request_error", **others: object) -> Json:
    """An error as the upstream of this path's clients writes it: Chat for Anthropic clients, and the other way."""
    detail = {"message": message, "type": kind, **others}
    return {"error": detail} if path == MESSAGES else {"type": "error", "error": detail}


def wrapped(path: str, status: int, inner: Json) -> Json:
    """An error as ARGO wraps it: the inner one is a Python repr (argo.md)."""
    return upstream_error(path, f"Error code: {status} - {inner!r}", "BadRequestError", code="internal_error")


def error_of(path: str, body: bytes) -> Json:
    """The error in a body of the client's dialect."""
    said = json.loads(body)
    error: Json = said["error"]
    assert error["message"]
    if path == MESSAGES:
        assert said.keys() == {"type", "error", "request_id"}
        assert (said["type"], error.keys() >= {"type", "message"}) == ("error", True)
        assert said["request_id"].startswith("req_")
    else:
        assert said.keys() == {"error"}
        assert error.keys() == {"message", "type", "param", "code"}
    return error


def last_error(path: str, stream: bytes) -> tuple[Json, str]:
    """The error that ends a stream, and the stream before it; nothing says that it ended well."""
    before, _, last = stream.removesuffix(b"\n\n").decode().rpartition("\n\n")
    if path == MESSAGES:
        name, data = last.split("\n")
        assert name == "event: error"
        assert "message_stop" not in before
        assert "message_delta" not in before
    else:
        data = last
        assert "[DONE]" not in before
        assert '"finish_reason":"' not in before
    return error_of(path, data.removeprefix("data: ").encode()), before


# 7.2, 7.3: a prompt that is too long

OVERFLOWS: list[tuple[str, int, int]] = [
    ("This model's maximum context length is 1000 tokens. However, your messages resulted in 1200 tokens.", 1200, 1000),
    ("This model's maximum context length is 1000 tokens. However, you requested 1200 tokens.", 1200, 1000),
    ("Input tokens exceed the configured limit of 1000 tokens. Your messages resulted in 1200 tokens.", 1200, 1000),
    ("The input token count (1200) exceeds the maximum number of tokens allowed (1000).", 1200, 1000),
    ("Unable to submit request because the input token count is 1200 but model only supports up to 1000.", 1200, 1000),
    ("prompt is too long: 1200 tokens > 1000 maximum", 1200, 1000),
]
CLAUDE_CODE = re.compile(r"prompt is too long[^0-9]*(\d+)\s*tokens?\s*>\s*(\d+)", re.IGNORECASE)


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize(("words", "prompt", "limit"), OVERFLOWS)
@pytest.mark.parametrize(("path", "model"), EITHER)
def test_7_2_a_prompt_that_is_too_long_is_told_in_the_clients_words(
    path: str, model: str, words: str, prompt: int, limit: int, wrap: bool
) -> None:
    inner = upstream_error(path, words)
    body = wrapped(path, 400, inner) if wrap else inner
    for stream in (False, True):
        reply = answered(path, request(path, model, stream=stream), body, status=500 if wrap else 400)
        error = error_of(path, reply.body)
        assert (reply.status, error["type"]) == (400, "invalid_request_error")
        if path == MESSAGES:
            told = CLAUDE_CODE.search(error["message"])
            assert told is not None
            assert (int(told[1]), int(told[2])) == (prompt, limit)
        else:
            assert error["code"] == "context_length_exceeded"
            assert error["message"].startswith(f"This model's maximum context length is {limit} tokens. However, ")
            assert str(prompt) in error["message"]


@pytest.mark.parametrize("path", BOTH)
def test_7_2_an_overflow_without_figures_is_still_told_in_the_clients_words(path: str) -> None:
    body = upstream_error(path, "Your input exceeds the context window of this model.", code="context_length_exceeded")
    error = error_of(path, answered(path, request(path, MODELS[path][0]), body, status=400).body)
    if path == MESSAGES:
        assert error["message"].startswith("prompt is too long")
    else:
        assert error["code"] == "context_length_exceeded"


@pytest.mark.parametrize("path", BOTH)
def test_7_2_an_overflow_that_a_stream_tells_first_is_a_400(path: str) -> None:
    body = upstream_error(path, OVERFLOWS[0][0])
    frame = f"event: error\ndata: {json.dumps(body)}\n\n" if path == CHAT else f"data: {json.dumps(body)}\n\n"
    reply = answered(path, request(path, MODELS[path][0], stream=True), frame.encode())
    assert reply.status == 400
    words = error_of(path, reply.body)["message"]
    assert words.startswith("prompt is too long" if path == MESSAGES else "This model's maximum context length")


@pytest.mark.parametrize("path", BOTH)
def test_7_2_an_overflow_midway_is_told_in_the_clients_words(path: str) -> None:
    body = upstream_error(path, OVERFLOWS[0][0])
    error, _ = last_error(path, midway(path, body))
    words = error["message"]
    assert words.startswith("prompt is too long: 1200" if path == MESSAGES else "This model's maximum context length")
    assert path == MESSAGES or error["code"] == "context_length_exceeded"


def test_7_3_input_and_output_that_exceed_the_limit_together_are_told_so() -> None:
    words = ("This model's maximum context length is 1000 tokens. However, you requested 1100 tokens "
             "(700 in the messages, 400 in the completion).")  # fmt: skip
    reply = answered(MESSAGES, request(MESSAGES, "gpt-5.4"), upstream_error(MESSAGES, words), status=400)
    said = error_of(MESSAGES, reply.body)["message"]
    assert "input length and `max_tokens` exceed context limit: 700 + 400 > 1000" in said
    claude = "input length and `max_tokens` exceed context limit: 700 + 400 > 1000, decrease input length"
    reply = answered(CHAT, request(CHAT, "claude-opus-4.6"), upstream_error(CHAT, claude), status=400)
    error = error_of(CHAT, reply.body)
    assert error["code"] == "context_length_exceeded"
    assert error["message"].startswith("This model's maximum context length is 1000 tokens. However, ")


def test_7_3_the_words_stay_where_they_are_the_clients_own() -> None:
    words = (
        "input length and `max_tokens` exceed context limit: 700 + 400 > 1000, decrease input length or `max_tokens`"
    )
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    reply = answered(MESSAGES, request(MESSAGES, "claude-opus-4.6"), body, status=400)
    assert json.loads(reply.body) == body


# 7.4: failures in the middle


def begun(path: str) -> bytes:
    """The beginning of an answer, as the upstream of this path's clients writes it: some text, half a call."""
    if path == MESSAGES:
        return chat_sse({"content": "so"}, call_delta(0, "c", "f", '{"a":'), done=False)
    use = list(of(1, {"type": "tool_use", "id": "c", "name": "f", "input": '{"a":'}))[:-1]
    return events_sse(*start_of(), *of(0, {"type": "text", "text": "so"}), *use)


def midway(path: str, body: Json) -> bytes:
    """What the client gets where the upstream tells this error in the middle of an answer."""
    frame = f"event: error\ndata: {json.dumps(body)}\n\n" if path == CHAT else f"data: {json.dumps(body)}\n\n"
    reply = answered(path, request(path, MODELS[path][0], stream=True), begun(path) + frame.encode())
    assert reply.status == 200
    return reply.body


@pytest.mark.parametrize("path", BOTH)
def test_7_4_an_error_midway_ends_the_stream_in_the_clients_form(path: str) -> None:
    error, before = last_error(path, midway(path, upstream_error(path, "it broke", "server_error")))
    assert error["message"] == "it broke"
    assert "so" in before


@pytest.mark.parametrize(
    ("status", "kinds"), [(429, ("rate_limit_error", "rate_limit_error")), (529, ("overloaded_error", ""))]
)
@pytest.mark.parametrize("path", BOTH)
def test_7_4_an_error_midway_keeps_its_meaning(path: str, status: int, kinds: tuple[str, str]) -> None:
    inner = {"error": {"message": "slow down", "type": "x"}}
    error, _ = last_error(path, midway(path, wrapped(path, status, inner)))
    assert error["message"] == "slow down"
    assert path == CHAT or error["type"] == kinds[0]
    assert path == MESSAGES or error["code"] == {429: "rate_limit_exceeded", 529: "server_is_overloaded"}[status]


ENDS = {
    "cut": b"",
    "garbage": b"data: {nonsense\n\n",
    "a page": b"<html>502</html>\n\n",
    "half an event": b'data: {"ty',
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("path", BOTH)
def test_7_4_a_cut_is_never_a_clean_finish(path: str, end: str) -> None:
    reply = answered(path, request(path, MODELS[path][0], stream=True), begun(path) + ENDS[end])
    error, _ = last_error(path, reply.body)
    assert "\n" not in error["message"]


@pytest.mark.parametrize("path", BOTH)
def test_7_4_each_prefix_of_a_stream_ends_in_an_error_or_a_whole_answer(path: str) -> None:
    text = "The answer is long enough to be told from a notice."
    if path == MESSAGES:
        whole = chat_sse({"content": text}, call_delta(0, "c", "f", "{}"), {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})  # noqa: E501 # fmt: skip
    else:
        use = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
        whole = claude_sse({"type": "text", "text": text}, use, stop="tool_use")
    good = b"message_stop" if path == MESSAGES else b"[DONE]"
    for length in range(0, len(whole), 5):
        reply = answered(path, request(path, MODELS[path][0], stream=True), whole[:length])
        if reply.status != 200:
            assert error_of(path, reply.body)
        elif good not in reply.body:
            assert last_error(path, reply.body)


@pytest.mark.parametrize("path", BOTH)
def test_7_4_a_plain_call_whose_stream_is_cut_is_a_502(path: str) -> None:
    reply = answered(path, request(path, MODELS[path][0]), begun(path))
    assert reply.status == 502
    assert error_of(path, reply.body)


@pytest.mark.parametrize("path", BOTH)
def test_7_4_a_failure_of_the_way_itself_is_told_in_the_clients_form(path: str) -> None:
    call = asked(path, request(path, MODELS[path][0], stream=True))
    reply = call.fail(UpstreamError(504, "ARGO did not answer in time"))
    assert (reply.status, error_of(path, reply.body)["message"]) == (504, "ARGO did not answer in time")
    assert call.start_response(200, SSE_TYPE) is not None
    assert call.relay is not None
    sent = call.relay.feed(begun(path)) + call.relay.fail(UpstreamError(502, "the line is dead"))
    assert last_error(path, sent)[0]["message"] == "the line is dead"
    assert call.relay.feed(b"data: [DONE]\n\n") == call.relay.close() == b""


# 7.5 to 7.10: statuses

KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 503: "overloaded_error",
    529: "overloaded_error",
}  # fmt: skip


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("status", KINDS)
@pytest.mark.parametrize("path", BOTH)
def test_7_5_a_status_stays_and_has_the_clients_word(path: str, status: int, wrap: bool) -> None:
    kind = "server_error" if path == MESSAGES else KINDS[status]
    inner = upstream_error(path, "no", kind)
    body = wrapped(path, status, inner) if wrap else inner
    reply = answered(path, request(path, MODELS[path][0]), body, status=500 if wrap else status)
    error = error_of(path, reply.body)
    assert (reply.status, error["message"]) == (status, "no")
    assert path == CHAT or error["type"] == KINDS[status]


@pytest.mark.parametrize("path", BOTH)
def test_7_6_what_says_when_to_try_again_is_passed_on(path: str) -> None:
    about = {"retry-after": "3", "retry-after-ms": "2500", "x-should-retry": "false"}
    for status in (429, 503, 529):
        reply = answered(path, request(path, MODELS[path][0]), upstream_error(path, "slow"), status, about)
        assert reply.status == status
        assert {name: reply.headers[name] for name in about} == about


@pytest.mark.parametrize("path", BOTH)
def test_7_8_an_unknown_model_is_a_404_that_names_close_ones(path: str) -> None:
    reply = opened(path, request(path, "gtp-5.4"))
    assert isinstance(reply, Reply)
    assert reply.status == 404
    error = error_of(path, reply.body)
    assert "gpt-5.4" in error["message"]
    assert error["type" if path == MESSAGES else "code"] == (
        "not_found_error" if path == MESSAGES else "model_not_found"
    )


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    ("status", "kind", "body", "told"),
    [
        (502, "text/html", b"<title>502 Bad Gateway</title>" + b"x" * 9999, 502),
        (200, "text/html", b"<html><h1>Sign in</h1>", 502),
        (200, "application/json", b'{"id": 1}', 502),
        (200, "application/json", b'{"error":{"message":"bad","type":"t"}}', 500),
    ],
)
def test_7_9_and_7_10_what_is_no_answer_is_an_error_in_the_clients_form(
    path: str, status: int, kind: str, body: bytes, told: int
) -> None:
    for stream in (False, True):
        call = asked(path, request(path, MODELS[path][0], stream=stream))
        assert call.start_response(status, {"content-type": kind}) is None
        reply = call.complete_response(status, {"content-type": kind}, body)
        message = error_of(path, reply.body)["message"]
        assert reply.status == told
        assert (len(message) < 400, "\n" in message) == (True, False)


@pytest.mark.parametrize("kind", ["overloaded_error", "rate_limit_error", "invalid_request_error"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("as_stream", [False, True])
def test_7_10_an_error_of_claudes_within_a_200_gets_the_status_of_its_kind(
    kind: str, stream: bool, as_stream: bool
) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "bad"}}
    reply = answered(CHAT, request(CHAT, "claude-opus-4.6", stream=stream), events_sse(body) if as_stream else body)
    error_of(CHAT, reply.body)
    assert KINDS[reply.status] == kind


@pytest.mark.parametrize("path", BOTH)
def test_7_10_an_error_before_the_first_word_gets_its_status(path: str) -> None:
    body = wrapped(path, 429, {"error": {"message": "slow down", "type": "x"}})
    frame = f"event: error\ndata: {json.dumps(body)}\n\n".encode()
    for before in (b"", b": hello\n\n", chat_sse({"role": "assistant", "content": ""}, done=False) if path == MESSAGES else events_sse(*start_of())):  # noqa: E501 # fmt: skip
        for stream in (False, True):
            reply = answered(path, request(path, MODELS[path][0], stream=stream), before + frame)
            assert (reply.status, error_of(path, reply.body)["message"]) == (429, "slow down")


def test_7_4_the_error_event_of_an_anthropic_client_stands_alone() -> None:
    events = events_of(midway(MESSAGES, upstream_error(MESSAGES, "it broke")))
    assert [event["type"] for event in events].count("error") == 1
    assert events[-1]["type"] == "error"


@pytest.mark.parametrize(("agent", "status"), [("GeminiCLI-tui/0.61.0", 400), ("google-genai-sdk/3.4.0", 404)])
def test_7_8_gemini_cli_is_not_told_404_which_it_would_try_again_for_ever(agent: str, status: int) -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    target = "/v1beta/models/gemini-9-flash:generateContent"
    exchange = gateway.open(ClientRequest("POST", target, {"user-agent": agent}, b'{"contents": "hi"}'))
    assert isinstance(exchange, Exchange)
    refusal = {"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}}
    reply = exchange.complete_response(404, {"content-type": "application/json"}, json.dumps(refusal).encode())
    told = json.loads(reply.body)["error"]
    assert (reply.status, told["code"]) == (status, status)
    assert told["message"].startswith("no such model. Closest: argo:gemini-")
