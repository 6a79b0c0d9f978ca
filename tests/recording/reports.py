"""Bug reports as tests: an exchange that `argo-proxy flows export N --fixture` has written happens again.

The file goes to tests/fixtures/reports; test_reports.py says what must come out. No socket is opened.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings
from argo_addon.transcript.formats import Body
from argo_addon.transcript.read import transcript

Json = Any
FOLDER = Path(__file__).parent.parent / "fixtures" / "reports"


class Played(msgspec.Struct):
    """What came of it: the bodies that went to ARGO, the client's status, its answer's body, and that in words."""

    sent: list[Json]
    status: int
    body: bytes
    answer: str


def played(name: str, **settings: Json) -> Played:
    """Has the exchange of a fixture happen again, with these settings."""
    report = json.loads((FOLDER / f"{name}.json").read_bytes())
    client = report["client"]
    request = ClientRequest(client["method"], client["target"], client["headers"], json.dumps(client["body"]).encode())
    outcome = Gateway(
        msgspec.structs.replace(Settings(user="jdoe").with_base_url("http://argo.example"), **settings)
    ).open(request)
    if not isinstance(outcome, Exchange):
        assert isinstance(outcome, Reply), outcome
        return _played([], outcome.status, outcome.body, client["target"], "application/json")
    sent: list[Json] = []
    for answer in report["upstream"]:
        sent.append(json.loads(outcome.upstream.body))
        status, headers, body = answer["status"], answer["headers"], _text(answer["body"]).encode()
        if outcome.should_retry_response(status, headers, body):
            outcome.resend = False
            continue
        if outcome.start_response(status, headers) is None:
            reply = outcome.complete_response(status, headers, body)
            kind = reply.headers.get("content-type", "application/json")
            return _played(sent, reply.status, reply.body, client["target"], kind)
        assert outcome.relay is not None
        made = outcome.relay.feed(body) + outcome.relay.close()
        return _played(sent, 200, made, client["target"], "text/event-stream")
    raise AssertionError("every answer of ARGO's was refused and mended")


def _played(sent: list[Json], status: int, body: bytes, target: str, kind: str) -> Played:
    return Played(sent, status, body, transcript(Body(body, target, kind, status)))


def _text(body: Json) -> str:
    return "\n".join(body) if isinstance(body, list) else body if isinstance(body, str) else json.dumps(body)
