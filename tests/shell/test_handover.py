"""A restart under load: the old process hands its sockets over, and nobody who connects meanwhile is refused."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.paths import handover_socket

from ..ports import free_port
from ..running import Pause, Upstream, json_answer
from .person import Person

ANSWER = json_answer(b'{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]}')
BODY = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'


class Load:
    """Calls without a pause from a few threads, each on a connection of its own; what went wrong, and who answered."""

    def __init__(self, port: int, path: Path | None = None) -> None:
        """At a port, or at the path of a Unix socket."""
        self.wrong: list[str] = []
        self.pids: list[int] = []
        self.calls = 0
        self._port = port
        self._path = path
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(8)]

    def _run(self, number: int) -> None:
        while not self._over.is_set():
            try:
                asked = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
                if self._path is not None:
                    asked.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                    asked.sock.settimeout(20)
                    asked.sock.connect(str(self._path))
                if number % 4 == 0:
                    asked.request("POST", "/v1/chat/completions", BODY)
                    answer = asked.getresponse()
                    answer.read()
                else:
                    asked.request("GET", "/health")
                    answer = asked.getresponse()
                    self.pids.append(int(answer.read().partition(b'"pid":')[2].partition(b",")[0]))
                asked.close()
                self.calls += 1
                if answer.status != 200:
                    self.wrong.append(f"{number}: {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{number}: {error!r}")

    @contextmanager
    def running(self) -> Iterator[Load]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(30)


def test_between_two_processes_no_connection_is_refused_and_no_call_lost(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [Pause(0.02), ANSWER]
    port = free_port()
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=port)
    person.run("start")
    nobody_is_refused(person, Load(port), 4)


def nobody_is_refused(person: Person, load: Load, restarts: int) -> None:
    """Restarts under load, each time once the process that runs has answered some of it."""
    pids = [person.status["pid"]]
    with load.running():
        for _ in range(restarts):
            person.until(lambda: pids[-1] in load.pids)
            person.run("restart")
            pids.append(person.status["pid"])
        person.until(lambda: pids[-1] in load.pids)
    assert load.wrong == []
    assert len(set(pids)) == restarts + 1
    assert set(load.pids) == set(pids)
    person.until(lambda: not any(map(is_there, pids[:-1])))


@pytest.mark.parametrize("alone", [True, False])
def test_nor_is_one_at_a_unix_socket(person: Person, argo: Upstream, alone: bool, tmp_path: Path) -> None:
    argo.answer = lambda seen: [Pause(0.02), ANSWER]
    path = tmp_path / "argo.sock"
    port = "none" if alone else free_port()
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=port, socket=str(path))
    person.run("start")
    nobody_is_refused(person, Load(0, path), 3)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.is_socket()] == [path.name]
    person.run("stop")
    assert not path.exists()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


def test_a_restart_that_cannot_be_leaves_the_old_one_at_work(person: Person, argo: Upstream) -> None:
    """Not only where the configuration is bad: the folder of recordings cannot be made only once it is tried."""
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    before = person.status
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=free_port(), host="192.0.2.1")
    assert "does not have the address" in person.run("restart", code=1)
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    assert person.status["running"]
    assert before["running"]


def test_a_restart_at_another_address_leaves_the_first(person: Person, argo: Upstream) -> None:
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=free_port())
    person.run("start")
    first = person.status["url"]
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=(second := free_port()))
    person.run("restart")
    assert person.status["url"].endswith(f":{second}")
    assert person.status["url"] != first


def test_one_that_hangs_is_followed_all_the_same(person: Person, argo: Upstream) -> None:
    """It hands nothing over and gives nothing up: it is killed, as before there was anything to hand over."""
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=free_port())
    person.run("start")
    old = person.status["pid"]
    os.kill(old, signal.SIGSTOP)
    person.run("restart")
    assert person.status["pid"] != old
    assert not is_there(old)


def test_the_offer_is_the_users_own_and_ends_with_the_gateway(person: Person, argo: Upstream) -> None:
    person.config(argo_base_url=argo.url, skip_url_validation=True, port=free_port())
    person.run("start")
    (offer,) = Path(person.home).rglob(Path(handover_socket()).name)
    assert stat.S_IMODE(offer.stat().st_mode) == 0o600
    person.run("restart")
    assert offer.is_socket()
    person.run("stop")
    assert not offer.exists()
