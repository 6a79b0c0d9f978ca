"""A conversation of which nothing is left to say to the model, and one that was empty to begin with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange

from .asking import CHAT, MESSAGES, Json, opened

MODELS = ("gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro")
THOUGHTS: dict[str, list[Json]] = {
    MESSAGES: [{"role": "assistant", "content": [{"type": "redacted_thinking", "data": "abc"}]}],
    CHAT: [{"role": "assistant", "content": None, "reasoning_content": "hm"}],
    "/v1/responses": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}],
    "google": [{"role": "model", "parts": [{"text": "hm", "thought": True}]}],
}
EVERY_WAY = pytest.mark.parametrize(
    "settings",
    [{}, {"force_conversion": True}, {"use_legacy_argo": True}],
    ids=["as it is", "forced", "legacy"],
)


def ask(client: str, model: str, conversation: list[Json], **settings: Any) -> Any:
    """What the gateway makes of a conversation."""
    if client == "google":
        return opened(f"/v1beta/models/{model}:generateContent", {"contents": conversation}, **settings)
    name = "input" if client == "/v1/responses" else "messages"
    return opened(client, {"model": model, "max_tokens": 100, name: conversation}, **settings)


@EVERY_WAY
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("client", THOUGHTS)
def test_a_conversation_of_nothing_but_thoughts_still_has_a_message(
    client: str, model: str, settings: dict[str, Any]
) -> None:
    """ARGO refuses an empty list, and the tool would send the same conversation for ever after."""
    call = ask(client, model, THOUGHTS[client], **settings)
    assert isinstance(call, Exchange), call
    assert json.loads(call.upstream.body)["messages"]


@EVERY_WAY
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("client", "place"), [("/v1/responses", "input"), ("google", "contents")])
def test_a_conversation_that_was_empty_is_refused_by_its_place(
    client: str, place: str, model: str, settings: dict[str, Any]
) -> None:
    reply = ask(client, model, [], **settings)
    assert not isinstance(reply, Exchange)
    assert reply.status == 400
    assert json.loads(reply.body)["error"]["message"].startswith(f"{place}: empty: there is nothing to answer")
