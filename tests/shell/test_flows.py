"""`dump`, `flows` and `replay`, as a person uses them."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
from pathlib import Path

import httpx
import pytest
from mitmproxy.io import FlowReader

from argo_addon.sealing import Sealer

from ..recording.making import file_of, flow_of
from .person import COMMAND, Person

KEY = "sk-planted-0123456789abcdefgh"
SAID = "What is the weather in Chicago?"


@pytest.fixture
def url(person: Person) -> str:
    person.run("start", "--demo", "--port", "0")
    return str(person.status["url"])


def ask(url: str, model: str = "claude-opus-4.6", **more: object) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": SAID}], **more}
    headers = {"authorization": f"Bearer {KEY}", "user-agent": "aider/0.86"}
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, trust_env=False)


def test_from_a_failure_to_its_explanation_and_export(person: Person, url: str) -> None:
    assert ask(url, "no-such-model").status_code == 404
    ask(url)
    listed = person.run("flows", "list")
    assert len(listed.splitlines()) == 2, "only what failed is recorded by itself"
    assert "aider" in listed
    assert "no-such-model" in listed
    shown = person.run("flows", "show", "1")
    assert SAID in shown
    assert "what the tool got" in shown
    said = person.run("flows", "export", "1")
    path = person.home / "argo-proxy-1.flow"
    assert str(path.name) in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("rb") as file:
        assert len(list(FlowReader(file).stream())) == 1
    assert "no-such-model" in person.run("flows", "show", str(path))
    assert KEY.encode() not in b"".join(one.read_bytes() for one in person.home.rglob("*") if one.is_file())


def test_dump_on_and_off_while_it_runs(person: Person, url: str) -> None:
    ask(url)
    person.run("dump", "on")
    assert "records:  every exchange, 0 so far" in person.run("status")
    ask(url)
    person.run("dump", "off")
    assert "records:  failures, 1 so far" in person.run("status")
    ask(url)
    person.until(lambda: len(person.data("flows", "list", "--json")) == 1)
    [facts] = person.data("flows", "list", "--json")
    assert (facts["model"], facts["client"], facts["status"]) == ("claudeopus46", "openai_chat", 200)
    shown = person.run("flows", "show", str(facts["number"]))
    for words in ("what the tool sent", "what went to ARGO", "what came back", "what the tool got",
                  "what changed on the way to ARGO", "-OpenAI Chat request", "+Anthropic request"):  # fmt: skip
        assert words in shown, words
    assert "simulated" in shown
    assert '"messages"' in person.run("flows", "show", "1", "--raw")
    assert person.data("flows", "show", "1", "--json")["tool"] == "aider"


def test_what_was_not_sent_on_is_listed(person: Person, url: str) -> None:
    assert "argo-proxy dump on" in person.run("flows", "list", "--dropped", code=1)
    person.run("dump", "on")
    ask(url)
    ask(url, seed=7, logit_bias={"1": 1})
    person.until(lambda: len(person.data("flows", "list", "--json")) == 2)
    _, line = person.run("flows", "list", "--dropped").splitlines()
    assert "not sent on: " in line
    assert "logit_bias" in line
    [facts] = person.data("flows", "list", "--dropped", "--json")
    assert {"seed", "logit_bias"} <= set(facts["dropped"])


def test_without_a_gateway_or_recordings_each_says_what_to_do(person: Person) -> None:
    assert "start --dump-requests" in person.run("dump", "on", code=1)
    assert "argo-proxy dump on" in person.run("flows", "list", code=1)
    assert "argo-proxy dump on" in person.run("flows", "show", "3", code=1)
    assert "nothing.flow" in person.run("replay", "nothing.flow", "--to", "demo", code=1)
    assert "Nothing is recorded" in person.run("flows", "clear")


def test_a_folder_of_ones_own_and_a_config_by_mistake(person: Person) -> None:
    folder = person.home / "my recordings"
    person.run("start", "--demo", "--port", "0", "--dump-requests", str(folder))
    ask(person.status["url"])
    person.until(lambda: list(folder.glob("*.flow")))
    assert "claudeopus46" in person.run("flows", "list")
    person.run("stop")
    config = person.config()
    assert "A config goes first" in person.run("start", "--dump-requests", str(config), code=1)


def test_clear_asks_and_removes(person: Person, url: str) -> None:
    ask(url, "no-such-model")
    person.until(lambda: "no-such-model" in person.run("flows", "list", code=None))
    assert "--yes" in person.run("flows", "clear", code=1)
    assert "Removed 1 files" in person.run("flows", "clear", "--yes")
    person.run("flows", "list", code=1)
    ask(url, "no-such-model")
    person.until(lambda: "no-such-model" in person.run("flows", "list", code=None))


def test_a_full_disk_is_told_once_hinders_no_request_and_is_over_by_itself(person: Person, url: str) -> None:
    person.run("dump", "on")
    ask(url)
    person.until(lambda: (person.status["recording"] or {}).get("written") == 1)
    pid = person.status["pid"]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
    for _ in range(4):
        assert ask(url).status_code == 200
    person.until(lambda: (person.status["recording"] or {}).get("problem"))
    assert Path(person.status["log"]).read_text().count("cannot be recorded") == 1
    person.until(lambda: f"{person.status['recording']['missed']} missed" in person.run("status"))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    ask(url)
    person.until(lambda: person.status["recording"]["problem"] is None)
    told = person.status["recording"]
    assert told["all"]
    assert told["missed"] >= 1
    assert f"{told['missed']} missed" in person.run("status")
    assert "it cannot" not in person.run("status")
    log = Path(person.status["log"]).read_text()
    assert f"recorded again; {told['missed']} were not" in log
    person.until(lambda: len(person.data("flows", "list", "--json")) >= 2)


def test_what_a_compaction_has_sealed_is_shown_with_the_keys_of_this_machine_and_without_secrets(
    person: Person, url: str
) -> None:
    key = "sk-ant-planted-0123456789abcdef"
    asked = {"model": "gpt-5.4", "input": [{"role": "user", "content": "sum up"}]}
    reply = httpx.post(f"{url}/v1/responses/compact", json=asked, trust_env=False)
    assert reply.status_code == 200, reply.text
    [keys] = person.home.rglob("responses.key")
    sealed = Sealer.of_file(keys).seal(f"what was decided, with {key}", "jdoe")
    for content in (sealed, Sealer().seal("of another gateway", "jdoe")):
        items = [{"type": "compaction", "encrypted_content": content}, {"role": "user", "content": "go on"}]
        httpx.post(f"{url}/v1/responses", json={"model": "no-such-model", "input": items}, trust_env=False)
    person.until(lambda: len(person.data("flows", "list", "--json")) == 2)
    said = person.run("flows", "show", "1")
    assert "what was decided, with [removed]" in said
    assert key not in said
    assert "of another gateway" not in person.run("flows", "show", "2")


def test_a_torn_end_after_a_crash_is_no_hindrance(person: Person) -> None:
    person.run("start", "--demo", "--port", "0", "--dump-requests")
    ask(person.status["url"])
    folder = Path(person.home, ".local/state/argoproxy", f"flows.{os.uname().nodename.split('.')[0]}")
    person.until(lambda: list(folder.glob("*.flow")))
    person.run("stop")
    [part] = folder.glob("*.flow")
    whole = part.read_bytes()
    part.write_bytes(whole + whole[:100])
    person.run("start", "--demo", "--port", "0", "--dump-requests")
    ask(person.status["url"])
    person.until(lambda: len(person.data("flows", "list", "--json")) == 2)
    assert part.read_bytes() == whole


def test_replay_says_whether_the_answer_is_the_same(person: Person, url: str) -> None:
    person.run("dump", "on")
    ask(url)
    person.until(lambda: person.run("flows", "list", code=None).count("claudeopus46") == 1)
    assert "the same as then" in person.run("replay", "1", "--to", "demo")
    said = person.run("replay", "1")
    assert "what runs is a demo" in said
    assert "the same as then" in said
    dry = person.run("replay", "1", "--to", "demo", "--dry-run")
    assert "the same as then" in dry
    assert SAID in dry
    assert "POST http://demo/v1/messages" in dry
    other = person.run("replay", "1", "--to", "demo", "--model", "gpt-5.4")
    assert "gpt54" in other
    assert "+This is gpt54" in other.replace("+  ", "+")
    dry = person.run("replay", "1", "--to", "demo", "--model", "claude-haiku-4.5", "--dry-run")
    assert 'model: "claudeopus46" -> "claudehaiku45"' in dry
    assert "no-such-model" in person.run("replay", "1", "--to", "demo", "--model", "no-such-model", code=1)


def test_a_recording_of_stock_mitmdump_is_listed_shown_and_replayed(person: Person) -> None:
    body = {"model": "claude-opus-4-6", "max_tokens": 99, "messages": [{"role": "user", "content": SAID}]}
    stock = file_of(
        person.home / "stock.flow",
        flow_of("https://api.anthropic.com/v1/messages", body, {"content": []}, headers={"x-api-key": KEY}),
        flow_of("https://api.anthropic.com/api/event_logging/batch", {}),
    )
    assert len(person.run("flows", "list", str(stock)).splitlines()) == 3
    said = person.run("replay", str(stock), "--to", "demo")
    assert "claudeopus46" in said
    assert "1 that are no calls" in said
    for form in ("flow", "har", "curl"):
        person.run("flows", "export", str(stock), "--as", form, "-o", f"out.{form}")
        data = (person.home / f"out.{form}").read_bytes()
        assert SAID.encode() in data
        assert KEY.encode() not in data
    har = json.loads((person.home / "out.har").read_bytes())
    assert har["log"]["entries"][0]["request"]["url"] == "https://api.anthropic.com/v1/messages"


def test_the_exported_command_does_what_the_tool_did(person: Person, url: str) -> None:
    ask(url, "no-such-model", stream=True)
    person.until(lambda: "no-such-model" in person.run("flows", "list", code=None))
    script = subprocess.run(
        [COMMAND, "flows", "export", "1", "--as", "curl", "-o", "-"],
        capture_output=True, env=person.env, cwd=person.home, check=True, timeout=30,
    ).stdout  # fmt: skip
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=True)
    assert "no-such-model" in json.loads(done.stdout)["error"]["message"]
