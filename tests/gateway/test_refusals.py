"""What the gateway refuses at once, and how it tells."""

from __future__ import annotations

import json
import time

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import Reply

from .opening import CHAT, opened, reply


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
        ("/v1/responses/resp_1/nothing", "openai"),
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
