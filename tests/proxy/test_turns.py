"""Large requests are opened one by one and in pieces, and what else there is to do is done between those."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
import zstandard

from argo_addon import pieces
from argo_addon.pieces import pause
from argo_addon.proxy.turns import LARGE, Turns

from ..running import Proxy, Upstream, json_answer
from .talking import still_works

ANSWER = {
    **{"id": "msg_1", "type": "message", "role": "assistant", "model": "claudeopus46", "stop_reason": "end_turn"},
    **{"content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}},
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work pauses wherever it may."""
    monkeypatch.setattr(pieces, "PIECE", 0.0)


def test_work_is_done_in_turn_and_all_else_goes_on_between_its_pieces() -> None:
    noted: list[str] = []

    def work(name: str) -> Callable[[], str]:
        def noting() -> str:
            for number in range(3):
                noted.append(f"{name} {number}")
                pause()
            if name == "fails":
                raise ValueError
            return name

        return noting

    async def stream() -> None:
        while "last 2" not in noted:
            noted.append("event")
            await asyncio.sleep(0)

    async def run() -> list[object]:
        turns = Turns()
        names = ("first", "fails", "gone", "leaves", "last")
        is_needed = {"gone": lambda: False, "leaves": lambda: "leaves 1" not in noted}
        all_of_it = [turns.done(work(name), is_needed.get(name, lambda: True)) for name in names]
        done = await asyncio.gather(*all_of_it, stream(), return_exceptions=True)
        return [type(one) if isinstance(one, Exception) else one for one in done[:-1]]

    assert asyncio.run(asyncio.wait_for(run(), 20)) == ["first", ValueError, None, None, "last"]
    at = [number for number, name in enumerate(noted) if name != "event"]
    whole = [f"{name} {number}" for name in ("first", "fails", "leaves", "last") for number in range(3)]
    assert [noted[number] for number in at] == [name for name in whole if name != "leaves 2"]
    assert all("event" in noted[before:after] for before, after in pairwise(at) if after < at[-1])


def large(model: str, *, size: int = 2 * LARGE) -> dict[str, Any]:
    """A conversation of many turns."""
    turns = [{"role": role, "content": "a line of code\n" * 20} for role in ("user", "assistant") * (size // 700)]
    return {"model": model, "max_tokens": 9, "messages": [*turns, {"role": "user", "content": "Go on."}]}


@pytest.fixture
def answered(argo: Upstream) -> Upstream:
    argo.answer = lambda seen: [json_answer(json.dumps(ANSWER).encode())]
    return argo


PACKED: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("coding", PACKED)
def test_a_large_request_arrives_whole_however_it_is_packed(
    answered: Upstream, client: httpx.Client, coding: str
) -> None:
    body = large("claude-opus-4.6")
    headers = {"content-type": "application/json", **({"content-encoding": coding} if coding else {})}
    reply = client.post("/v1/messages", content=PACKED[coding](json.dumps(body).encode()), headers=headers)
    assert reply.json()["content"] == ANSWER["content"]
    assert json.loads(answered.seen[-1].body)["messages"] == body["messages"]
    still_works(client, answered)


def test_a_large_request_that_does_not_fit_is_told_so_in_its_dialect(answered: Upstream, client: httpx.Client) -> None:
    body = large("gpt-5.4")
    body["messages"][-1]["role"] = "nobody"
    reply = client.post("/v1/messages", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.json()["error"]["message"].startswith(f"messages[{len(body['messages']) - 1}].role")
    still_works(client, answered)


def test_clients_that_leave_while_theirs_is_opened_hold_up_nobody(
    answered: Upstream, gateway: Proxy, client: httpx.Client
) -> None:
    body = json.dumps(large("gpt-5.4", size=8 * LARGE)).encode()
    head = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body)
    port = int(gateway.url.rpartition(":")[2])
    before = len(answered.seen)
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", port), 20) as leaving:
            leaving.sendall(head + body)
    reply = client.post("/v1/messages", json=large("claude-opus-4.6"))
    assert reply.json()["content"] == ANSWER["content"]
    still_works(client, answered)
    assert len(answered.seen) - before <= 8
