"""Which gateway runs, seen by every command in damaged states: real processes, real files, a full disk, no /proc."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..drawing import spread
from ..ports import free_port
from .person import COMMAND, Person
from .test_daemon_life import ask


def state_of(person: Person) -> Path:
    return person.home / ".local/state/argoproxy"


def record_of(person: Person) -> Path:
    [record] = state_of(person).glob("daemon.*.json")
    return record


def facts(record: Path) -> dict[str, object]:
    told = json.loads(record.read_text())
    assert isinstance(told, dict)
    return told


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def in_the_way(record: Path) -> None:
    """Damage that lasts: no record can be written any more."""
    record.unlink()
    record.mkdir()


def all_gone(record: Path) -> None:
    shutil.rmtree(record.parent)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda record: record.unlink(),
    "empty": lambda record: record.write_text(""),
    "no JSON": lambda record: record.write_text("garbage"),
    "another JSON": lambda record: record.write_text("[1]"),
    "cut": lambda record: record.write_text(record.read_text()[:40]),
    "too deep": lambda record: record.write_text("[" * 100_000),
    "a field more": lambda record: record.write_text(json.dumps({**facts(record), "shape": {"new": [1]}})),
    "pid and address alone": lambda record: record.write_text(
        json.dumps({name: facts(record)[name] for name in ("pid", "url")})
    ),
    "other types": lambda record: record.write_text(json.dumps({**facts(record), "pid": "x", "port": "y"})),
    "strange values": lambda record: record.write_text(
        json.dumps({**facts(record), "mode": "cloud", "started": "now", "flags": [], "log": 7})
    ),
    "another pid": lambda record: record.write_text(json.dumps({**facts(record), "pid": os.getpid()})),
    "a pid that is gone": lambda record: record.write_text(json.dumps({**facts(record), "pid": 2**22 - 3})),
    "another address": lambda record: record.write_text(
        json.dumps({**facts(record), "url": "http://127.0.0.1:9", "port": 9})
    ),
    "not to be written": in_the_way,
    "the whole folder gone": all_gone,
}


@pytest.mark.parametrize("damage", spread(list(DAMAGES), 0, 2))
def test_a_gateway_with_a_damaged_record_is_seen_and_ended_by_every_command(person: Person, damage: str) -> None:
    person.config(argo_base_url="demo", port=free_port())
    person.run("start", "--quiet")
    status = person.status
    record = record_of(person)

    def again() -> None:
        if record.is_file():  # it may have been put back meanwhile
            DAMAGES[damage](record)

    DAMAGES[damage](record)
    assert f"pid {status['pid']}" in person.run("status")
    again()
    seen = person.status
    assert (seen["running"], seen["pid"], seen["url"]) == (True, status["pid"], status["url"])
    again()
    assert status["url"] in person.run("env", "claude")
    again()
    assert f"pid {status['pid']}" in person.run("start", "--demo")
    again()
    assert "stopped" in person.run("stop")
    assert not exists(status["pid"])
    assert person.run("status", code=3)


def test_the_gateway_puts_its_record_back(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    status, record = person.status, record_of(person)
    shutil.rmtree(state_of(person))
    person.until(record.exists)
    assert facts(record)["pid"] == status["pid"]
    assert person.status["record_problem"] is None
    assert "runs already" in person.run("start", "--demo", "--port", "0"), "a second one started beside it"
    person.run("stop")
    assert not exists(status["pid"])
    assert not record.exists()


def test_a_gateway_that_cannot_put_its_state_back_is_seen_at_any_port(person: Person) -> None:
    """Nothing tells of it but the list of processes: its state folder has become a file."""
    person.run("start", "--demo", "--port", "0")
    status, state = person.status, state_of(person)
    shutil.rmtree(state)
    state.write_text("")
    assert (person.status["pid"], person.status["url"]) == (status["pid"], status["url"])
    assert status["url"] in person.run("env", "claude")
    assert not person.data("status", "--json", "--name", "another", code=3)["running"]
    said = person.run("restart", code=1)
    assert (f"{state} cannot be written: it is no folder" in said, exists(status["pid"])) == (True, True), said
    assert "stopped" in person.run("stop")
    assert not exists(status["pid"])
    state.unlink()


def test_a_restart_without_a_record_keeps_options_and_address(person: Person) -> None:
    person.run("start", "--demo", "--port", "0", "--force-conversion")
    status = person.status
    in_the_way(record_of(person))
    person.run("restart")
    after = person.status
    assert after["pid"] != status["pid"]
    person.until(lambda: not exists(status["pid"]))  # it stays for whoever has connected just then
    assert (after["url"], after["flags"]["force_conversion"]) == (status["url"], True)
    assert after["demo"] is True


def test_a_gateway_that_hangs_is_told_and_ended_whatever_the_clock_says(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    status, record = person.status, record_of(person)
    os.kill(status["pid"], signal.SIGSTOP)
    told = facts(record)
    moved = {name: value - 3600 if isinstance(value, float) else value for name, value in told.items()}
    record.write_text(json.dumps(moved))  # as if the clock had been set since
    assert f"pid {status['pid']}" in person.run("status", code=1)
    assert "does not answer" in person.run("env", "claude", code=3)
    assert "killed" in person.run("stop", "--timeout", "0.1")
    assert not exists(status["pid"])


def test_a_pid_that_is_used_again_is_not_taken_for_the_gateway(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    record = record_of(person)
    told = facts(record)
    lock = next(state_of(person).glob("*.lock"))
    written = lock.read_bytes()
    os.kill(int(str(told["pid"])), signal.SIGKILL)
    person.until(lambda: not exists(int(str(told["pid"]))))
    with subprocess.Popen(["sleep", "60"]) as bystander:
        record.write_text(json.dumps({**told, "pid": bystander.pid}))
        lock.write_bytes(written.replace(str(told["pid"]).encode(), str(bystander.pid).encode(), 1))
        person.run("status", code=3)
        assert "does not run" in person.run("stop")
        person.run("start", "--demo", "--port", "0")
        person.run("stop")
        assert bystander.poll() is None
        bystander.kill()


def test_a_gateway_that_is_about_to_start_is_seen(person: Person) -> None:
    """It has the lock and no address yet."""
    silent = person.home / "silent.py"
    silent.write_text(
        "import sys, time\nsys.path.insert(0, '')\nfrom daemon.registration import Registration\n"
        "Registration('daemon', None, {}).claim()\nprint('claimed', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, str(silent)], env=person.env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        assert f"pid {process.pid}" in person.run("status", code=1)
        told = person.status
        assert (told["running"], told["starting"], told["pid"]) == (False, True, process.pid)
        assert f"pid {process.pid}" in person.run("env", "claude", code=3)
        assert "stopped" in person.run("stop")
        assert process.wait(5) == -signal.SIGTERM


def test_another_argo_proxy_is_named_and_left_alone(person: Person, tmp_path: Path) -> None:
    port = free_port()
    person.config(argo_base_url="demo", port=port)
    (elsewhere := tmp_path / "elsewhere").mkdir()
    person.run("start", XDG_STATE_HOME=str(elsewhere))
    told = json.loads(
        subprocess.run(
            [COMMAND, "status", "--json"], env={**person.env, "XDG_STATE_HOME": str(elsewhere)}, capture_output=True
        ).stdout
    )
    pid = told["pid"]
    name = f"another argo-proxy, pid {pid}"
    try:
        assert name in person.run("status", code=3)
        assert person.status["other"]["pid"] == pid
        assert name in person.run("env", "claude", code=3)
        assert name in person.run("start", code=1)
        assert name in person.run("stop")
        assert exists(pid)
    finally:
        person.run("stop", XDG_STATE_HOME=str(elsewhere))


def test_an_unwritable_log_stops_nothing_and_is_told(person: Person) -> None:
    log = state_of(person) / "log"
    log.parent.mkdir(parents=True)
    log.write_text("a file where a folder should be")
    said = person.run("start", "--demo", "--port", "0")
    assert f"the log {log}" in said
    assert "cannot be written" in said
    assert ask(person.status["url"]) == 200
    log.unlink()
    ask(person.status["url"])
    assert "gpt-5.4" in person.run("logs"), "the log is not written once it can be"


def as_root_in_a_world_of_its_own(person: Person, script: str) -> str:
    """Runs a shell script with mounts that nobody else sees, as `argo` has the command; what it printed."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("needs root and mount namespaces")
    (person.home / "argo").symlink_to(COMMAND)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'argo={COMMAND}; cd "$HOME"; {script}'],
        env=person.env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return said


LIFE = """
$argo start --demo --port 0; echo "start: $?"
$argo status; echo "status: $?"
$argo env claude; echo "env: $?"
$argo start --demo --port 0; echo "again: $?"
$argo restart; echo "restart: $?"
$argo status; echo "status: $?"
$argo stop; echo "stop: $?"
$argo stop; echo "stop: $?"
$argo status; echo "status: $?"
"""
WELL = ["start: 0", "status: 0", "env: 0", "again: 0", "restart: 0", "status: 0", "stop: 0", "stop: 0", "status: 3"]


def codes(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.rpartition(": ")[2] in ("0", "1", "2", "3") and line[0] in "sear"
            and line.split(":")[0] in ("start", "status", "env", "again", "restart", "stop")]  # fmt: skip


def test_without_proc_all_commands_do_as_they_say(person: Person) -> None:
    said = as_root_in_a_world_of_its_own(person, "mount -t tmpfs none /proc\n" + LIFE)
    assert codes(said) == WELL, said
    assert said.count("argo-proxy stopped.") == 1, said


@pytest.mark.parametrize("fresh", [True, False])
def test_on_a_full_disk_all_commands_do_as_they_say(person: Person, fresh: bool) -> None:
    state = state_of(person)
    state.mkdir(parents=True)
    before = "" if fresh else "$argo start --demo --port 0; $argo stop\n"
    fill = f"mount -t tmpfs -o size=256k none {state}\n{before}cat /dev/zero > {state}/ballast 2>/dev/null\n"
    said = as_root_in_a_world_of_its_own(person, fill + LIFE)
    *_, rest = said.split("start: 0\n", 1)
    assert codes("start: 0\n" + rest) == WELL, said
    assert rest.count("argo-proxy stopped.") == 1, said


def test_a_disk_that_fills_while_it_runs_hides_nothing_and_is_forgotten_once_there_is_room(person: Person) -> None:
    state = state_of(person)
    state.mkdir(parents=True)
    script = f"""mount -t tmpfs -o size=256k none {state}
$argo start --demo --port 0; cat /dev/zero > {state}/ballast 2>/dev/null
$argo restart; echo "restart: $?"; $argo status; echo "status: $?"
rm {state}/ballast; sleep 4; ls -l {state}; $argo status --json; $argo stop; echo "stop: $?"
"""
    said = as_root_in_a_world_of_its_own(person, script)
    assert codes(said) == ["restart: 0", "status: 0", "stop: 0"], said
    assert '"record_problem": null' in said, said
    assert "argo-proxy stopped." in said


def test_serve_whose_reader_has_gone_is_found_and_ended_all_the_same(person: Person) -> None:
    with subprocess.Popen(
        ["sh", "-c", f"{COMMAND} serve --demo --port 0 2>&1 | true"], env=person.env, cwd=person.home
    ) as serving:
        person.until(lambda: person.status["answers"], 30)
        assert ask(person.status["url"]) == 200
        person.run("stop")
        assert serving.wait(10) == 0


def test_who_has_the_port_is_told_in_a_line_without_what_is_secret_on_its_command_line(person: Person) -> None:
    port = free_port()
    script = f"import socket,time\ns=socket.create_server(('',{port}))\nprint(1,flush=1)\ntime.sleep(60)"
    words = ["python", "-c", script, "--api-key", "hush-4f9a8b7c6d5e4f3a2b1c"]
    with subprocess.Popen(words, executable=sys.executable, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        said = person.run("start", "--demo", "--port", str(port), code=1)
        holder.kill()
    assert f"process {holder.pid} (python -c import" in said
    assert "--api-key [removed]" in said
    for text in (said, person.run("logs")):
        assert "hush" not in text
        assert len(text.strip().splitlines()[-1]) > 100, "in one line"
