"""A law: an answer that is cut by UTF-16, in the middle of characters, is whole at the client, in every dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..dialects.test_odd_answers import OTHERS, PATHS, exchange, relayed, sse
from ..drawing import law
from ..proxy.test_keep_alive import text_of

Json = Any
CLIENTS = {"openai_chat": "chat", "anthropic": "messages", "openai_responses": "responses", "google": "google"}
TEXTS = st.text(st.sampled_from('a "\\\n😀🦊é\u4e2d'), min_size=2, max_size=12).filter(str.strip)
LONE = "\ud83d"


def stream(upstream: str, pieces: list[str]) -> list[Json]:
    if upstream == "openai_chat":
        said = [{"id": "a", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
        return [*said, {"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c", "usage": usage}
    delta = {"type": "content_block_delta", "index": 0}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({**delta, "delta": {"type": "text_delta", "text": piece}} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]


def cut(text: str, every: int) -> list[str]:
    units = text.encode("utf-16-le")
    return [units[at : at + 2 * every].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2 * every)]


@law(80)
@given(
    force=st.booleans(),
    text=TEXTS,
    every=st.integers(1, 5),
    at=st.integers(1, 400),
    client=st.sampled_from(list(CLIENTS)),
)
@pytest.mark.parametrize("upstream", PATHS)
def test_what_is_cut_in_the_middle_of_characters_is_whole(
    upstream: str, force: bool, text: str, every: int, at: int, client: str
) -> None:
    told = sse(upstream, stream(upstream, cut(text, every)))
    made, relay = relayed(client, upstream, told[:at], told[at:], force=force)
    assert relay.error is None
    assert text_of(CLIENTS[client], made.replace(b": ping\n\n", b"")) == text


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("client", [*PATHS, *OTHERS])
@pytest.mark.parametrize("upstream", PATHS)
def test_a_half_that_nothing_completes_costs_nothing_but_itself(client: str, upstream: str, force: bool) -> None:
    for pieces in (["a" + LONE, "b"], ["a", LONE + "b"], ["a", "\ude00b"], [LONE, LONE + "\ude00"]):
        made, relay = relayed(client, upstream, sse(upstream, stream(upstream, pieces)), force=force)
        assert relay.error is None
        assert relay.complete
        made.decode()
    text = {"type": "text", "text": f"a{LONE}b"}
    choice = {"index": 0, "message": {"role": "assistant", "content": f"a{LONE}b"}, "finish_reason": "stop"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    body = {
        "openai_chat": {"id": "a", "choices": [choice]},
        "anthropic": {"id": "m", "type": "message", "role": "assistant", "content": [text], "model": "c",
                      "stop_reason": "end_turn", "usage": usage},
    }[upstream]  # fmt: skip
    reply = exchange(client, upstream, False, force).complete_response(
        200, {"content-type": "application/json"}, json.dumps(body).encode()
    )
    assert reply.status == 200
    assert "a\ufffdb" in json.dumps(json.loads(reply.body), ensure_ascii=False)
