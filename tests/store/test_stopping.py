"""What a gateway has taken on when it is told to stop, it finishes: in the background and on a WebSocket."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_sse, finished
from ..e2e.processes import Proxy
from ..proxy.test_web_socket import speaking
from ..running import END, STREAM, Pause, Seen, Step, Upstream, chunk, settings_for, upstream
from ..running import proxy as running

Json = dict[str, Any]
_SECONDS = 30.0
CALLS = 12


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = _slowly
        yield made


def gateway_at(argo: Upstream, folder: Path) -> Proxy:
    settings = {
        "config_version": "3", "user": "jdoe", "host": "127.0.0.1", "port": 0, "argo_base_url": argo.url,
        "skip_url_validation": True, "responses_store": str(folder / "kept"),
    }  # fmt: skip
    return Proxy(folder, settings)


def _slowly(seen: Seen) -> Iterable[Step]:
    if seen.line.startswith("GET"):
        return []
    return _stream([Pause(0.3)])


def _stream(between: Iterable[Step]) -> Iterator[Step]:
    yield STREAM
    yield chunk(chat_sse({"content": "The word"}, done=False))
    yield from between
    yield chunk(chat_sse({"content": " is cobalt."}, finished()))
    yield END


def _until(done: Callable[[], bool]) -> Iterator[Step]:
    end = time.monotonic() + _SECONDS
    while not done() and time.monotonic() < end:
        yield Pause(0.02)


def test_what_is_taken_on_just_before_is_finished(argo: Upstream, tmp_path: Path) -> None:
    gateway = gateway_at(argo, tmp_path)
    body = {"model": "gpt-5.4", "input": "Hi.", "background": True}
    with httpx.Client(base_url=gateway.url, timeout=_SECONDS, trust_env=False) as client:
        with ThreadPoolExecutor(CALLS) as together:
            replies = list(together.map(lambda _: client.post("/v1/responses", json=body).json(), range(CALLS)))
        assert gateway.stop() == 0, str(gateway.process)
    assert [reply["status"] for reply in replies] == ["queued"] * CALLS
    store = open_store(str(tmp_path / "kept"), Bounds())
    documents = [store.get(str(reply["id"]), "jdoe") for reply in replies]
    store.close()
    made = [json.loads(document or b"{}").get("response") for document in documents]
    assert [(one["status"], one["error"]) for one in made] == [("completed", None)] * CALLS
    assert {one["output"][0]["content"][0]["text"] for one in made} == {"The word is cobalt."}


def test_a_turn_that_is_said_when_nothing_is_listened_on_any_more(argo: Upstream) -> None:
    """A WebSocket lasts as long as its turns do, and each is a call to the gateway itself."""
    said = threading.Event()
    argo.answer = lambda seen: _stream(_until(said.is_set))
    with running(settings_for(argo.url), Limits()) as gateway, speaking(gateway) as speaker:
        speaker.say(type="response.create", model="gpt-5.4", input="Hi.")
        while speaker.text()["type"] != "response.output_text.delta":
            pass
        gateway.stop()
        end = time.monotonic() + _SECONDS
        while _is_listened_on(gateway.port):
            assert time.monotonic() < end
            time.sleep(0.02)
        speaker.say(type="response.create", model="gpt-5.4", input="And?")
        said.set()
        kinds: list[str] = []
        while kinds.count("response.completed") < 2:
            kinds.append(str(speaker.text()["type"]))
            assert kinds[-1] not in ("error", "response.failed")


def _is_listened_on(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
