"""What large bodies took is given back to the system once they are gone."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ..running import Upstream, json_answer
from .test_serve import argo, config, serving

__all__ = ["argo"]
ANSWER = {
    "id": "1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
}
LEFT = 28e6
"""Bytes more than before that may stay: parts of pages of which something small is still held, 10 to 20 MB; 40 where
nothing is given back. A gateway that has served nothing has no room for them in what its start left free.
"""
MOST_IDLE = 55e6
"""Bytes that a gateway may have in use that has served nothing; a command line in the foreground is 4 MB of it."""


def memory(url: str) -> int:
    """Bytes of memory that the gateway has in use, as it says itself."""
    return int(httpx.get(f"{url}/health").json()["memory_bytes"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems give freed memory back by themselves")
def test_a_gateway_is_as_small_after_large_conversations_as_before(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(json.dumps(ANSWER).encode())]
    said = [{"type": "text", "text": "a line of code\n" * 200}]
    turns = [{"role": role, "content": said} for _ in range(200) for role in ("user", "assistant")]
    body = json.dumps({"model": "gpt-4o", "max_tokens": 9, "messages": [*turns, {"role": "user", "content": "?"}]})
    path = config(tmp_path, argo_base_url=argo.url)
    with serving(str(path), cwd=tmp_path) as (_, url, _lines):
        before = memory(url)
        assert before < MOST_IDLE

        def ask(_: int) -> int:
            return httpx.post(f"{url}/v1/messages", content=body, timeout=30).status_code

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(ask, range(48))) == {200}
        deadline = time.monotonic() + 20
        while (left := memory(url) - before) > LEFT and time.monotonic() < deadline:
            time.sleep(0.1)
        assert left <= LEFT
