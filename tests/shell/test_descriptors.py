"""File descriptors: the limit is raised as far as it goes, and a crowd that fills the table hurts nobody."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from ..running import STREAM, Pause, Upstream, chunk, json_answer, upstream
from .test_serve import FIRST, config

COMMAND = str(Path(sys.executable).with_name("argo-proxy"))
ANSWER = json_answer(b'{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]}')
CHAT = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = lambda seen: [ANSWER]
        yield made


class Served:
    """A gateway that may have so many files open, and where its log goes."""

    def __init__(self, pid: int, port: int, log: Path) -> None:
        self.pid, self.port, self.log = pid, port, log
        self.url = f"http://127.0.0.1:{port}"

    def call(self) -> httpx.Response:
        return httpx.post(self.url + "/v1/chat/completions", json=CHAT, trust_env=False, timeout=20)


@contextmanager
def serving(folder: Path, argo: Upstream, limits: str) -> Iterator[Served]:
    path, log = config(folder, argo_base_url=argo.url), folder / "log"
    script = f'{limits}; exec "$@" 2>&1'
    arguments = ["/bin/sh", "-c", script, "sh", COMMAND, "serve", str(path)]
    with log.open("wb") as out, subprocess.Popen(arguments, stdout=out, cwd=folder) as process:
        try:
            deadline = time.monotonic() + 30
            while "listens on" not in log.read_text() or "models:" not in log.read_text():
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            port = int(log.read_text().partition("listens on http://127.0.0.1:")[2].split()[0])
            yield Served(process.pid, port, log)
        finally:
            process.kill()


def connected(port: int, number: int, say: bytes = b"") -> ExitStack:
    stack = ExitStack()
    for _ in range(number):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        if say:
            one.sendall(say)
    return stack


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="/proc is Linux's")
def test_the_soft_limit_is_raised(tmp_path: Path, argo: Upstream) -> None:
    with serving(tmp_path, argo, "ulimit -S -n 64; ulimit -H -n 900") as gateway:
        row = next(
            line for line in Path(f"/proc/{gateway.pid}/limits").read_text().splitlines() if "open files" in line
        )
        assert row.split()[3:5] == ["900", "900"]
        with connected(gateway.port, 300):
            assert gateway.call().status_code == 200


IDLE = b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n"
CROWDS = {
    "silent": (b"", 256),
    "half a head": (b"GET / HT", 256),
    "half a head, few files": (b"GET / HT", 90),
    "idle behind an answer, few files": (IDLE, 90),
}


@pytest.mark.parametrize(("say", "files"), CROWDS.values(), ids=CROWDS)
def test_a_crowd_that_asks_nothing_makes_room(tmp_path: Path, argo: Upstream, say: bytes, files: int) -> None:
    with serving(tmp_path, argo, f"ulimit -n {files}") as gateway:
        before = len(gateway.log.read_text().splitlines())
        for _ in range(2):
            with connected(gateway.port, 300, say):
                for _ in range(3):
                    assert gateway.call().status_code == 200
        lines = gateway.log.read_text().splitlines()[before:]
        assert len([line for line in lines if "gpt-5.4" not in line]) <= 4, lines
        assert "Traceback" not in gateway.log.read_text()


def test_where_all_are_at_work_a_new_one_is_told_and_they_go_on(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = lambda seen: [STREAM, chunk(FIRST), Pause(20)]
    body = json.dumps({**CHAT, "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body)
    with serving(tmp_path, argo, "ulimit -n 230") as gateway:
        with ExitStack() as stack:
            streams = []
            for _ in range(33):
                one = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=20))
                one.sendall(head + body)
                assert one.recv(20).startswith(b"HTTP/1.1 200")
                streams.append(one)
            with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as late:
                assert late.recv(1000).startswith(b"HTTP/1.1 503")
            for one in streams:
                one.recv(65536)
                one.settimeout(0.01)
                with pytest.raises(TimeoutError):  # nothing has ended it
                    one.recv(65536)
        argo.answer = lambda seen: [ANSWER]
        deadline = time.monotonic() + 10
        while (answer := httpx.get(gateway.url + "/health", trust_env=False)).status_code != 200:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)
        assert gateway.call().status_code == 200
