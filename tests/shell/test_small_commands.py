"""`config get`, `set`, `path`, `validate --json`, `help`, `logs --since --level`, `--host [::1]`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from daemon import logs
from shell.group import COMMANDS

from ..drawing import spread
from ..ports import free_port
from .person import COMMAND, Person
from .test_daemon_life import ask

FILE = """\
# mine
config_version: "3"
user: jdoe   # that is me
port: 0
argo_base_url: demo
host: 127.0.0.1
"""


def configured(person: Person, text: str = FILE) -> Path:
    path = person.config()
    path.write_text(text)
    return path


def test_path_get_and_set_keep_comments(person: Person) -> None:
    path = configured(person)
    assert person.run("config", "path").strip() == str(path)
    assert person.run("config", "get", "user").strip() == "jdoe"
    assert "restart" in person.run("config", "set", "user", "asmith")
    assert "user: asmith   # that is me" in path.read_text()
    assert path.read_text().startswith("# mine\n")
    assert person.run("config", "get", "user").strip() == "asmith"
    person.run("config", "set", "user", "--unset")
    assert "user" not in yaml.safe_load(path.read_text())
    assert "its default holds" in person.run("config", "set", "dump_dir", "--unset")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    spread(
        [
            ("port", "8080", 8080),
            ("verbose", "false", False),
            ("VERBOSE", "no", False),
            ("connection-test-timeout", "2.5", 2.5),
            ("allowed_hosts", "[gpu1, gpu2]", ["gpu1", "gpu2"]),
            ("resolve_overrides", "{'a.anl.gov:443': 10.0.0.1}", {"a.anl.gov:443": "10.0.0.1"}),
            ("default_chat_model", "argo:gpt-5.4", "argo:gpt-5.4"),
            ("user", "12345", "12345"),
            ("user", "no", "no"),
            ("host", "[::1]", "::1"),
        ],
        0,
        2,
    ),
)
def test_what_was_set_is_got_again(person: Person, key: str, text: str, value: object) -> None:
    configured(person)
    person.run("config", "set", key, text)
    assert person.data("config", "get", key, "--json") == value
    person.run("config", "validate", "--offline")


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [("port", "x", "1..65535"), ("prot", "1", "port"), ("verbose", "perhaps", "true or false")],
)
def test_what_a_key_does_not_take_is_refused_and_nothing_is_written(
    person: Person, key: str, value: str, word: str
) -> None:
    path = configured(person)
    assert word in person.run("config", "set", key, value, code=2)
    assert path.read_text() == FILE


def test_set_mends_a_bad_file_step_by_step(person: Person) -> None:
    path = configured(person, FILE.replace("port: 0", "port: x\nverbose: perhaps"))
    assert "verbose" in person.run("config", "set", "port", "8080")
    assert "port: 8080" in path.read_text()
    person.run("config", "set", "verbose", "true")
    person.run("config", "validate")


def test_a_variable_that_beats_what_was_set_is_told(person: Person) -> None:
    configured(person)
    assert "ARGO_PROXY_PORT" in person.run("config", "set", "port", "8080", ARGO_PROXY_PORT="9")


@pytest.mark.parametrize("words", [["path"], ["get", "user"], ["set", "user", "x"]])
def test_without_a_file_it_says_how_to_make_one(person: Person, words: list[str]) -> None:
    assert "argo-proxy config init" in person.run("config", *words, code=2)


def test_validate_as_json(person: Person) -> None:
    path = configured(person)
    assert person.data("config", "validate", "--json") == {
        "file": str(path), "good": True, "problems": [], "warnings": [], "argo": None,
    }  # fmt: skip
    path.write_text(FILE.replace("port: 0", "port: x\nverbose: perhaps\nprot: 1"))
    told = person.data("config", "validate", "--json", code=2)
    assert told["good"] is False
    assert len(told["problems"]) == 2
    assert f"{path}, line 4: port" in told["problems"][0]
    path.write_text(FILE.replace("demo", "http://127.0.0.1:9"))
    told = person.data("config", "validate", "--json", code=1)
    assert (told["good"], told["argo"]["answers"]) == (True, False)
    assert person.data("config", "validate", "--json", "--offline")["argo"] is None
    path.unlink()
    assert person.data("config", "validate", "--json", code=2)["problems"]


@pytest.mark.parametrize("name", spread(list(COMMANDS), 0, 4))
def test_help_is_that_of_the_command(person: Person, name: str) -> None:
    assert person.run("help", name) == person.run(name, "--help")


def test_help_of_parts_and_of_what_is_not_there(person: Person) -> None:
    assert person.run("help").split() == person.run("--help").split()
    assert person.run("help", "config", "set") == person.run("config", "set", "--help")
    assert "start" in person.run("help", "strat", code=2)
    assert "Did you mean" in person.run("help", "config", "sett", code=2)
    assert "no commands of its own" in person.run("help", "start", "now", code=2)


LINES = [
    ("2026-03-01 10:00:00,000", "INFO   ", "old"),
    ("2026-03-02 10:00:00,000", "WARNING", "warned"),
    ("2026-03-02 11:00:00,000", "ERROR  ", "broke\nParticulars\n  of it"),
    ("2026-03-02 12:00:00,000", "NOTICE ", "noticed"),
]


def test_logs_since_and_of_a_level(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    log = Path(person.status["log"])
    person.run("stop")
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - 120))
    log.write_text("".join(f"{at} {level} {text}\n" for at, level, text in [*LINES, (f"{now},000", "INFO   ", "new")]))

    def shown(*words: str) -> str:
        return person.run("logs", *words)

    assert shown("--since", "2026-03-02").splitlines()[0].endswith("warned")
    assert shown("--since", "2026-03-02 10:30").count("\n") == 5
    assert [line[-3:] for line in shown("--since", "10m").splitlines()] == ["new"]
    assert shown("--since", "10s") == ""
    errors = shown("--level", "error")
    assert errors.splitlines() == ["2026-03-02 11:00:00,000 ERROR   broke", "Particulars", "  of it"]
    assert "warned" in shown("--level", "warning")
    assert "noticed" not in shown("--level", "warning")
    assert "noticed" in shown("--level", "notice")
    assert shown("--level", "info", "-n", "1").strip().endswith("new")
    assert "is no time" in person.run("logs", "--since", "yesterweek", code=2)
    assert shown().count("\n") == 7


def test_followed_lines_are_chosen_too(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    log = Path(person.status["log"])
    with subprocess.Popen(
        [COMMAND, "logs", "-f", "-n", "0", "--level", "warning"], env=person.env, stdout=subprocess.PIPE
    ) as following:
        assert following.stdout is not None
        deadline = time.monotonic() + 30
        os.set_blocking(following.stdout.fileno(), False)
        got = b""
        while b"seen" not in got and time.monotonic() < deadline:
            with log.open("a") as file:
                file.write("2026-03-02 10:00:00,000 INFO    passed over\n2026-03-02 10:00:00,000 WARNING seen\n")
            time.sleep(0.3)
            got += following.stdout.read() or b""
        following.terminate()
    assert b"seen" in got
    assert b"passed over" not in got


def test_pieces_become_lines() -> None:
    pieces = [b"a", b"b\nc", b"", b"d\n\n", b"e"]
    assert list(logs.lines_of(pieces)) == [b"ab\n", b"cd\n", b"\n", b"e"]


@pytest.mark.parametrize("host", ["[::1]", "::1"])
def test_an_address_of_ipv6_may_stand_in_brackets(person: Person, host: str) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    said = person.run("start", "--demo", "--host", host, "--port", str(free_port()))
    assert "http://[::1]:" in said
    status = person.status
    assert status["host"] == "::1"
    assert ask(status["url"]) == 200


@pytest.mark.parametrize(
    ("host", "word"), [("nosuch.invalid", "is not known here"), ("fe80::1", "fe80::1%eth0"), ("1.2.3.4", "0.0.0.0")]
)
def test_an_address_that_cannot_be_listened_on_has_a_remedy(person: Person, host: str, word: str) -> None:
    said = person.run("start", "--demo", "--host", host, "--port", "0", code=1)
    assert word in said
    assert "rrno" not in said


def test_start_says_which_file_it_took(person: Person) -> None:
    path = person.config(argo_base_url="demo")
    assert f"Its configuration: {path}" in person.run("start")
    assert f"Its configuration: {path}" in person.run("restart")
    person.run("stop")
    here = person.home / "here"
    here.mkdir()
    (here / "config.yaml").write_text(json.dumps({**json.loads(path.read_text()), "user": "other"}))
    assert f"Its configuration: {here / 'config.yaml'}" in person.run("start", cwd=here)
    person.run("stop")
    (here / "config.yaml").write_text("database:\n  user: postgres\n")
    said = person.run("start", cwd=here)
    assert f"Its configuration: {path} (config.yaml is another program's" in said
    person.run("stop")
    path.unlink()
    assert "Its configuration: none" in person.run("start", "--demo", "--port", "0")


def test_a_patience_that_would_never_end_is_refused(person: Person) -> None:
    for word in ("nan", "inf", "-1", "1e9"):
        assert "'--timeout'" in person.run("stop", "--timeout", word, code=2)
