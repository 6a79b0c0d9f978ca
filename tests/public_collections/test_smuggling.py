"""smuggler's mutations of a header that says how long a body is, each in the ways in which servers fall out over it.

A front server that reads one length, and this gateway that reads another, would take the rest of one user's body for
the next user's request. Whatever is not plain is refused, and nothing that comes behind it on the connection is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from argo_addon.proxy import client_connection

from ..running import Proxy, Upstream, proxy, raw_exchange, settings_for, upstream

GADGETS: dict[str, str] = json.loads((Path(__file__).parent / "smuggler.json").read_text())
PLAIN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t\x21-\x7e\x80-\xff]*")
NEXT = b"GET /smuggled HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
WAYS = {
    # name: (Content-Length, body): the length that smuggler states, and the body that a chunked reader sees end first
    "TE.CL": (6, b"0\r\n\r\nX"),
    "CL.TE": (4, b"1\r\nZ\r\n0\r\n\r\n"),
    "agreeing": (5, b"0\r\n\r\n"),
}


@pytest.fixture(scope="module")
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url)) as running:
        yield running


def asks(gadget: str, way: str) -> bytes:
    length, body = WAYS[way]
    head = f"POST /v1/messages HTTP/1.1\r\n{gadget}\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode(
        "latin-1"
    )
    return head + body


def reads_as_length(gadget: str) -> bool:
    """Whether some server may take it for a word on the body's length: all but one plain header of another name."""
    return PLAIN.fullmatch(gadget) is None or gadget.lower().startswith("transfer-encoding")


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", answer)]


@pytest.mark.parametrize("way", WAYS)
def test_none_is_read_in_two_ways(gateway: Proxy, argo: Upstream, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(client_connection, "PATIENCE", 0.05)
    gadgets = {name: gadget for name, gadget in GADGETS.items() if reads_as_length(gadget)}
    assert len(gadgets) > 1600

    def told(gadget: str) -> bytes:
        return raw_exchange(gateway.port, asks(gadget, way) + NEXT, timeout=20, must_end=True)

    with ThreadPoolExecutor(40) as pool:
        answers = dict(zip(gadgets, pool.map(told, gadgets.values()), strict=True))
    wrong = {
        name: f"{gadgets[name]!r}: {statuses(answer)}"
        for name, answer in answers.items()
        if statuses(answer) != [400] or b"cannot be trusted" not in answer
    }
    assert wrong == {}
    assert not argo.seen


def test_a_header_that_only_looks_so_leaves_the_length_as_it_is(gateway: Proxy) -> None:
    plain = [gadget for gadget in GADGETS.values() if not reads_as_length(gadget)]
    assert len(plain) == 6
    for gadget in plain:
        answer = raw_exchange(gateway.port, asks(gadget, "agreeing") + NEXT, timeout=20, must_end=True)
        assert statuses(answer) == [415 if gadget.startswith("Content-Encoding") else 400, 404], gadget
        assert b"cannot be trusted" not in answer
