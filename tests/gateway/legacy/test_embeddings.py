"""Embeddings by the legacy gateway: OpenAI's form and Google's (argo.md, pitfalls 8.7)."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import httpx
import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply
from tests.dialects.asking import asked, opened
from tests.simulator.asking import Running

Json = Any
OPENAI, SMALL = "/v1/embeddings", "text-embedding-3-small"
GOOGLE = f"/v1beta/models/{SMALL}:"
AS_JSON = {"content-type": "application/json"}


def call(path: str, body: Json) -> Exchange:
    return asked(path, body, use_legacy_argo=True)


def test_openais_form_over_a_socket(argo: Running, gateway: httpx.Client) -> None:
    for given, count in (("text", 1), (["a", "b"], 2)):
        answer = gateway.post(OPENAI, json={"model": SMALL, "input": given})
        assert (answer.status_code, answer.headers["argo-proxy-usage"]) == (200, "estimated")
        body = answer.json()
        assert [(row["object"], row["index"], len(row["embedding"])) for row in body["data"]] == [
            ("embedding", index, 1536) for index in range(count)
        ]
        assert (body["object"], body["model"]) == ("list", SMALL)
        assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] > 0
    packed = gateway.post(OPENAI, json={"model": SMALL, "input": "b", "encoding_format": "base64"}).json()
    unpacked = struct.unpack("<1536f", base64.b64decode(packed["data"][0]["embedding"]))
    assert unpacked == pytest.approx(body["data"][1]["embedding"], abs=1e-6)
    log = argo.log()
    assert [json.loads(entry["body"]) for entry in log][1] == {"user": "jdoe", "model": "v3small", "prompt": ["a", "b"]}
    assert {entry["path"].rsplit("/", 2)[1] for entry in log} == {"embed"}


def test_googles_forms_over_a_socket(argo: Running, gateway: httpx.Client) -> None:
    one = gateway.post(GOOGLE + "embedContent", json={"content": {"parts": [{"text": "a"}]}}).json()
    assert len(one["embedding"]["values"]) == 1536
    requests = [{"content": {"parts": [{"text": text}]}} for text in ("a", "b")]
    several = gateway.post(GOOGLE + "batchEmbedContents", json={"requests": requests}).json()
    assert several["embeddings"][0] == one["embedding"]
    assert len(several["embeddings"]) == 2


@pytest.mark.parametrize(
    ("given", "place"), [([1, 2], "input[0]"), (["a", [3]], "input[1]"), (7, "input"), ([], "input"), (None, "input")]
)
def test_what_is_no_text_is_refused_by_its_place(given: Json, place: str) -> None:
    reply = opened(OPENAI, {"model": SMALL, "input": given}, use_legacy_argo=True)
    assert isinstance(reply, Reply)
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["param"]) == (400, place)
    assert error["message"].startswith(f"{place}: ")


def test_a_size_cannot_be_said() -> None:
    assert call(OPENAI, {"model": SMALL, "input": "x", "dimensions": 4, "user": "me"}).dropped == ("dimensions",)
    body = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4, "taskType": "x"}
    assert call(GOOGLE + "embedContent", body).dropped == ("taskType", "outputDimensionality")


def test_odd_answers() -> None:
    made = call(OPENAI, {"model": SMALL, "input": "x", "timeout": 5})
    assert made.timeout == 5
    bare = made.complete_response(200, AS_JSON, b'{"embedding": [1, 0.5]}')
    assert json.loads(bare.body)["data"][0]["embedding"] == [1.0, 0.5]
    for bad in (b"oops", b"{}", b'{"embedding": [[1], [2]]}', b'{"embedding": ["x"]}', b'{"embedding": 5}'):
        assert made.complete_response(200, AS_JSON, bad).status == 502
    wrapped = b"{\"error\": {\"message\": \"Error code: 429 - {'error': {'message': 'slow down'}}\"}}"
    for status in (500, 200):
        reply = made.complete_response(status, AS_JSON, wrapped)
        assert (reply.status, json.loads(reply.body)["error"]["message"]) == (429, "slow down")
