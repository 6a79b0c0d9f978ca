"""A person who comes from the published argo-proxy 3.3.3, with its file, its command line and its variables."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from argo_addon.settings.model import load

from ..settings.test_old_files import PROD, WRITTEN_BY_3_3_3
from .person import COMMAND, Person

V1 = f"""\
argo_url: {PROD}/api/v1/resource/chat/
argo_stream_url: {PROD}/api/v1/resource/streamchat/
argo_embedding_url: {PROD}/api/v1/resource/embed/
user: jdoe
port: 51234
num_workers: 5
"""


def test_every_command_refuses_a_version_1_file_and_its_remedy_works(person: Person) -> None:
    path = person.home / "my old.yaml"
    path.write_text(V1)
    for words in (
        ["config", "validate", "--offline"],
        ["config", "show"],
        ["start"],
        ["serve"],
        ["models"],
        ["restart"],
    ):
        said = person.run(*words, str(path), code=2)
        assert f"argo-proxy config migrate '{path}'" in said, words
        assert PROD in said
    for words in (["config", "env", "--config", str(path)], ["config", "env", "test", "--config", str(path)]):
        said = person.run(*words, code=2)
        assert f"argo-proxy config migrate '{path}'" in said
    assert path.read_text() == V1
    person.run("config", "migrate", str(path))
    assert load(path, environ={}).settings.argo_base_url == PROD
    assert f"prod: {PROD}" in person.run("config", "env", "--config", str(path))


@pytest.mark.parametrize("text", [V1, WRITTEN_BY_3_3_3], ids=["version 1", "3.3.3"])
def test_a_dry_run_tells_the_same_changes_as_the_migration(person: Person, text: str) -> None:
    path = person.config()
    path.write_text(text)
    dry = subprocess.run(
        [COMMAND, "config", "migrate", "--dry-run"], capture_output=True, text=True, env=person.env, cwd=person.home
    )
    assert dry.returncode == 0
    assert path.read_text() == text
    said = person.run("config", "migrate")
    assert path.read_text() == dry.stdout
    changes = [line for line in said.splitlines() if line.startswith("  ")]
    assert len(changes) >= 3
    assert [line for line in dry.stderr.splitlines() if line.startswith("  ")] == changes
    assert load(path, environ={}).warnings == ()


def test_a_socket_only_gateway_is_not_opened_to_other_machines(person: Person) -> None:
    path = person.config()
    path.write_text(f"config_version: '3'\nuser: jdoe\nargo_base_url: {PROD}\nsocket: /run/argo.sock\n")
    assert "host: set to 127.0.0.1" in person.run("config", "migrate")
    assert load(path, environ={}).settings.host == "127.0.0.1"


def test_a_file_of_a_newer_version_is_not_migrated_back(person: Person) -> None:
    path = person.config()
    path.write_text('config_version: "4"\nuser: jdoe\nwhat_version_4_has: 1\n')
    before = path.read_text()
    for words in (["config", "migrate"], ["config", "migrate", "--dry-run"], ["config", "env", "prod"]):
        assert "argo-proxy update install" in person.run(*words, code=2)
    assert path.read_text() == before


@pytest.mark.parametrize("line", ["config_version:", "config_version: ''", "argo_base_url: ''"])
def test_keys_that_are_there_and_empty_stand_once_afterwards(person: Person, line: str) -> None:
    path = person.config()
    path.write_text(f"{line}\n{V1}")
    assert PROD in person.run("config", "validate", "--offline", code=2)
    person.run("config", "migrate")
    assert load(path, environ={}).settings.argo_base_url == PROD


def test_a_migrated_file_that_names_no_argo_says_which_is_asked(person: Person) -> None:
    path = person.config()
    path.write_text("user: jdoe\nnum_workers: 5\n")
    said = person.run("config", "migrate")
    assert "apps-dev" in said
    assert "argo-proxy config env prod" in said


# --- the command line


@pytest.mark.parametrize(
    "line",
    [
        ["{file}"],
        ["{file}", "-p", "0", "-q"],
        ["-p", "0", "{file}"],
        ["--verbose", "{file}", "-H", "127.0.0.1"],
        ["serve", "{file}", "-s", "-v", "--port=0"],
    ],
)
def test_the_published_ones_lines_run_the_gateway(person: Person, line: list[str]) -> None:
    path = person.config(argo_base_url="demo")
    with subprocess.Popen(
        [COMMAND, *(word.format(file=path) for word in line)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=person.env, cwd=person.home,
    ) as running:  # fmt: skip
        person.until(lambda: running.poll() is not None or person.status["running"], 30)
        assert person.status["running"], running.stdout and running.stdout.read()
        assert person.status["config"] == str(path)
        assert person.status["mode"] == "foreground"
        running.terminate()
        said = running.communicate(timeout=30)[0]
    if line[0] != "serve":
        assert "argo-proxy serve" in said


def test_a_bare_name_of_a_file_that_is_there_is_taken_for_it(person: Person) -> None:
    (person.home / "mine").write_text("user: cels\n")
    assert "bills to a person" in person.run("mine", code=2)
    assert "does not exist" in person.run("missing.yaml", code=2)
    assert "Did you mean" in person.run("strat", code=2)
    assert "argo-proxy start --port 8080" in person.run("--port", "8080", "start", code=2)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["serve", "--no-banner"], "no banner"),
        (["x.yaml", "--no-banner"], "no banner"),
        (["serve", "--dump-requests", "--dump-dir", "/tmp/d o"], "argo-proxy serve --dump-requests '/tmp/d o'"),
        (["start", "--dump-dir=/tmp/d"], "argo-proxy start --dump-requests /tmp/d"),
        (["serve", "--data-dir", "/tmp/d"], "state folder"),
        (["serve", "--dev"], "--dev"),
        (["logs", "collect", "--data-dir", "/tmp/d"], "state folder"),
    ],
)
def test_what_is_no_more_is_answered_with_what_to_use(person: Person, words: list[str], answer: str) -> None:
    said = person.run(*words, code=2)
    assert answer in said
    assert "No such option" not in said


def test_its_short_options_are_taken(person: Person) -> None:
    assert person.run("-V") == person.run("--version")
    path = person.home / "new.yaml"
    person.run("config", "init", "--user", "jdoe", "--env", "demo", str(path))
    person.run("config", "init", "--user", "other", "--env", "demo", "-f", str(path))
    assert "prod" in person.run("config", "env", "prod", "-c", str(path))
    person.run("logs", "collect", "-t", "error-dump", str(path), "-o", str(person.home / "a.tar.gz"))
    assert Path(person.home / "a.tar.gz").exists()


def test_a_variable_of_its_is_told_where_it_starts(person: Person) -> None:
    person.config(argo_base_url="demo")
    said = person.run("start", PORT="4711")
    assert "export ARGO_PROXY_PORT=4711" in said


@pytest.mark.parametrize("way", [[], ["--dry-run"]])
def test_values_that_are_left_are_told_and_are_code_2(person: Person, way: list[str]) -> None:
    path = person.home / "old.yaml"
    path.write_text("config_version: '2'\nuser: cels\nport: 70000\nargo_url: not a url\n")
    said = person.run("config", "migrate", *way, str(path), code=2)
    for word in (f"{path}, line 2: user", "port", "argo_base_url", "made a comment"):
        assert word in said, said
    assert "only not a url" not in said


@pytest.mark.parametrize("text", ["database: {user: postgres}\n", "# nothing\n", "a: 1\nb: 2\n"])
def test_a_file_of_another_program_is_not_migrated(person: Person, text: str) -> None:
    path = person.home / "config.yaml"
    path.write_text(text)
    for way in ([], ["--dry-run"]):
        assert "another program's file" in person.run("config", "migrate", *way, str(path), code=2)
    assert path.read_text() == text
    assert [one.name for one in person.home.iterdir() if "yaml" in one.name] == ["config.yaml"]
