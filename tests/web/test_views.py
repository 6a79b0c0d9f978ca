"""mitmweb shows a recorded call in a real browser: the conversation, the answer put together, its calls.

It needs a Chromium on the path. With ARGO_PROXY_PICTURES=docs/images it keeps the pictures of the documentation.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest

from ..ports import free_port
from ..transcript.bodies import WAYS
from .browser import CHROMIUM, Page, page
from .recorded import write_recording

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")

UNBUFFERED = {**os.environ, "PYTHONUNBUFFERED": "1"}
"""Or its address would wait in a buffer: its output goes to a file."""
GENERATION = metadata.version("mitmproxy").split(".")[0]
PICTURES = os.environ.get("ARGO_PROXY_PICTURES")
ROWS = "document.querySelectorAll('.flow-table tr.has-request')"
NAMES = ("openai_responses", "openai_chat", "google", "google_list", "anthropic")
LINES = "[...document.querySelectorAll('.contentview pre > div')].map(line => line.innerText)"


@contextmanager
def mitmweb(recording: Path, folder: Path) -> Iterator[str]:
    """The URL of a stock mitmweb that shows a recording, its token included where it has one."""
    spec = importlib.util.find_spec("argo_addon.script_views")
    assert spec is not None
    assert spec.origin is not None
    command = [str(Path(sys.executable).with_name("mitmweb")), "-n", "-r", str(recording), "-s", spec.origin]
    command += ["--no-web-open-browser", "--web-port", str(free_port()), "--set", f"confdir={folder}"]
    log = folder / "mitmweb.log"
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=folder, env=UNBUFFERED, stdout=written, stderr=subprocess.STDOUT)
        try:
            for _ in range(300):
                if found := re.search(r"http://\S+", log.read_text()):
                    break
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            assert found is not None, log.read_text()
            yield found[0]
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in log.read_text()


async def open_tab(opened: Page, row: int, tab: str, shown: str) -> list[str]:
    """Clicks a flow and one of its tabs; the lines of the body, once the first of them begins as it should."""
    await opened.until(f"{ROWS}.length > {row}")
    choose = f"{ROWS}[{row}].click()"
    await opened.run(choose)
    await opened.until("!!document.querySelector('.flow-detail nav')", again=choose)
    turn = f"[...document.querySelectorAll('.flow-detail nav a')].find(a => a.innerText == '{tab}')?.click()"
    await opened.run(turn)
    await opened.until(f"({LINES}[0] || '').startsWith({shown!r})", again=f"{choose}; {turn}")
    lines = await opened.run(LINES)
    assert isinstance(lines, list)
    return lines


async def look(url: str, folder: Path) -> None:
    """Goes through the two flows as a person would."""
    pictures = Path(PICTURES) if PICTURES else folder
    async with page(url, folder / "profile") as opened:
        asked = await open_tab(opened, 0, "Request", "OpenAI Responses request")
        assert {"Be brief.", "What is in a.txt?", "▸ image: image/png, 308 bytes", "▸ call read (call_1)"} <= set(asked)
        await opened.picture(pictures / f"mitmweb-request-{GENERATION}.png")
        answered = await open_tab(opened, 0, "Response", "OpenAI Responses stream")
        called = answered.index("▸ call read (toolu_vrtx_01)")
        assert answered[called + 1] == '    path: "a.txt"'
        assert "I read both." in answered
        await opened.picture(pictures / f"mitmweb-answer-{GENERATION}.png")
        upstream = await open_tab(opened, 1, "Response", "Anthropic stream")
        assert {"I read both.", "▸ call read (toolu_vrtx_01)", "finish: tool_use"} <= set(upstream)
        assert "What is in a.txt?" in await open_tab(opened, 1, "Request", "Anthropic request")
        for number, name in enumerate(NAMES[1:], 1):
            shown = await open_tab(opened, 2 * number, "Response", f"{WAYS[name].title} stream")
            assert {"I read both.", '    path: "a.txt"'} <= set(shown)


def test_mitmweb_shows_the_answer_put_together_and_its_calls(tmp_path: Path) -> None:
    recording = tmp_path / "recording.flow"
    write_recording(recording, NAMES)
    with mitmweb(recording, tmp_path) as url:
        asyncio.run(look(url, tmp_path))
