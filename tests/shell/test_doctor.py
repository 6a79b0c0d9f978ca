"""`argo-proxy doctor` finds each fault that is planted by a real file, process or variable, and no other."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from daemon import process

from ..ports import free_port
from .person import COMMAND, Person
from .test_what_runs import as_root_in_a_world_of_its_own, record_of, state_of

VERSIONS = {
    "claude": "2.1.197 (Claude Code)",
    "codex": "codex-cli 0.169.0",
    "gemini": "0.61.0",
    "opencode": "1.18.33",
    "kilo": "7.7.7",
    "aider": "aider 0.86.2",
}


@pytest.fixture
def well(person: Person) -> Person:
    """A gateway that runs, and every tool installed."""
    folder = person.home / "bin"
    folder.mkdir()
    for name, version in VERSIONS.items():
        install(person, name, version)
    person.env["PATH"] = f"{folder}:/usr/bin:/bin"
    person.config(argo_base_url="demo")
    person.run("start")
    return person


def install(person: Person, name: str, version: str) -> None:
    program = person.home / "bin" / name
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)


def found(person: Person, **variables: str) -> list[dict[str, str]]:
    """What is wrong, but who else uses this machine, which is not a thing of the test's."""
    done = subprocess.run(
        [COMMAND, "doctor", "--json", "--no-calls"], env={**person.env, **variables}, cwd=person.home,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    rows: list[dict[str, str]] = json.loads(done.stdout)
    assert all(row["remedy"] for row in rows if row["state"] != "ok"), rows
    return [row for row in rows if row["state"] != "ok" and row["check"] != "access"]


def one(person: Person, check: str, *words: str, state: str = "warning", **variables: str) -> None:
    """The only thing that is wrong, and what it says."""
    rows = found(person, **variables)
    assert {row["check"] for row in rows} == {check}, rows
    said = " ".join(f"{row['found']} {row['remedy']}" for row in rows)
    assert {row["state"] for row in rows} == {state}, rows
    for word in words:
        assert word in said, said


def set_up(person: Person, tool: str) -> dict[str, str]:
    """The variables of a shell that was set up for a tool."""
    told_by = f'{sys.executable} -c "import json, os; print(json.dumps(dict(os.environ)))"'
    script = f'eval "$({COMMAND} env {tool})"; {told_by}'
    done = subprocess.run(["bash", "-c", script], env=person.env, capture_output=True, text=True, cwd=person.home)
    told: dict[str, str] = json.loads(done.stdout)
    return {name: value for name, value in told.items() if name not in ("PWD", "SHLVL", "_", "PATH", "HOME", "LANG")}


def test_nothing_is_found_where_all_is_well(well: Person) -> None:
    assert found(well) == []


def test_nothing_is_found_where_a_tool_is_set_up_and_all_is_where_it_is_stale(well: Person) -> None:
    url, shells = well.status["url"], {}
    others = itertools.cycle((f"{url}5", "http://127.0.0.1:9"))  # the first has ours as its beginning
    for tool, other in zip((*VERSIONS, "openai", "anthropic", "genai", "ollama"), others, strict=False):
        shells[tool] = there = set_up(well, tool)
        assert found(well, **there) == [], tool
        stale = {name: value.replace(url, other) for name, value in there.items()}
        if stale == there:
            continue
        one_of = found(well, **stale)
        assert any(other in row["found"] and url in row["found"] for row in one_of), one_of
        assert all(f"env {row['check']}" in row["remedy"] for row in one_of), one_of
    well.run("stop")
    for there in shells.values():
        if url in json.dumps(there):
            rows = found(well, **there)
            assert any(row["state"] == "fails" and "no gateway runs" in row["found"] for row in rows), rows


def test_the_address_may_be_written_otherwise(well: Person) -> None:
    there = set_up(well, "claude")
    url = well.status["url"].replace("127.0.0.1", "localhost") + "/"
    assert found(well, **{**there, "ANTHROPIC_BASE_URL": url}) == []


def test_a_key_beside_and_a_key_that_is_missing(well: Person) -> None:
    there = set_up(well, "claude")
    one(well, "claude", "ANTHROPIC_API_KEY is set beside it", "env claude", **{**there, "ANTHROPIC_API_KEY": "sk-x"})
    del there["ANTHROPIC_AUTH_TOKEN"]
    one(well, "claude", "ANTHROPIC_AUTH_TOKEN is not set", **there)
    assert found(well, ANTHROPIC_API_KEY="sk-own") == [], "whoever set nothing up has a key of their own"


PLANTED: dict[str, tuple[str, str, str]] = {
    ".claude/settings.json": ("claude", '{"env": {"ANTHROPIC_BASE_URL": "https://else.where"}}', "ANTHROPIC_BASE_URL"),
    ".claude/settings.local.json": ("claude", '{"env": {"ANTHROPIC_API_KEY": "sk-1"}}', "ANTHROPIC_API_KEY"),
    ".gemini/settings.json": ("gemini", '{"security": {"auth": {"selectedType": "oauth-personal"}}}', "oauth-personal"),
    ".env": ("aider", "OPENAI_API_BASE=https://else.where/v1\n", "OPENAI_API_BASE"),
    ".codex/argo.config.toml": (
        "codex",
        "# Written by argo-proxy, which may write it anew. Copy it under another name to keep changes.\n"
        '[model_providers.argo]\nbase_url = "http://127.0.0.1:9/v1"\n',
        "http://127.0.0.1:9/v1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", PLANTED)
def test_a_file_that_leads_elsewhere(well: Person, path: str) -> None:
    tool, text, word = PLANTED[path]
    (file := well.home / path).parent.mkdir(exist_ok=True)
    file.write_text(text)
    one(well, tool, path, word)


BY_HAND = {
    "codex": (".codex/config.toml", '[model_providers.argo]\nname = "ARGO"\nbase_url = "{url}/v1"\n'),
    "opencode": (
        ".config/opencode/opencode.json",
        '{{"provider": {{"argo": {{"options": {{"baseURL": "{url}/v1"}}}}}}}}',
    ),
    "kilo": (".config/kilo/kilo.jsonc", '{{"provider": {{"argo": {{"options": {{"baseURL": "{url}/v1"}}}}}}}} // ours'),
    "aider": (".aider.conf.yml", "# argo-proxy\nopenai-api-base: {url}/v1\n"),
}


def test_a_provider_made_by_hand_that_leads_to_where_nobody_listens(well: Person) -> None:
    """And not one that leads here, to another program that listens, or to one that has no name of ours."""
    url, elsewhere = well.status["url"], free_port()
    for tool, (path, text) in BY_HAND.items():
        file = well.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(url=f"http://localhost:{elsewhere}"))
        one(well, tool, str(file), f"localhost:{elsewhere}", url)
        file.write_text(text.format(url=url.replace("127.0.0.1", "localhost")))
    assert found(well) == []
    file.write_text(f"openai-api-base: http://localhost:{elsewhere}/v1\n")
    assert found(well) == []
    file.write_text("openai-api-base: http://127.0.0.1:44497/v1\n")
    with suppress(OSError), socket.create_connection(("127.0.0.1", 44497), timeout=1):
        return  # somebody's own gateway is there
    one(well, "aider", "127.0.0.1:44497")
    with socket.create_server(("127.0.0.1", elsewhere)):
        file.write_text(f"# argo\nopenai-api-base: http://localhost:{elsewhere}/v1\n")
        assert found(well) == []


@pytest.mark.parametrize("path", [".config/Code/User/settings.json", ".vscode/settings.json"])
def test_settings_of_vs_code_that_lead_to_where_nobody_listens(well: Person, path: str) -> None:
    install(well, "code", "1.110.0")
    elsewhere = free_port()
    (file := well.home / path).parent.mkdir(parents=True)
    file.write_text(f'// argo\n{{"github.copilot.chat.byok.ollamaEndpoint": "http://localhost:{elsewhere}"}}\n')
    one(well, "vscode", path, f"localhost:{elsewhere}", well.status["url"])


def test_an_address_without_its_path_is_told_with_what_it_is_to_be(well: Person) -> None:
    url = well.status["url"]
    one(well, "aider", f"OPENAI_API_BASE names {url} here, and not {url}/v1", OPENAI_API_BASE=url, OPENAI_API_KEY="x")


def test_settings_that_say_the_same_are_no_fault(well: Person) -> None:
    (file := well.home / ".claude" / "settings.json").parent.mkdir()
    file.write_text(json.dumps({"env": {"ANTHROPIC_BASE_URL": well.status["url"], "OTHER": "1"}}))
    assert found(well) == []


@pytest.mark.parametrize(("tool", "version"), [("codex", "codex-cli 0.20.0"), ("claude", "1.0.44 (Claude Code)"),
                                               ("gemini", "0.9.12"), ("opencode", "0.5.1")])  # fmt: skip
def test_a_tool_that_is_too_old(well: Person, tool: str, version: str) -> None:
    install(well, tool, version)
    one(well, tool, version, "older than", "install")


def test_a_tool_that_hangs_or_says_nothing_is_no_fault(well: Person) -> None:
    install(well, "codex", "")
    assert found(well) == []


def test_a_configuration_that_was_changed_since_the_start(well: Person) -> None:
    well.config(argo_base_url="demo", verbose=False, user="asmith")
    one(well, "changed", "verbose: True runs, False is configured", "user: jdoe runs", "argo-proxy restart")
    well.run("restart")
    assert found(well) == []


def test_a_gateway_that_is_older_than_the_command(well: Person) -> None:
    record = record_of(well)
    older = json.dumps({**json.loads(record.read_text()), "version": "3.9.1"})
    looked = threading.Event()

    def goes_on() -> None:
        """The gateway puts its record right every few seconds."""
        while not looked.wait(0.02):
            (draft := record.with_suffix(".draft")).write_text(older)
            draft.replace(record)

    writer = threading.Thread(target=goes_on)
    writer.start()
    try:
        rows = found(well)
    finally:
        looked.set()
        writer.join()
    assert [(row["check"], row["state"]) for row in rows] == [("version", "warning")]
    assert "3.9.1" in rows[0]["found"]
    assert "argo-proxy restart" in rows[0]["remedy"]


def test_a_record_that_is_damaged(well: Person) -> None:
    record = record_of(well)
    record.unlink()
    record.mkdir()
    one(well, "record", str(record))


def test_a_port_that_another_program_holds(well: Person) -> None:
    well.run("stop")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        well.config(argo_base_url="demo", port=port)
        rows = {row["check"]: row for row in found(well)}
        assert set(rows) == {"gateway", "port"}
        assert f"process {os.getpid()}" in rows["port"]["found"]
        assert "--port 0" in rows["port"]["remedy"]
        assert "a process of the user" in str(process.owner_of(port)), "whose it is, where the process cannot be seen"


def as_other(*words: str) -> list[str]:
    """A command without root's right to read and write everywhere."""
    if os.geteuid() != 0:
        return list(words)
    if shutil.which("setpriv") is None:
        pytest.skip("root can write everywhere")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", *words]


@pytest.mark.parametrize("part", ["state", "lock", "log"])
def test_a_place_that_cannot_be_written(person: Person, part: str) -> None:
    person.config(argo_base_url="demo")
    person.run("start")
    person.run("stop")
    state = state_of(person)
    path = {"state": state, "lock": next(state.glob("*.lock")), "log": next((state / "log").glob("*.log"))}[part]
    path.chmod(0o500 if part == "state" else 0o400)
    done = subprocess.run(
        as_other(COMMAND, "doctor", "--json", "--no-calls"), env=person.env, cwd=person.home, capture_output=True
    )
    rows: dict[str, Any] = {row["check"]: row for row in json.loads(done.stdout) if row["state"] != "ok"}
    path.chmod(0o700)
    assert set(rows) - {"access"} == {part, "gateway"}, rows
    assert str(path) in rows[part]["found"]
    assert "Permission denied" in rows[part]["found"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_state_folder_of_another_user(well: Person) -> None:
    os.chown(state_of(well), 54321, 54321)
    one(well, "state", "the user with number 54321", "chown")


def test_a_full_disk(person: Person) -> None:
    state = state_of(person)
    state.mkdir(parents=True)
    person.config(argo_base_url="demo")
    said = as_root_in_a_world_of_its_own(
        person,
        f"mount -t tmpfs -o size=256k none {state}; cat /dev/zero > {state}/x 2>/dev/null\n$argo doctor --no-calls",
    )
    line = next(line for line in said.splitlines() if " state " in line)
    assert line.startswith("fails")
    assert "No space left" in line


def test_nothing_is_left_behind_by_the_look(person: Person) -> None:
    person.config(argo_base_url="demo")
    before = {path for path in Path(person.home).rglob("*") if path.is_file()}
    found(person)
    assert {path for path in Path(person.home).rglob("*") if path.is_file()} == before
