"""Pages in a real browser at a gateway on this machine: one that attacks it, and one whose author lists it.

`evil.example` leads to 127.0.0.1 in this browser, as the name of a page does that has its own name lead there.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..running import Proxy, Upstream, json_answer, proxy, settings_for, streamed, upstream
from .browser import CHROMIUM, Page, page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")

CHAT_STREAM = (Path(__file__).parent.parent / "fixtures" / "openai_chat" / "text.sse").read_bytes()
ANSWER = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"gpt54","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"a secret"}}]}'
)
REBINDING = "--host-resolver-rules=MAP evil.example 127.0.0.1"
FORM = """
    const form = document.createElement('form'), field = document.createElement('input');
    Object.assign(form, {method: 'post', enctype: 'text/plain', action: %s});
    Object.assign(field, {name: '{"model":"gpt-5.4","messages":[],"x":"', value: '"}'});
    form.append(field);
    document.body.append(form);
    form.submit();
    1"""
"""A form whose body is JSON: browsers send it to any site without asking it first."""
CHAT = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}


@contextmanager
def pages() -> Iterator[str]:
    """A web server with an empty page; where it is."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>a page</title>")

        def log_message(self, *told: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = lambda seen: streamed(CHAT_STREAM) if b'"stream":true' in seen.body else [json_answer(ANSWER)]
        yield made


async def asks(seen: Page, url: str, **init: Any) -> str:
    """What a page's script gets of a request: the answer's text, or why it gets none."""
    script = f"""fetch({json.dumps(url)}, {json.dumps(init)})
        .then(async answer => `${{answer.type}} ${{answer.status}} ${{await answer.text()}}`)
        .catch(error => `none: ${{error}}`).then(text => {{ window.told = text }})"""
    await seen.run(f"window.told = ''; {script}; 1")
    told = await seen.until("window.told")
    assert isinstance(told, str)
    return told


async def ready(seen: Page) -> None:
    await seen.until("document.readyState === 'complete' && location.protocol === 'http:'")


def test_a_hostile_page_can_neither_spend_nor_read(argo: Upstream, tmp_path: Path) -> None:
    async def attack(running: Proxy, site: str) -> None:
        here = f"http://localhost:{running.port}"
        async with page(site, tmp_path / "profile", REBINDING) as seen:
            await ready(seen)
            for init in (
                {
                    "method": "POST",
                    "mode": "no-cors",
                    "headers": {"content-type": "text/plain"},
                    "body": json.dumps(CHAT),
                },
                {"method": "POST", "headers": {"content-type": "application/json"}, "body": json.dumps(CHAT)},
                {"method": "POST", "headers": {"x-api-key": "jdoe"}, "body": json.dumps(CHAT)},
            ):
                told = await asks(seen, here + "/v1/chat/completions", **init)
                assert told.startswith(("none", "opaque 0")), told
            for path in ("/v1/models", "/health", "/refresh"):
                assert (await asks(seen, here + path)).startswith("none")
            await seen.run(FORM % json.dumps(here + "/v1/chat/completions"))
            assert await seen.until("document.body.innerText.includes('allowed_origins')")

    with pages() as site, proxy(settings_for(argo.url)) as running:
        asyncio.run(attack(running, site))
    assert argo.seen == []


def test_a_page_whose_name_leads_here_reads_nothing(argo: Upstream, tmp_path: Path) -> None:
    async def rebind(running: Proxy) -> None:
        there = f"http://evil.example:{running.port}"
        async with page(f"{there}/v1/models", tmp_path / "profile", REBINDING) as seen:
            await ready(seen)
            text = str(await seen.until("document.body.innerText"))
            assert "allowed_hosts" in text
            assert "gpt" not in text.lower()
            told = await asks(seen, f"{there}/v1/chat/completions", method="POST", body=json.dumps(CHAT))
            assert told.startswith("basic 403")
            assert "secret" not in told

    with proxy(settings_for(argo.url)) as running:
        asyncio.run(rebind(running))
    assert argo.seen == []


def test_a_page_that_is_listed_calls_streams_and_reads(argo: Upstream, tmp_path: Path) -> None:
    async def use(running: Proxy, site: str) -> None:
        here = f"http://localhost:{running.port}"
        chat = here + "/v1/chat/completions"
        headers = {"content-type": "application/json", "authorization": "Bearer x", "x-stainless-lang": "js"}
        async with page(site, tmp_path / "profile") as seen:
            await ready(seen)
            told = await asks(
                seen, here + "/v1/chat/completions", method="POST", headers=headers, body=json.dumps(CHAT)
            )
            assert told.startswith("cors 200")
            assert "a secret" in told
            body = json.dumps({**CHAT, "stream": True}, separators=(",", ":"))
            told = await asks(seen, chat, method="POST", headers=headers, body=body)
            assert told.startswith("cors 200")
            assert "[DONE]" in told
            assert (await asks(seen, here + "/v1/models", headers=headers)).startswith("cors 200")
            refused = await asks(seen, here + "/v1/messages", method="POST", headers=headers, body="{}")
            assert refused.startswith("cors 400")

    with pages() as site, proxy(settings_for(argo.url, allowed_origins=(site,))) as running:
        asyncio.run(use(running, site))
