"""What becomes of a request and of the answer to it, without a socket."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest

from argo_addon import __version__
from argo_addon.exchange import ClientRequest, Exchange, Reply
from argo_addon.gateway import Gateway, Refresh
from argo_addon.settings import Settings

BASE = "https://argo.example/argoapi"
JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(Settings(user="jdoe").with_base_url(BASE))


def opened(gateway: Gateway, path: str, body: Any = None, method: str = "POST", **headers: str) -> Reply | Exchange:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    outcome = gateway.open(ClientRequest(method, path, named, raw))
    assert not isinstance(outcome, Refresh)
    return outcome


def exchange(gateway: Gateway, path: str, body: Any, **headers: str) -> Exchange:
    outcome = opened(gateway, path, body, **headers)
    assert isinstance(outcome, Exchange), outcome
    return outcome


def reply(gateway: Gateway, path: str, body: Any = None, method: str = "POST", **headers: str) -> Reply:
    outcome = opened(gateway, path, body, method, **headers)
    assert isinstance(outcome, Reply), outcome
    return outcome


CHAT = {"model": "argo:gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
MESSAGES = {"model": "claude-opus-4-6", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


# Requests


def test_a_chat_call_goes_to_the_openai_endpoint_as_the_user(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", CHAT, authorization="Bearer secret", user_agent="tool/1")
    assert call.upstream.url == f"{BASE}/v1/chat/completions"
    assert call.upstream.headers["authorization"] == "Bearer jdoe"
    assert call.upstream.headers["user-agent"] == f"tool/1 argo-proxy/{__version__}"
    assert json.loads(call.upstream.body) == {**CHAT, "model": "gpt54", "user": "jdoe"}


def test_an_anthropic_call_goes_to_the_messages_endpoint_as_the_user(gateway: Gateway) -> None:
    body = {**MESSAGES, "stream": True, "metadata": {"user_id": "somebody", "team": 7}}
    call = exchange(gateway, "/v1/messages?beta=true", body, x_api_key="secret", anthropic_beta="a-1,b-2")
    assert call.upstream.url == f"{BASE}/v1/messages"
    assert call.upstream.headers["x-api-key"] == "jdoe"
    assert call.upstream.headers["anthropic-version"] == "2023-06-01"
    assert call.upstream.headers["anthropic-beta"] == "a-1,b-2"
    metadata = {"user_id": "jdoe", "team": 7}
    assert json.loads(call.upstream.body) == {**body, "model": "claudeopus46", "user": "jdoe", "metadata": metadata}


def test_only_what_must_change_changes(gateway: Gateway) -> None:
    body = (
        b'{"model":"claude-opus-4.6","max_tokens":1e3,"messages":[{"role": "user","content":"caf\\u00e9 \\/"}],'
        b'"new_field":{"b":1.0,"a":[1,2 ]},"stream":true}'
    )
    sent = exchange(gateway, "/v1/messages", body).upstream.body
    assert (
        sent
        == body.replace(b"claude-opus-4.6", b"claudeopus46")[:-1] + b',"metadata":{"user_id":"jdoe"},"user":"jdoe"}'
    )


def test_8_14_no_credential_of_the_clients_goes_upstream(gateway: Gateway) -> None:
    credentials = dict.fromkeys(
        ("authorization", "x_api_key", "api_key", "x_goog_api_key", "cookie", "proxy_authorization"), "SECRET"
    )
    for path, body in (("/v1/chat/completions?key=SECRET", CHAT), ("/v1/messages?key=SECRET", MESSAGES)):
        upstream = exchange(gateway, path, body, **credentials).upstream
        assert "SECRET" not in upstream.url + repr(upstream.headers) + repr(upstream.body)


def test_9_4_headers_of_the_hop_stay_and_the_answer_is_asked_for_uncompressed(gateway: Gateway) -> None:
    headers = exchange(
        gateway, "/v1/chat/completions", CHAT,
        connection="keep-alive, x-hop", x_hop="1", te="trailers", host="localhost:44497", accept_encoding="gzip, br",
        x_forwarded_for="10.0.0.1", x_stainless_lang="python", content_length="7",
    ).upstream.headers  # fmt: skip
    assert headers["accept-encoding"] == "identity"
    assert headers["x-stainless-lang"] == "python"
    assert not headers.keys() & {"connection", "x-hop", "te", "host", "x-forwarded-for", "content-length"}


def test_1_6_a_version_that_argo_does_not_know_is_replaced_and_told(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/messages", MESSAGES, anthropic_version="2026-10-21")
    assert call.upstream.headers["anthropic-version"] == "2023-06-01"
    assert "2026-10-21" in call.whole(429, JSON, b"{}").headers["argo-proxy-dropped"]
    kept = exchange(gateway, "/v1/messages", MESSAGES, anthropic_version="2023-01-01")
    assert kept.upstream.headers["anthropic-version"] == "2023-01-01"


def test_1_34_a_plain_claude_call_is_streamed_upstream_and_a_chat_call_is_not(gateway: Gateway) -> None:
    assert json.loads(exchange(gateway, "/v1/messages", MESSAGES).upstream.body)["stream"] is True
    assert "stream" not in json.loads(exchange(gateway, "/v1/chat/completions", CHAT).upstream.body)


def test_the_timeout_is_the_proxys_and_is_not_sent_on(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "timeout": 2.5})
    assert call.timeout == 2.5
    assert b"timeout" not in call.upstream.body


def test_an_unknown_model_is_answered_by_the_default_only_where_one_is_set_and_says_so() -> None:
    settings = msgspec.structs.replace(Settings(user="jdoe").with_base_url(BASE), default_chat_model="argo:gpt-5.4")
    call = exchange(Gateway(settings), "/v1/chat/completions", {**CHAT, "model": "llama"})
    assert json.loads(call.upstream.body)["model"] == "gpt54"
    answer = call.whole(200, JSON, b'{"choices":[{}]}')
    assert (answer.headers["argo-proxy-model"], answer.headers["argo-proxy-replaced"]) == ("gpt54", "llama")


# Bad requests


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        (b"{bad", 400, "JSON"),
        (b"", 400, "JSON"),
        (b"\xff\xfe", 400, "UTF-8"),
        (b"[1]", 400, "object"),
        (b'"text"', 400, "object"),
        (b"{}", 400, "model"),
        (b'{"model": 5}', 400, "model"),
        (b'{"model": null}', 400, "model"),
        (b'{"model": " "}', 400, "model"),
        (b'{"model": "claude-opus-4.6", "stream": "yes"}', 400, "stream"),
        (b'{"model": "claude-opus-4.6", "timeout": "soon"}', 400, "timeout"),
        (b'{"model": "claude-opus-4.6", "timeout": -1}', 400, "timeout"),
        (b'{"model": "nonsense"}', 404, "nonsense"),
    ],
)
def test_7_1_bad_input_is_told_in_the_callers_dialect_and_names_the_place(
    gateway: Gateway, path: str, body: bytes, status: int, names: str
) -> None:
    answer = reply(gateway, path, body)
    said = json.loads(answer.body)
    assert answer.status == status
    assert names in said["error"]["message"]
    if path == "/v1/messages":
        assert said["type"] == "error"
        assert said["error"]["type"] == {400: "invalid_request_error", 404: "not_found_error"}[status]
        assert said["request_id"].startswith("req_")
    else:
        assert said["error"].keys() == {"message", "type", "param", "code"}
        assert said["error"]["code"] == ("model_not_found" if status == 404 else None)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/nothing", "openai"),
        ("/v1/responses/resp_1", "openai"),
        ("/v1/messages/batches", "anthropic"),
        ("/v1beta/models/gemini-2.5-pro:generateAnswer", "google"),
        ("/v1/models/gemini-2.5-pro:batchGenerateContent", "google"),
        ("/v1beta1/publishers/google/models/x:predict", "google"),
    ],
)
def test_7_1_a_path_that_is_not_served_is_a_404_in_its_own_dialect(gateway: Gateway, path: str, dialect: str) -> None:
    answer = reply(gateway, path, {})
    said = json.loads(answer.body)
    shapes = {
        "openai": lambda: said["error"]["code"] == "not_found",
        "anthropic": lambda: said["type"] == "error" and said["error"]["type"] == "not_found_error",
        "google": lambda: said["error"]["code"] == 404 and said["error"]["status"] == "NOT_FOUND",
    }
    assert answer.status == 404
    assert shapes[dialect](), said


def test_a_wrong_method_is_a_405_that_says_which_are_served(gateway: Gateway) -> None:
    answer = reply(gateway, "/v1/messages", method="GET")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert json.loads(answer.body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/v1/chat/completions",
        "/chat/completions",
        "//v1/chat/completions/",
        "/v1/chat/completions/?x=1",
        "/v1/chat//completions",
    ],
)
def test_8_12_the_usual_slips_of_a_base_url_are_taken(gateway: Gateway, path: str) -> None:
    assert isinstance(opened(gateway, path, CHAT), Exchange)


@pytest.mark.parametrize(
    "name", ["gpt-9\r\nset-cookie: a=b", "gpt-9\x00", "gpt-" + "9" * 300, " " * 60000 + "x", "[" * 60000]
)
def test_a_name_that_is_none_is_refused_at_once_and_gets_into_no_header(gateway: Gateway, name: str) -> None:
    start = time.perf_counter()
    answer = reply(gateway, "/v1/chat/completions", {**CHAT, "model": name})
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["param"] == "model"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"gpt-5.4","messages":[{"role":"\xff"}]}',
        b'{"model":"\xff"}',
        b'{"model":"claude-opus-4.6","metadata":{"\xff":1},"messages":[]}',
        b'{"model":"gpt-5.4","messages":' + b"[" * 100000 + b"]" * 100000 + b"}",
        b'{"model":"gemini-2.5-pro","tools":[{"function":{"parameters":'
        + b'{"items":' * 5000
        + b"1"
        + b"}" * 5000
        + b"}}]}",
    ],
)
def test_broken_text_and_nesting_beyond_measure_are_400s(gateway: Gateway, body: bytes) -> None:
    path = "/v1/messages" if b"claude" in body else "/v1/chat/completions"
    assert reply(gateway, path, body).status == 400


def test_a_system_message_of_a_wrong_type_is_named(gateway: Gateway) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "x" * 2000}}
    answer = reply(
        gateway, "/v1/chat/completions", {**CHAT, "messages": [{"role": "system", "content": 5}], "tools": [tool]}
    )
    assert json.loads(answer.body)["error"]["param"] == "messages[0].content"


@pytest.mark.parametrize("target", ["/\udcff", "/v1" * 50000 + "/models", "/" * 50000])
def test_an_odd_target_is_answered_at_once(gateway: Gateway, target: str) -> None:
    start = time.perf_counter()
    assert isinstance(opened(gateway, target, method="GET"), Reply)
    assert time.perf_counter() - start < 1


def test_an_odd_row_of_the_list_breaks_nothing(gateway: Gateway) -> None:
    gateway.refreshed(
        b'{"data":[{"id":"GPT-9","internal_id":"gpt9","created":1760000000000,"owned_by":5},{"id":"GPT-8","internal_id":"gpt8","created":1.5}]}'
    )
    body = json.loads(reply(gateway, "/v1/models", method="GET", anthropic_version="2023-06-01").body)
    assert {"argo:gpt-9", "argo:gpt-8"} <= {row["id"] for row in body["data"]}


# Local answers


def test_8_3_the_model_list_has_the_callers_own_shape(gateway: Gateway) -> None:
    openai = json.loads(reply(gateway, "/v1/models", method="GET").body)
    assert openai["object"] == "list"
    assert {
        "id": "argo:gpt-5.4",
        "object": "model",
        "created": 0,
        "owned_by": "argo",
        "display_name": "GPT-5.4",
    } in openai["data"]
    anthropic = json.loads(reply(gateway, "/v1/models", method="GET", anthropic_version="2023-06-01").body)
    assert anthropic["has_more"] is False
    assert (anthropic["first_id"], anthropic["last_id"]) == (anthropic["data"][0]["id"], anthropic["data"][-1]["id"])
    entry = next(row for row in anthropic["data"] if row["id"] == "argo:claude-opus-4.6")
    assert entry == {
        "type": "model",
        "id": "argo:claude-opus-4.6",
        "display_name": "Claude Opus 4.6",
        "lifecycle": "active",
        "created_at": "1970-01-01T00:00:00Z",
    }
    for google in (
        reply(gateway, "/v1beta/models", method="GET"),
        reply(gateway, "/v1/models", method="GET", x_goog_api_key="k"),
        reply(gateway, "/v1/models", method="GET", x_goog_api_client="genai"),
    ):
        row = next(row for row in json.loads(google.body)["models"] if row["name"] == "models/argo:gemini-2.5-pro")
        assert row["displayName"] == "Gemini 2.5 Pro"
        assert "generateContent" in row["supportedActions"]
        assert "generateContent" in row["supportedGenerationMethods"]


def test_8_4_claude_codes_picker_finds_every_family_under_names_that_it_keeps(gateway: Gateway) -> None:
    body = json.loads(reply(gateway, "/v1/models?limit=1000", method="GET", anthropic_version="2023-06-01").body)
    picked = [row["id"] for row in body["data"] if row["id"].startswith(("claude", "anthropic"))]
    assert {"claude-opus-4.6", "claude-gpt-5.4", "claude-gemini-2.5-pro"} <= set(picked)
    assert {gateway.registry.resolve(name).internal_id for name in picked} == {
        model.internal_id for model in gateway.registry.models
    }


@pytest.mark.parametrize("name", ["argo:gpt-5.4", "argo%3Agpt-5.4", "gpt54", "argo/gpt-5.4"])
def test_one_model_is_answered_under_the_name_that_was_asked_for(gateway: Gateway, name: str) -> None:
    body = json.loads(reply(gateway, f"/v1/models/{name}", method="GET").body)
    assert body["id"] == name.replace("%3A", ":")
    assert body["display_name"] == "GPT-5.4"


def test_one_model_that_is_unknown_is_a_404(gateway: Gateway) -> None:
    assert reply(gateway, "/v1/models/nonsense", method="GET").status == 404


def test_health_says_where_the_model_list_comes_from(gateway: Gateway) -> None:
    before = json.loads(reply(gateway, "/health", method="GET").body)
    assert before["status"] == "healthy"
    assert before["models"]["source"] == "built-in"
    gateway.refresh_failed("no route to host")
    assert json.loads(reply(gateway, "/health", method="GET").body)["models"]["problem"] == "no route to host"
    answer = gateway.refreshed(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')
    assert json.loads(answer.body)["added"] == ["gpt9"]
    after = json.loads(reply(gateway, "/health", method="GET").body)["models"]
    assert (after["source"], after["count"], after["problem"]) == ("upstream", 1, None)
    assert after["refreshed_at"] > 1_700_000_000


def test_a_failed_refresh_keeps_the_list_that_was_there(gateway: Gateway) -> None:
    gateway.refreshed(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')
    assert gateway.refreshed(b"<html>").status == 502
    assert [model.internal_id for model in gateway.registry.models] == ["gpt9"]
    assert gateway.models.source == "upstream"


def test_version_and_root_answer(gateway: Gateway) -> None:
    assert json.loads(reply(gateway, "/version", method="GET").body)["version"] == __version__
    assert reply(gateway, "/", method="HEAD").status == 200
    assert isinstance(gateway.open(ClientRequest("POST", "/refresh", {}, b"")), Refresh)


# Answers


def wrapped(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "BadRequestError", "code": "internal_error"}}).encode()


def test_a_plain_answer_comes_back_byte_for_byte(gateway: Gateway) -> None:
    body = b'{ "id":"x","choices":[ {"message":{}} ],"novel":1.0 }'
    answer = exchange(gateway, "/v1/chat/completions", CHAT).whole(200, {**JSON, "x-request-id": "r1"}, body)
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (200, body, "r1")
    assert answer.headers["argo-proxy-model"] == "gpt54"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
def test_7_5_a_proper_error_comes_back_as_it_is(gateway: Gateway, status: int) -> None:
    body = b'{"error": {"message": "no",  "type": "t", "param": null, "code": "c", "more": 1}}'
    answer = exchange(gateway, "/v1/chat/completions", CHAT).whole(status, {**JSON, "retry-after": "3"}, body)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (status, body, "3")


def test_7_5_a_500_that_wraps_a_400_is_a_400_with_the_inner_message(gateway: Gateway) -> None:
    said = "Error code: 400 - {'error': {'message': \"it's too long\", 'type': 'invalid_request_error', 'code': 'context_length_exceeded', 'param': 'messages'}}"  # noqa: E501
    answer = exchange(gateway, "/v1/chat/completions", CHAT).whole(500, JSON, wrapped(said))
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
    answer = exchange(gateway, "/v1/messages", MESSAGES).whole(500, {**JSON, "retry-after": "9"}, body)
    assert (answer.status, answer.headers["retry-after"]) == (429, "9")
    assert json.loads(answer.body)["error"] == {"type": "rate_limit_error", "message": "slow down"}


@pytest.mark.parametrize("payload", ["{'message': ", "{'error': 5}", "{" * 5000, "{'a': 1}"])
def test_a_wrapping_that_cannot_be_read_stays_as_it_is(gateway: Gateway, payload: str) -> None:
    message = f"Error code: 400 - {payload}"
    answer = exchange(gateway, "/v1/chat/completions", CHAT).whole(500, JSON, wrapped(message))
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
    answer = call.whole(status, headers, body)
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
    answer = exchange(gateway, "/v1/chat/completions", CHAT).whole(422, JSON, body)
    assert answer.status == 422
    assert says in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize(
    "wrapping",
    ["Error code: 100 - {'message': 'x'}", "Error code: 200 - {'message': 'x'}", "Error code: 400 - {{}: 1}"],
)
def test_a_wrapped_status_that_is_no_errors_is_not_taken(gateway: Gateway, wrapping: str) -> None:
    assert exchange(gateway, "/v1/chat/completions", CHAT).whole(500, JSON, wrapped(wrapping)).status == 500


def test_a_stream_is_relayed_with_headers_that_keep_it_from_being_held_up(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True})
    headers = call.begin(200, {**SSE, "transfer-encoding": "chunked", "x-request-id": "r"})
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
    assert exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True}).begin(status, headers) is None


def test_a_compressed_stream_is_given_whole_once_it_is_there(gateway: Gateway) -> None:
    stream = b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "stream": True})
    answer = call.whole(200, {**SSE, "content-encoding": "gzip"}, stream)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, stream, "text/event-stream")


def test_10_3_what_was_left_out_is_told_in_a_header(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "top_p": 0.5})
    assert call.whole(200, JSON, b'{"choices":[{}]}').headers["argo-proxy-dropped"] == "top_p"


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
