"""Sections 3A and 3C of the pitfalls: streams to Anthropic and to Chat clients; reading.py holds the rules of order."""

from __future__ import annotations

from typing import Any

import pytest

from .asking import (
    CHAT,
    MESSAGES,
    Json,
    call_delta,
    chat_sse,
    chunk_of,
    claude_sse,
    events_sse,
    finished,
    of,
    start_of,
    streamed,
    usage_chunk,
)
from .reading import Completion, Message, completion_of, message_of

TOOLS: list[Json] = [{"name": "f", "input_schema": {"type": "object"}}]
CHAT_TOOLS: list[Json] = [{"type": "function", "function": {"name": "f"}}]
THOUGHT: Json = {"reasoning_content": "hm"}
TEXT: Json = {"content": "so"}


def read(*chunks: Json, done: bool = True) -> Message:
    """What an Anthropic client reads of a Chat stream; any breach of 3.1 to 3.7 is an error."""
    return message_of(streamed(MESSAGES, "gpt-5.4", chat_sse(*chunks, done=done), tools=TOOLS))


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


def call(number: int = 0, arguments: str = "{}") -> Json:
    return call_delta(number, f"call_{number}", "f", arguments)


# 3.1 to 3.3: order, and blocks of one kind


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([TEXT], ["text"]),
        ([THOUGHT, TEXT], ["thinking", "text"]),
        ([THOUGHT, call()], ["thinking", "tool_use"]),
        ([TEXT, call(), THOUGHT, TEXT], ["text", "tool_use", "thinking", "text"]),
        ([TEXT, THOUGHT, TEXT, THOUGHT], ["text", "thinking", "text", "thinking"]),
        ([call(0), TEXT, call(1), TEXT], ["tool_use", "text", "tool_use", "text"]),
        ([{**THOUGHT, **TEXT, **call()}], ["thinking", "text", "tool_use"]),
    ],
)
def test_3_2_and_3_3_blocks_follow_one_another_each_of_one_kind(deltas: list[Json], expected: list[str]) -> None:
    message = read({"role": "assistant", "content": ""}, *deltas, finished())
    assert sorted(kinds(message)) == sorted(expected)
    assert "".join(block.get("text", "") for block in message.blocks) == "so" * expected.count("text")
    assert "".join(block.get("thinking", "") for block in message.blocks) == "hm" * expected.count("thinking")
    assert [block["json"] for block in message.blocks if block["type"] == "tool_use"] == ["{}"] * expected.count("tool_use")  # noqa: E501 # fmt: skip


def test_3_3_what_a_change_of_kind_comes_with_is_not_lost() -> None:
    message = read(THOUGHT, {"content": "first"}, call(0, '{"a":'), call_delta(0, None, None, "1}"), finished())
    assert [block.get("thinking") or block.get("text") or block["json"] for block in message.blocks] == [
        "hm",
        "first",
        '{"a":1}',
    ]


def test_3_4_usage_stands_at_both_ends_even_where_the_upstream_tells_none() -> None:
    message = read(TEXT, finished())
    assert {"input_tokens", "output_tokens"} <= message.start["usage"].keys()
    assert all(type(value) is int for value in message.usage.values())


# 3.5: odd ends of a Chat stream

ODD_ENDS: dict[str, tuple[list[Any], bool]] = {
    "no usage": ([TEXT, finished()], True),
    "no [DONE]": ([TEXT, finished()], False),
    "no finish, but [DONE]": ([TEXT], True),
    "finish with the last text": ([chunk_of(TEXT, "stop")], True),
    "text after the finish": ([chunk_of({"content": "s"}, "stop"), {"content": "o"}], True),
    "finish twice": ([TEXT, finished(), finished()], True),
    "usage before the finish": ([TEXT, usage_chunk(prompt_tokens=1, completion_tokens=1), finished()], True),
    "usage null": ([TEXT, chunk_of({}, "stop", usage=None)], True),
    "empty choices first": ([{"id": "", "choices": [], "prompt_filter_results": []}, TEXT, finished()], True),
    "empty choices between": ([{"content": "s"}, {**chunk_of({}), "choices": []}, {"content": "o"}, finished()], True),
    "choices null": ([TEXT, {**chunk_of({}), "choices": None}, finished()], True),
    "delta null": ([TEXT, chunk_of(None), finished()], True),
    "role in every chunk": ([{"role": "assistant", "content": c} for c in "so"] + [finished()], True),
    "nulls all over": ([{"content": "so", "role": None, "tool_calls": None, "refusal": None}, finished()], True),
    "content null": ([{"role": "assistant", "content": None}, TEXT, finished()], True),
    "no index": ([{"choices": [{"delta": TEXT}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}], True),
    "novel members": ([{**TEXT, "novel": {"a": 1}}, chunk_of({}, "stop", novel=[1])], True),
    "chunks after [DONE]": ([TEXT, finished(), "[DONE]", {"content": "more"}], True),
    "a second choice": ([TEXT, {"choices": [{"index": 1, "delta": {"content": "more"}}]}, finished()], True),
    "message in place of delta": ([{"choices": [{"message": TEXT, "finish_reason": "stop"}]}], True),
}


@pytest.mark.parametrize("name", ODD_ENDS)
def test_3_5_a_stream_of_chats_ends_well_however_odd_it_is(name: str) -> None:
    chunks, done = ODD_ENDS[name]
    message = read(*chunks, done=done)
    assert "".join(block["text"] for block in message.blocks) == "so"
    assert message.stop_reason == "end_turn"
    assert message.names.count("message_delta") == message.names.count("message_start") == 1


@pytest.mark.parametrize(
    "about", [{"created": 1.7e9}, {"id": None}, {"model": None}, {"system_fingerprint": 5}, {"usage": {}}]
)
def test_3_5_odd_words_about_a_stream_of_chats_lose_no_answer(about: Json) -> None:
    assert read({**chunk_of(TEXT), **about}, {**finished(), **about}).blocks[0]["text"] == "so"


@pytest.mark.parametrize("pieces", [['{"a"', ":1}"], ['{"a":1}'], ["", '{"a":1}'], [" ", '{"a":1}', ""]])
def test_3_6_arguments_come_in_deltas_only(pieces: list[str]) -> None:
    message = read(call(0, ""), *(call_delta(0, None, None, piece) for piece in pieces), finished("tool_calls"))
    (block,) = message.blocks
    assert block["input"] == {}
    assert block["json"].strip() == '{"a":1}'
    assert (block["id"], block["name"]) == ("call_0", "f")


def test_3_7_usage_that_comes_again_and_again_is_told_once() -> None:
    def usage(tokens: int) -> Json:
        return {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}

    message = read(chunk_of(TEXT, usage=usage(1)), chunk_of({}, "stop", usage=usage(2)), usage_chunk(**usage(3)))
    assert (message.usage["output_tokens"], message.names.count("message_delta")) == (3, 1)


# 3.17: streams to Chat clients


def complete(stream: bytes, **members: object) -> Completion:
    return completion_of(streamed(CHAT, "claude-opus-4.6", stream, tools=CHAT_TOOLS, **members))


def block(kind: str, **members: object) -> Json:
    return {"type": kind, **members}


SAID = block("text", text="so")
USE = block("tool_use", id="toolu_1", name="f", input={"a": 1})
END: list[Json] = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]


def test_3_17_the_stream_has_the_form_that_clients_wait_for() -> None:
    told = complete(claude_sse(SAID), stream_options={"include_usage": True})
    assert told.chunks[0]["object"] == "chat.completion.chunk"
    assert told.chunks[-1]["choices"] == []
    assert [chunk["choices"][0]["finish_reason"] for chunk in told.chunks[:-1]][-1] == "stop"
    assert (told.content, told.usage is not None) == ("so", True)


ODD_CLAUDES: dict[str, list[Json]] = {
    "ping and unknown events": [*start_of(), {"type": "ping"}, *of(0, SAID), {"type": "novel", "a": 1}, *END],
    "no message_start": [*of(0, SAID), *END],
    "message_start twice at once": [*start_of(), *start_of(), *of(0, SAID), *END],
    "no message_delta": [*start_of(), *of(0, SAID), END[1]],
    "no message_stop": [*start_of(), *of(0, SAID), END[0]],
    "message_delta twice": [*start_of(), *of(0, SAID), END[0], *END],
    "no content_block_stop": [*start_of(), *list(of(0, SAID))[:-1], *END],
    "no content_block_start": [*start_of(), *list(of(0, SAID))[1:], *END],
    "an index that jumps": [*start_of(), *of(5, SAID), *END],
    "an index twice": [*start_of(), *of(0, block("text", text="s")), *of(0, block("text", text="o")), *END],
    "text within the start": [
        *start_of(),
        {"type": "content_block_start", "index": 0, "content_block": SAID},
        {"type": "content_block_stop", "index": 0},
        *END,
    ],
    "a block of an unknown kind": [*start_of(), *of(0, block("novel", a=1)), *of(1, SAID), *END],
    "a delta of an unknown kind": [
        *start_of(),
        *of(0, SAID),
        {"type": "content_block_delta", "index": 0, "delta": {"type": "novel_delta"}},
        *END,
    ],
    "blocks of built-in tools": [
        *start_of(),
        *of(0, block("server_tool_use", id="s", name="web_search", input={"q": 1})),
        *of(1, block("web_search_tool_result", tool_use_id="s", content=[])),
        *of(2, SAID),
        *END,
    ],
    "events after the end": [*start_of(), *of(0, SAID), *END, *of(1, SAID)],
    "stop reason null, then told": [
        *start_of(),
        *of(0, SAID),
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": None},
        *END,
    ],
}


@pytest.mark.parametrize("name", ODD_CLAUDES)
def test_3_17_a_stream_of_claudes_ends_well_however_odd_it_is(name: str) -> None:
    told = complete(events_sse(*ODD_CLAUDES[name]))
    assert (told.content, told.finish, told.calls) == ("so", "stop", [])


def test_3_17_an_answer_that_begins_anew_before_anything_was_given_out_is_told_once() -> None:
    told = complete(events_sse(*start_of(), *start_of(), *of(0, SAID), *of(1, USE), *END))
    assert (told.content, len(told.calls), told.finish) == ("so", 1, "tool_calls")


# 3.18: calls in streams to Chat clients


def test_3_18_each_call_counts_one_up_and_names_itself_once() -> None:
    uses = [block("tool_use", id=f"toolu_{n}", name="f", input={"n": n}) for n in range(3)]
    told = complete(claude_sse(SAID, uses[0], SAID, uses[1], uses[2], stop="tool_use"))
    assert [one["id"] for one in told.calls] == ["toolu_0", "toolu_1", "toolu_2"]
    assert [one["arguments"] for one in told.calls] == ['{"n": 0}', '{"n": 1}', '{"n": 2}']
    assert told.content == "soso"


def test_3_18_the_input_of_a_call_that_stands_in_its_start_is_told() -> None:
    begun = {"type": "content_block_start", "index": 0, "content_block": USE}
    told = complete(events_sse(*start_of(), begun, {"type": "content_block_stop", "index": 0}, *END))
    assert told.calls[0]["arguments"].replace(" ", "") == '{"a":1}'


CALLS: dict[str, list[Json]] = {
    "index omitted": [call_delta(None, "a", "f", '{"n":1}'), call_delta(None, "b", "f", '{"n":2}')],
    "index 0 for all": [call_delta(0, "a", "f", '{"n":1}'), call_delta(0, "b", "f", '{"n":2}')],
    "one chunk": [
        {"tool_calls": [*call(0, '{"n":1}')["tool_calls"], *call(1, '{"n":2}')["tool_calls"]]},
    ],
    "no ids": [call_delta(0, None, "f", '{"n":1}'), call_delta(1, None, "f", '{"n":2}')],
    "ids empty": [call_delta(0, "", "f", '{"n":1}'), call_delta(1, "", "f", '{"n":2}')],
    "neither index nor ids": [call_delta(None, None, "f", '{"n":1}'), call_delta(None, None, "f", '{"n":2}')],
    "index 0, no ids": [call_delta(0, None, "f", '{"n":1}'), call_delta(0, None, "f", '{"n":2}')],
    "indexes from 1": [call_delta(1, "a", "f", '{"n":1}'), call_delta(2, "b", "f", '{"n":2}')],
    "id and name in every piece": [
        *(call_delta(0, "a", "f", piece) for piece in ('{"n"', ":1}")),
        *(call_delta(1, "b", "f", piece) for piece in ('{"n"', ":2}")),
    ],
    "id in every piece, name empty": [
        *(call_delta(0, "a", name, piece) for name, piece in (("f", '{"n"'), ("", ":1}"))),
        *(call_delta(1, "b", name, piece) for name, piece in (("f", '{"n"'), ("", ":2}"))),
    ],
    "name in a later chunk": [
        *(call_delta(0, "a", None, ""), call_delta(0, None, "f", ""), call_delta(0, None, None, '{"n":1}')),
        *(call_delta(1, "b", None, '{"n"'), call_delta(1, None, "f", ":2}")),
    ],
    "pieces mixed": [
        *(call_delta(0, "a", "f", ""), call_delta(1, "b", "f", "")),
        *(call_delta(0, None, None, '{"n"'), call_delta(1, None, None, '{"n"')),
        *(call_delta(0, None, None, ":1}"), call_delta(1, None, None, ":2}")),
    ],
    "index 0 repeated, pieces in order": [
        *(call_delta(0, "a", "f", ""), call_delta(0, None, None, '{"n":1}')),
        *(call_delta(0, "b", "f", ""), call_delta(0, None, None, '{"n":2}')),
    ],
}


@pytest.mark.parametrize("name", CALLS)
def test_3_18_calls_of_a_chat_upstream_stay_apart_however_they_are_counted(name: str) -> None:
    message = read(*CALLS[name], finished("tool_calls"))
    assert [block["json"] for block in message.blocks] == ['{"n":1}', '{"n":2}']
    assert {block["name"] for block in message.blocks} == {"f"}
    assert len({block["id"] for block in message.blocks} - {""}) == 2
    assert message.stop_reason == "tool_use"


# 3.20: cuts; `answered` feeds 7 bytes at a time, which cuts characters as well


@pytest.mark.parametrize(("before", "after"), [(b"\n", b"\r\n"), (b"\n", b"\r"), (b"data: ", b"data:")])
def test_3_20_any_line_ends_and_cut_characters_are_read(before: bytes, after: bytes) -> None:
    stream = chat_sse({"content": "größer 🧑‍🔬"}, finished()).replace(before, after)
    stream = b": comment" + after.strip(b"data:") * 2 + stream if b"data" not in after else stream
    assert message_of(streamed(MESSAGES, "gpt-5.4", stream)).blocks[0]["text"] == "größer 🧑‍🔬"
