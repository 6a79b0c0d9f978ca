"""`argo-proxy serve` as a process: what a person sees, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from argo_addon import __version__

from ..running import STREAM, Pause, Seen, Step, Upstream, chunk, json_answer, upstream

COMMAND = str(Path(sys.executable).with_name("argo-proxy"))
FIRST = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


def config(folder: Path, **settings: object) -> Path:
    path = folder / "config.yaml"
    path.write_text(json.dumps({"config_version": "3", "user": "jdoe", "host": "127.0.0.1", "port": 0, **settings}))
    return path


@contextmanager
def serving(*arguments: str, cwd: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its URL, and the lines that it has printed until the one with the URL."""
    env = {**os.environ, "HOME": str(cwd), **environment}
    with subprocess.Popen(
        [COMMAND, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                if "models:" in line:
                    break
            url = next(line.split()[-1] for line in lines if "listens on" in line)
            yield process, url, lines
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_what_it_talks_to_and_as_whom_and_stops_with_0(
    tmp_path: Path, argo: Upstream, number: signal.Signals
) -> None:
    argo.answer = lambda seen: [json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')]
    path = config(tmp_path, argo_base_url=argo.url)
    with serving(str(path), cwd=tmp_path) as (process, url, lines):
        said = "\n".join(lines)
        assert __version__ in said
        assert f"{argo.url}/v1" in said
        assert "jdoe" in said
        assert "1, from the upstream list" in said
        assert str(path) in said
        assert httpx.get(url + "/health", trust_env=False).json()["status"] == "healthy"
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "stopped" in out
    assert "Traceback" not in out + err


def test_the_config_is_found_in_the_working_folder(tmp_path: Path, argo: Upstream) -> None:
    config(tmp_path, argo_base_url=argo.url, skip_url_validation=True)
    with serving(cwd=tmp_path) as (_, url, lines):
        assert httpx.get(url + "/version", trust_env=False).status_code == 200
        assert any("config.yaml" in line for line in lines)


def test_without_the_upstream_it_starts_with_the_built_in_list_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with serving(str(config(tmp_path, argo_base_url=dead)), cwd=tmp_path) as (process, url, lines):
            assert any("built-in list" in line for line in lines)
            assert httpx.get(url + "/health", trust_env=False).json()["models"]["source"] == "built-in"
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=10)
    assert "model list cannot be read" in err


def test_a_proxy_in_the_environment_does_not_come_between(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')]
    path = config(tmp_path, argo_base_url=argo.url)
    with serving(str(path), cwd=tmp_path, HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9") as (
        _,
        _url,
        lines,
    ):
        assert any("1, from the upstream list" in line for line in lines)


def test_a_signal_while_it_waits_for_argo_stops_it_at_once(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = lambda seen: [Pause(30)]
    path = config(tmp_path, argo_base_url=argo.url, connection_test_timeout=20)
    with subprocess.Popen([COMMAND, "serve", str(path)], stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 10
        while not argo.connections and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=5)
    assert process.returncode == 0
    assert "stopped" in out


def test_a_port_that_is_taken_is_said_and_is_an_exit_of_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        path = config(tmp_path, argo_base_url="http://127.0.0.1:1", port=port)
        done = subprocess.run([COMMAND, "serve", str(path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_config_is_said_and_is_an_exit_of_2(tmp_path: Path) -> None:
    path = config(tmp_path, port="eighty")
    done = subprocess.run([COMMAND, "serve", str(path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "eighty" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_any_config_it_says_what_to_do(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([COMMAND, "serve"], capture_output=True, text=True, timeout=20, cwd=tmp_path, env=env)
    assert done.returncode == 2
    assert "--demo" in done.stderr


def test_an_open_address_is_warned_about(tmp_path: Path, argo: Upstream) -> None:
    path = config(tmp_path, argo_base_url=argo.url, host="0.0.0.0", skip_url_validation=True)
    with serving(str(path), cwd=tmp_path) as (_, url, lines):
        assert url.startswith("http://127.0.0.1:")
        assert any("whoever can reach this machine" in line for line in lines)


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_other_forms_of_the_address_are_listened_on(tmp_path: Path, argo: Upstream, host: str) -> None:
    path = config(tmp_path, argo_base_url=argo.url, host=host, skip_url_validation=True)
    with serving(str(path), cwd=tmp_path) as (_, url, _lines):
        assert httpx.get(url + "/version", trust_env=False).status_code == 200


def test_a_running_stream_ends_in_the_error_event_when_told_twice_to_stop(tmp_path: Path, argo: Upstream) -> None:
    def slow(seen: Seen) -> list[Step]:
        return [STREAM, chunk(FIRST), Pause(30)]

    argo.answer = slow
    path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True)
    with serving(str(path), cwd=tmp_path) as (process, url, _):
        start = time.monotonic()
        body = {"model": "gpt-5.4", "stream": True, "messages": []}
        with httpx.stream("POST", url + "/v1/chat/completions", json=body, trust_env=False) as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == FIRST
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            assert process.poll() is None, "running streams may end"
            process.send_signal(signal.SIGTERM)
            assert b"argo-proxy was stopped" in b"".join(pieces)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - start < 8


@pytest.mark.parametrize("by_option", [False, True])
def test_the_legacy_gateway_is_asked_where_that_is_chosen(tmp_path: Path, argo: Upstream, by_option: bool) -> None:
    argo.answer = lambda seen: [json_answer(b'{"response":"Hi."}')]
    chosen = {} if by_option else {"use_legacy_argo": True}
    path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True, **chosen)
    with serving(str(path), *(["--legacy-argo"] if by_option else []), cwd=tmp_path) as (_, url, lines):
        assert any(f"{argo.url} (legacy gateway)" in line for line in lines)
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "x"}]}
        answer = httpx.post(url + "/v1/chat/completions", json=body, trust_env=False).json()
        assert answer["choices"][0]["message"]["content"] == "Hi."
    assert [seen.line for seen in argo.seen] == ["POST /api/v1/resource/chat/ HTTP/1.1"]


def test_version_and_help_answer() -> None:
    shown = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, timeout=20)
    assert __version__ in shown.stdout
    helped = subprocess.run([COMMAND, "serve", "--help"], capture_output=True, text=True, timeout=20)
    assert "--demo" in helped.stdout
    assert "Examples" in helped.stdout
