"""What a person does with the daemon, in a clean home: the real command, real processes, real sockets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ..ports import free_port
from ..running import STREAM, Pause, Upstream, chunk, json_answer
from .person import COMMAND, Person

CHAT = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
FIRST = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
    b'"delta":{"content":"Hi"}}]}\n\n'
)
LAST = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


def ask(url: str) -> int:
    return httpx.post(f"{url}/v1/chat/completions", json=CHAT, timeout=20, trust_env=False).status_code


def test_init_start_status_request_logs_stop(person: Person) -> None:
    assert "argo-proxy start" in person.run(
        "config", "init", "--user", "jdoe", "--env", "demo", "--port", str(free_port())
    )
    said = person.run("start")
    status = person.status
    assert status["url"] in said
    assert status["running"]
    assert status["mode"] == "daemon"
    assert status["models"]["source"] == "upstream"
    assert ask(status["url"]) == 200
    assert (
        httpx.post(f"{status['url']}/v1/chat/completions", json={"model": "nope"}, trust_env=False).status_code == 404
    )
    shown = person.run("status")
    assert status["url"] in shown
    assert "answers" in shown
    assert "2, of which 1 failed" in shown
    assert "MB" in shown
    assert "gpt-5.4 (gpt54) plain: 200" in person.run("logs")
    assert "runs already" in person.run("start")
    assert "stopped" in person.run("stop")
    assert person.run("status", code=3).startswith("argo-proxy does not run")
    assert "does not run" in person.run("stop")


def test_a_restart_keeps_the_address_and_lets_a_stream_end(person: Person, argo: Upstream) -> None:
    released = threading.Event()

    def held(seen: object) -> Iterator[bytes | Pause]:
        yield from (STREAM, chunk(FIRST))
        while not released.is_set():
            yield Pause(0.05)
        yield from (chunk(LAST), b"0\r\n\r\n")

    argo.answer = held
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    before = person.status
    got: list[str] = []

    def stream() -> None:
        with httpx.stream(
            "POST", f"{before['url']}/v1/chat/completions", json={**CHAT, "stream": True}, trust_env=False, timeout=30
        ) as answer:
            got.extend(answer.iter_lines())

    reading = threading.Thread(target=stream)
    reading.start()
    person.until(lambda: person.status["active_streams"] == 1)
    person.run("restart")  # which comes back though the stream goes on
    assert reading.is_alive()
    after = person.status
    assert after["pid"] != before["pid"]
    assert after["url"] == before["url"]
    released.set()
    reading.join()
    assert "data: [DONE]" in got
    assert not any("error" in line for line in got)


def test_a_stop_lets_a_stream_end_and_insists_in_the_end(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [STREAM, chunk(FIRST), Pause(30)]
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    status, got = person.status, list[str]()

    def stream() -> None:
        with httpx.stream(
            "POST", f"{status['url']}/v1/chat/completions", json={**CHAT, "stream": True}, trust_env=False, timeout=30
        ) as answer:
            got.extend(answer.iter_lines())

    reading = threading.Thread(target=stream)
    reading.start()
    person.until(lambda: person.status["active_streams"] == 1)
    began = time.monotonic()
    said = person.run("stop", "--timeout", "0.5")
    assert "stopped" in said
    assert time.monotonic() - began < 8
    reading.join()
    assert any("argo-proxy was stopped" in line for line in got), got


def test_after_kill_9_status_says_so_and_start_starts(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    old = person.status
    os.kill(old["pid"], signal.SIGKILL)
    person.until(lambda: not person.status["running"])
    assert "ended without a word" in person.run("status", code=3)
    person.run("start", "--demo", "--port", "0")
    assert person.status["pid"] != old["pid"]


def test_a_record_whose_pid_is_another_process_is_not_believed(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    record = next((person.home / ".local/state/argoproxy").glob("daemon.*.json"))
    text = record.read_text()
    person.run("stop")
    with subprocess.Popen(["sleep", "30"]) as bystander:
        record.write_text(json.dumps({**json.loads(text), "pid": bystander.pid, "created": time.time() - 60}))
        assert not person.status["running"]
        assert "does not run" in person.run("stop")
        assert bystander.poll() is None, "it stopped somebody else's process"
        bystander.kill()


def test_two_starts_at_once_give_one_daemon(person: Person) -> None:
    starts = [
        subprocess.Popen([COMMAND, "start", "--demo", "--port", "0"], env=person.env, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [start.communicate(timeout=60)[0] for start in starts]
    assert [start.returncode for start in starts] == [0] * 4, said
    assert sum("listens on" in one for one in said) == 1
    assert all(person.status["url"] in one for one in said)


def test_a_taken_port_is_told_with_its_holder(person: Person) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = person.run("start", "--demo", "--port", str(port), code=1)
    assert f"port {port}" in said
    assert f"process {os.getpid()}" in said
    assert "--port" in said
    assert not person.status["running"]


def test_a_broken_config_is_told_and_a_restart_with_it_keeps_the_old_one(person: Person) -> None:
    path = person.config(argo_base_url="demo")
    person.run("start")
    pid = person.status["pid"]
    path.write_text("port: [1")
    assert str(path) in person.run("restart", code=2)
    assert person.status["pid"] == pid
    person.run("stop")
    assert "line 1" in person.run("start", code=2)


def test_without_a_config_it_tells_the_two_commands(person: Person) -> None:
    said = person.run("start", code=2)
    assert "argo-proxy config init" in said
    assert "argo-proxy start --demo" in said


def test_a_full_disk_for_the_log_stops_nothing(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    log = Path(person.status["log"])
    person.run("stop")
    log.unlink()
    log.symlink_to("/dev/full")
    said = person.run("start", "--demo", "--port", "0")
    assert "No space left" in said
    assert ask(person.status["url"]) == 200


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root can write everywhere")
def test_a_home_that_cannot_be_written_is_told(person: Person) -> None:
    (person.home / ".local").mkdir(mode=0o500)
    words = [COMMAND, "start", "--demo", "--port", "0"]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *words]
    done = subprocess.run(words, env=person.env, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "cannot be written" in said
    assert "XDG_STATE_HOME" in said
    assert "Traceback" not in said


def test_it_outlives_its_starter_and_a_folder_that_is_gone(person: Person) -> None:
    folder = person.home / "gone"
    folder.mkdir()
    script = f"cd {folder} && rmdir {folder} && {COMMAND} start --demo --port 0"
    done = subprocess.run(["sh", "-c", script], env=person.env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert os.readlink(f"/proc/{person.status['pid']}/cwd") == "/"
    assert ask(person.status["url"]) == 200


def test_a_starter_that_is_killed_leaves_a_daemon_that_runs(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [Pause(1.5), json_answer(b'{"data":[]}')]
    person.config(argo_base_url=argo.url)
    with subprocess.Popen([COMMAND, "start"], env=person.env, cwd=person.home, stdout=subprocess.DEVNULL) as start:
        deadline = time.monotonic() + 10
        while not argo.connections and time.monotonic() < deadline:
            time.sleep(0.02)
        start.kill()
    person.until(lambda: person.status["running"], 40)


def test_a_daemon_that_dies_at_once_is_told_without_a_traceback(person: Person) -> None:
    broken = person.home / "broken"
    broken.mkdir()
    (broken / "mitmproxy.py").write_text("raise RuntimeError('no mitmproxy today')\n")
    said = person.run("start", "--demo", "--port", "0", code=1, PYTHONPATH=str(broken))
    assert "no mitmproxy today" in said
    assert "log" in said


def test_serve_is_found_by_status_and_ended_by_stop(person: Person) -> None:
    with subprocess.Popen(
        [COMMAND, "serve", "--demo", "--port", "0"], env=person.env, cwd=person.home, stdout=subprocess.PIPE, text=True
    ) as serving:
        person.until(lambda: person.status["running"], 40)
        assert person.status["mode"] == "foreground"
        assert "terminal" in person.run("restart", code=1)
        assert "runs already" in person.run("start", "--demo")
        person.run("stop")
        assert serving.wait(10) == 0


def test_systemd_is_told_of_readiness_and_of_the_end(person: Person) -> None:
    address = str(person.home / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(20)
        env = {**person.env, "NOTIFY_SOCKET": address}
        with subprocess.Popen(
            [COMMAND, "serve", "--demo", "--port", "0", "--as-service"], env=env, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as serving:  # fmt: skip
            assert systemd.recv(100) == b"READY=1"
            assert person.status["mode"] == "service"
            assert "listens on" in person.run("logs") or "model list read" in person.run("logs")
            serving.send_signal(signal.SIGTERM)
            assert systemd.recv(100) == b"STOPPING=1"
            assert serving.wait(10) == 0


LOADED = """
import sys
sys.argv = ["argo-proxy", *sys.argv[1:]]
from shell.cli import main
try:
    main()
except SystemExit:
    pass
sys.exit(" ".join({"mitmproxy", "httpx", "click", "msgspec", "yaml", "psutil"} & set(sys.modules)) or 0)
"""


@pytest.mark.parametrize("word", ["status", "--help", "--version"])
def test_what_people_wait_for_loads_nothing_heavy(person: Person, word: str) -> None:
    """Also where another gateway has the usual port, which is no reason to look longer."""
    if word == "status":
        (elsewhere := person.home / "elsewhere").mkdir()
        port = str(free_port())
        person.run("start", "--demo", "--port", port, XDG_STATE_HOME=str(elsewhere))
        person.env["ARGO_PROXY_PORT"] = port
    done = subprocess.run([sys.executable, "-c", LOADED, word], capture_output=True, text=True, env=person.env)
    if word == "status":
        person.run("stop", XDG_STATE_HOME=str(elsewhere))
        assert "another argo-proxy" in done.stdout
    assert done.returncode == 0, done.stderr


def test_a_hangup_ends_a_gateway_in_a_terminal_and_not_the_daemon(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    os.kill(person.status["pid"], signal.SIGHUP)
    time.sleep(0.3)
    assert ask(person.status["url"]) == 200
    person.run("stop")
    serving = subprocess.Popen(
        [COMMAND, "serve", "--demo", "--port", "0"], env=person.env, cwd=person.home, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    person.until(lambda: person.status["running"], 40)
    serving.send_signal(signal.SIGHUP)
    said, _ = serving.communicate(timeout=10)
    assert said.endswith("argo-proxy stopped.\n")
    assert serving.returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["status"], ["models", "--json"]])
def test_what_cannot_be_written_ends_in_a_sentence(person: Person, words: list[str]) -> None:
    person.config(argo_base_url="demo")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [COMMAND, *words], env=person.env, cwd=person.home, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "what it says cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    closed = subprocess.run(["sh", "-c", f"{COMMAND} {' '.join(words)} >&-"], env=person.env, capture_output=True)
    assert b"Traceback" not in closed.stderr


def test_the_demo_is_named_and_left_once_there_is_a_configuration(person: Person, argo: Upstream) -> None:
    person.run("start", "--demo", "--port", "0")
    status = person.status
    assert status["demo"] is True
    assert httpx.get(f"{status['url']}/health", trust_env=False).json()["demo"] is True
    shown = person.run("status")
    assert "simulator (demo)" in shown
    assert "--demo" in shown
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    refused = person.run("start", code=1)
    assert "demo" in refused
    assert "argo-proxy restart" in refused
    assert "has left the demo" in person.run("restart")
    status = person.status
    assert status["demo"] is False
    assert status["upstream"]["openai"].startswith(argo.url)
    assert "simulator" not in person.run("status")
    person.run("restart", "--demo")
    assert person.status["demo"] is True
    person.run("restart", "--no-demo")
    assert person.status["demo"] is False


def test_switches_can_be_taken_back(person: Person, argo: Upstream) -> None:
    path = person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start", "--force-conversion", "--legacy-argo", "--username-passthrough", "--dump-requests")
    shown = person.run("status")
    for option in ("--force-conversion", "--legacy-argo", "--username-passthrough", "--dump-requests"):
        assert option in shown
    person.run("restart", "--no-force-conversion", "--no-legacy-argo", "--no-dump-requests")
    flags = person.status["flags"]
    assert (flags["force_conversion"], flags["use_legacy_argo"], flags["dump_requests"]) == (False, False, False)
    assert flags["username_passthrough"] is True
    assert person.status["recording"]["all"] is False
    person.run("restart", str(path))
    assert set(person.status["flags"]) <= {"port"}  # the address stays where the file leaves it open


def test_a_start_that_asks_for_something_else_says_what_runs(person: Person, argo: Upstream) -> None:
    path = person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    assert "runs already" in person.run("start")
    assert "runs already" in person.run("start", str(path))
    assert "force_conversion: False runs, True is asked" in person.run("start", "--force-conversion", code=1)
    other = person.home / "other.yaml"
    other.write_text(json.dumps({**json.loads(path.read_text()), "user": "asmith"}))
    assert "user: jdoe runs, asmith is asked" in person.run("start", str(other), code=1)
    path.write_text("user: [\n")
    assert "user: jdoe runs, asmith is asked" in person.run("start", str(other), code=1)
    assert person.status["user"] == "jdoe"


def test_the_record_of_another_version_is_read(person: Person, argo: Upstream) -> None:
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    person.run("start")
    (record,) = person.home.rglob("*.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "more": 1}))
    assert person.status["running"] is True
    assert "stopped" in person.run("stop")
