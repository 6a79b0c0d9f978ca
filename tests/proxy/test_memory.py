"""What a call leaves behind: nothing that only the collector of cycles would find, for bodies hang on it."""

from __future__ import annotations

import gc
from typing import Any

import httpx
from mitmproxy import http

from ..running import Upstream, streamed
from .talking import answers_with, both


@both
def test_a_call_that_is_over_is_gone_without_the_collector(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, *streamed(stream))
    client.post(path, json=body)
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            assert client.post(path, json=body).content == stream
        left = sum(isinstance(one, http.HTTPFlow) for one in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 3  # that of the last call on the connection is kept, and one may be on its way to the recorder
