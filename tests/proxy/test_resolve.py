"""An address for a name of ARGO's, which keeps its name towards ARGO and its certificate."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from argo_addon.gateway.gateway import Gateway
from argo_addon.settings.model import Settings

from ..running import Upstream, json_answer, proxy, streamed, upstream
from .talking import CHAT, CHAT_STREAM, events
from .test_tls import certificate

LIST = b'{"data": [{"id": "GPT 9", "internal_id": "gpt9"}]}'


def settings(argo: Upstream, scheme: str, ca: str | None = None) -> Settings:
    port = argo.url.rpartition(":")[2]
    made = Settings(
        user="jdoe", host="127.0.0.1", port=0, resolve_overrides={f"argo.example:{port}": "127.0.0.1"}, ssl_ca_file=ca
    )
    return made.with_base_url(f"{scheme}://argo.example:{port}")


def answering(argo: Upstream) -> None:
    stream = streamed(*events(CHAT_STREAM))
    argo.answer = lambda seen: stream if seen.line.startswith("POST") else [json_answer(LIST)]


def test_the_name_stays_and_the_connection_is_used_again(argo: Upstream) -> None:
    answering(argo)
    with (
        proxy(settings(argo, "http")) as running,
        httpx.Client(base_url=running.url, timeout=5, trust_env=False) as client,
    ):
        listed(running.addon.gateway)
        before = argo.connections
        for _ in range(8):  # the sixth would hang if the address were changed later
            assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
    assert {seen.headers["host"].partition(":")[0] for seen in argo.seen} == {"argo.example"}
    assert argo.connections == before, "the model list's serves the calls"


def listed(gateway: Gateway) -> None:
    """Waits until the model list has come by the same way."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if gateway.models.source == "upstream":
            return
        time.sleep(0.02)
    pytest.fail("the model list was not read")


@pytest.mark.parametrize(("name", "taken"), [("argo.example", True), ("other.example", False)])
def test_the_certificate_must_be_the_names(tmp_path: Path, name: str, taken: bool) -> None:
    pem = certificate(tmp_path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with upstream(context) as argo:
        answering(argo)
        with proxy(settings(argo, "https", str(pem))) as running:
            if taken:
                listed(running.addon.gateway)
            answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
    if taken:
        assert answer.content == CHAT_STREAM
    else:
        assert answer.status_code == 502
        assert "certificate" in answer.json()["error"]["message"]
        assert argo.seen == []


def test_another_port_of_the_name_is_not_meant(argo: Upstream) -> None:
    other = msgspec.structs.replace(settings(argo, "http"), resolve_overrides={"argo.example:1": "127.0.0.1"})
    with proxy(other) as running:
        answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False, timeout=15)
    assert answer.status_code in (502, 504)
    assert argo.seen == []
