"""An HTTP proxy that opens TLS and closes it again with an authority of its own, as companies have them: mitmdump."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from argo_addon.settings.model import Settings
from argo_addon.settings.trust import VARIABLES

from ..ports import free_port
from ..running import Upstream, proxy, upstream
from .talking import CHAT, CHAT_STREAM, MESSAGES
from .test_resolve import answering, listed


@pytest.fixture(scope="module")
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        answering(made)
        yield made


@pytest.fixture(scope="module")
def reading(argo: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The proxy's URL, and the file of its authority."""
    folder = tmp_path_factory.mktemp("proxy")
    port, authority = free_port(), folder / "mitmproxy-ca-cert.pem"
    mapped = f"|https://argo.example|{argo.url}"
    options = ["--set", f"confdir={folder}", "--set", "connection_strategy=lazy"]
    options += ["--set", "upstream_cert=false", "--map-remote", mapped]
    command = [str(Path(sys.executable).with_name("mitmdump")), "--listen-host", "127.0.0.1", "-p", str(port), *options]
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**env, "HOME": str(folder), "PYTHONUNBUFFERED": "1"}, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 30
            while "listening" not in (folder / "log").read_text():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", authority
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(autouse=True)
def variables(reading: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *VARIABLES,
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
        "HTTPS_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", reading[0])


def settings(authority: Path | None = None) -> Settings:
    file = None if authority is None else str(authority)
    return Settings(user="jdoe", host="127.0.0.1", port=0, ssl_ca_file=file).with_base_url("https://argo.example")


@pytest.mark.parametrize("way", ["ssl_ca_file", "SSL_CERT_FILE"])
def test_calls_and_the_list_go_through_where_its_authority_is_trusted(
    reading: tuple[str, Path], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "SSL_CERT_FILE":
        monkeypatch.setenv(way, str(reading[1]))
    with proxy(settings(reading[1] if way == "ssl_ca_file" else None)) as running:
        listed(running.addon.gateway)
        answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False, timeout=30)
        assert answer.content == CHAT_STREAM
        answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False, timeout=30)
        assert b"message_stop" in answer.content


def test_where_it_is_not_the_error_names_the_proxy_and_the_remedy(reading: tuple[str, Path]) -> None:
    with proxy(settings()) as running:
        answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False, timeout=30)
    assert answer.status_code == 502
    assert answer.headers["x-should-retry"] == "false"
    said = answer.json()["error"]["message"]
    assert "certificate is not trusted" in said
    assert reading[0] in said, "it may be the proxy's"
    assert "Where the proxy opens TLS itself" in said
    assert "SSL_CERT_FILE" in said
    assert "ssl_ca_file" in said


def test_a_file_that_stands_alone_is_what_is_to_be_mended(reading: tuple[str, Path], tmp_path: Path) -> None:
    import certifi

    with proxy(settings(Path(certifi.where()))) as running:
        answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False, timeout=30)
    said = answer.json()["error"]["message"]
    assert "certificate is not trusted" in said
    assert "SSL_CERT_FILE" not in said, "it would not be looked at"
    assert f"looked in: ssl_ca_file {certifi.where()}" in said
    assert "Add the authority" in said
