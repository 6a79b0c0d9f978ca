"""Real provider traffic through the way back within one dialect: every byte as it came, every error as it was.

The recordings are no part of the project: they are looked for in ARGO_PROXY_RECORDINGS, else beside the project.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.gateway.translate import Passthrough, assemble
from argo_addon.settings.model import Settings

BESIDE = Path(__file__).parents[3] / "shared" / "recordings"
FOLDER = Path(os.environ.get("ARGO_PROXY_RECORDINGS") or BESIDE)
INDEX = FOLDER / "index.json"
RECORDED: list[dict[str, Any]] = json.loads(INDEX.read_bytes()) if INDEX.exists() else []
pytestmark = pytest.mark.skipif(not RECORDED, reason="no recordings: set ARGO_PROXY_RECORDINGS to their folder")

CALLS = {"chat": ("openai_chat", "/v1/chat/completions", "gpt-5.4"), "anthropic": ("anthropic", "/v1/messages", "opus")}


def of_kind(*kinds: str) -> list[Any]:
    return [pytest.param(row, id=row["file"]) for row in RECORDED if row["kind"] in kinds]


def call_for(row: dict[str, Any]) -> tuple[str, str, str]:
    return CALLS[row["kind"].split("-")[1]]


@pytest.mark.parametrize("row", of_kind("upstream-chat-stream", "upstream-anthropic-stream"))
def test_a_recorded_stream_comes_back_byte_for_byte(row: dict[str, Any]) -> None:
    dialect = UPSTREAM[call_for(row)[0]]
    stream = (FOLDER / row["file"]).read_bytes()
    for size in (len(stream), 1, 61):
        relay = Passthrough(dialect.observer(1), lambda error: dialect.error_frame(error, "r"), "jdoe")
        pieces = (stream[start : start + size] for start in range(0, len(stream), size))
        assert b"".join(map(relay.feed, pieces)) + relay.close() == stream
        assert relay.complete
        assert relay.error is None


@pytest.mark.parametrize("row", of_kind("upstream-anthropic-stream"))
def test_1_34_a_recorded_stream_can_be_put_together(row: dict[str, Any]) -> None:
    dialect = UPSTREAM["anthropic"]
    assembler = dialect.assembler()
    assert assembler is not None
    message = json.loads(assemble(dialect.observer(1), assembler, (FOLDER / row["file"]).read_bytes()))
    assert message["type"] == "message"
    assert message["stop_reason"]
    assert message["usage"]["output_tokens"] >= 0


@pytest.mark.parametrize("row", of_kind("upstream-chat-json", "upstream-anthropic-json"))
def test_a_recorded_answer_or_error_comes_back_byte_for_byte(row: dict[str, Any]) -> None:
    _, path, model = call_for(row)
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    asked = json.dumps({"model": model, "messages": []}).encode()
    exchange = gateway.open(ClientRequest("POST", path, {}, asked))
    assert isinstance(exchange, Exchange)
    body = (FOLDER / row["file"]).read_bytes()
    reply = exchange.complete_response(row["status"], {"content-type": "application/json"}, body)
    assert (reply.status, reply.body) == (row["status"], body)


FAMILIES = {
    "client-chat": ("gpt-5.4", "gemini-2.5-pro"),
    "client-anthropic": ("claude-opus-4.6", "claude-opus-4.7", "claude-haiku-4.5"),
}
REQUESTS = [
    pytest.param(row, model, id=f"{row['file']}-{model}") for row in RECORDED for model in FAMILIES.get(row["kind"], ())
]


@pytest.mark.parametrize(("row", "model"), REQUESTS)
def test_a_recorded_request_goes_upstream(row: dict[str, Any], model: str) -> None:
    """It is taken as it is or amended, never refused: what these clients send is what clients send."""
    _, path, _ = call_for(row)
    body = json.loads((FOLDER / row["file"]).read_bytes())
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    exchange = gateway.open(ClientRequest("POST", path, {}, json.dumps({**body, "model": model}).encode()))
    assert isinstance(exchange, Exchange), exchange
    sent = json.loads(exchange.upstream.body)
    dropped = {path.partition("[")[0] for path in exchange.dropped} | {"max_tokens", "thinking"}
    assert body.keys() - sent.keys() <= dropped
