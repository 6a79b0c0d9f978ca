"""A real headless Chromium, driven by its DevTools protocol: open a page, click, read, take a picture."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ROOMY = 64 * 1024 * 1024
"""Bytes that a message of the browser's may have: pictures are large."""


class Refused(Exception):
    """A command of the protocol that could not be carried out, such as a script in a page that is being left."""


class Page:
    """An open page."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._number = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the protocol, and what it returns."""
        self._number += 1
        await self._connection.write_message(json.dumps({"id": self._number, "method": method, "params": params}))
        while (received := await self._connection.read_message()) is not None:
            message = json.loads(received)
            if message.get("id") == self._number:
                if "error" in message:
                    raise Refused(message["error"]["message"])
                result = message["result"]
                assert isinstance(result, dict)
                return result
        raise AssertionError("the browser has gone away")

    async def run(self, script: str) -> Any:
        """The value of an expression of JavaScript's."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str, seconds: float = 60, again: str | None = None) -> Any:
        """The value of an expression, once there is one that is true. Fails with the page's text if none comes.

        A page that is being left for the one that was asked for has no scripts for a moment. `again` is run every
        second: a click may have come before the page listened to clicks.
        """
        for turn in range(int(seconds * 10)):
            try:
                if again is not None and turn % 10 == 9:
                    await self.run(again)
                if found := await self.run(script):
                    return found
            except Refused:
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"{script} never came:\n{await self.run('document.body.innerText')}")

    async def picture(self, path: Path) -> None:
        """A picture of what is to be seen, as PNG."""
        taken = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(taken["data"]))


@asynccontextmanager
async def page(url: str, profile: Path, *more: str) -> AsyncIterator[Page]:
    """A page in a browser of its own, whose files are in `profile`; `more` are options of the browser."""
    assert CHROMIUM is not None
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += [
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "--window-size=1400,900",
        "--no-proxy-server",
        *more,
    ]
    browser = subprocess.Popen(
        [CHROMIUM, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        port = await _port_in(profile / "DevToolsActivePort")
        answer = await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT", body="", request_timeout=60
        )
        connection = await websocket_connect(json.loads(answer.body)["webSocketDebuggerUrl"], max_message_size=_ROOMY)
        made = Page(connection)
        await made.call("Page.enable")
        await made.call("Page.navigate", url=url)
        yield made
        connection.close()
    finally:
        browser.terminate()
        browser.wait(20)


async def _port_in(file: Path) -> str:
    for _ in range(600):
        if file.exists() and (lines := file.read_text().splitlines()):
            return lines[0]
        await asyncio.sleep(0.1)
    raise AssertionError("the browser does not start")
