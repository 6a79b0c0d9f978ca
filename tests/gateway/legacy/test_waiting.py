"""What a streaming client hears while the legacy gateway is silent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from tests.gateway.legacy.asking import CLIENTS, Client
from tests.running import proxy, settings_for
from tests.simulator.asking import Running

each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


@pytest.fixture(scope="module")
def impatient(shared: Running) -> Iterator[httpx.Client]:
    """A gateway that gives signs of life early."""
    with (
        proxy(settings_for(shared.base_url, use_legacy_argo=True), Limits(keep_alive=0.1)) as made,
        httpx.Client(base_url=made.url, timeout=20, trust_env=False) as client,
    ):
        yield client


@each_client
@pytest.mark.parametrize("tools", [False, True])
def test_a_client_that_waits_gets_signs_of_life(
    argo: Running, impatient: httpx.Client, client: Client, tools: bool
) -> None:
    argo.behave({"delay": 0.4})
    body = client.body("claude-opus-4.6", stream=True, tools=tools)
    with impatient.stream("POST", client.path("claude-opus-4.6", stream=True), json=body) as answer:
        pieces = list(answer.iter_text())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    signs = [piece for piece in pieces if "ping" in piece or not piece.strip() or "response.in_progress" in piece]
    assert len(signs) >= 2
    told = client.streamed("".join(pieces))
    assert (len(told.calls), told.finish) == (2 if tools else 0, client.ends[tools])


@each_client
@pytest.mark.parametrize("fault", [{"notice": True}, {"status": 429, "message": "slow down"}])
def test_behind_a_sign_of_life_an_error_is_an_event(
    argo: Running, impatient: httpx.Client, client: Client, fault: dict[str, object]
) -> None:
    for tools in (False, True):
        argo.behave({"delay": 0.3, **fault})
        body = client.body("gpt-4.1", stream=True, tools=tools)
        answer = impatient.post(client.path("gpt-4.1", stream=True), json=body)
        assert answer.status_code == 200
        assert ("not registered" if "notice" in fault else "slow down") in answer.text
        assert "NOTICE" not in answer.text
