"""`models`, `update`, `logs collect`, `completion`, `service`: what a person sees."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import httpx
import pytest

from argo_addon import __version__
from shell.group import COMMANDS
from shell.manual import manual
from shell.reference import EXIT_CODES, HELP, MANUAL, REFERENCE, help_text, reference

from ..running import Upstream, json_answer
from .person import Person

EMBEDDINGS = {"argo:text-embedding-ada-002", "argo:text-embedding-3-small", "argo:text-embedding-3-large"}
SECRET = "pLaNtEd-s3cr3t-value"


def test_every_command_is_in_the_reference_as_it_is() -> None:
    again = "Write it anew: python -m shell.reference"
    assert HELP.read_text().split() == help_text().split(), again
    assert REFERENCE.read_text().split() == reference().split(), again
    assert MANUAL.read_text().split() == manual(EXIT_CODES).split(), again


def test_the_manual_page_is_shown_as_the_commands_say_it() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not here; apt-get install groff")
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-c", "-ww", "-Wbreak", str(MANUAL)], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == "", "roff does not take it as it stands"
    shown = re.sub(r".\x08", "", done.stdout)
    for name in COMMANDS:
        assert f"\n   argo-proxy {name}\n" in shown
    for copied in ("`argo-proxy start --demo`", "~/.config/argoproxy/config.yaml", "-p, --port INTEGER", "OpenAI's"):
        assert copied in shown


def test_help_is_the_same_at_once_and_by_click(person: Person) -> None:
    assert person.run("--help").split() == person.run("-h").split() == help_text().split()
    assert "Examples:" in person.run("config", "init", "--help")


def test_a_slip_in_a_commands_name_is_told(person: Person) -> None:
    assert "argo-proxy restart" in person.run("restrat", code=2)


@pytest.mark.parametrize("command", ["run", "env"])
def test_a_tool_that_is_not_known_is_told_with_the_closest(person: Person, command: str) -> None:
    said = person.run(command, "claude-code", code=2)
    assert "'claude-code' is not known here. Did you mean claude? `argo-proxy env` lists the tools." in said
    assert "gemini" not in said, "and not with all that there are"


def test_as_many_models_are_told_everywhere(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    listed = person.data("models", "--json")["models"]
    chat = sum(one["mode"] == "chat" for one in listed)
    count = f"{chat} models and {len(listed) - chat} for embeddings"
    assert person.run("models").startswith(count)
    assert f"  models:   {chat}, read from ARGO" in person.run("status")
    page = httpx.get(person.status["url"], headers={"accept": "text/html"}, trust_env=False).text
    assert f"<dt>models</dt><dd>{chat}, from the upstream list" in page
    assert f"<dt>for embeddings</dt><dd>{len(listed) - chat}," in page
    assert "but for those of the demo" in person.run("ledger", code=1)


def test_models_are_live_or_built_in_and_it_says_which(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')]
    person.config(argo_base_url=argo.url)
    said = person.run("models")
    assert "argo:gpt-9" in said
    assert f"read from {argo.url}/v1 just now" in said
    person.run("start")
    told = person.data("models", "--json")
    assert [model["internal_id"] for model in told["models"] if model["mode"] == "chat"] == ["gpt9"]
    assert {model["name"] for model in told["models"] if model["mode"] == "embedding"} == EMBEDDINGS
    assert "gateway" in told["source"]
    person.run("stop")
    person.config(argo_base_url="http://127.0.0.1:9")
    told = person.data("models", "--json")
    assert "built-in" in told["source"]
    opus = next(model for model in told["models"] if model["internal_id"] == "claudeopus46")
    assert (opus["name"], opus["family"], opus["context"]) == ("argo:claude-opus-4.6", "claude", 200_000)
    assert opus["aliases"] == ["argo:claude-4.6-opus"]
    newest = next(model for model in told["models"] if model["internal_id"] == "claudeopus48")
    assert "argo:claude-opus" in newest["aliases"]
    assert {model["name"] for model in told["models"] if model["mode"] == "embedding"} == EMBEDDINGS
    said = person.run("models")
    for word in ("argo:text-embedding-3-small", "v3small", "claude-4.6-opus", "gpt-o3-mini"):
        assert word in said


def test_an_update_cannot_come_over_a_folder_and_a_sentence_says_so(person: Person) -> None:
    said = person.run("update", "check", code=1)
    assert __version__ in said
    assert "git pull" in said
    assert "git pull" in person.run("update", "install", code=1)


def test_version_tells_of_updates_without_waiting(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    url = person.status["url"]

    def told() -> dict[str, object]:
        return dict(httpx.get(f"{url}/version", trust_env=False, timeout=2).json())

    assert told()["version"] == __version__
    person.until(lambda: told()["checked_at"] is not None, 20)
    assert told()["update_available"] is None
    assert "folder" in str(told()["problem"])


def test_collect_lists_what_it_took_and_takes_no_secret(person: Person) -> None:
    path = person.config(argo_base_url="demo")
    path.write_text(path.read_text() + f"\n# api_key: {SECRET}\n")
    person.run("start")
    url = person.status["url"]
    headers = {"authorization": f"Bearer {SECRET}", "x-api-key": SECRET, "x-goog-api-key": SECRET}
    body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "a body that stays here"}]}
    with httpx.Client(trust_env=False, headers=headers) as client:
        client.post(f"{url}/v1/chat/completions?key={SECRET}", json=body)
        client.post(f"{url}/v1beta/models/nope:generateContent?key={SECRET}", json={"contents": []})
        client.get(f"{url}/nowhere?key={SECRET}")
    said = person.run("logs", "collect", "-o", "report.tar.gz")
    archive = person.home / "report.tar.gz"
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as packed:
        texts = {member.name: packed.extractfile(member).read().decode() for member in packed}  # type: ignore[union-attr]
    for name in ("log.txt", "config.yaml", "status.json", "versions.json"):
        assert name in said
        assert texts[f"argo-proxy/{name}"]
    assert "gpt-5.4 (gpt54) plain: 200" in texts["argo-proxy/log.txt"]
    assert json.loads(texts["argo-proxy/status.json"])["health"]["requests"] == 2
    [failed] = json.loads(texts["argo-proxy/failures.json"])
    assert (failed["status"], failed["client"]) == (404, "google")
    assert SECRET not in "".join(texts.values())
    assert "a body that stays here" not in "".join(texts.values())
    assert SECRET not in Path(person.status["log"]).read_text()


def test_collect_takes_what_was_said_in_failures_if_asked_to(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    body = {"model": "nope", "messages": [{"role": "user", "content": f"said, and {SECRET}"}]}
    headers = {"authorization": f"Bearer {SECRET}"}
    httpx.post(f"{person.status['url']}/v1/chat/completions", json=body, headers=headers, trust_env=False)
    person.run("logs", "collect", "--bodies", "-o", "report.tar.gz")
    with tarfile.open(person.home / "report.tar.gz") as packed:
        flows = packed.extractfile("argo-proxy/failures.flow").read()  # type: ignore[union-attr]
    assert b"said, and [removed]" in flows
    assert SECRET.encode() not in flows


def test_collect_takes_the_lines_of_one_kind(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    url = person.status["url"]
    for model in ("gpt-5.4", "nope"):
        httpx.post(f"{url}/v1/chat/completions", json={"model": model, "messages": []}, trust_env=False)
    person.run("logs", "collect", "--type", "error-dump", "-o", "errors.tar.gz")
    with tarfile.open(person.home / "errors.tar.gz") as packed:
        log = packed.extractfile("argo-proxy/log.txt").read().decode()  # type: ignore[union-attr]
    assert "nope" in log
    assert "listens on" not in log


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_code_that_the_shell_takes(person: Person, shell: str) -> None:
    code = person.run("completion", shell)
    assert "argo-proxy" in code
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=code, text=True, check=True, timeout=20)


def test_completion_completes(person: Person) -> None:
    said = person.run(COMP_WORDS="argo-proxy sta", COMP_CWORD="1", _ARGO_PROXY_COMPLETE="bash_complete")
    assert {"plain,start", "plain,status"} <= set(said.split())


def test_the_service_is_printed_and_without_a_manager_a_sentence_says_so(person: Person) -> None:
    person.config(argo_base_url="demo")
    unit = person.run("service", "install", "--print")
    assert "--as-service" in unit
    assert str(person.home / ".config/argoproxy/config.yaml") in unit
    assert "not installed" in person.run("service", "status", code=3)
    said = person.run("service", "install", code=1, PATH="/nonexistent")
    assert "systemctl" in said
    assert "uninstall" in said
