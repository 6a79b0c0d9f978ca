"""What a call leaves behind: nothing that only the collector of cycles would find, for bodies hang on it."""

from __future__ import annotations

import gc
from typing import Any

import httpx
from mitmproxy import http

from ..running import Upstream, streamed
from .talking import answers_with, both


def _flows() -> int:
    return sum(isinstance(one, http.HTTPFlow) for one in gc.get_objects())


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
