"""Who may come in: asked over sockets, in every dialect, as pages, strangers and tools ask."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.access import tokens
from argo_addon.access.client_access import ClientAccess
from argo_addon.recording.recorder import Recorder
from argo_addon.settings.model import Settings

from ..running import Proxy, Upstream, json_answer, proxy, raw_exchange, settings_for, upstream

ANSWER = json_answer(
    b'{"id":"1","object":"chat.completion","created":1,"model":"gpt54","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"hi"}}]}'
)
CHAT = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'
DIALECTS = {
    "/v1/chat/completions": ("error", "code"),
    "/v1/responses": ("error", "code"),
    "/v1/messages": ("error", "type"),
    "/v1beta/models/gemini-2.5-pro:generateContent": ("error", "status"),
}
EVIL = "http://evil.example"


def asked(
    port: int, *headers: str, path: str = "/v1/chat/completions", body: bytes = CHAT, method: str = "POST"
) -> Any:
    """Status, headers and body of an answer to a request with just these headers."""
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *headers, f"content-length: {len(body)}", "connection: close"])
    answer = raw_exchange(port, head.encode() + b"\r\n\r\n" + body)
    head_, _, said = answer.partition(b"\r\n\r\n")
    line, *fields = head_.decode().split("\r\n")
    return int(line.split()[1]), dict(field.lower().split(": ", 1) for field in fields), said


@contextmanager
def gateway(argo: Upstream, **more: Any) -> Iterator[Proxy]:
    argo.answer = lambda seen: [ANSWER]
    with proxy(settings_for(argo.url, **more)) as running:
        yield running


def asking(running: Proxy) -> httpx.Client:
    return httpx.Client(base_url=running.url, trust_env=False)


@pytest.fixture(scope="module")
def plain() -> Iterator[tuple[Upstream, Proxy]]:
    """A gateway as it is on this machine, for all that only ask."""
    with upstream() as argo, gateway(argo) as running:
        yield argo, running


@pytest.fixture(scope="module")
def distant() -> Iterator[tuple[Upstream, Proxy]]:
    """A gateway that listens on all addresses."""
    with upstream() as argo, gateway(argo, host="0.0.0.0") as running:
        yield argo, running


Running = tuple[Upstream, Proxy]

# Hosts


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:{port}", "localhost.", "app.localhost:1", "127.0.0.1", "127.0.0.1:{port}", "127.9.9.9",
     "[::1]:{port}", "[::1]", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_9_9_names_of_this_machine_are_served(plain: Running, host: str) -> None:
    _, running = plain
    assert asked(running.port, "host: " + host.format(port=running.port))[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1@evil.example",
     "evil.example#localhost", "notlocalhost", "10.0.0.1", "[fe80::1]", "", "localhost evil.example", "[::1].evil"],
)  # fmt: skip
@pytest.mark.parametrize("path", DIALECTS)
def test_9_9_another_host_is_a_403_in_its_dialect_and_nothing_goes_out(plain: Running, host: str, path: str) -> None:
    argo, running = plain
    argo.seen.clear()
    status, headers, said = asked(running.port, "host: " + host.format(port=running.port), path=path)
    assert (status, argo.seen) == (403, [])
    assert headers["content-type"] == "application/json"
    outer, inner = DIALECTS[path]
    error = json.loads(said)[outer]
    assert error[inner] in ("host_not_allowed", "permission_error", "PERMISSION_DENIED")
    assert "allowed_hosts" in error["message"]


def test_a_host_that_is_listed_is_served(argo: Upstream) -> None:
    with gateway(argo, allowed_hosts=("host.docker.internal",)) as running:
        assert asked(running.port, "host: Host.Docker.Internal:44497")[0] == 200
        assert asked(running.port, "host: docker.internal")[0] == 403


def test_the_host_in_a_target_counts_as_well(argo: Upstream) -> None:
    with gateway(argo) as running:
        assert asked(running.port, "host: localhost", path="http://evil.example/v1/models", method="GET")[0] == 400
        assert asked(running.port, "host: evil.example", path="http://evil.example/", method="GET")[0] == 421


def test_reading_is_refused_as_calling_is(argo: Upstream) -> None:
    with gateway(argo) as running:
        for path in ("/v1/models", "/health", "/", "/version", "/nothing"):
            status, _, said = asked(running.port, "host: evil.example", path=path, method="GET", body=b"")
            assert status == 403
            assert b"jdoe" not in said


def test_a_large_body_of_a_stranger_is_not_kept(argo: Upstream) -> None:
    """It is answered at the head; what still comes is read and dropped."""
    with gateway(argo) as running, socket.create_connection(("127.0.0.1", running.port), timeout=5) as stranger:
        stranger.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 50000000\r\n\r\n")
        assert stranger.recv(65536).startswith(b"HTTP/1.1 403")
        for _ in range(50):
            stranger.sendall(bytes(1_000_000))
        assert stranger.recv(1) == b""


def test_an_address_that_is_not_loopback_is_called_by_any_name(argo: Upstream) -> None:
    """Who listens there may have names that nobody here knows; a key is asked for instead."""
    access = ClientAccess(Settings(user="jdoe", host="0.0.0.0"))
    fields = [(b"Host", b"argo.lab.example"), (b"X-Api-Key", b"jdoe")]
    assert access.admit("GET", "/v1/models", fields, "10.1.2.3").error is None
    assert access.admit("GET", "/v1/models", fields, "127.0.0.1").error is not None


# Pages


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "http://localhost:3000", "https://localhost", "http://127.0.0.1", "file://", "vscode-webview://abc",
     "http://evil.example:{port}", "http://localhost:{port}.evil.example", ""],
)  # fmt: skip
def test_a_foreign_page_is_a_403_without_cors(plain: Running, origin: str) -> None:
    argo, running = plain
    argo.seen.clear()
    page = f"origin: {origin.format(port=running.port)}"
    status, headers, said = asked(running.port, f"host: localhost:{running.port}", page, "content-type: text/plain")
    assert (status, argo.seen) == (403, [])
    assert "allowed_origins" in json.loads(said)["error"]["message"]
    assert not [name for name in headers if name.startswith("access-control")]
    preflight = f"host: localhost:{running.port}", page, "access-control-request-method: POST"
    status, headers, _ = asked(running.port, *preflight, method="OPTIONS", body=b"")
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_page_of_the_gateways_own_is_served(argo: Upstream) -> None:
    with gateway(argo) as running:
        for host in (f"localhost:{running.port}", "127.0.0.1:9"):
            assert asked(running.port, f"host: {host}", f"origin: http://{host}")[0] == 200
        assert asked(running.port, "host: localhost:1", "origin: http://localhost:2")[0] == 403


def test_a_page_that_is_listed_may_ask_and_read_errors_too(argo: Upstream) -> None:
    origins = ("http://localhost:3000", "vscode-webview://*")
    with gateway(argo, allowed_origins=origins) as running:
        for origin in ("http://localhost:3000", "vscode-webview://1a2b"):
            status, headers, said = asked(
                running.port, "host: localhost", f"origin: {origin}", "access-control-request-method: POST",
                "access-control-request-headers: content-type,x-api-key", method="OPTIONS", body=b"",
            )  # fmt: skip
            assert (status, said) == (200, b"")
            assert headers["access-control-allow-origin"] == origin
            assert headers["access-control-allow-headers"] == "content-type,x-api-key"
            assert "POST" in headers["access-control-allow-methods"].upper()
            for path, expected in (("/v1/chat/completions", 200), ("/nothing", 404)):
                status, headers, _ = asked(running.port, "host: localhost", f"origin: {origin}", path=path)
                assert (status, headers["access-control-allow-origin"], headers["vary"]) == (expected, origin, "origin")
        assert asked(running.port, "host: localhost", "origin: http://localhost:3001")[0] == 403
        assert "access-control-allow-origin" not in asked(running.port, "host: localhost")[1]


def test_the_next_request_of_a_connection_has_headers_of_its_own(argo: Upstream) -> None:
    page = "http://a.example"
    with gateway(argo, allowed_origins=(page,)) as running, httpx.Client(trust_env=False) as client:
        assert "vary" in client.get(running.url + "/v1/models", headers={"origin": page}).headers
        assert "vary" not in client.get(running.url + "/v1/models").headers


# Keys


def given(key: str) -> list[dict[str, Any]]:
    """A key in every way in which a client may give it."""
    headers = [{"authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}]
    headers += [{name: key} for name in ("x-api-key", "api-key", "x-goog-api-key")]
    return [*({"headers": each} for each in headers), {"params": {"key": key}},
            {"headers": {"authorization": "Bearer other", "x-api-key": key}}]  # fmt: skip


@pytest.mark.parametrize("path", DIALECTS)
def test_by_default_another_machine_needs_the_username(distant: Running, path: str) -> None:
    argo, running = distant
    argo.seen.clear()
    with asking(running) as client:
        for wrong in ({}, *given("asmith"), *given("jdo"), *given("jdoe2"), *given("argo")):
            answer = client.post(path, content=CHAT, **wrong)
            assert answer.status_code == 401
            assert "argo-proxy env" in answer.json()["error"]["message"]
            assert "jdoe" not in answer.text
            assert answer.headers["www-authenticate"] == "Bearer"
        assert argo.seen == []
        for right in given("jdoe"):
            assert client.get("/v1/models", **right).status_code == 200


def test_without_a_key_no_more_is_told_than_that_it_lives(argo: Upstream) -> None:
    with gateway(argo, client_auth="username") as running, asking(running) as client:
        assert client.get("/health").json() == {"status": "healthy"}
        assert client.get("/health?upstream=1").json() == {"status": "healthy"}
        assert client.get("/health", headers={"x-api-key": "jdoe"}).json()["user"] == "jdoe"
        assert client.head("/health").status_code == 200
        for path in ("/", "/version", "/v1/models", "/nothing"):
            assert client.get(path).status_code == 401
        assert client.post("/health").status_code == 401
        assert client.post("/refresh").status_code == 401


def test_open_on_all_addresses_is_possible_if_said(argo: Upstream) -> None:
    with gateway(argo, host="0.0.0.0", client_auth="open") as running:
        assert asked(running.port, "host: localhost")[0] == 200


def test_passthrough_takes_any_username_and_nothing_else(argo: Upstream) -> None:
    with gateway(argo, host="0.0.0.0", username_passthrough=True) as running:
        assert asked(running.port, "host: localhost", "x-api-key: asmith")[0] == 200
        assert asked(running.port, "host: localhost", "x-api-key: two words")[0] == 401
        assert asked(running.port, "host: localhost")[0] == 401


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return str(tmp_path / "state" / "argoproxy" / "token")


def test_the_token_is_made_at_the_first_start_for_the_user_alone(argo: Upstream, token: str) -> None:
    with gateway(argo, client_auth="token"):
        first = tokens.current(token)
        assert os.stat(token).st_mode & 0o777 == 0o600
    with gateway(argo, client_auth="token") as running:
        secret = tokens.current(token)
        assert secret == first
        assert secret is not None
        with asking(running) as client:
            for right in given(secret):
                assert client.get("/v1/models", **right).status_code == 200
            for wrong in ({}, *given("jdoe"), *given(secret[:-1]), *given(secret + "x")):
                assert client.get("/v1/models", **wrong).status_code == 401


def test_a_renewed_token_lets_running_tools_go_on_for_an_hour(
    argo: Upstream, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway(argo, client_auth="token") as running:
        first = tokens.made(token)
        second = tokens.renewed(token, at_once=False)
        third = tokens.renewed(token, at_once=False)
        answers = {
            key: asked(running.port, "host: localhost", f"x-api-key: {key}")[0] for key in (first, second, third)
        }
        assert answers == {first: 200, second: 200, third: 200}
        later = time.time() + tokens.GRACE + 1
        monkeypatch.setattr("time.time", lambda: later)
        assert asked(running.port, "host: localhost", f"x-api-key: {third}")[0] == 200
        assert asked(running.port, "host: localhost", f"x-api-key: {first}")[0] == 401
        assert asked(running.port, "host: localhost", f"x-api-key: {second}")[0] == 401


def test_a_token_that_got_out_ends_at_once_if_told(argo: Upstream, token: str) -> None:
    with gateway(argo, client_auth="token") as running:
        first = tokens.made(token)
        assert asked(running.port, "host: localhost", f"x-api-key: {first}")[0] == 200
        second = tokens.renewed(token, at_once=True)
        assert asked(running.port, "host: localhost", f"x-api-key: {second}")[0] == 200
        assert asked(running.port, "host: localhost", f"x-api-key: {first}")[0] == 401


def test_a_damaged_file_neither_opens_the_door_nor_shuts_out_who_had_the_token(argo: Upstream, token: str) -> None:
    with gateway(argo, client_auth="token") as running:
        first = tokens.made(token)
        Path(token).write_text("{}")
        assert asked(running.port, "host: localhost", "x-api-key: ")[0] == 401
        assert asked(running.port, "host: localhost", f"x-api-key: {first}")[0] == 200
    with pytest.raises(tokens.TokenProblem, match="token --new"):
        ClientAccess(settings_for(argo.url, client_auth="token"))


def test_a_file_that_others_could_read_is_closed_to_them(token: str) -> None:
    secret = tokens.made(token)
    os.chmod(token, 0o644)
    assert tokens.current(token) == secret
    assert os.stat(token).st_mode & 0o777 == 0o600


# What is kept of them


def test_strangers_are_neither_recorded_nor_able_to_fill_the_log(
    argo: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path, everything=True, failures=True)
    argo.answer = lambda seen: [ANSWER]
    with proxy(settings_for(argo.url), recorder=recorder) as running:
        for _ in range(20):
            asked(running.port, "host: evil.example", body=b"a page's own words")
        for number in range(300):
            asked(running.port, f"host: e{number}.example\x1b[2J", body=b"")
    assert not [path for path in tmp_path.rglob("*.flow") if b"evil.example" in path.read_bytes()]
    lines = [record.getMessage() for record in caplog.records if "was refused" in record.getMessage()]
    assert len([line for line in lines if "evil.example" in line]) == 1
    assert len(lines) <= 100
    assert not [line for line in lines if "\x1b" in line]


def test_the_token_is_in_no_recording_and_no_log(
    argo: Upstream, token: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = tokens.made(token)
    recorder = Recorder(tmp_path / "flows", everything=True, failures=True)
    argo.answer = lambda seen: [json_answer(b'{"error":{"message":"no, %s"}}' % secret.encode(), "400 No")]
    with proxy(settings_for(argo.url, client_auth="token"), recorder=recorder) as running:
        body = CHAT.replace(b"hi", secret.encode())
        asked(running.port, "host: localhost", f"authorization: Bearer {secret}", body=body)
        asked(running.port, "host: localhost", path=f"/v1/chat/completions?key={secret}", body=body)
        asked(running.port, "host: localhost", f"x-goog-api-key: {secret}", path=f"/nothing?key={secret}")
    assert argo.seen
    assert secret not in "".join(seen.line + json.dumps(seen.headers) for seen in argo.seen)
    kept = [path for path in (tmp_path / "flows").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if secret.encode() in path.read_bytes()]
    assert secret not in caplog.text
