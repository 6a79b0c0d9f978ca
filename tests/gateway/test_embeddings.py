"""Embeddings: pitfalls 8.7, argo.md "Endpoints and models"."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings

Json = Any
OPENAI = "/v1/embeddings"
GOOGLE = "/v1beta/models/text-embedding-3-small:"
AS_JSON = {"content-type": "application/json"}
VECTORS = [[0.5, -0.25], [1.0, 0.0]]
SMALL = "text-embedding-3-small"


def opened(path: str, body: Json, **settings: Json) -> Exchange | Reply:
    gateway = Gateway(Settings(user="jdoe", **settings).with_base_url("http://argo.example"))
    made = gateway.open(ClientRequest("POST", path, {"authorization": "Bearer key"}, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    return made


def call(path: str, body: Json, **settings: Json) -> Exchange:
    made = opened(path, body, **settings)
    assert isinstance(made, Exchange), made
    return made


def answer(*vectors: Json) -> bytes:
    """OpenAI's answer, its rows in the wrong order."""
    rows = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return json.dumps({"object": "list", "data": rows[::-1], "model": "m", "usage": {"prompt_tokens": 1}}).encode()


@pytest.mark.parametrize("given", ["text", ["a", "b"], [1, 2, 3], [[1, 2], [3]]])
@pytest.mark.parametrize("more", [{}, {"encoding_format": "base64"}, {"dimensions": 256, "encoding_format": "float"}])
def test_8_7_openais_form_goes_on_as_it_is(given: Json, more: Json) -> None:
    made = call(OPENAI, {"model": SMALL, "input": given, **more})
    assert made.upstream.url == "http://argo.example/v1/embeddings"
    assert made.upstream.headers["authorization"] == "Bearer jdoe"
    assert json.loads(made.upstream.body) == {"model": "v3small", "input": given, "user": "jdoe", **more}
    told = answer(*VECTORS)
    reply = made.complete_response(200, AS_JSON, told)
    assert (reply.status, reply.body) == (200, told)
    assert reply.headers["argo-proxy-model"] == "v3small"


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("text-embedding-ada-002", "ada002"),
        ("argo:text-embedding-3-large", "v3large"),
        ("v3small", "v3small"),
        ("Text-Embedding-3-Small", "v3small"),
    ],
)
def test_the_names_of_embedding_models(name: str, internal: str) -> None:
    assert json.loads(call(OPENAI, {"model": name, "input": "x"}).upstream.body)["model"] == internal


def test_an_unknown_name_is_a_404_or_the_default() -> None:
    made = opened(OPENAI, {"model": "gemini-embedding-001", "input": "x"})
    assert isinstance(made, Reply)
    assert made.status == 404
    assert SMALL in json.loads(made.body)["error"]["message"]
    default = call(OPENAI, {"model": "gemini-embedding-001", "input": "x"}, default_embed_model="argo:" + SMALL)
    assert json.loads(default.upstream.body)["model"] == "v3small"
    assert (
        default.complete_response(200, AS_JSON, answer(*VECTORS)).headers["argo-proxy-replaced"]
        == "gemini-embedding-001"
    )


def test_a_timeout_is_the_proxys() -> None:
    made = call(OPENAI, {"model": SMALL, "input": "x", "timeout": 5})
    assert made.timeout == 5
    assert "timeout" not in json.loads(made.upstream.body)


@pytest.mark.parametrize("spelling", ["outputDimensionality", "output_dimensionality"])
def test_8_7_googles_one(spelling: str) -> None:
    body = {"content": {"parts": [{"text": "a"}, {"text": "b"}]}, spelling: 2, "taskType": "RETRIEVAL_QUERY"}
    made = call(GOOGLE + "embedContent", body)
    sent = {"model": "v3small", "input": ["a\nb"], "dimensions": 2, "user": "jdoe"}
    assert json.loads(made.upstream.body) == sent
    assert made.dropped == ("taskType",)
    reply = made.complete_response(200, AS_JSON, answer(VECTORS[0]))
    assert json.loads(reply.body) == {"embedding": {"values": VECTORS[0]}}


def test_8_7_googles_several() -> None:
    contents = [{"parts": [{"text": "a"}]}, {"parts": {"text": "b"}}]
    body = {"requests": [{"model": "models/x", "content": content} for content in contents]}
    made = call(GOOGLE + "batchEmbedContents", body)
    assert json.loads(made.upstream.body)["input"] == ["a", "b"]
    packed = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in VECTORS]
    for told in (VECTORS, packed):
        reply = made.complete_response(200, AS_JSON, answer(*told))
        assert json.loads(reply.body) == {"embeddings": [{"values": vector} for vector in VECTORS]}


BAD: list[tuple[str, Json, str]] = [
    ("embedContent", {}, "content"),
    ("embedContent", {"content": {"parts": [{"inlineData": {"data": "AA"}}]}}, "content.parts[0]"),
    ("batchEmbedContents", {}, "requests"),
    ("batchEmbedContents", {"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": "x"}]},
     "requests[0].outputDimensionality"),
    ("batchEmbedContents", {"requests": [{"content": "a", "outputDimensionality": size} for size in (1, 2)]},
     "requests[].outputDimensionality"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "body", "place"), BAD)
def test_what_cannot_be_embedded_is_refused_by_its_place(verb: str, body: Json, place: str) -> None:
    made = opened(GOOGLE + verb, body)
    assert isinstance(made, Reply)
    error = json.loads(made.body)["error"]
    assert (made.status, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"].startswith(place)


@pytest.mark.parametrize("path", [OPENAI, GOOGLE + "embedContent"])
def test_errors_come_in_the_callers_form(path: str) -> None:
    body: Json = {"model": SMALL, "input": "x"} if path == OPENAI else {"content": "x"}
    wrapped = {"error": {"message": "Error code: 429 - {'error': {'message': 'slow down'}}", "type": "x"}}
    reply = call(path, body).complete_response(500, AS_JSON, json.dumps(wrapped).encode())
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["message"]) == (429, "slow down")
    assert ("status" in error) == (path != OPENAI)
    for garbage in (b"oops", b"{}", b'{"data": 5}'):
        assert call(path, body).complete_response(200, AS_JSON, garbage).status == 502
