"""ARGO out of reach, for real: the same words to whoever asks for the model list and to whoever calls a model."""

from __future__ import annotations

import asyncio
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest

from argo_addon.models.fetch import fetch
from argo_addon.models.unreachable import Unreachable
from argo_addon.models.upstream_access import UpstreamAccess
from argo_addon.proxy.calls import Limits
from argo_addon.proxy.model_list import ModelList
from argo_addon.proxy.upstreams import Upstreams
from argo_addon.settings.model import Settings, proxy_variables

from ..running import Upstream, json_answer, proxy, settings_for, upstream
from .talking import CHAT, MESSAGES
from .test_tls import certificate
from .test_upstream_proxy import VARIABLES, between


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


class Fault(NamedTuple):
    """Settings with which ARGO is out of reach, the environment's variables, and what a user is to be told."""

    settings: Settings
    variables: dict[str, str]
    says: tuple[str, ...]


def at(url: str, **more: object) -> Settings:
    return settings_for(url, connection_test_timeout=20.0, **more)


def refused(stack: ExitStack, folder: Path) -> Fault:
    url = f"http://127.0.0.1:{closed_port()}"
    return Fault(at(url), {}, (url, "refused", "argo_base_url"))


def unknown_name(stack: ExitStack, folder: Path) -> Fault:
    return Fault(at("http://argo.invalid"), {}, ("http://argo.invalid", "name argo.invalid is not known", "VPN"))


def dead_proxy(stack: ExitStack, folder: Path) -> Fault:
    way = f"http://127.0.0.1:{closed_port()}"
    says = ("https://argo.example", f"through the proxy {way}", "HTTPS_PROXY", "refused", "NO_PROXY=argo.example")
    return Fault(at("https://argo.example"), {"HTTPS_PROXY": way.replace("//", "//jdoe:s3cret@")}, says)


def unknown_proxy(stack: ExitStack, folder: Path) -> Fault:
    says = ("through the proxy http://proxy.invalid:3128", "ALL_PROXY", "name proxy.invalid is not known")
    return Fault(at("https://argo.example"), {"all_proxy": "proxy.invalid:3128"}, says)


def proxy_that_wants_a_password(stack: ExitStack, folder: Path) -> Fault:
    made = stack.enter_context(between())
    made.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    says = (f"through the proxy {made.url}", "407", "HTTPS_PROXY", "NAME:PASSWORD")
    return Fault(at("https://argo.example"), {"https_proxy": made.url}, says)


def proxy_that_forbids(stack: ExitStack, folder: Path) -> Fault:
    made = stack.enter_context(between())
    made.refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    says = (f"through the proxy {made.url}", "403", "NO_PROXY=argo.example")
    return Fault(at("https://argo.example"), {"HTTPS_PROXY": made.url}, says)


def socks(stack: ExitStack, folder: Path) -> Fault:
    says = ("https://argo.invalid", "ALL_PROXY", "socks5", "HTTPS_PROXY")
    return Fault(at("https://argo.invalid"), {"ALL_PROXY": "socks5://127.0.0.1:1080"}, says)


def tunnel_that_is_down(stack: ExitStack, folder: Path) -> Fault:
    port = closed_port()
    settings = at(f"https://argo.example:{port}", resolve_overrides={f"argo.example:{port}": "127.0.0.1"})
    return Fault(settings, {}, (f"https://argo.example:{port}", "127.0.0.1", "resolve_overrides", "refused", "tunnel"))


def over_tls(stack: ExitStack, folder: Path, name: str) -> tuple[Upstream, str, Path]:
    pem = certificate(folder, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    made = stack.enter_context(upstream(context))
    return made, made.url.rpartition(":")[2], pem


def certificate_that_nobody_knows(stack: ExitStack, folder: Path) -> Fault:
    _, port, _ = over_tls(stack, folder, "localhost")
    return Fault(at(f"https://localhost:{port}"), {}, (f"https://localhost:{port}", "certificate", "ssl_ca_file"))


def certificate_of_another(stack: ExitStack, folder: Path) -> Fault:
    _, port, pem = over_tls(stack, folder, "other.example")
    settings = at(
        f"https://argo.example:{port}", ssl_ca_file=str(pem), resolve_overrides={f"argo.example:{port}": "127.0.0.1"}
    )
    return Fault(settings, {}, ("argo.example", "another name", "resolve_overrides"))


def no_tls(stack: ExitStack, folder: Path) -> Fault:
    server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Plain))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    url = f"https://127.0.0.1:{server.server_address[1]}"
    return Fault(at(url), {}, (url, "no TLS", "http://"))


class Plain(socketserver.BaseRequestHandler):
    """Speaks HTTP to whoever wants TLS."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")


FAULTS: tuple[Callable[[ExitStack, Path], Fault], ...] = (
    refused, unknown_name, dead_proxy, unknown_proxy, proxy_that_wants_a_password, proxy_that_forbids, socks,
    tunnel_that_is_down, certificate_that_nobody_knows, certificate_of_another, no_tls,
)  # fmt: skip


@pytest.fixture(params=FAULTS, ids=lambda made: made.__name__)
def fault(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fault]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with ExitStack() as stack:
        made: Fault = request.param(stack, tmp_path)
        for name, value in made.variables.items():
            monkeypatch.setenv(name, value)
        yield made


async def _asked_by_gateway(url: str, access: UpstreamAccess) -> None:
    upstreams = Upstreams(lambda: access.context)
    try:
        await ModelList(access, upstreams).fetch(url)
    finally:
        upstreams.close()
        await asyncio.sleep(0.01)  # asyncio ends connections in its next turns


def problem_of(settings: Settings) -> Unreachable:
    """What the command line is told, and a gateway in the same words."""
    access, url = UpstreamAccess(settings, proxy_variables()), settings.native_openai_base_url + "/models"
    with pytest.raises(Unreachable) as caught:
        asyncio.run(fetch(url, access))
    with pytest.raises(Unreachable) as of_gateway:
        asyncio.run(_asked_by_gateway(url, access))
    assert str(of_gateway.value) == str(caught.value)
    return caught.value


def test_the_same_is_told_of_the_list_and_of_a_call(fault: Fault) -> None:
    problem = problem_of(fault.settings)
    for words in fault.says:
        assert words in str(problem)
    assert problem.remedy in str(problem)
    assert "s3cret" not in str(problem)
    assert "\n" not in str(problem)
    with (
        proxy(fault.settings, Limits(connect=5)) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        for path, body in (("/v1/chat/completions", CHAT), ("/v1/messages", MESSAGES)):
            answer = client.post(path, json=body, timeout=30)
            assert answer.status_code == 502, answer.text
            assert answer.headers["x-should-retry"] == "false", "a tool that tries again only makes its user wait"
            message = answer.json()["error"]["message"]
            for words in fault.says:
                assert words in message
        argo = client.get("/health").json()["argo"]
        assert argo["answers"] is False
        assert all(words in argo["problem"] for words in fault.says)
        assert argo["remedy"] == problem.remedy


PAGE = b"<html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (json_answer(b"{}", "404 Not Found"), ("answers 404", "argo_base_url")),
        (json_answer(b"{}", "503 Service Unavailable"), ("answers 503", "later")),
        (json_answer(b"", "302 Found", "location: https://sso.example/login"), ("302", "https://sso.example/login")),
        (json_answer(PAGE, "401 Unauthorized", content_type="text/html"), ("answers 401", "log")),
    ],
)
def test_what_answers_and_is_no_list_is_told(answer: bytes, says: tuple[str, ...]) -> None:
    with upstream() as made:
        made.answer = lambda seen: [answer]
        problem = str(problem_of(at(made.url)))
    for words in (made.url, *says):
        assert words in problem


def test_one_that_never_answers_is_told_with_the_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        problem = problem_of(msgspec.structs.replace(at(url), connection_test_timeout=0.3))
    assert "no answer within 0.3 s" in str(problem)
    assert "tunnel" in problem.remedy
