"""The page at `/`: who gets it and in which form, and what a person sees of it in a real browser.

With ARGO_PROXY_PICTURES=docs/images it keeps the pictures of the documentation.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.gateway.status_page.set_up import RUN
from argo_addon.gateway.wanted_form import wanted_form
from argo_addon.models.catalogue import BUILT_IN
from argo_addon.recording.recorder import Recorder
from argo_addon.settings.state import token_file
from shell.tools import TOOLS

from ..running import STREAM, Pause, Proxy, Step, Upstream, json_answer, proxy, settings_for, upstream
from .browser import CHROMIUM, Page, page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
AXE = Path(__file__).parents[2] / ".cache" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("ARGO_PROXY_PICTURES")
SECRET = "the moon is made of cheese"
ANSWER = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"gpt54","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"%b"}}],"usage":{"prompt_tokens":1234,"completion_tokens":56,'
    b'"total_tokens":1290}}'
) % SECRET.encode()
LIST = json.dumps({"data": [{"id": name, "internal_id": one} for one, name in BUILT_IN]}).encode()
MARKUP = "<img src=x onerror=alert(1)>"


def answer(seen: Any) -> list[Step]:
    if not seen.body:
        return [json_answer(LIST)]
    body = json.loads(seen.body)
    if "wait" in str(body["messages"]):
        return [STREAM, Pause(30)]
    if "fail" in str(body["messages"]):
        return [json_answer(b'{"error": {"message": "no room for <b>it</b>", "code": "x"}}', "400 Bad Request")]
    return [json_answer(ANSWER)]


@pytest.fixture(scope="module")
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = answer
        yield made


@pytest.fixture(scope="module")
def gateway(argo: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url), recorder=Recorder(tmp_path_factory.mktemp("flows"))) as running:
        yield running


def get(running: Proxy, accept: str | None = BROWSER, path: str = "/", **headers: str) -> httpx.Response:
    given = {} if accept is None else {"accept": accept}
    return httpx.get(running.url + path, headers={**given, **headers}, trust_env=False, follow_redirects=False)


def chat(running: Proxy, words: str = SECRET, model: str = "gpt-5.4", tool: str = "researcher/1.0") -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": words}]}
    return httpx.post(
        f"{running.url}/v1/chat/completions", json=body, headers={"user-agent": tool}, trust_env=False, timeout=30
    )


@contextmanager
def under_way(running: Proxy) -> Iterator[None]:
    """A streamed call that ARGO does not go on with."""
    body = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "wait"}]}
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nuser-agent: waiter\r\ncontent-length: {len(data)}"
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + data)
        until(lambda: running.addon.gateway.counts.active > 0)
        yield
    until(lambda: running.addon.gateway.counts.active == 0)


def until(condition: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# Who gets it


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (BROWSER, "page"),
        ("text/html", "page"),
        ("text/event-stream", "events"),
        ("TEXT/HTML; charset=utf-8", "page"),
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("application/json, text/plain, */*", "json"),
        ("application/json, text/html;q=0.9", "json"),
        ("text/html;q=0", "json"),
        ("text/html;q=nothing, ;;,", "json"),
        ("text/*", "json"),
    ],
)
def test_a_browser_gets_a_page_and_everyone_else_json(accept: str | None, form: str) -> None:
    assert wanted_form(accept or "") == form


def test_the_page_and_the_json_come_by_what_is_accepted(gateway: Proxy) -> None:
    shown, told = get(gateway), get(gateway, "*/*")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert told.headers["content-type"] == "application/json"
    assert told.json()["name"] == "argo-proxy"
    head = httpx.head(gateway.url, headers={"accept": BROWSER}, trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1000


def test_no_name_of_others_and_no_word_of_a_call_is_in_the_page_as_it_was_sent(gateway: Proxy) -> None:
    assert chat(gateway, tool=MARKUP.replace(" ", "")).status_code == 200
    assert chat(gateway, model=MARKUP).status_code == 404
    assert chat(gateway, f"fail {SECRET}").status_code == 400
    text = get(gateway).text
    assert "&lt;img" in text
    assert "<img" not in text
    assert "<b>it" not in text
    assert SECRET not in text
    assert "1,234" in text


def test_a_failure_says_why_and_which_command_shows_more(gateway: Proxy) -> None:
    chat(gateway, "fail")
    until(lambda: re.search(r"no room for.*argo-proxy flows show \d+", get(gateway).text) is not None)


def test_its_policy_lets_nothing_in_from_elsewhere(gateway: Proxy) -> None:
    shown = get(gateway)
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"""(?:src|href)="(?!#|data:)[^"]*""", shown.text) == []


def test_pages_of_others_and_foreign_names_get_none_of_it(gateway: Proxy) -> None:
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
        for accept in (BROWSER, "text/event-stream"):
            refused = get(gateway, accept, **headers)
            assert (refused.status_code, "researcher" in refused.text) == (403, False)


def test_who_calls_by_another_name_is_not_on_this_machine(argo: Upstream) -> None:
    with proxy(settings_for(argo.url, allowed_hosts=("argo.example",))) as running:
        for accept in (BROWSER, "text/event-stream"):
            refused = get(running, accept, host="argo.example")
            assert refused.status_code == 403
            assert "client_auth: token" in refused.text
        assert get(running, "*/*", host="argo.example").status_code == 200


def test_with_a_token_it_is_asked_for_once_and_the_cookie_is_of_no_use_elsewhere(argo: Upstream) -> None:
    with proxy(settings_for(argo.url, client_auth="token")) as running:
        door = get(running)
        assert (door.status_code, "argo-proxy token" in door.text) == (401, True)
        assert get(running, "text/event-stream").status_code == 401
        assert get(running, path="/?key=wrong").status_code == 401
        token = json.loads(Path(token_file()).read_text())["token"]
        opened = get(running, path=f"/?key={token}")
        assert (opened.status_code, opened.headers["location"]) == (303, "./")
        given = opened.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict"} <= set(given.split("; "))
        assert token not in given
        cookie = given.partition(";")[0]
        assert get(running, cookie=f"other=1; {cookie}").status_code == 200
        assert get(running, cookie=cookie[:-1]).status_code == 401
        for path in ("/v1/models", "/metrics", "/?x=1"):
            assert get(running, cookie=cookie, path=path).status_code == 401
        posted = httpx.post(running.url + "/", headers={"cookie": cookie}, trust_env=False)
        assert posted.status_code == 401
        assert httpx.post(f"{running.url}/v1/messages", headers={"cookie": cookie}, trust_env=False).status_code == 401


def test_events_come_as_calls_do_and_end_with_the_gateway(argo: Upstream) -> None:
    with proxy(settings_for(argo.url)) as running:
        accept = {"accept": "text/event-stream"}
        with httpx.stream("GET", running.url, headers=accept, trust_env=False, timeout=30) as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            lines = events.iter_lines()
            first = next(line for line in lines if line.startswith("data: "))
            assert set(json.loads(first[6:])) == {"state", "running", "ended", "sums", "models"}
            chat(running)
            assert "researcher" in next(line for line in lines if line.startswith("data: ") and "researcher" in line)
            running.stop()
            assert [line for line in lines if line.startswith("data: ") and "models" in json.loads(line[6:])] == []
        assert running.addon.status_pages._listeners == 0


def test_who_leaves_is_no_longer_told(argo: Upstream) -> None:
    with proxy(settings_for(argo.url)) as running:
        for _ in range(3):
            with httpx.stream("GET", running.url, headers={"accept": "text/event-stream"}, trust_env=False) as events:
                lines = events.iter_lines()  # kept: what is forgotten ends its connection
                assert next(lines).startswith("retry")
                until(lambda: running.addon.status_pages._listeners == 1)
            until(lambda: running.addon.status_pages._listeners == 0)


def test_the_lines_are_those_that_the_command_knows() -> None:
    assert {name: tool.title for name, tool in TOOLS.items() if tool.program} == RUN


def test_a_gateway_that_nobody_looks_at_has_nothing_of_it_in_memory() -> None:
    code = "import sys, argo_addon.addon; sys.exit(any('status_page.' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# In a browser

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")


async def faults(opened: Page) -> list[str]:
    """What axe finds wrong with the page as it is."""
    await opened.run(AXE.read_text() + "\n;1")
    await opened.run(
        "window.faults = null; axe.run().then(found => { window.faults = JSON.stringify(found.violations.map("
        "one => one.id + ': ' + one.nodes.map(node => node.html + node.failureSummary).join())) }); 1"
    )
    found: list[str] = json.loads(await opened.until("window.faults"))
    return found


async def press(opened: Page, key: str, text: str = "") -> None:
    code = {"key": key, "code": key, "windowsVirtualKeyCode": {"Tab": 9, "Enter": 13, "Escape": 27}.get(key, 0)}
    await opened.call("Input.dispatchKeyEvent", type="keyDown", text=text, **code)
    await opened.call("Input.dispatchKeyEvent", type="keyUp", **code)


async def look(running: Proxy, folder: Path) -> None:
    """Goes through the page as a person would, by the keyboard."""
    pictures = Path(PICTURES) if PICTURES else folder
    async with page(running.url + "/", folder / "profile") as opened:
        await opened.until("document.getElementById('live')?.textContent == 'live'")
        await asyncio.to_thread(chat, running, tool="newcomer/1.0")
        await opened.until("document.getElementById('ended').innerText.includes('newcomer')")
        assert await opened.run("document.querySelectorAll('[onerror]').length + document.images.length") == 0
        assert SECRET not in await opened.run("document.documentElement.outerHTML")
        await press(opened, "Tab")
        assert await opened.run("document.activeElement.className") == "skip"
        await press(opened, "/", "/")
        assert await opened.run("document.activeElement.id") == "search"
        await opened.call("Input.insertText", text="opus 4.6")
        await opened.until("document.getElementById('found').textContent == '1 found'")
        await press(opened, "Escape")
        await opened.until("document.getElementById('found').textContent == ''")
        assert await opened.run("document.querySelectorAll('#models tbody tr:not([hidden])').length") > 20
        more = "document.querySelector('#ended button[data-copy^=\"argo-proxy flows show\"]')"
        await opened.run(f"{more}.focus()")
        key = await opened.run("document.activeElement.dataset.key")
        await asyncio.to_thread(chat, running, tool="second/1.0")
        await opened.until("document.getElementById('ended').innerText.includes('second')")
        assert await opened.run("document.activeElement.dataset.key") == key
        await press(opened, "Enter", "\r")
        await opened.until("['copied', 'marked'].includes(document.activeElement.firstChild.data)")
        with under_way(running):
            await opened.until("document.getElementById('running').innerText.includes('waiter')")
            for theme in ("light", "dark"):
                given = [{"name": "prefers-color-scheme", "value": theme}]
                await opened.call("Emulation.setEmulatedMedia", features=given)
                await opened.run("scrollTo(0, 0)")
                await opened.picture(pictures / f"status-page-{theme}.png")
                assert await faults(opened) == []
        await opened.until("document.getElementById('running').innerText.includes('None')")
        narrow = {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        await opened.call("Emulation.setDeviceMetricsOverride", **narrow)
        assert await opened.run("document.documentElement.scrollWidth") <= 320, "tables scroll, the page does not"


@in_browser
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: make .cache/axe/ready (needs npm)")
def test_a_person_looks_at_it_live_by_the_keyboard_in_the_light_and_in_the_dark(argo: Upstream, tmp_path: Path) -> None:
    with proxy(settings_for(argo.url), recorder=Recorder(tmp_path / "flows")) as running:
        chat(running, tool="claude-cli/2.1")
        chat(running, model="claude-nonsense-9", tool="codex/0.1")
        chat(running, "fail", tool="opencode/1.0")
        chat(running, model="no-such-model", tool="GeminiCLI/0.6")
        chat(running, model="gpt-9<b>" + "x" * 150, tool="<i>wide</i>/1")
        asyncio.run(look(running, tmp_path))


@in_browser
def test_the_token_is_typed_once(argo: Upstream, tmp_path: Path) -> None:
    async def type_it(running: Proxy) -> None:
        token = json.loads(Path(token_file()).read_text())["token"]
        async with page(running.url + "/", tmp_path / "profile") as opened:
            await opened.until("document.activeElement?.id == 'key'")
            await opened.call("Input.insertText", text=token)
            await press(opened, "Enter", "\r")
            await opened.until("document.getElementById('live')?.textContent == 'live'")
            assert await opened.run("location.pathname + location.search") == "/"

    with proxy(settings_for(argo.url, client_auth="token")) as running:
        asyncio.run(type_it(running))
