"""Section 6 of the pitfalls: what is counted, and what is cached."""

from __future__ import annotations

import json

import pytest

from .asking import (
    CHAT,
    CHATS,
    CLAUDES,
    MESSAGES,
    Json,
    asked,
    chat_body,
    chat_sse,
    claude_sse,
    events_sse,
    finished,
    of,
    request,
    sent,
    start_of,
    streamed,
    told,
    usage_chunk,
)
from .reading import completion_of, message_of

USER: Json = {"role": "user", "content": "hi"}
TEXT: Json = {"type": "text", "text": "x"}
MARK: Json = {"cache_control": {"type": "ephemeral"}}


# 6.1, 6.2: figures


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (None, (1000, 0, 0)),
        ({}, (1000, 0, 0)),
        ({"cached_tokens": None}, (1000, 0, 0)),
        ({"cached_tokens": 800}, (200, 800, 0)),
        ({"cached_tokens": 800, "cache_write_tokens": 150}, (50, 800, 150)),
        ({"cached_tokens": 1200}, (0, 1200, 0)),
    ],
)
@pytest.mark.parametrize("model", CHATS)
def test_6_1_and_6_2_cached_tokens_of_chats_are_not_counted_twice(
    model: str, details: Json | None, expected: tuple[int, int, int]
) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050, "prompt_tokens_details": details}
    plain = told(MESSAGES, model, chat_body({"content": "x"}, usage=usage))["usage"]
    stream = chat_sse({"content": "x"}, finished(), usage_chunk(**usage))
    for found in (plain, message_of(streamed(MESSAGES, model, stream)).usage):
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        assert tuple(found[name] for name in names) == expected
        assert found["output_tokens"] == 50


@pytest.mark.parametrize("model", CLAUDES)
def test_6_1_the_prompt_of_claudes_counts_what_was_cached(model: str) -> None:
    usage = {"input_tokens": 50, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 150, "output_tokens": 1}
    stream = claude_sse(TEXT, usage=usage)
    read = completion_of(streamed(CHAT, model, stream, stream_options={"include_usage": True}))
    for found in (told(CHAT, model, stream)["usage"], read.usage):
        assert found is not None
        assert (found["prompt_tokens"], found["completion_tokens"], found["total_tokens"]) == (1000, 7, 1007)
        assert found["prompt_tokens_details"]["cached_tokens"] == 800


def test_6_2_what_claude_tells_last_counts_and_null_or_nothing_tells_nothing() -> None:
    def read_partial(last: Json | None) -> tuple[int, int]:
        ends: list[Json] = [
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": last},
            {"type": "message_stop"},
        ]
        stream = events_sse(*start_of({"input_tokens": 5, "output_tokens": 1}), *of(0, TEXT), *ends)
        usage = told(CHAT, "claude-opus-4.6", stream)["usage"]
        return usage["prompt_tokens"], usage["completion_tokens"]

    assert read_partial({"input_tokens": 9, "output_tokens": 4}) == (9, 4)
    assert read_partial({"output_tokens": 4}) == (5, 4)
    assert read_partial({"input_tokens": None, "output_tokens": 4}) == (5, 4)
    assert read_partial(None) == (5, 1)


def test_6_1_thought_tokens_are_part_of_the_answers() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 40}}
    assert told(MESSAGES, "gpt-5.4", chat_body({"content": "x"}, usage=usage))["usage"]["output_tokens"] == 50


# 6.4: breakpoints of clients


@pytest.mark.parametrize("model", CHATS)
def test_6_4_breakpoints_do_not_go_to_chat_and_are_told(model: str) -> None:
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {}, **MARK}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{**TEXT, **MARK}], **MARK}
    call = asked(MESSAGES, request(
        MESSAGES, model,
        {"role": "user", "content": [{**TEXT, **MARK}]},
        {"role": "assistant", "content": [{**TEXT, **MARK}, use]},
        {"role": "user", "content": [result]},
        system=[{**TEXT, **MARK}], tools=[{"name": "f", "input_schema": {"type": "object"}, **MARK}],
        cache_control={"type": "ephemeral"},
    ))  # fmt: skip
    assert b"cache_control" not in call.upstream.body
    assert any("cache_control" in path for path in call.dropped)


def marks(body: Json) -> list[str]:
    """The places of the breakpoints, in order."""
    found = [f"tools[{n}]" for n, tool in enumerate(body.get("tools", [])) if "cache_control" in tool]
    found += [f"system[{n}]" for n, block in enumerate(body.get("system", [])) if "cache_control" in block]
    for at, message in enumerate(body["messages"]):
        blocks = message["content"] if isinstance(message["content"], list) else []
        found += [f"messages[{at}][{n}]" for n, block in enumerate(blocks) if "cache_control" in block]
    return found


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("model", CLAUDES)
def test_6_4_of_more_than_four_breakpoints_the_last_four_go_to_claude(model: str, force: bool) -> None:
    tools = [{"name": "f", "input_schema": {"type": "object"}, **MARK}]
    turns = [{"role": role, "content": [{**TEXT, **MARK}]} for role in ("user", "assistant", "user")]
    body, dropped = sent(
        MESSAGES,
        request(MESSAGES, model, *turns, tools=tools, system=[{**TEXT, **MARK}, {**TEXT, **MARK}]),
        force_conversion=force,
    )
    assert marks(body) == ["system[1]", "messages[0][0]", "messages[1][0]", "messages[2][0]"]
    assert "cache_control" in dropped


@pytest.mark.parametrize("force", [False, True])
def test_6_4_four_breakpoints_stay_as_they_are(force: bool) -> None:
    long = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    tools = [{"name": "f", "input_schema": {"type": "object"}, **long}]
    result = {"type": "tool_result", "tool_use_id": "t", "content": "ok", **MARK}
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"cache_control": 1}}
    turns = [USER, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result, {**TEXT, **MARK}]}]
    body, dropped = sent(
        MESSAGES,
        request(MESSAGES, "claude-opus-4.6", *turns, tools=tools, system=[{**TEXT, **MARK}]),
        force_conversion=force,
    )
    assert marks(body) == ["tools[0]", "system[0]", "messages[2][0]", "messages[2][1]"]
    assert body["tools"][0]["cache_control"] == long["cache_control"]
    assert body["messages"][1]["content"][0]["input"] == {"cache_control": 1}
    assert dropped == ()


# 6.5: breakpoints for those who have no word for them


@pytest.mark.parametrize("model", CLAUDES)
def test_6_5_a_chat_client_gets_breakpoints_where_they_help(model: str) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in "fg"]
    system = {"role": "system", "content": "S"}
    said = {"role": "assistant", "content": "yes"}
    body, _ = sent(CHAT, request(CHAT, model, system, USER, said, USER, said, USER, tools=tools))
    assert marks(body) == ["tools[1]", "system[0]", "messages[2][0]", "messages[4][0]"]


def test_6_5_a_chat_client_that_sets_its_own_keeps_them() -> None:
    system = {"role": "system", "content": [{**TEXT, **MARK}]}
    body, _ = sent(CHAT, request(CHAT, "claude-opus-4.6", system, USER))
    assert marks(body) == ["system[0]"]


def test_6_4_no_more_than_four_of_a_chat_clients_go_to_claude() -> None:
    turns = [{"role": role, "content": [{**TEXT, **MARK}]} for role in ("user", "assistant") * 3]
    body, dropped = sent(CHAT, request(CHAT, "claude-haiku-4.5", *turns, USER))
    assert len(marks(body)) == 4
    assert marks(body)[-1] == "messages[5][0]"
    assert "cache_control" in dropped


# 6.6: the same beginning each time


@pytest.mark.parametrize(("path", "model"), [(MESSAGES, "gpt-5.4"), (MESSAGES, "gemini-2.5-pro"), (CHAT, "claude-opus-4.6")])  # noqa: E501 # fmt: skip
def test_6_6_what_was_sent_is_sent_again_byte_for_byte(path: str, model: str) -> None:
    if path == MESSAGES:
        tools = [{"name": f"mcp.tool:{n}", "input_schema": {"type": "object", "z": 1, "a": 2}} for n in range(3)]
        use = {"type": "tool_use", "id": "x" * 70, "name": "mcp.tool:1", "input": {"z": 1, "a": 2}}
        result = {"type": "tool_result", "tool_use_id": "x" * 70, "content": "ok"}
        turns: list[Json] = [USER, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    else:
        tools = [{"type": "function", "function": {"name": f"t.{n}"}} for n in range(3)]
        call = {"id": "a:1", "type": "function", "function": {"name": "t.1", "arguments": '{"z":1,"a":'}}
        result = {"role": "tool", "tool_call_id": "a:1", "content": "ok"}
        turns = [USER, {"role": "assistant", "content": None, "tool_calls": [call]}, result]
    first, again, longer = (
        asked(path, request(path, model, *turns, *rest, tools=tools)).upstream.body
        for rest in ([], [], [{"role": "assistant", "content": "yes"}, USER])
    )
    assert first == again

    def bare(raw: bytes) -> str:
        body = json.loads(raw.replace(b',"cache_control":{"type":"ephemeral"}', b""))
        return json.dumps([body.get("system"), body["tools"], body["messages"]])[:-2]

    assert bare(longer).startswith(bare(first))


@pytest.mark.parametrize(("total", "answer"), [(1050, 50), (1080, 80)])
def test_6_1_thoughts_that_only_the_total_counts_are_counted(total: int, answer: int) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": total,
             "completion_tokens_details": {"reasoning_tokens": 30}}  # fmt: skip
    plain = told(MESSAGES, "gemini-2.5-pro", chat_body({"content": "x"}, usage=usage))["usage"]
    assert plain["output_tokens"] == answer
