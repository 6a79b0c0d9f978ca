"""ARGO behind an HTTP proxy that the environment names, as users of curl and requests expect."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.settings.model import Settings, proxy_variables
from argo_addon.settings.upstream_proxy import Proxies, Unusable

from ..running import Pause, Upstream, json_answer, proxy, streamed, upstream
from .talking import CHAT, CHAT_STREAM, MESSAGE_STREAM, MESSAGES, events
from .test_resolve import LIST, answering, listed
from .test_tls import certificate

VARIABLES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")


class Between:
    """An HTTP proxy that knows `argo.example`, which is on this machine, and notes what it is asked for."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self._outward: list[asyncio.StreamWriter] = []
        self.left = threading.Event()
        self.refusal = b""
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            if self.refusal:
                writer.write(self.refusal)
                return
            method, target, _ = head.split(" ", 2)
            where = target if method == "CONNECT" else target.split("/")[2]
            assert where.startswith("argo.example:")
            there = await asyncio.open_connection("127.0.0.1", int(where.rpartition(":")[2]))
            self._outward.append(there[1])
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there[1].write(head.replace(f"http://{where}", "", 1).encode())
            await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._outward.append(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@contextmanager
def between(tls: ssl.SSLContext | None = None) -> Iterator[Between]:
    made = Between()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(made._serve, "127.0.0.1", 0, ssl=tls)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in made._outward:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in made._outward), return_exceptions=True)
        await asyncio.sleep(0.05)  # for what was closed to be over

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def way() -> Iterator[Between]:
    with between() as made:
        yield made


def settings(argo: Upstream, scheme: str, ca: str | None = None) -> Settings:
    port = argo.url.rpartition(":")[2]
    return Settings(user="jdoe", host="127.0.0.1", port=0, ssl_ca_file=ca).with_base_url(
        f"{scheme}://argo.example:{port}"
    )


def test_calls_and_the_model_list_go_through_the_proxy(
    argo: Upstream, way: Between, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setenv("http_proxy", way.url.replace("//", "//jdoe:p%40ss@"))
    answering(argo)
    with (
        proxy(settings(argo, "http")) as running,
        httpx.Client(base_url=running.url, timeout=5, trust_env=False) as client,
    ):
        listed(running.addon.gateway)
        for _ in range(3):
            assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
    assert [head.split()[0] for head in way.heads] == ["CONNECT"], "the model list's tunnel is used again"
    told = base64.b64encode(b"jdoe:p@ss").decode()
    assert all(f"proxy-authorization: Basic {told}\r\n".lower() in head.lower() for head in way.heads)
    assert "p@ss" not in caplog.text
    assert f"is called through the proxy {way.url}" in caplog.text
    assert all("proxy-authorization" not in seen.headers for seen in argo.seen)


@pytest.mark.parametrize(("name", "taken"), [("argo.example", True), ("other.example", False)])
def test_argos_certificate_is_verified_through_the_tunnel(
    way: Between, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, taken: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", way.url)
    pem = certificate(tmp_path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with upstream(context) as argo:
        answering(argo)
        with proxy(settings(argo, "https", str(pem))) as running:
            if taken:
                listed(running.addon.gateway)
            answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
    assert {head.split()[0] for head in way.heads} == {"CONNECT"}
    assert {head.split()[1].partition(":")[0] for head in way.heads} == {"argo.example"}
    if taken:
        assert answer.content == CHAT_STREAM
    else:
        assert answer.status_code == 502
        assert "ertificate" in answer.json()["error"]["message"]
        assert argo.seen == []


def test_a_call_is_mended_and_a_client_leaves_through_the_tunnel(
    argo: Upstream, way: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tunnel has two connections: it is the outer one that must end."""
    monkeypatch.setenv("HTTP_PROXY", way.url)
    error = {"type": "error", "error": {"type": "x", "message": "`temperature` is deprecated for this model."}}
    event = b"event: error\ndata: " + json.dumps(error).encode() + b"\n\n"
    refusal = [*streamed(event)[:2], Pause(20)]
    argo.answer = lambda seen: (
        refusal if b"temperature" in seen.body else streamed(*events(MESSAGE_STREAM))
    ) if seen.line.startswith("POST") else [json_answer(LIST)]  # fmt: skip
    with proxy(settings(argo, "http"), Limits(silence=0.5)) as running:  # which reads the list at once
        listed(running.addon.gateway)
        body = {**MESSAGES, "model": "claude-haiku-4.5", "temperature": 0.5}
        answer = httpx.post(running.url + "/v1/messages", json=body, trust_env=False)
        assert answer.content == MESSAGE_STREAM
        assert argo.left.wait(2), "the first try's connection is closed"
        argo.left.clear()
        argo.answer = lambda seen: [Pause(20)]
        answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False)
        assert answer.status_code == 504
        assert argo.left.wait(2), "so is that of a call that ran out of time"


def test_a_proxy_that_refuses_is_named(argo: Upstream, way: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", way.url)
    way.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    with proxy(settings(argo, "http")) as running:
        answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
    assert answer.status_code == 502
    message = answer.json()["error"]["message"]
    assert way.url.removeprefix("http://") in message
    assert "407 Proxy Authentication Required" in message


def test_a_proxy_that_is_not_there_is_named(argo: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with proxy(settings(argo, "http")) as running:
        answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
    assert answer.status_code == 502
    assert "through the proxy http://127.0.0.1:9" in answer.json()["error"]["message"]


def test_what_is_on_this_machine_is_called_directly(argo: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    answering(argo)
    made = Settings(user="jdoe", host="127.0.0.1", port=0).with_base_url(argo.url)
    with proxy(made) as running:
        listed(running.addon.gateway)
        assert httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False).content == CHAT_STREAM


def test_an_address_of_the_settings_goes_before_the_proxy(argo: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    port = argo.url.rpartition(":")[2]
    answering(argo)
    made = Settings(user="jdoe", host="127.0.0.1", port=0, resolve_overrides={f"argo.example:{port}": "127.0.0.1"})
    with proxy(made.with_base_url(f"http://argo.example:{port}")) as running:
        listed(running.addon.gateway)
        assert httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False).content == CHAT_STREAM


def test_a_proxy_of_another_kind_is_told_and_not_used(
    argo: Upstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://jdoe:secret@10.0.0.1:1080")
    port = argo.url.rpartition(":")[2]
    answering(argo)
    made = Settings(user="jdoe", host="127.0.0.1", port=0, resolve_overrides={f"argo.example:{port}": "127.0.0.1"})
    with proxy(made.with_base_url(f"http://argo.example:{port}")) as running:
        assert httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False).content == CHAT_STREAM
    assert "ALL_PROXY names a proxy of the kind socks5" in caplog.text
    assert "secret" not in caplog.text


# Which URL goes where

P = {"https_proxy": "http://p:3128"}


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "https://argo.gov/x", None),
        (P, "https://argo.gov/x", "http://p:3128"),
        (P, "http://argo.gov/x", None),
        ({"all_proxy": "p:8080"}, "http://argo.gov/x", "http://p:8080"),
        ({"all_proxy": "http://q:1", **P}, "https://argo.gov/x", "http://p:3128"),
        ({"https_proxy": "", "all_proxy": "http://q:1"}, "https://argo.gov/x", "http://q:1"),
        ({"https_proxy": "https://p"}, "https://argo.gov/x", "https://p:443"),
        ({"https_proxy": "http://[fd00::1]:3128"}, "https://argo.gov/x", "http://[fd00::1]:3128"),
        (P, "https://localhost:8/x", None),
        (P, "https://127.9.9.9/x", None),
        (P, "https://[::1]:8/x", None),
        ({**P, "no_proxy": "*"}, "https://argo.gov/x", None),
        ({**P, "no_proxy": "anl.gov, argo.gov"}, "https://argo.gov/x", None),
        ({**P, "no_proxy": "ARGO.gov"}, "https://inside.Argo.GOV/x", None),
        ({**P, "no_proxy": ".argo.gov"}, "https://inside.argo.gov/x", None),
        ({**P, "no_proxy": "*.argo.gov"}, "https://inside.argo.gov/x", None),
        ({**P, "no_proxy": "go.gov"}, "https://argo.gov/x", "http://p:3128"),
        ({**P, "no_proxy": "argo.gov:443"}, "https://argo.gov/x", None),
        ({**P, "no_proxy": "argo.gov:8443"}, "https://argo.gov/x", "http://p:3128"),
        ({**P, "no_proxy": "10.0.0.0/8"}, "https://10.1.2.3/x", None),
        ({**P, "no_proxy": "10.0.0.0/8"}, "https://11.1.2.3/x", "http://p:3128"),
        ({**P, "no_proxy": "10.1.2.3"}, "https://10.1.2.3/x", None),
        ({**P, "no_proxy": "2.3"}, "https://10.1.2.3/x", "http://p:3128"),
        ({**P, "no_proxy": "fd00::1"}, "https://[fd00::1]/x", None),
        ({**P, "no_proxy": ",, ,"}, "https://argo.gov/x", "http://p:3128"),
    ],
)
def test_which_urls_go_by_which_proxy(variables: dict[str, str], url: str, expected: str | None) -> None:
    found = Proxies(variables).of(url)
    assert (found.url if found is not None else None) == expected


@pytest.mark.parametrize("value", ["socks5://p:1", "http://", "http://p:port", "ftp://p"])
def test_what_is_no_http_proxy_is_unusable(value: str) -> None:
    with pytest.raises(Unusable, match="HTTPS_PROXY"):
        Proxies({"https_proxy": value}).of("https://argo.gov/x")


def test_the_variables_in_small_letters_go_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://capital:1")
    monkeypatch.setenv("https_proxy", "http://small:1")
    monkeypatch.setenv("NO_PROXY", "anl.gov")
    assert proxy_variables() == {"https_proxy": "http://small:1", "no_proxy": "anl.gov"}
