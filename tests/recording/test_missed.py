"""What could not be recorded is counted and told, with the reason that is true."""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import Any

import pytest

from argo_addon.recording import backlog, flow_files, recorder
from argo_addon.recording.recorder import Recorder

from ..proxy.talking import CHAT, CHAT_STREAM, events
from ..running import streamed
from .recorded import Recorded, Start


def _slow(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> None:
    usual = getattr(where, name)

    def slowed(*given: Any, **named: Any) -> Any:
        time.sleep(0.1)
        return usual(*given, **named)

    monkeypatch.setattr(where, name, slowed)


def _missed(made: Recorded) -> int:
    return int(made.client.get("/health").json()["recording"]["missed"])


@pytest.mark.parametrize(
    ("where", "name", "reason"),
    [(recorder, "as_flows", "looking for credentials"), (flow_files.Parts, "add", "writing to the disk")],
)
def test_a_burst_that_is_too_much_is_counted_and_told_with_its_reason(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: object,
    name: str,
    reason: str,
) -> None:
    caplog.set_level(logging.WARNING)
    _slow(monkeypatch, where, name)
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))

    def ask() -> None:
        assert made.client.post("/v1/chat/completions", json=CHAT).status_code == 200

    ask()
    _until(lambda: made.running.addon.recorder.state.written == 1)
    monkeypatch.setattr(backlog, "MOST_WAITING", 3000)
    asked = 1
    while not _missed(made) and asked < 100:
        ask()
        asked += 1
    missed = _missed(made)
    assert missed
    _until(lambda: made.running.addon.recorder.state.written == asked - missed)
    _until(lambda: "recorded again" in caplog.text)
    metrics = made.client.get("/metrics").text
    assert f"argo_proxy_recordings_missed_total {missed}.0" in metrics
    assert len(made.found()) == asked - missed
    [full] = [line for line in caplog.messages if "faster than they can be recorded" in line]
    assert reason in full
    assert "argo-proxy dump off" in full
    [again] = [line for line in caplog.messages if "recorded again" in line]
    assert f"{missed} were not" in again


def test_what_still_waits_when_the_gateway_ends_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, start: Start
) -> None:
    _slow(monkeypatch, recorder, "as_flows")
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    usual = Recorder.close
    monkeypatch.setattr(Recorder, "close", lambda self: usual(self, 0.05))
    for _ in range(5):
        made.client.post("/v1/chat/completions", json=CHAT)
    [writer] = [one for one in threading.enumerate() if one.name == "recorder"]
    made.found()
    writer.join(20)
    told = re.search(r"(\d) exchanges that waited to be recorded are not: the gateway ends", caplog.text)
    assert told is not None
    assert 1 <= int(told[1]) <= 5


def test_what_cannot_be_written_is_missed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> Any:
        raise OSError(28, "No space left on device")

    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    monkeypatch.setattr(flow_files.Parts, "add", full)
    made.client.post("/v1/chat/completions", json=CHAT)
    _until(lambda: _missed(made) == 1)
    assert made.client.get("/health").json()["recording"]["written"] == 0


def _until(holds: Any) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
