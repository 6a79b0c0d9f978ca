"""Real servers that several gateways share, as they are installed here, each a fresh one of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .ports import free_port

_SECONDS = 30.0


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Waits until a process listens."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "the server has ended"
            assert time.monotonic() < end, "the server does not listen"
            time.sleep(0.05)
        else:
            return


@contextmanager
def redis_server(folder: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis, on a free port if none is given; its URL and process. Who ends the process may start another one."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = port or free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait(_SECONDS)


def _of_postgresql(program: str) -> str:
    """Where a program of PostgreSQL's is; Debian has the server's where no PATH leads."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = shutil.which(program) or (str(places[-1]) if places else None)
    if found is None:
        pytest.skip(f"PostgreSQL is not installed: there is no {program}")
    return found


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of its own; its URL. It does not run as root."""
    initdb, postgres, pg_isready = map(_of_postgresql, ("initdb", "postgres", "pg_isready"))
    port = free_port()
    other: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="kept") as folder:
        if other:
            shutil.chown(folder, "nobody")
        data = f"{folder}/data"
        made = [initdb, "--pgdata", data, "--username", "jdoe", "--auth", "trust", "--no-sync"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, **other)
        command = [postgres, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder, **other)
        try:
            wait_for(port, process)
            ready = [pg_isready, "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
            end = time.monotonic() + _SECONDS
            while subprocess.run(ready, stdout=subprocess.DEVNULL).returncode != 0:
                assert time.monotonic() < end, "the server does not become ready"
                time.sleep(0.05)
            yield f"postgresql://jdoe@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_SECONDS)
