"""Who may come in, as a person meets it: keys put in by commands, the token, what is recommended."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from argo_addon.settings.model import Settings, SettingsError, load

from .person import Person

CHAT = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}


def call(person: Person, key: str | None, path: str = "/v1/models") -> int:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return httpx.get(person.status["url"] + path, headers=headers, trust_env=False).status_code


def set_up(person: Person, tool: str = "openai") -> dict[str, str]:
    found = person.data("env", tool, "--json")["variables"]
    assert isinstance(found, dict)
    return found


def test_9_9_the_token_is_put_in_by_every_command_and_shown_by_one(person: Person) -> None:
    person.config(argo_base_url="demo", client_auth="token")
    started = person.run("start")
    token = person.run("token").strip()
    assert len(token) > 40
    assert token not in started
    file = person.home / ".local/state/argoproxy/token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (call(person, None), call(person, "jdoe"), call(person, token)) == (401, 401, 200)
    for tool in ("claude", "codex", "gemini", "aider", "opencode", "kilo", "openai", "anthropic", "genai"):
        assert token in json.dumps(set_up(person, tool))
    assert "key:      the token" in person.run("status")
    assert token not in person.run("status") + person.run("status", "--json")
    found = person.data("doctor", "--json", code=None)
    assert [one for one in found if one["check"] == "access" and one["state"] == "ok"]
    tests = [one for one in found if one["check"] == "self-test"]
    assert tests
    assert {one["state"] for one in tests} == {"ok"}
    assert "models" in person.run("models")


def test_a_tool_that_runs_with_the_token_gets_through(person: Person) -> None:
    person.config(argo_base_url="demo", client_auth="token")
    folder = person.home / "bin"
    folder.mkdir()
    tool = folder / "claude"
    tool.write_text('#!/bin/sh\ncurl -s -o /dev/null -w "%{http_code}" -H "x-api-key: $ANTHROPIC_AUTH_TOKEN" '
                    '--noproxy "*" "$ANTHROPIC_BASE_URL/v1/models"\n')  # fmt: skip
    tool.chmod(0o755)
    said = person.run("run", "claude", PATH=f"{folder}:{os.environ['PATH']}")
    assert "200" in said


def test_the_token_is_in_no_process_list_no_log_and_no_report(person: Person) -> None:
    person.config(argo_base_url="demo", client_auth="token")
    person.run("start")
    token = person.run("token").strip()
    url = person.status["url"]
    for key in (token, "wrong"):
        httpx.post(f"{url}/v1/chat/completions?key={key}", json={**CHAT, "model": token}, trust_env=False)
    words = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in words if token in line]
    pack = person.home / "report.tar.gz"
    person.run("logs", "collect", "--bodies", "-o", str(pack))
    person.run("stop", "--timeout", "0")
    (person.home / "unpacked").mkdir()
    person_run = os.system(f"tar -xzf {pack} -C {person.home / 'unpacked'}")
    assert person_run == 0
    holders = [path for path in person.home.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert holders == [person.home / ".local/state/argoproxy/token"]


def test_a_renewed_token_holds_at_once_and_the_old_one_goes_on(person: Person) -> None:
    person.config(argo_base_url="demo", client_auth="token")
    person.run("start")
    old = person.data("env", "openai", "--json")["variables"]["OPENAI_API_KEY"]
    said = person.run("token", "--new")
    new = said.split()[0]
    assert "an hour" in said
    assert new != old
    assert (call(person, old), call(person, new)) == (200, 200)
    person.run("restart")
    assert (call(person, old), call(person, new)) == (200, 200)
    newest = person.run("token", "--new", "--now").split()[0]
    assert [call(person, key) for key in (newest, new, old)] == [200, 401, 401]
    assert person.run("token").strip() == newest
    assert "--new" in person.run("token", "--now", code=2)


def test_a_damaged_token_stops_the_start_with_what_to_do(person: Person) -> None:
    person.config(argo_base_url="demo", client_auth="token")
    file = person.home / ".local/state/argoproxy/token"
    file.parent.mkdir(parents=True)
    file.write_text("not a token")
    assert "argo-proxy token --new" in person.run("start", code=1)
    person.run("token", code=1)
    person.run("token", "--new")
    person.run("start")


@pytest.mark.parametrize(("auth", "key"), [(None, "jdoe"), ("username", "jdoe")])
def test_the_published_default_address_asks_for_the_username(person: Person, auth: str | None, key: str) -> None:
    person.config(argo_base_url="demo", host="0.0.0.0", **({} if auth is None else {"client_auth": auth}))
    said = person.run("start")
    assert "client_auth: token" in said
    assert "client_auth: token" in person.run("status")
    access = next(one for one in person.data("doctor", "--no-calls", "--json", code=None) if one["check"] == "access")
    assert (access["state"], "client_auth: token" in access["remedy"]) == ("warning", True)
    assert (call(person, None), call(person, "argo"), call(person, key)) == (401, 401, 200)
    assert set_up(person)["OPENAI_API_KEY"] == key
    assert person.status["answers"]


def test_on_this_machine_nothing_is_asked_unless_told(person: Person) -> None:
    person.config(argo_base_url="demo")
    person.run("start")
    assert (call(person, None), call(person, "argo")) == (200, 200)
    assert "none is needed" in person.run("status")
    assert "asks for no token" in person.run("token")
    restarted = person.run("restart", "--host", "0.0.0.0")
    assert "client_auth: token" in restarted
    assert (call(person, None), call(person, "jdoe")) == (401, 200)


def test_init_writes_what_it_is_told(person: Person) -> None:
    person.run("config", "init", "--user", "jdoe", "--env", "demo", "--client-auth", "token")
    path = person.home / ".config/argoproxy/config.yaml"
    assert load(path, environ={}).settings.client_auth == "token"
    assert load(path, environ={}).settings.host == "127.0.0.1"
    assert "token" in next(line for line in person.run("config", "show").splitlines() if "client_auth" in line)


def settings(tmp_path: Path, **keys: object) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"config_version": "3", "user": "jdoe", **keys}, sort_keys=False))
    return load(path, environ={}).settings


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"client_auth": "password"}, "open, username or token"),
        ({"client_auth": True}, "open, username or token"),
        ({"client_auth": "token", "username_passthrough": True}, "username_passthrough"),
        ({"allowed_hosts": ["http://a.example"]}, "without http:// and port"),
        ({"allowed_hosts": ["a.example:80"]}, "without http:// and port"),
        ({"allowed_hosts": ["*"]}, "without http:// and port"),
        ({"allowed_hosts": {"a": 1}}, "a list of names"),
        ({"allowed_hosts": [1]}, "a list of names"),
        ({"allowed_origins": ["*"]}, "name the origins"),
        ({"allowed_origins": ["http://*"]}, "scheme://host"),
        ({"allowed_origins": ["a.example"]}, "scheme://host"),
        ({"allowed_origins": ["http://a.example/page"]}, "nothing behind it"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, keys: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, **keys)
    assert words in str(refused.value)
    assert "config.yaml, line 3: " in str(refused.value)
    assert "in quotes" not in str(refused.value)


def test_hosts_and_origins_are_taken_as_browsers_write_them(tmp_path: Path) -> None:
    found = settings(
        tmp_path, allowed_hosts=["Argo.Example.", "[::2]"], allowed_origins="HTTP://A.Example:80/, https://b.example"
    )
    assert found.allowed_hosts == ("argo.example", "::2")
    assert found.allowed_origins == ("http://a.example", "https://b.example")
    path = tmp_path / "config.yaml"
    by_variable = load(path, environ={"ARGO_PROXY_ALLOWED_HOSTS": "a.example,b.example"}).settings
    assert by_variable.allowed_hosts == ("a.example", "b.example")


def test_a_socket_alone_serves_the_commands_and_nobody_else(person: Person) -> None:
    path = person.home / "run" / "socket"
    person.config(argo_base_url="demo", port="none", socket=str(path))
    said = person.run("start")
    assert f"unix:{path}" in said
    assert person.status["answers"]
    assert "models" in person.run("models")
    found = person.data("doctor", "--json", code=None)
    assert {one["state"] for one in found if one["check"] == "self-test"} == {"ok"}
    assert "tools want a port" in person.run("env", "claude", code=3)
    listening = [one for one in psutil.Process(person.status["pid"]).net_connections("tcp") if one.status == "LISTEN"]
    assert len(listening) == 1, "the simulator's, and no other"
    person.run("restart")
    assert person.status["answers"]
    person.run("stop", "--timeout", "0")
    assert not path.exists()


def test_a_socket_that_cannot_be_is_told_at_the_start(person: Person) -> None:
    person.config(argo_base_url="demo", socket=str(person.home / ("long" * 40)))
    assert "cannot listen on the socket" in person.run("start", code=1)
    person.config(argo_base_url="demo", port="none")
    assert "a port, or a socket" in person.run("start", code=2)
