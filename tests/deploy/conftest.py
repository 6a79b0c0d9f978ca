"""Two gateways and Redis behind a real nginx and a real HAProxy, each by its file of deploy/."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from .. import servers
from ..ports import free_port
from ..running import Upstream, upstream
from ..shell.test_serve import config, serving

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


class Group(NamedTuple):
    """What runs: ARGO's stand-in, the gateways with their URLs, and those before them."""

    argo: Upstream
    gateways: list[tuple[subprocess.Popen[str], str]]
    fronts: dict[str, str]


def placed(text: str, gateways: list[str], port: int) -> str:
    """A file of deploy/ with these gateways in the place of its two, at a port of the loopback interface."""
    for usual, url in zip(("127.0.0.1:44497", "127.0.0.1:44498"), gateways, strict=True):
        assert text.count(usual) == 1
        text = text.replace(usual, url.removeprefix("http://"))
    text, places = re.subn(r"(?m)^( *(?:listen|bind)) :?80\b", rf"\1 127.0.0.1:{port}", text)
    assert places == 1
    return text


def nginx_files(folder: Path, gateways: list[str], port: int) -> Path:
    """nginx's main file around ours."""
    ours = folder / "argo-proxy.conf"
    ours.write_text(placed((DEPLOY / "nginx" / "argo-proxy.conf").read_text(), gateways, port))
    kinds = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/client; {kinds} include {ours}; }}\n"
    )
    return main


def haproxy_file(folder: Path, gateways: list[str], port: int) -> Path:
    """HAProxy's file, ours."""
    made = folder / "haproxy.cfg"
    made.write_text(placed((DEPLOY / "haproxy" / "haproxy.cfg").read_text(), gateways, port))
    return made


def needed(*programs: str) -> None:
    """Skips where a server is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@contextmanager
def front(command: list[str], port: int) -> Iterator[str]:
    """A server before the gateways; its URL."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        servers.wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def running(folder: Path, **limits: int) -> Iterator[Group]:
    """The whole of it; the config is that of deploy/ but for addresses and limits."""
    with ExitStack() as stack:
        argo = stack.enter_context(upstream())
        redis, _ = stack.enter_context(servers.redis_server(folder))
        path = config(
            folder, argo_base_url=argo.url, skip_url_validation=True, username_passthrough=True,
            client_auth="username", allowed_hosts=["argo.example.org"], limits=limits, limits_store=redis,
            usage_ledger=False, record_failures=False, verbose=False,
        )  # fmt: skip
        gateways = []
        for number in range(2):
            process, url, _ = stack.enter_context(serving(str(path), "--name", f"g{number}", cwd=folder))
            gateways.append((process, url))
        urls = [url for _, url in gateways]
        ports = free_port(), free_port()
        nginx = ["nginx", "-e", "stderr", "-c", str(nginx_files(folder, urls, ports[0]))]
        haproxy = ["haproxy", "-f", str(haproxy_file(folder, urls, ports[1]))]
        fronts = {
            "nginx": stack.enter_context(front(nginx, ports[0])),
            "haproxy": stack.enter_context(front(haproxy, ports[1])),
        }
        yield Group(argo, gateways, fronts)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """A group's gateways for the tests of a file."""
    needed("nginx", "haproxy", "redis-server")
    with running(tmp_path_factory.mktemp("group"), requests_per_minute=50, streams_at_once=12) as made:
        yield made
