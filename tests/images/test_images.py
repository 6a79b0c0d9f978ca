"""`enable_payload_control`, in a running gateway: what becomes of the images of a request."""

from __future__ import annotations

import base64
import builtins
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from argo_addon.images.downloads import Downloads
from argo_addon.images.fetching import Fetching
from argo_addon.images.fitting import Images, with_images

from ..dialects.asking import chat_body, claude_sse
from ..running import Pause, Proxy, Upstream, json_answer, proxy, settings_for, upstream
from .pictures import looked_at, picture, shows
from .test_downloads import at_home, only_here, port_of

Json = Any
PNG = picture(size=8)
ANSWERS = {
    "POST /v1/chat": json_answer(json.dumps(chat_body({"content": "seen"})).encode()),
    "POST /v1/mess": json_answer(claude_sse({"type": "text", "text": "seen"}), content_type="text/event-stream"),
}


@pytest.fixture
def web() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = lambda seen: [ANSWERS[seen.line[:13]]]
        yield made


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url, enable_payload_control=True)) as running:
        limited(running, 20_000_000)
        yield running


def limited(gateway: Proxy, limit: int, seconds: float = 5) -> None:
    """Has the gateway take so many bytes of images, and this machine for the open network."""
    gateway.addon.preparing.images = Fetching(Images(Downloads(seconds, 10, at_home, only_here), limit))


def ask(gateway: Proxy, client: str, model: str, *sources: str) -> httpx.Response:
    """Asks about images, each by its URL or as a data URL, as a client of a dialect does."""
    path, body = REQUESTS[client](model, sources)
    return httpx.post(gateway.url + path, json=body, timeout=20, trust_env=False)


def _chat(model: str, sources: tuple[str, ...]) -> tuple[str, Json]:
    parts = [{"type": "image_url", "image_url": {"url": source}} for source in sources]
    return "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": parts}]}


def _responses(model: str, sources: tuple[str, ...]) -> tuple[str, Json]:
    parts = [{"type": "input_image", "image_url": source} for source in sources]
    return "/v1/responses", {"model": model, "input": [{"role": "user", "content": parts}]}


def _messages(model: str, sources: tuple[str, ...]) -> tuple[str, Json]:
    blocks = [{"type": "image", "source": _source(source)} for source in sources]
    return "/v1/messages", {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": blocks}]}


def _source(source: str) -> Json:
    kind, _, data = source.removeprefix("data:").partition(";base64,")
    if data:
        return {"type": "base64", "media_type": kind, "data": data}
    return {"type": "url", "url": source}


def _google(model: str, sources: tuple[str, ...]) -> tuple[str, Json]:
    parts = []
    for source in sources:
        kind, _, data = source.removeprefix("data:").partition(";base64,")
        embedded = {"inlineData": {"mimeType": kind, "data": data}}
        parts.append(embedded if data else {"fileData": {"mimeType": "image/png", "fileUri": source}})
    return f"/v1beta/models/{model}:generateContent", {"contents": [{"role": "user", "parts": parts}]}


REQUESTS = {"chat": _chat, "responses": _responses, "messages": _messages, "google": _google}
on_every_way = pytest.mark.parametrize(
    ("client", "model"), [(client, model) for client in REQUESTS for model in ("gpt-5.4", "claude-opus-4.6")]
)


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def arrived(argo: Upstream) -> list[tuple[str, bytes]]:
    """The images that ARGO got last: the type and the bytes of each."""
    found: list[tuple[str, bytes]] = []
    for message in json.loads(argo.seen[-1].body)["messages"]:
        for block in message["content"]:
            source = block["source"] if block["type"] == "image" else _source(block["image_url"]["url"])
            assert source["type"] == "base64", source
            found.append((source["media_type"], base64.b64decode(source["data"])))
    return found


@on_every_way
def test_an_image_of_the_web_is_fetched_and_goes_along(
    gateway: Proxy, web: Upstream, argo: Upstream, client: str, model: str
) -> None:
    shows(web, PNG, kind="application/octet-stream")
    url = f"http://a.example:{port_of(web)}/x"
    answer = ask(gateway, client, model, url, data_url(PNG), url)
    assert answer.status_code == 200, answer.text
    assert "seen" in answer.text
    assert arrived(argo) == [("image/png", PNG)] * 3
    assert len(web.looked_up) == 1, "what is named twice is fetched once"


@on_every_way
def test_images_that_are_too_large_together_are_shrunk_and_that_is_told(
    gateway: Proxy, argo: Upstream, client: str, model: str
) -> None:
    limited(gateway, 300_000)
    large, small = picture(size=400), picture(size=20)
    answer = ask(gateway, client, model, data_url(large), data_url(small))
    assert answer.status_code == 200, answer.text
    (kind, shrunk), untouched = arrived(argo)
    assert kind == "image/jpeg"
    assert len(shrunk) <= 150_000
    assert looked_at(shrunk).size == (400, 400)
    assert untouched == ("image/png", small)
    assert "1 of 2 shrunk to fit 0.3 MB" in answer.headers["argo-proxy-dropped"]
    place = {"chat": "messages[].content[].image_url:", "messages": "messages[].content[].image:",
             "responses": "input[].content[].input_image:", "google": "contents[].parts[].inlineData:"}  # fmt: skip
    assert answer.headers["argo-proxy-dropped"].startswith(place[client])


@on_every_way
def test_what_cannot_be_fetched_is_told_in_the_callers_dialect(
    gateway: Proxy, web: Upstream, argo: Upstream, client: str, model: str
) -> None:
    web.answer = lambda seen: [json_answer(b"no", "403 Forbidden")]
    answer = ask(gateway, client, model, f"http://a.example:{port_of(web)}/x.png?key=SECRET")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert "/x.png is not to be had: its host answered 403" in error["message"]
    assert "SECRET" not in answer.text
    assert argo.seen == []
    expected = {"messages": ("type", "invalid_request_error"), "google": ("status", "INVALID_ARGUMENT")}
    member, value = expected.get(client, ("type", "invalid_request_error"))
    assert error[member] == value


def test_images_in_the_results_of_tools_are_fetched_too(gateway: Proxy, web: Upstream, argo: Upstream) -> None:
    shows(web, PNG)
    source = {"type": "url", "url": f"http://a.example:{port_of(web)}/x"}
    body = {"model": "claude-opus-4.6", "max_tokens": 99, "messages": [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "text", "text": "r"}, {"type": "image", "source": source}]}]}]}  # fmt: skip
    assert httpx.post(f"{gateway.url}/v1/messages", json=body, trust_env=False).status_code == 200
    (result,) = json.loads(argo.seen[-1].body)["messages"][2]["content"]
    assert result["content"][1]["source"] == {
        "type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()
    }  # fmt: skip


def test_a_body_without_images_of_the_web_keeps_its_bytes() -> None:
    part = b'{"type":"image_url", "image_url" : {"url":"data:image/png;base64,AAAA"}}'
    body = b'{"messages": [ {"role":"user", "content": [ %b ]}]}' % part
    assert with_images(body, lambda picture: picture) is body


def test_without_the_setting_urls_pass_as_they_are(argo: Upstream, web: Upstream) -> None:
    with proxy(settings_for(argo.url)) as gateway:
        url = f"http://a.example:{port_of(web)}/x.png"
        assert ask(gateway, "chat", "gpt-5.4", url).status_code == 200
    assert json.loads(argo.seen[-1].body)["messages"][0]["content"][0]["image_url"]["url"] == url
    assert web.looked_up == []


def test_images_that_stay_too_large_are_a_413_that_names_the_setting(gateway: Proxy, argo: Upstream) -> None:
    limited(gateway, 2_000)
    answer = ask(gateway, "messages", "claude-opus-4.6", *(data_url(picture(size=300, seed=seed)) for seed in range(4)))
    assert answer.status_code == 413
    assert "max_payload_size" in answer.json()["error"]["message"]
    assert argo.seen == []


def test_what_is_no_image_but_must_be_shrunk_is_named(gateway: Proxy, argo: Upstream) -> None:
    limited(gateway, 2_000)
    answer = ask(gateway, "chat", "gpt-5.4", data_url(PNG), data_url(PNG[:20] + bytes(4_000)))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0].content[1].image_url.url"


def test_without_pillow_what_to_install_is_told(
    gateway: Proxy, argo: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(gateway, 2_000)
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "PIL":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    answer = ask(gateway, "chat", "gpt-5.4", data_url(picture()))
    assert answer.status_code == 413
    assert "pip install 'argo-proxy[images]'" in answer.json()["error"]["message"]
    small = ask(gateway, "chat", "gpt-5.4", data_url(PNG))
    assert small.status_code == 200, "what needs no shrinking needs no Pillow"


def test_neither_a_slow_host_nor_a_large_image_holds_up_another_request(
    gateway: Proxy, web: Upstream, argo: Upstream
) -> None:
    shows(web, PNG, Pause(1.5))
    limited(gateway, 100_000)
    answers: list[httpx.Response] = []

    def large_and_slow() -> None:
        large = data_url(picture(size=1500))
        answers.append(ask(gateway, "chat", "gpt-5.4", f"http://a.example:{port_of(web)}/x", large, large))

    thread = threading.Thread(target=large_and_slow)
    thread.start()
    waits = []
    while thread.is_alive():
        begun = time.monotonic()
        assert httpx.get(f"{gateway.url}/health", trust_env=False).status_code == 200
        waits.append(time.monotonic() - begun)
    assert answers[0].status_code == 200, answers[0].text
    assert len(waits) > 5
    assert sorted(waits)[len(waits) // 2] < 0.5
    assert max(waits) < 1.4, "nobody waited for the host"


def test_pillow_is_loaded_only_where_it_is_needed() -> None:
    code = "import argo_addon.addon, sys; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_call_that_is_mended_has_its_images_the_second_time_too(
    gateway: Proxy, web: Upstream, argo: Upstream
) -> None:
    refused = json.dumps({"error": {"message": "'temperature' does not support 0.5 with this model. Only the default "
                                               "(1) value is supported."}})  # fmt: skip
    answers = [json_answer(refused.encode(), "400 Bad Request"), ANSWERS["POST /v1/chat"]]
    shows(web, PNG)
    argo.answer = lambda seen: [answers[len(argo.seen) - 1]]
    path, body = _chat("gpt-4o", (f"http://a.example:{port_of(web)}/x", data_url(PNG)))
    answer = httpx.post(gateway.url + path, json={**body, "temperature": 0.5}, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert answer.headers["argo-proxy-mended"] == "sampling"
    assert len(argo.seen) == 2
    assert arrived(argo) == [("image/png", PNG)] * 2
    assert len(web.looked_up) == 1


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro"])
def test_the_legacy_gateway_gets_its_images_too(web: Upstream, argo: Upstream, model: str) -> None:
    shows(web, PNG)
    argo.answer = lambda seen: [json_answer(b'{"response": "seen"}')]
    with proxy(settings_for(argo.url, enable_payload_control=True, use_legacy_argo=True)) as gateway:
        limited(gateway, 20_000_000)
        answer = ask(gateway, "chat", model, f"http://a.example:{port_of(web)}/x")
    assert answer.status_code == 200, answer.text
    assert base64.b64encode(PNG) in argo.seen[-1].body
