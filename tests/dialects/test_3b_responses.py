"""Sections 2 and 3B of the pitfalls: what a Responses answer holds, and the order in which its stream tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..forced import event_data_in
from .asking import MESSAGES, Json, answered, call_delta, chat_sse, claude_sse, finished, opened, sent, streamed

RESPONSES = "/v1/responses"
BODY: Json = {"input": "u"}
UPSTREAMS: dict[str, bytes] = {
    "claude-opus-4.6": claude_sse(
        {"thinking": "hm", "signature": "c2ln", "type": "thinking"},
        {"type": "text", "text": "word"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
        stop="tool_use",
    ),
    "gpt-5.4": chat_sse(
        {"reasoning_content": "hm"}, {"content": "wo"}, {"content": "rd"}, call_delta(0, "call_1", "f", '{"a": 1}'),
        finished("tool_calls"),
    ),
}  # fmt: skip
on_both = pytest.mark.parametrize("model", UPSTREAMS)


def told(model: str, stream: bool, upstream: bytes | None = None, **more: object) -> Any:
    """The answer's body, or its events."""
    whole = {**BODY, "model": model, "stream": stream, **more}
    reply = answered(RESPONSES, whole, UPSTREAMS[model] if upstream is None else upstream)
    assert reply.status == 200, reply
    return event_data_in(reply.body) if stream else json.loads(reply.body)


@on_both
def test_2_4_an_answer_has_every_member_that_strict_clients_want(model: str) -> None:
    events = told(model, True)
    plain = told("claude-opus-4.6", False) if "claude" in model else events[-1]["response"]
    for whole in (plain, events[-1]["response"], events[0]["response"]):
        wanted = {
            "id",
            "object",
            "created_at",
            "model",
            "status",
            "output",
            "parallel_tool_calls",
            "tool_choice",
            "tools",
        }
        assert wanted <= whole.keys()
        assert whole["object"] == "response"
        usage = whole.get("usage")
        assert usage is None or usage.keys() >= {"input_tokens", "input_tokens_details", "output_tokens",
                                                 "output_tokens_details", "total_tokens"}  # fmt: skip
        texts = [part for item in whole["output"] if item["type"] == "message" for part in item["content"]]
        assert all(part["annotations"] == [] == part["logprobs"] for part in texts)
    assert [item["type"] for item in plain["output"]] == ["reasoning", "message", "function_call"]


DEFAULTS: Json = {
    "background": False, "error": None, "frequency_penalty": 0, "incomplete_details": None, "instructions": None,
    "max_output_tokens": None, "max_tool_calls": None, "metadata": {}, "parallel_tool_calls": True,
    "presence_penalty": 0, "previous_response_id": None, "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None}, "safety_identifier": None, "service_tier": "default",
    "temperature": 1, "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto",
    "tools": [], "top_logprobs": 0, "top_p": 1, "truncation": "disabled",
}  # fmt: skip


@on_both
def test_11_6_what_a_request_does_not_say_has_the_apis_default(model: str) -> None:
    for event in told(model, True):
        if "response" in event:
            assert {name: event["response"][name] for name in DEFAULTS} == DEFAULTS


@on_both
def test_11_6_what_a_request_says_stands_in_its_answer(model: str) -> None:
    schema = {"type": "object", "properties": {}}
    said: Json = {
        "frequency_penalty": 0.5, "instructions": "Be brief.", "max_output_tokens": 99, "max_tool_calls": 3,
        "metadata": {"team": "a"}, "parallel_tool_calls": False, "presence_penalty": 0.25, "prompt_cache_key": "k",
        "reasoning": {"effort": "low", "summary": "auto"}, "safety_identifier": "s", "temperature": 0.5,
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}, "verbosity": "low"},
        "tool_choice": {"type": "function", "name": "f"}, "tools": [{"type": "function", "name": "f"}],
        "top_logprobs": 2, "top_p": 0.75, "truncation": "auto",
    }  # fmt: skip
    whole = {
        **said,
        "text": {
            "format": {"type": "json_schema", "name": "n", "schema": schema, "description": None, "strict": False},
            "verbosity": "low",
        },
        "tools": [{"type": "function", "name": "f", "description": None, "strict": False, "parameters": None}],
    }
    for event in told(model, True, **said):
        if "response" in event:
            assert {name: event["response"][name] for name in whole} == whole


@pytest.mark.parametrize(
    ("member", "value"), [("metadata", {"a": 1}), ("truncation", "all"), ("top_logprobs", "x"), ("max_tool_calls", [])]
)
def test_11_6_what_could_not_stand_in_an_answer_is_refused(member: str, value: object) -> None:
    reply = opened(RESPONSES, {**BODY, "model": "gpt-5.4", member: value})
    assert reply.status == 400  # type: ignore[union-attr] # what is refused is a reply
    assert json.loads(reply.body)["error"]["param"].startswith(member)  # type: ignore[union-attr]


@on_both
def test_3_10_items_and_parts_are_announced_before_what_they_say(model: str) -> None:
    items: dict[int, str] = {}
    parts: set[tuple[int, int]] = set()
    for number, event in enumerate(told(model, True)):
        assert event["sequence_number"] == number
        kind = event["type"]
        if kind == "response.output_item.added":
            items[event["output_index"]] = event["item"]["id"]
        elif kind in ("response.content_part.added", "response.reasoning_summary_part.added"):
            parts.add((event["output_index"], event.get("content_index", event.get("summary_index"))))
        elif "delta" in kind:
            assert items[event["output_index"]] == event["item_id"]
            if "arguments" not in kind:
                assert (event["output_index"], event.get("content_index", event.get("summary_index"))) in parts
            if kind == "response.output_text.delta":
                assert event["logprobs"] == []
    assert len(items) == 3
    assert len(parts) == 2


@on_both
def test_3_11_it_begins_with_response_created_and_nothing_else_is_before_it(model: str) -> None:
    kinds = [event["type"] for event in told(model, True)]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds.count("response.created") == 1
    ends = {"response.completed", "response.incomplete", "response.failed"}
    assert [kind for kind in kinds if kind in ends] == kinds[-1:]


@pytest.mark.parametrize("stop", ["pause_turn", "stop_sequence", "something_new", None])
def test_3_14_only_a_limit_or_a_refusal_is_incomplete(stop: str | None) -> None:
    stream = claude_sse({"type": "text", "text": "word"}, stop=stop)
    assert told("claude-opus-4.6", True, stream)[-1]["type"] == "response.completed"
    stream = claude_sse({"type": "text", "text": "word"}, stop="max_tokens")
    assert told("claude-opus-4.6", True, stream)[-1]["response"]["incomplete_details"] == {
        "reason": "max_output_tokens"
    }


@pytest.mark.parametrize("kind", ["compaction", "context_compaction"])
@on_both
def test_8_9_another_services_compaction_is_told_to_be_there(kind: str, model: str) -> None:
    given = [{"type": kind, "encrypted_content": "e"}, {"role": "user", "content": "u"}]
    events = told(model, True, input=given)
    assert events[-1]["type"] == "response.completed"
    assert "compacted by another service" in json.dumps(sent(RESPONSES, {"model": model, "input": given})[0])


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
def test_3_1_every_event_for_anthropic_clients_has_its_name(model: str) -> None:
    upstream = UPSTREAMS[model]
    made = streamed(MESSAGES, model, upstream)
    frames = [frame.split(b"\n") for frame in made.strip().split(b"\n\n")]
    assert all(lines[0].startswith(b"event: ") and lines[1].startswith(b"data: ") for lines in frames)
    assert [lines[0][7:].decode() for lines in frames] == [json.loads(lines[1][6:])["type"] for lines in frames]


# A call that the answer's limit cuts off

HALF = '{"input": "*** Begin Patch\\n-old \\u00e9'
CUT: dict[str, bytes] = {
    "claude-opus-4.6": claude_sse(
        {"type": "tool_use", "id": "toolu_1", "name": "edit", "input": HALF}, stop="max_tokens"
    ),
    "gpt-5.4": chat_sse(call_delta(0, "call_1", "edit", HALF), finished("length")),
}


@pytest.mark.parametrize("model", CUT)
def test_3_14_a_call_that_was_cut_off_is_incomplete_and_says_what_came(model: str) -> None:
    events = told(model, True, CUT[model], tools=[{"type": "function", "name": "edit"}])
    (item,) = events[-1]["response"]["output"]
    assert (events[-1]["type"], item["status"]) == ("response.incomplete", "incomplete")
    assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == [item]
    assert item["arguments"] == HALF


@pytest.mark.parametrize("tool", [{"type": "custom", "name": "edit"}, {"type": "local_shell"}])
@pytest.mark.parametrize(("model", "stream"), [*((model, True) for model in CUT), ("claude-opus-4.6", False)])
def test_7_4_half_an_edit_is_not_given_to_who_would_carry_it_out(tool: Json, model: str, stream: bool) -> None:
    upstream = CUT[model] if tool["type"] == "custom" else CUT[model].replace(b"edit", b"local_shell")
    if stream:
        events = told(model, True, upstream, tools=[tool])
        assert "call" not in "".join(event["type"] for event in events)
        whole = events[-1]["response"]
    else:
        whole = told(model, False, upstream, tools=[tool])
    assert whole["status"] == "incomplete"
    assert [item["type"] for item in whole["output"]] == ["message"]


@on_both
def test_3_8_every_event_says_its_type_and_3_15_none_is_foreign(model: str) -> None:
    made = answered(RESPONSES, {**BODY, "model": model, "stream": True}, UPSTREAMS[model]).body
    for frame in made.strip().split(b"\n\n"):
        name, data = frame.split(b"\n")
        kind = json.loads(data.removeprefix(b"data: "))["type"]
        assert name == b"event: " + kind.encode()
        assert kind.startswith("response.")


@on_both
def test_3_9_every_item_is_done_in_full_before_the_end(model: str) -> None:
    events = told(model, True)
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == done
    assert [item["type"] for item in done] == ["reasoning", "message", "function_call"]
    assert done[1]["content"][0]["text"] == "word"
    assert json.loads(done[2]["arguments"]) == {"a": 1}
    order = [event["type"].removeprefix("response.") for event in events if event.get("output_index") == 1]
    assert order[:2] == ["output_item.added", "content_part.added"]
    assert order[-3:] == ["output_text.done", "content_part.done", "output_item.done"]


BEGUN = UPSTREAMS["claude-opus-4.6"][:900]
FAILED = b'\n\nevent: error\ndata: {"type":"error","error":{}}\n\n'
ENDINGS = {"whole": UPSTREAMS["claude-opus-4.6"], "cut": BEGUN, "an error": BEGUN + FAILED}


@pytest.mark.parametrize("upstream", ENDINGS.values(), ids=ENDINGS)
def test_3_12_there_is_exactly_one_end_and_3_13_it_has_its_id_and_whole_usage(upstream: bytes) -> None:
    events = told("claude-opus-4.6", True, upstream)
    ends = [
        event for event in events if event["type"] in ("response.completed", "response.incomplete", "response.failed")
    ]
    assert ends == events[-1:]
    assert ends[0]["response"]["id"] == events[0]["response"]["id"]
    usage = ends[0]["response"].get("usage")
    if upstream is ENDINGS["whole"]:
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["input_tokens_details"].keys() >= {"cached_tokens", "cache_write_tokens"}
        assert usage["output_tokens_details"].keys() >= {"reasoning_tokens"}


@pytest.mark.parametrize("model", CUT)
@pytest.mark.parametrize("stream", [True, False])
def test_3_23_half_a_call_is_whole_json_for_google_clients(model: str, stream: bool) -> None:
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    reply = answered(f"/v1beta/models/{model}:{verb}", {"contents": "u"}, CUT[model])
    assert reply.status == 200
    assert b'"args":{"_raw":' in reply.body  # which no tool's schema takes
    assert b'"finishReason":"MAX_TOKENS"' in reply.body


@pytest.mark.parametrize(("arguments", "command"), [
    ('{"command": ["ls", "-l"], "timeout_ms": "5"}', ["ls", "-l"]), ('{"command": "ls -l"}', ["sh", "-c", "ls -l"]),
    ('{"cmd": ["ls"]}', ["ls"]), ('{"cmd": "ls", "env": 5}', ["sh", "-c", "ls"]), ('{"command": ["l', []), ("[]", []),
])  # fmt: skip
def test_1_17_what_a_shell_is_to_run_is_read_as_well_as_it_can_be(arguments: str, command: list[str]) -> None:
    stream = chat_sse(call_delta(0, "call_1", "local_shell", arguments), finished("tool_calls"))
    events = told("gpt-5.4", True, stream, tools=[{"type": "local_shell"}])
    assert events[-1]["response"]["output"][0]["action"]["command"] == command
