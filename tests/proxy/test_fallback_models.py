"""A model that is overloaded, and another one that answers in its place: as each dialect's clients see it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.recording.recorder import Recorder
from argo_addon.store.base import Bounds
from argo_addon.store.sqlite import SqliteStore

from ..images.pictures import picture
from ..running import (
    END,
    Pause,
    Proxy,
    Seen,
    Step,
    Upstream,
    chunk,
    head,
    json_answer,
    proxy,
    settings_for,
    streamed,
)
from ..running import upstream as scripted
from .talking import events

HI = [{"role": "user", "content": "hi"}]
OPUS, SONNET, GPT = "claude-opus-4.6", "claude-sonnet-4.6", "gpt-5.4"
IDS = {OPUS: "claudeopus46", SONNET: "claudesonnet46", GPT: "gpt54"}
GOOGLE = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
CLIENTS: dict[str, Callable[[str, bool], tuple[str, dict[str, Any]]]] = {
    "messages": lambda model, streams: (
        "/v1/messages", {"model": model, "max_tokens": 9, "messages": HI, "stream": streams}),
    "chat": lambda model, streams: ("/v1/chat/completions", {"model": model, "messages": HI, "stream": streams}),
    "responses": lambda model, streams: ("/v1/responses", {"model": model, "input": "hi", "stream": streams}),
    "completions": lambda model, streams: ("/v1/completions", {"model": model, "prompt": "hi", "stream": streams}),
    "ollama": lambda model, streams: ("/api/chat", {"model": model, "messages": HI, "stream": streams}),
    "google": lambda model, streams: (
        f"/v1beta/models/{model}:{'streamGenerateContent?alt=sse' if streams else 'generateContent'}", GOOGLE),
}  # fmt: skip
BUSY = {
    "chat": b'{"error":{"message":"Overloaded","type":"x"}}',
    "messages": b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
}


def asked_model(seen: Seen) -> str:
    return str(json.loads(seen.body)["model"]) if seen.body else ""  # the list is asked for without


def kind_of(seen: Seen) -> str:
    return "messages" if seen.line.startswith("POST /v1/messages") else "chat"


def answer_of(seen: Seen) -> list[Step]:
    """What a model says: its own id."""
    if not seen.body:
        return [json_answer(b"{}", "404 No")]
    model, streams = asked_model(seen), bool(json.loads(seen.body).get("stream"))
    if kind_of(seen) == "chat":
        about: dict[str, Any] = {"id": "c1", "created": 1, "model": model}
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        delta = {"role": "assistant", "content": f"I am {model}."}
        if not streams:
            whole = {**about, "object": "chat.completion", "usage": usage,
                     "choices": [{"index": 0, "message": delta, "finish_reason": "stop"}]}  # fmt: skip
            return [json_answer(json.dumps(whole).encode())]
        told: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        made = [{**about, "object": "chat.completion.chunk", **one} for one in told]
        return streamed(*(b"data: %b\n\n" % json.dumps(one).encode() for one in made), b"data: [DONE]\n\n")
    usage = {"input_tokens": 5, "output_tokens": 2}
    message: dict[str, Any] = {"id": "m1", "type": "message", "role": "assistant", "model": model, "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": usage}  # fmt: skip
    text = {"type": "text", "text": f"I am {model}."}
    if not streams:
        return [json_answer(json.dumps({**message, "content": [text], "stop_reason": "end_turn"}).encode())]
    frames: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text["text"]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return streamed(*(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), json.dumps(one).encode()) for one in frames))


def refusal(seen: Seen, status: int = 529, *headers: str) -> list[Step]:
    return [json_answer(BUSY[kind_of(seen)], f"{status} Busy", *headers)]


def overloads(argo: Upstream, *models: str, status: int = 529, headers: tuple[str, ...] = ()) -> None:
    """Has these models refuse, and the others answer."""
    busy = {IDS[model] for model in models}
    argo.answer = lambda seen: refusal(seen, status, *headers) if asked_model(seen) in busy else answer_of(seen)
    argo.seen.clear()


FALLBACKS = {OPUS: (GPT, SONNET), GPT: (OPUS,), SONNET: (OPUS, GPT)}


@pytest.fixture(scope="module")
def argo() -> Iterator[Upstream]:
    with scripted() as made:
        yield made


@contextmanager
def gateway_of(argo: Upstream, timing: Limits | None = None, **more: Any) -> Iterator[tuple[httpx.Client, Proxy]]:
    recorder = more.pop("recorder", None)
    store = more.pop("store", None)
    settings = settings_for(argo.url, **{"fallback_models": FALLBACKS, **more})
    with (
        proxy(settings, timing, recorder, store=store) as running,
        httpx.Client(base_url=running.url, timeout=20, trust_env=False) as client,
    ):
        yield client, running


@pytest.fixture(scope="module")
def both(argo: Upstream) -> Iterator[tuple[httpx.Client, Proxy]]:
    with gateway_of(argo) as made:
        yield made


@pytest.fixture
def client(both: tuple[httpx.Client, Proxy]) -> httpx.Client:
    both[1].addon.gateway._budgets[1]._left = 10.0  # what other tests have spent
    return both[0]


def models_in(text: str) -> set[str]:
    """The models that an answer names."""
    return {name for name in (*IDS, *IDS.values()) if f'"{name}"' in text}


@pytest.mark.parametrize("dialect", list(CLIENTS))
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "plain"])
@pytest.mark.parametrize(("wanted", "other"), [(OPUS, GPT), (GPT, OPUS)], ids=["to gpt", "to claude"])
def test_the_other_model_answers_and_says_so(
    argo: Upstream, client: httpx.Client, dialect: str, streams: bool, wanted: str, other: str
) -> None:
    overloads(argo, wanted)
    path, body = CLIENTS[dialect](wanted, streams)
    answer = client.post(path, json=body)
    assert (answer.status_code, [asked_model(one) for one in argo.seen]) == (200, [IDS[wanted], IDS[other]])
    assert f"I am {IDS[other]}." in answer.text
    assert (answer.headers["argo-proxy-model"], answer.headers["argo-proxy-fallback"]) == (IDS[other], IDS[wanted])
    assert models_in(answer.text) <= {other, IDS[other]}
    assert models_in(answer.text)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_the_next_of_several_is_asked_in_their_order(argo: Upstream, client: httpx.Client, status: int) -> None:
    overloads(argo, OPUS, GPT, status=status, headers=("retry-after: 3600", "x-should-retry: false"))
    path, body = CLIENTS["messages"](OPUS, True)
    answer = client.post(path, json=body, headers={"x-stainless-retry-count": "1"})
    assert [asked_model(one) for one in argo.seen] == [IDS[OPUS], IDS[GPT], IDS[SONNET]]
    assert answer.headers["argo-proxy-fallback"] == f"{IDS[OPUS]}, {IDS[GPT]}"
    assert "I am claudesonnet46." in answer.text


def test_where_all_are_overloaded_the_last_one_says_so(argo: Upstream, client: httpx.Client) -> None:
    overloads(argo, *IDS)
    path, body = CLIENTS["chat"](GPT, False)
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (529, "Overloaded")
    assert answer.headers["argo-proxy-fallback"] == IDS[GPT]
    assert answer.headers["argo-proxy-model"] == IDS[OPUS]


def test_a_name_that_is_not_the_models_main_one_counts_as_well(argo: Upstream, client: httpx.Client) -> None:
    overloads(argo, OPUS)
    path, body = CLIENTS["messages"]("argo:claude-4.6-opus", False)
    assert client.post(path, json=body).headers["argo-proxy-model"] == IDS[GPT]


@pytest.mark.parametrize("status", [400, 401, 404, 408, 500, 502, 504])
def test_no_other_refusal_leads_to_another_model(argo: Upstream, client: httpx.Client, status: int) -> None:
    overloads(argo, OPUS, status=status)
    path, body = CLIENTS["messages"](OPUS, True)
    answer = client.post(path, json=body)
    assert answer.status_code >= 400
    assert [asked_model(one) for one in argo.seen] == [IDS[OPUS]]
    assert "argo-proxy-fallback" not in answer.headers


def test_a_stream_that_begins_with_the_refusal_leads_to_another_model(argo: Upstream, client: httpx.Client) -> None:
    error = b"event: error\ndata: " + BUSY["messages"] + b"\n\n"
    argo.seen.clear()
    argo.answer = lambda seen: streamed(error) if asked_model(seen) == IDS[OPUS] else answer_of(seen)
    path, body = CLIENTS["responses"](OPUS, True)
    assert "I am gpt54." in client.post(path, json=body).text


def test_after_the_first_word_there_is_no_other_model(argo: Upstream, client: httpx.Client) -> None:
    argo.seen.clear()

    def answer(seen: Seen) -> list[Step]:
        begun = [one for one in answer_of(seen) if isinstance(one, bytes)][:4]
        return [*begun, Pause(0.05), chunk(b"event: error\ndata: " + BUSY["messages"] + b"\n\n"), END]

    argo.answer = answer
    path, body = CLIENTS["messages"](OPUS, True)
    text = client.post(path, json=body).text
    assert "Overloaded" in text
    assert "I am claudeopus46." in text
    assert len(argo.seen) == 1


def test_embeddings_are_never_those_of_another_model(argo: Upstream, client: httpx.Client) -> None:
    argo.seen.clear()
    argo.answer = lambda seen: refusal(seen)
    assert client.post("/v1/embeddings", json={"model": "text-embedding-3-small", "input": "x"}).status_code == 529
    assert len(argo.seen) == 1


def test_what_another_model_cannot_be_told_is_not_asked_of_it(argo: Upstream, client: httpx.Client) -> None:
    """A kind of content that is not known here goes to its own provider's models, and to no other."""
    overloads(argo, OPUS)
    path, body = CLIENTS["messages"](OPUS, False)
    body["messages"] = [{"role": "user", "content": [{"type": "hologram", "data": "x"}]}]
    client.post(path, json=body)
    assert [asked_model(one) for one in argo.seen] == [IDS[OPUS], IDS[SONNET]]


def test_who_counts_the_calls_sees_the_model_that_answered(
    argo: Upstream, both: tuple[httpx.Client, Proxy], client: httpx.Client
) -> None:
    overloads(argo, OPUS)
    path, body = CLIENTS["messages"](OPUS, True)
    client.post(path, json=body, headers={"user-agent": "counted/1"})
    told = client.get("/metrics").text
    labels = 'dialect="anthropic",model="gpt54",tool="counted"'
    assert f"argo_proxy_requests_total{{{labels}}} 1.0" in told
    assert f"argo_proxy_fallbacks_total{{{labels}}} 1.0" in told
    assert f'argo_proxy_tokens_total{{{labels},type="input"}} 5.0' in told
    assert 'model="claudeopus46",tool="counted"' not in told
    call = both[1].addon.gateway.metrics.latest[-1]
    assert (call.asked, call.model, call.overloaded, call.failed) == (OPUS, "gpt54", ("claudeopus46",), False)
    assert call.facts()["overloaded"] == ["claudeopus46"]


def refuses_once_begun(seen: Seen, begun: threading.Event) -> Iterator[Step]:
    """A refusal that comes when the client has had a sign of life."""
    while not begun.is_set():
        yield Pause(0.02)
    yield from refusal(seen, 503)


def read_with_signs(client: httpx.Client, path: str, body: object, begun: threading.Event) -> httpx.Response:
    """The answer, all of it read; its stream has begun before ARGO said anything."""
    begun.clear()
    with client.stream("POST", path, json=body) as answered:
        pieces = answered.iter_bytes()
        read = [next(pieces)]
        begun.set()
        read += pieces
    return httpx.Response(answered.status_code, headers=answered.headers, content=b"".join(read))


def test_a_stream_that_has_begun_with_signs_of_life_goes_on_with_the_other_model(
    argo: Upstream, tmp_path: Path
) -> None:
    begun = threading.Event()
    argo.answer = lambda seen: refuses_once_begun(seen, begun) if asked_model(seen) == wanted else answer_of(seen)
    wanted, store = "", lambda: SqliteStore(tmp_path / "store", Bounds(1, 10**6))
    with gateway_of(argo, Limits(keep_alive=0.1), store=store) as (client, _):
        for dialect, call in CLIENTS.items():
            for model, other in ((OPUS, GPT), (GPT, OPUS)):
                wanted = IDS[model]
                path, body = call(model, True)
                answered = read_with_signs(client, path, body, begun)
                assert answered.status_code == 200
                assert "argo-proxy-fallback" not in answered.headers  # the head was out
                assert f"I am {IDS[other]}." in answered.text, dialect
                if dialect == "responses":
                    check_response(client, answered, other)


def check_response(client: httpx.Client, answered: httpx.Response, model: str) -> None:
    """Its events are those of one response, by this model, which is kept so."""
    told = [json.loads(one.partition(b"data: ")[2]) for one in events(answered.content)]
    assert [one["sequence_number"] for one in told] == list(range(len(told)))
    assert [one["type"] for one in told].count("response.created") == 1
    assert len({one["response"]["id"] for one in told if "response" in one}) == 1
    assert told[-1]["response"]["model"] == model
    kept = client.get(f"/v1/responses/{told[-1]['response']['id']}").json()
    assert (kept["model"], kept["output"]) == (model, told[-1]["response"]["output"])


def test_its_own_retries_come_first_and_are_not_multiplied(argo: Upstream, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, everything=True)
    with gateway_of(argo, upstream_retries=2, recorder=recorder) as (client, _):
        overloads(argo, OPUS, GPT, headers=("retry-after-ms: 10",))
        path, body = CLIENTS["messages"](OPUS, True)
        answer = client.post(path, json=body)
        assert [asked_model(one) for one in argo.seen] == [*[IDS[OPUS]] * 3, IDS[GPT], IDS[SONNET]]
        assert (answer.status_code, answer.headers["argo-proxy-retries"]) == (200, "2")
    recorded = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b"claudeopus46, gpt54 overloaded" in recorded


def test_users_keep_their_place_among_their_limits_and_give_it_back_once(argo: Upstream) -> None:
    with gateway_of(argo, limits={"streams_at_once": 1, "requests_per_minute": 3}) as (client, _):
        overloads(argo, OPUS)
        path, body = CLIENTS["messages"](OPUS, True)
        assert [client.post(path, json=body).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_models_that_are_all_overloaded_are_not_stormed(argo: Upstream) -> None:
    with gateway_of(argo) as (client, _), ThreadPoolExecutor(4) as pool:
        overloads(argo, *IDS)
        path, body = CLIENTS["messages"](OPUS, False)
        statuses = list(pool.map(lambda _: client.post(path, json=body).status_code, range(100)))
    assert set(statuses) == {529}
    assert len(argo.seen) <= 100 + 10 + 10 + 4  # the spare ones, a tenth of all that set out, those under way


def test_one_model_that_is_overloaded_for_long_always_has_another_asked(argo: Upstream, client: httpx.Client) -> None:
    overloads(argo, OPUS)
    path, body = CLIENTS["messages"](OPUS, False)
    assert {client.post(path, json=body).status_code for _ in range(30)} == {200}


def test_a_call_that_is_compacted_first_is_compacted_and_answered_by_the_other(
    argo: Upstream, client: httpx.Client
) -> None:
    said = [{"role": role, "content": "word " * 2000} for role in ("user", "assistant", "user")]
    management = [{"type": "compaction", "compact_threshold": 1000}]
    overloads(argo, GPT)
    answer = client.post("/v1/responses", json={"model": GPT, "input": said, "context_management": management})
    assert [asked_model(one) for one in argo.seen] == [IDS[GPT], IDS[OPUS], IDS[OPUS]]
    assert answer.headers["argo-proxy-fallback"] == IDS[GPT]
    assert answer.json()["model"] == OPUS


def test_images_that_were_made_to_fit_are_so_for_the_other_model(argo: Upstream) -> None:
    large = base64.b64encode(picture(size=200)).decode()
    source = {"type": "base64", "media_type": "image/png", "data": large}
    path, body = CLIENTS["messages"](OPUS, False)
    body["messages"] = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    with gateway_of(argo, enable_payload_control=True, max_payload_size=0.02) as (client, _):
        overloads(argo, OPUS)
        assert client.post(path, json=body).status_code == 200
    (url,) = [part["image_url"]["url"] for part in json.loads(argo.seen[-1].body)["messages"][-1]["content"]]
    assert len(url) < 30_000 < len(large)


def test_the_legacy_gateway_is_asked_for_another_model_too(argo: Upstream) -> None:
    begun = threading.Event()

    def answer(seen: Seen) -> Iterator[Step]:
        if asked_model(seen) == IDS[GPT]:
            yield from refuses_once_begun(seen, begun)
        else:
            yield from (head("text/plain"), chunk(b"I am the other."), END)

    argo.answer = answer
    path, body = CLIENTS["responses"](GPT, True)
    with gateway_of(argo, use_legacy_argo=True) as (client, _):
        begun.set()
        answered = client.post(path, json=body)
        assert "I am the other." in answered.text
        assert answered.headers["argo-proxy-fallback"] == IDS[GPT]
    with gateway_of(argo, Limits(keep_alive=0.1), use_legacy_argo=True) as (client, _):
        answered = read_with_signs(client, path, body, begun)
        assert "I am the other." in answered.text
        assert "argo-proxy-fallback" not in answered.headers
