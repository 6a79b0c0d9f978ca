"""The model list of a running gateway, and its end."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from ..running import (
    END,
    STREAM,
    Pause,
    Upstream,
    chunk,
    json_answer,
    proxy,
    settings_for,
)
from .talking import (
    CHAT,
    CHAT_STREAM,
    answers_with,
    begun,
    both,
    last_error,
)


def test_refresh_reads_the_list_and_health_tells(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}'))
    assert client.post("/refresh").json()["status"] == "refreshed"
    assert client.get("/health").json()["models"]["source"] == "upstream"
    listed = [row["id"] for row in client.get("/v1/models").json()["data"] if "embedding" not in row["id"]]
    assert listed == ["argo:gpt-9"]
    answers_with(argo, json_answer(b"no", "503 Down"))
    failed = client.post("/refresh")
    assert failed.status_code == 502
    assert "503" in failed.json()["models"]["problem"]
    assert client.get("/health").json()["models"]["source"] == "upstream", "the list that was there stays"


def test_the_list_is_read_anew_at_its_interval(argo: Upstream) -> None:
    answers_with(argo, json_answer(b'{"data":[{"id":"GPT-8","internal_id":"gpt8"}]}'))
    with proxy(settings_for(argo.url, model_refresh_interval_hours=0.2 / 3600)) as running:
        for name in ("gpt-8", "gpt-9"):
            row = {"id": name.upper(), "internal_id": name.replace("-", "")}
            answers_with(argo, json_answer(json.dumps({"data": [row]}).encode()))
            deadline = time.monotonic() + 5
            while f"argo:{name}" not in (body := httpx.get(running.url + "/v1/models", trust_env=False).text):
                assert time.monotonic() < deadline, body
                time.sleep(0.05)


# The end


def until_asked(argo: Upstream) -> None:
    """Waits until a call has come to the upstream."""
    for _ in range(1000):
        if argo.seen:
            return
        time.sleep(0.01)
    raise AssertionError("no call came to the upstream")


def test_running_streams_end_before_the_process_does(argo: Upstream) -> None:
    answers_with(
        argo, STREAM, chunk(begun(CHAT_STREAM)), Pause(0.6), chunk(CHAT_STREAM[len(begun(CHAT_STREAM)) :]), END
    )
    with proxy(settings_for(argo.url)) as running:
        got: list[bytes] = []

        def call() -> None:
            got.append(httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False).content)

        thread = threading.Thread(target=call)
        thread.start()
        until_asked(argo)
        running.stop()
        time.sleep(0.1)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", running.port), timeout=1)
        thread.join(5)
    assert got == [CHAT_STREAM]


@both
def test_streams_that_do_not_end_are_cut_with_the_dialects_error_event(
    argo: Upstream, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], stream: bytes
) -> None:
    monkeypatch.setattr("argo_addon.proxy.master.GRACE", 0.2)
    answers_with(argo, STREAM, chunk(begun(stream)), Pause(30))
    with proxy(settings_for(argo.url)) as running:
        got: list[bytes] = []
        thread = threading.Thread(
            target=lambda: got.append(httpx.post(running.url + path, json=body, trust_env=False).content)
        )
        thread.start()
        until_asked(argo)
        running.stop()
        thread.join(5)
    assert "stopped" in last_error(got[0])["message"]
