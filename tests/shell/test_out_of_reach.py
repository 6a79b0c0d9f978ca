"""ARGO out of reach: every command says the same, names the way and the remedy; doctor finds it once."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from contextlib import suppress
from typing import Any

import httpx
import pytest

from ..running import Upstream, json_answer
from .person import COMMAND, Person

LIST = b'{"data":[{"id":"GPT-9","internal_id":"gpt9"},{"id":"Claude Opus 4.8","internal_id":"claudeopus48"}]}'


@pytest.fixture
def dead() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def doctor(person: Person, *words: str, **variables: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [COMMAND, "doctor", "--json", *words], env={**person.env, **variables}, cwd=person.home,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == int(any(row["state"] == "fails" for row in rows))
    return rows


WAYS = {
    "refused": ({}, ("{dead}", "the connection is refused", "argo-proxy config env")),
    "dead proxy": (
        {"HTTP_PROXY": "{dead}"},
        ("http://argo.invalid", "through the proxy {dead} (HTTP_PROXY)", "refused", "NO_PROXY=argo.invalid"),
    ),
    "SOCKS": ({"ALL_PROXY": "socks5h://127.0.0.1:1"}, ("http://argo.invalid", "ALL_PROXY", "socks5h", "VPN")),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_command_and_the_api_say_the_same(person: Person, dead: str, way: str) -> None:
    variables, says = ({name: v.format(dead=dead) for name, v in WAYS[way][0].items()}, WAYS[way][1])
    url = "http://argo.invalid" if variables else dead
    person.config(argo_base_url=url, connection_test_timeout=20)
    person.env |= {**variables, "NO_PROXY": "127.0.0.1"}
    words = [word.format(dead=dead) for word in says]
    said = {
        "validate": person.run("config", "validate", code=1),
        "models": person.run("models"),
        "start": person.run("start"),
        "status": person.run("status"),
    }
    answer = httpx.post(
        person.status["url"] + "/v1/chat/completions", json={"model": "gpt-5", "messages": []}, trust_env=False
    )
    said["API"] = answer.json()["error"]["message"]
    for name in variables:
        del person.env[name]
    rows = doctor(person)
    fails = [row for row in rows if row["state"] == "fails"]
    assert [row["check"] for row in fails] == ["ARGO"], "the cause, once, and by the gateway's own proxies"
    said["doctor"] = f"{fails[0]['found']} {fails[0]['remedy']}"
    for command, text in said.items():
        for word in words:
            assert word in text, command
    assert [row["found"] for row in rows if row["check"] == "self-test"] == ["not tried, since ARGO is out of reach"]


@pytest.mark.parametrize("by", ["itself", "resolve_overrides"])
def test_a_tunnel_that_takes_connections_and_ends_them(person: Person, by: str) -> None:
    """Its other end is gone. The API tells where it asked, and what to look at, as the commands do."""
    with socket.create_server(("127.0.0.1", 0)) as tunnel:
        port = tunnel.getsockname()[1]
        threading.Thread(target=_ends_what_comes, args=(tunnel,), daemon=True).start()
        overrides = {f"argo.invalid:{port}": "127.0.0.1"} if by != "itself" else {}
        host = "argo.invalid" if overrides else "127.0.0.1"
        person.config(argo_base_url=f"http://{host}:{port}", resolve_overrides=overrides)
        said = {"models": person.run("models"), "start": person.run("start")}
        for path in ("/v1/chat/completions", "/v1/messages"):
            body = {"model": "gpt-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
            answer = httpx.post(person.status["url"] + path, json=body, trust_env=False)
            assert answer.status_code == 502
            said[path] = answer.json()["error"]["message"]
        said["status"] = person.run("status")
    for who, text in said.items():
        assert f"{host}:{port}" in text, who
        assert "tunnel" in text, who


PAGE = b"<!DOCTYPE html><html><head><title>Guest network: log in</title></head><body>...</body></html>"
IN_ITS_PLACE = {
    "a log-in page": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE),
        "Guest network: log in",
    ),
    "a redirection": (
        b"HTTP/1.1 302 Found\r\nLocation: https://me:pw@sso.example/in?ticket=hush#hush\r\nContent-Length: 0\r\n\r\n",
        "it points to https://sso.example/in",
    ),
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_something_else_that_answers_in_argos_place_is_named(person: Person, argo: Upstream, what: str) -> None:
    """With its address and the remedy by all, and without what a redirection hands over."""
    answer, word = IN_ITS_PLACE[what]
    argo.answer = lambda seen: [answer]
    person.config(argo_base_url=argo.url)
    said = {
        "validate": person.run("config", "validate", code=1),
        "models": person.run("models"),
        "start": person.run("start"),
        "status": person.run("status"),
        "doctor": person.run("doctor", code=1),
    }
    for path, model in (
        ("/v1/chat/completions", "gpt-5"),
        ("/v1/messages", "claude-opus-4.8"),
        ("/v1/embeddings", "v3small"),
    ):
        body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], "input": "x"}
        got = httpx.post(person.status["url"] + path, json=body, trust_env=False)
        assert got.status_code == 502
        said[path] = got.json()["error"]["message"]
    for who, text in said.items():
        assert (word in text, argo.url in text, "log-in" in text, "argo_base_url" in text) == (True,) * 4, (who, text)
        assert "hush" not in text, who
        assert "byte 0" not in text, who
    assert "hush" not in person.run("logs", "-n", "1000")


def _ends_what_comes(tunnel: socket.socket) -> None:
    with suppress(OSError):
        while True:
            tunnel.accept()[0].close()


def test_config_init_says_it_with_the_proxy(person: Person, dead: str) -> None:
    said = person.run("config", "init", "--user", "jdoe", "--env", "test", HTTPS_PROXY=dead)
    for word in ("https://apps-test.inside.anl.gov/argoapi", f"through the proxy {dead} (HTTPS_PROXY)", "refused"):
        assert word in said


def test_doctor_asks_by_the_gateways_proxies_and_not_by_the_shells(person: Person, argo: Upstream, dead: str) -> None:
    argo.answer = lambda seen: [json_answer(LIST)]
    person.config(argo_base_url=argo.url.replace("127.0.0.1", "localhost"), resolve_overrides={})
    person.run("start")
    row = next(row for row in doctor(person, "--no-calls", HTTP_PROXY=dead) if row["check"] == "ARGO")
    assert (row["state"], "2 models" in row["found"]) == ("ok", True)


def test_doctor_without_a_gateway_asks_itself(person: Person, argo: Upstream, dead: str) -> None:
    argo.answer = lambda seen: [json_answer(LIST)]
    person.config(argo_base_url=argo.url)
    assert next(row for row in doctor(person) if row["check"] == "ARGO")["state"] == "ok"
    person.config(argo_base_url=dead)
    row = next(row for row in doctor(person) if row["check"] == "ARGO")
    assert (row["state"], "refused" in row["found"], bool(row["remedy"])) == ("fails", True, True)


def test_doctor_sees_at_once_that_argo_is_back(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(b"{}", "503 Service Unavailable")]
    person.config(argo_base_url=argo.url)
    person.run("start")
    assert next(row for row in doctor(person) if row["check"] == "ARGO")["state"] == "fails"
    argo.answer = lambda seen: [json_answer(LIST)]
    assert next(row for row in doctor(person, "--no-calls") if row["check"] == "ARGO")["state"] == "ok"


def test_doctor_prints_an_errors_message_and_groups_what_is_equal(person: Person, argo: Upstream) -> None:
    error = {"error": {"message": "You have used up your quota.", "type": "quota"}}
    argo.answer = lambda seen: [
        json_answer(LIST) if seen.line.startswith("GET")
        else json_answer(json.dumps(error).encode(), "429 Too Many Requests")
    ]  # fmt: skip
    person.config(argo_base_url=argo.url)
    person.run("start")
    (row,) = (row for row in doctor(person) if row["check"] == "self-test")
    assert row["found"] == "all 15 calls: 429: You have used up your quota."
    assert "{" not in row["found"]
