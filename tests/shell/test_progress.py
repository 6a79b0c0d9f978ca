"""What is shown where one waits: on a terminal what happens and how far it is; nothing of it stays or is on a pipe."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from argo_addon.models.catalogue import BUILT_IN

from ..running import STREAM, Pause, Step, Upstream, json_answer
from ..web.command import one, record
from .person import COMMAND, LONGEST, Person

LIST = json_answer(json.dumps({"data": [{"id": name, "internal_id": one} for one, name in BUILT_IN]}).encode())
CHAT = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "wait"}]}


def at_terminal(
    person: Person, words: list[str], until: str = "", code: int = 0, program: str = COMMAND, **variables: str
) -> tuple[str, list[str]]:
    """All that a command writes to a terminal, and the lines that are left on it; it ends once `until` was there."""
    ours, theirs = pty.openpty()
    env = {**person.env, "TERM": "xterm", "COLUMNS": "100", **variables}
    child = subprocess.Popen([program, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=person.home)
    os.close(theirs)
    written = b""
    deadline = time.monotonic() + LONGEST
    try:
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    data = os.read(ours, 65536)
                except OSError:  # how Linux tells that nobody has it open any more
                    break
                if not data:
                    break
                written += data
            if until and re.search(until, written.decode("utf-8", "replace")):
                child.terminate()
                until = ""
        assert child.wait(10) == code, written
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    text = written.decode("utf-8", "replace")
    return text, [line for line in map(_left, text.split("\n")) if line]


def _left(line: str) -> str:
    """What of a line is still there: each time it is wiped, it begins anew."""
    return line.rstrip("\r").split("\r\x1b[K")[-1].rpartition("\r")[2]


def on_pipe(person: Person, *words: str, code: int = 0) -> str:
    """What a command says on stderr where that is no terminal."""
    done = subprocess.run(
        [COMMAND, *words], capture_output=True, text=True, env=person.env, cwd=person.home, timeout=LONGEST
    )
    assert done.returncode == code, done
    return done.stderr


def slow_list(argo: Upstream) -> None:
    def answer(seen: object) -> list[Step]:
        line = getattr(seen, "line", "")
        if line.startswith("GET"):
            return [Pause(0.7), LIST]
        return [STREAM, Pause(30)]

    argo.answer = answer


def test_start_and_stop_tell_what_they_wait_for(person: Person, argo: Upstream) -> None:
    slow_list(argo)
    person.config(argo_base_url=argo.url)
    text, left = at_terminal(person, ["start"])
    assert "asking ARGO for its models" in text
    assert left[0].startswith("argo-proxy ")
    assert not [line for line in left if "asking" in line]
    url = person.status["url"]

    def stream() -> None:
        with httpx.stream("POST", f"{url}/v1/chat/completions", json=CHAT, trust_env=False, timeout=30) as answer:
            answer.read()

    asking = threading.Thread(target=stream)
    asking.start()
    person.until(lambda: person.status["active_streams"] == 1)
    text, left = at_terminal(person, ["stop", "--timeout", "1"])
    assert re.search(r"waiting for running answers: 1, 1 of them streamed, [01] of 1 s", text)
    assert left == ["argo-proxy stopped."]
    asking.join()
    assert on_pipe(person, "start") == on_pipe(person, "stop") == ""


def recording(path: Path, calls: int) -> Path:
    """A flow file of so many calls."""
    flows = record(*(one(f"call {number}", number) for number in range(20)))
    with path.open("wb") as file:
        for _ in range(calls // 20):
            file.write(flows)
    return path


def test_a_large_file_tells_how_much_of_it_is_read(person: Person) -> None:
    file = recording(person.home / "large.flow", 2000)
    text, left = at_terminal(person, ["web", str(file)], until="recordings at")
    told = [int(part) for part in re.findall(r"reading large.flow: (\d+) %", text)]
    assert len(set(told)) > 2
    assert told == sorted(told)
    assert len(left) == 1
    assert left[0].startswith("argo-proxy: recordings at http")


def test_many_calls_that_are_sent_again_are_counted(person: Person, argo: Upstream) -> None:
    no = json_answer(b'{"error": {"message": "no"}}', "400 Bad Request")
    argo.answer = lambda seen: [LIST] if seen.line.startswith("GET") else [Pause(0.3), no]
    person.config(argo_base_url=argo.url, skip_url_validation=True)
    three = person.home / "three.flow"
    flows = [one("", number) for number in (1, 2, 3)]
    for flow in flows:
        flow.metadata.clear()  # as stock mitmdump records
    three.write_bytes(record(*flows))
    text, left = at_terminal(person, ["replay", str(three), "--all"], code=1)
    for number in (1, 2, 3):
        assert f"asking: {number} of 3" in text
    assert left[0].startswith("#1 ")
    assert on_pipe(person, "replay", str(three), "--all", code=1) == ""


INSTALLER = """
import sys, time
from shell.progress import run_shown
sys.exit(run_shown([sys.executable, "-c", '''
import time
print("Collecting argo-proxy", flush=True); time.sleep(0.8)
print("User for index: ", end="", flush=True); time.sleep(0.8)
print("jdoe", flush=True)
raise SystemExit(3)
'''], "pip installs the newest version"))
"""


def test_an_installer_keeps_its_words_and_its_questions(person: Person) -> None:
    text, left = at_terminal(person, ["-c", INSTALLER], code=3, program=sys.executable)
    assert "pip installs the newest version" in text.partition("Collecting argo-proxy")[2]
    assert "pip" not in text.partition("User for index: ")[2].partition("jdoe")[0]
    assert left == ["Collecting argo-proxy", "User for index: jdoe"]


def test_a_terminal_that_cannot_write_over_a_line_gets_none(person: Person) -> None:
    text, _ = at_terminal(person, ["doctor", "--no-calls"], code=1, TERM="dumb")
    assert "\x1b" not in text
    assert "looking" not in text
