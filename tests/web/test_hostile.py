"""A recorded answer that attacks whoever looks at it in mitmweb: its HTML and scripts are shown as text."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from mitmproxy.io import FlowWriter

from .browser import CHROMIUM, page
from .recorded import flow_of
from .test_views import mitmweb, open_tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")

HTML = "<img src=x onerror='window.struck=1'><script>window.struck=2</script><svg/onload=window.struck=3> <b>bold</b>"


def test_html_in_an_answer_is_text_in_the_browser(tmp_path: Path) -> None:
    asked = json.dumps({"model": "gpt54", "messages": [{"role": "user", "content": HTML}]}).encode()
    message = {"role": "assistant", "content": HTML}
    answer = json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": HTML,
         "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    ).encode()  # fmt: skip
    recording = tmp_path / "recording.flow"
    flow = flow_of("127.0.0.1", 44497, "/v1/chat/completions", asked, answer, "application/json")
    flow.comment = HTML
    with recording.open("wb") as opened:
        FlowWriter(opened).add(flow)

    async def look(url: str) -> None:
        async with page(url, tmp_path / "profile") as opened:
            for tab, title in (("Response", "OpenAI Chat answer"), ("Request", "OpenAI Chat request")):
                lines = await open_tab(opened, 0, tab, title)
                assert any("<script>" in line for line in lines)
            assert await opened.run("window.struck === undefined")
            assert await opened.run("!document.querySelector('[onerror], [onload]')")

    with mitmweb(recording, tmp_path) as url:
        asyncio.run(look(url))
