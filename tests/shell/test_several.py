"""Several gateways side by side, by `--name` and ARGO_PROXY_NAME: each has its record, log, recordings and port."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import httpx
import pytest

from ..ports import free_port
from .person import COMMAND, Person
from .test_daemon_life import ask
from .test_what_runs import exists


def test_each_name_has_its_own_gateway(person: Person) -> None:
    port = free_port()
    person.config(argo_base_url="demo", port=port)
    person.run("start")
    said = person.run("start", "--name", "work", "--force-conversion")
    plain, work = person.status, person.data("status", "--json", "--name", "work")
    try:
        assert plain["port"] == port
        assert work["port"] not in (port, 0)
        assert (plain["name"], work["name"]) == ("", "work")
        assert plain["log"] != work["log"]
        assert work["log"] in said
        assert ask(plain["url"]) == ask(work["url"]) == 200
        assert person.data("status", "--json", "--name", "work")["requests"] == 1
        assert "(work)" in person.run("status", "--name=work")
        assert work["url"] in person.run("env", "--name", "work", "claude")
        assert work["url"] in person.run("env", "claude", ARGO_PROXY_NAME="work")
        assert plain["url"] in person.run("env", "claude")
        assert "gpt-5.4" in person.run("logs", "--name", "work")
        httpx.post(f"{work['url']}/v1/chat/completions", json={"model": "nope"}, trust_env=False)
        assert "nope" in person.run("flows", "list", ARGO_PROXY_NAME="work")
        assert "nope" not in person.run("flows", "list", code=None)
    finally:
        person.run("stop")
        person.run("stop", "--name", "work")


def test_all_are_listed_and_each_restarts_and_stops_alone(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    person.run("start", "--demo", "--name", "work", "--force-conversion")
    plain, work = person.status, person.data("status", "--json", "--name", "work")
    try:
        told = {one["name"]: one for one in person.data("status", "--all", "--json")}
        assert {name: one["url"] for name, one in told.items()} == {"": plain["url"], "work": work["url"]}
        shown = person.run("status", "--all")
        assert plain["url"] in shown
        assert "work" in shown
        assert work["url"] in shown

        person.run("restart", "--name", "work")
        again = person.data("status", "--json", "--name", "work")
        assert (again["url"], again["flags"]["force_conversion"]) == (work["url"], True)
        assert again["pid"] != work["pid"]
        assert person.status["pid"] == plain["pid"]
        assert "stopped" in person.run("stop")
        assert not exists(plain["pid"])
        assert exists(again["pid"])
        assert [one["name"] for one in person.data("status", "--all", "--json")] == ["work"]
    finally:
        assert "stopped" in person.run("stop", "--name", "work")
    assert "does not run" in person.run("stop", "--name", "work")
    assert person.data("status", "--all", "--json", code=3) == []


def test_what_is_said_to_do_names_the_gateway(person: Person) -> None:
    assert "argo-proxy start --name work" in person.run("status", "--name", "work", code=3)
    assert "argo-proxy start --name work" in person.run("env", "claude", ARGO_PROXY_NAME="work", code=3)
    person.run("start", "--demo", "--name", "work")
    try:
        assert "argo-proxy restart --name work" in person.run("start", "--name", "work", "--demo")
    finally:
        person.run("stop", "--name", "work")


def test_a_port_that_is_named_is_taken(person: Person) -> None:
    port = free_port()
    other = person.home / "other.yaml"
    other.write_text(json.dumps({"config_version": "3", "user": "jdoe", "argo_base_url": "demo", "port": port,
                                 "host": "127.0.0.1"}))  # fmt: skip
    person.run("start", str(other), "--name", "x")
    assert person.data("status", "--json", "--name", "x")["port"] == port
    person.run("stop", "--name", "x")
    person.run("start", "--demo", "--name", "x", "--port", str(port))
    told = person.data("status", "--json", "--name", "x")
    assert told["port"] == port
    plain = person.run("status", code=3, ARGO_PROXY_PORT=str(port))
    assert f"pid {told['pid']}" in plain
    assert "--name x" in plain
    assert "--name x" in person.run("stop", ARGO_PROXY_PORT=str(port))
    assert exists(told["pid"])
    person.run("stop", "--name", "x")


def test_run_is_of_the_name_and_starts_it(person: Person) -> None:
    tool = person.home / "bin" / "claude"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "$ANTHROPIC_BASE_URL $*"\n')
    tool.chmod(0o755)
    path = f"{tool.parent}:{person.env['PATH']}"
    person.config(argo_base_url="demo")
    said = person.run("run", "--name", "work", "claude", "--name", "mine", PATH=path)
    work = person.data("status", "--json", "--name", "work")
    assert f"{work['url']} --name mine" in said
    assert person.status["running"] is False
    person.run("stop", "--name", "work")


@pytest.mark.parametrize("name", ["../x", "a b", "", "x" * 40, "é", "a.b", "-x"])
def test_a_name_that_cannot_be_one_is_refused(person: Person, name: str) -> None:
    for words in (["status"], ["env", "claude"], ["start"], ["stop"]):
        said = person.run(*words, "--name", name, code=2)
        assert "letters, digits" in said, said
    if name:
        assert "ARGO_PROXY_NAME" in person.run("status", code=2, ARGO_PROXY_NAME=name)


def test_a_killed_one_is_in_the_list_and_does_not_hide_others(person: Person) -> None:
    person.run("start", "--demo", "--name", "one")
    person.run("start", "--demo", "--name", "two")
    one = person.data("status", "--json", "--name", "one")
    os.kill(one["pid"], signal.SIGKILL)
    person.until(lambda: not exists(one["pid"]))
    shown = person.run("status", "--all")
    assert "ended without a word" in next(line for line in shown.splitlines() if line.startswith("one"))
    assert "http://" in next(line for line in shown.splitlines() if line.startswith("two"))
    person.run("stop", "--name", "two")


def test_serve_has_a_name_too(person: Person) -> None:
    serving = subprocess.Popen([COMMAND, "serve", "--demo", "--name", "fore"], env=person.env, cwd=person.home,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        person.until(lambda: person.data("status", "--json", "--name", "fore", code=None)["answers"], 30)
        assert person.status["running"] is False
        person.run("stop", "--name", "fore")
        assert serving.wait(20) == 0
    finally:
        serving.kill()
