"""What is asked for and cannot be: a start beside another gateway, a restart elsewhere, a lock that is held."""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .person import Person


def test_a_start_that_would_be_otherwise_says_in_what(person: Person, tmp_path: Path) -> None:
    person.run("start", "--demo", "--port", "0")
    assert "runs already" in person.run("start")
    assert "runs already" in person.run("start", "--demo")
    assert "verbose: True runs, False is asked" in person.run("start", "--quiet", code=1)
    assert "port: " in person.run("start", "--port", "1234", code=1)
    path = person.config(argo_base_url="demo")
    assert "user: demo runs, jdoe is asked" in person.run("start", code=1)
    person.run("restart")
    assert "runs already" in person.run("start")
    path.write_text(json.dumps({**json.loads(path.read_text()), "max_tools": 17}))
    assert "max_tools: 10000 runs, 17 is asked" in person.run("start", code=1)
    person.run("restart")
    assert "runs already" in person.run("start")
    here = tmp_path / "project" / "config.yaml"
    here.parent.mkdir()
    here.write_text('config_version: "3"\nuser: other\nargo_base_url: demo\nhost: 127.0.0.1\nport: 0\n')
    said = person.run("start", code=1, cwd=here.parent)
    assert "user: jdoe runs, other is asked" in said
    assert f"argo-proxy restart {here}" in said, "a restart without a file keeps to its own"


@pytest.mark.parametrize("where", ["taken", "not here", "no name"])
def test_a_restart_that_cannot_be_leaves_the_gateway_alone(person: Person, where: str) -> None:
    person.run("start", "--demo", "--port", "0")
    before = person.status["pid"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        words = {
            "taken": ("--port", str(other.getsockname()[1])),
            "not here": ("--host", "192.0.2.1"),
            "no name": ("--host", "300.1.1.1"),
        }
        said = person.run("restart", *words[where], code=1)
    assert "cannot listen" in said
    assert "goes on as it was" in said
    assert (person.status["pid"], person.status["answers"]) == (before, True)
    if where == "taken":
        assert "listens on" in person.run("restart", "--host", "0.0.0.0"), "its own port is none that is taken"


@pytest.mark.skipif(sys.platform != "linux", reason="who has a lock is told by Linux alone")
def test_who_only_has_the_lock_is_not_taken_for_the_gateway(person: Person) -> None:
    folder = person.home / ".local" / "state" / "argoproxy"
    folder.mkdir(parents=True)
    person.run("start", "--demo", "--port", "0")
    person.run("stop")
    (lock,) = folder.glob("*.lock")
    code = "import fcntl, sys, time; file = open(sys.argv[1]); fcntl.flock(file, 2); print(flush=True); time.sleep(99)"
    with subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE) as bystander:
        assert bystander.stdout is not None
        bystander.stdout.readline()
        name = f"pid {bystander.pid} "
        for words, exit_code in ((("status",), 3), (("stop",), 0), (("start", "--demo", "--port", "0"), 1)):
            said = person.run(*words, code=exit_code)
            assert name in said
            assert "no argo-proxy" in said
        assert bystander.poll() is None
        bystander.kill()
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    person.run("start", "--demo", "--port", "0")
