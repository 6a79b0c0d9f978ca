"""What a call leaves behind: nothing that only the collector of cycles would find, for bodies hang on it."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any

import httpx
from mitmproxy import http

from ..running import Upstream, streamed
from .talking import answers_with, both


def _flows() -> int:
    return sum(isinstance(one, http.HTTPFlow) for one in gc.get_objects())


def test_the_collector_works_once_a_gateway_listens() -> None:
    """It is off while the gateway is loaded."""
    code = "import gc; gc.disable(); from argo_addon.proxy.freed_memory import settle; settle(); print(gc.isenabled())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout == "True\n"


@both
def test_a_call_that_is_over_is_gone_without_the_collector(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, *streamed(stream))
    client.post(path, json=body)
    gc.collect()
    gc.disable()
    try:
        before = _flows()
        for _ in range(20):
            assert client.post(path, json=body).content == stream
        left = _flows() - before
    finally:
        gc.enable()
    assert left <= 2  # one may still be on its way to the recorder
