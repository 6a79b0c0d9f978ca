"""JSONTestSuite's cases as bodies of requests, and as values within them, in every dialect over a socket."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ..running import Proxy, Upstream, json_answer, proxy, settings_for, upstream

with zipfile.ZipFile(Path(__file__).parent / "json_test_suite.zip") as archive:
    CASES = {Path(name).stem: archive.read(name) for name in archive.namelist() if name.endswith(".json")}

USER = b'{"role":"user","content":"hi"}'
AROUND: dict[str, tuple[str, bytes]] = {
    "chat": ("/v1/chat/completions", b'{"model":"gpt-5.4","messages":[%b],"x_case":' % USER),
    "responses": ("/v1/responses", b'{"model":"gpt-5.4","input":"hi","x_case":'),
    "messages": ("/v1/messages", b'{"model":"claude-opus-4.6","max_tokens":9,"messages":[%b],"x_case":' % USER),
    "google": (
        "/v1beta/models/gemini-2.5-pro:generateContent",
        b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"xCase":',
    ),
}
dialects = pytest.mark.parametrize("dialect", AROUND)


@pytest.fixture(scope="module")
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        answer = {"choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}], "content": []}
        made.answer = lambda seen: [json_answer(json.dumps(answer).encode())]
        yield made


@pytest.fixture(scope="module")
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url, anthropic_stream_mode="passthrough")) as running:
        yield running


@pytest.fixture(scope="module")
def client(gateway: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as made:
        yield made


def strict(data: bytes) -> object:
    """What JSON says. Raises ValueError for what Python alone takes (NaN)."""

    def refuse(word: str) -> object:
        raise ValueError(word)

    return json.loads(data, parse_constant=refuse)


def is_refused(answer: httpx.Response) -> bool:
    """Whether it is refused as no valid JSON, or as no JSON that fits, with an error in JSON."""
    if answer.status_code != 400:
        return False
    assert answer.json()["error"]["message"]
    return True


def test_the_collection_is_there() -> None:
    kinds = [name[0] for name in CASES]
    assert {kind: kinds.count(kind) for kind in "yni"} == {"y": 95, "n": 188, "i": 35}


@dialects
def test_as_a_body_none_goes_to_argo(client: httpx.Client, argo: Upstream, dialect: str) -> None:
    """None of them names a model and says something."""
    argo.seen.clear()
    path = AROUND[dialect][0]
    told = {name: client.post(path, content=case) for name, case in CASES.items()}
    assert [name for name, answer in told.items() if not is_refused(answer)] == []
    assert not argo.seen


@dialects
def test_as_a_value_what_is_json_is_taken_and_what_is_not_is_refused(
    client: httpx.Client, argo: Upstream, dialect: str
) -> None:
    path, begin = AROUND[dialect]
    wrong: dict[str, str] = {}
    for name, case in CASES.items():
        argo.seen.clear()
        answer = client.post(path, content=begin + case + b"}")
        for seen in argo.seen:
            strict(seen.body)
        if is_refused(answer):
            assert not argo.seen, name
        elif answer.status_code != 200:
            wrong[name] = str(answer.status_code)
        if (name[0] == "n" and answer.status_code != 400) or (name[0] == "y" and not argo.seen):
            wrong[name] = answer.text
    assert wrong == {}
