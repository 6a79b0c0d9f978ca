"""An explanation begins with what went wrong and what was changed, and shows what is looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.recording.differences import aligned, changed
from argo_addon.recording.explain import as_it_came, explanation, part_of, with_bodies

from ..proxy.talking import CHAT, CHAT_STREAM, MESSAGE_STREAM, MESSAGES, events
from ..running import json_answer, streamed
from .recorded import Start

SYSTEM = "You are a coding tool. " * 50
TOOLS = [
    {
        "name": name,
        "description": f"does {name}",
        "input_schema": {"type": "object", "properties": {name: {"type": kind}}},
    }
    for name, kind in (("read", "string"), ("write", "string"), ("list", "string"), ("odd", "strange"))
]
SCHEMA = {"type": "object", "properties": {"file_path": {"type": "string"}}}


def refusal(message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": message}}).encode()


def test_it_begins_with_what_went_wrong_and_the_member_that_a_refusal_names(start: Start) -> None:
    made = start()
    message = "tools.3.custom.input_schema: JSON schema is invalid"
    made.argo.answer = lambda seen: [json_answer(refusal(message), "400 Bad Request", "retry-after: 7")]
    said = [{"role": "user", "content": "What is in Chicago?"}]
    body = {**MESSAGES, "model": "claude-opus-4.6", "system": SYSTEM, "tools": TOOLS, "messages": said}
    headers = {"anthropic-beta": "x-2026-01-01", "user-agent": "claude-cli/2"}
    made.client.post("/v1/messages", json=body, headers=headers)
    shown = explanation(made.one())
    before = shown[: shown.index("what the tool sent ")]
    assert message in before
    assert "tools[3].input_schema" in before
    assert '"strange"' in before
    assert '"read"' not in before
    assert "What is in Chicago?" in before, "the user's own words"
    assert "You are a coding tool" not in before
    for words in ("anthropic-beta: x-2026-01-01", "retry-after: 7", "gateway ", "first byte after "):
        assert words in shown, words
    places = [
        shown.index(title) for title in ("what went wrong", "what changed on the way to ARGO", "what the tool sent ")
    ]
    assert places == sorted(places)


def test_a_member_is_found_on_the_other_side_of_a_translation(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: [json_answer(refusal("messages.2.content.0.text: too long"), "400 Bad Request")]
    turns = (("system", SYSTEM), ("user", "about Rome"), ("assistant", "about Paris"), ("user", "about Chicago"))
    said = [{"role": role, "content": content} for role, content in turns]
    made.client.post("/v1/chat/completions", json={**CHAT, "model": "claude-opus-4.6", "messages": said})
    shown = explanation(made.one())
    before = shown[: shown.index("what the user said last")]
    assert "messages[3]" in before, "as the tool sent it"
    assert "messages[2]" in before, "as it went"
    assert "Chicago" in before
    assert "Rome" not in before


def test_parts_raw_and_json_have_whole_bodies(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(MESSAGE_STREAM))
    tools = [{"type": "function", "function": {"name": "read", "parameters": SCHEMA}}]
    body = {**CHAT, "model": "claude-opus-4.6", "tools": tools}
    made.client.post("/v1/chat/completions", json=body)
    recorded = made.one()
    told: Any = with_bodies(recorded)
    assert told["bodies"]["request"] == body
    assert told["bodies"]["upstream"][0]["answer"] == MESSAGE_STREAM.decode()
    assert told["tool"] == recorded.meta.tool
    assert json.loads(part_of(recorded, "upstream", raw=True))["tools"][0]["name"] == "read"
    assert "\n  " in part_of(recorded, "request", raw=True), "indented"
    assert "Anthropic request" in part_of(recorded, "upstream", raw=False)
    assert "[DONE]" in part_of(recorded, "answer", raw=True)
    assert "file_path" not in explanation(recorded).partition("what the tool sent ")[2]
    assert "file_path" in explanation(recorded, full=True).partition("what the tool sent ")[2]
    assert '\n  "messages": [' in as_it_came(recorded)


def test_what_was_left_out_does_not_shift_the_others() -> None:
    words = ("Rome", "Paris", "Oslo", "Bern")
    turns = [{"role": "user", "content": f"turn {number} about {word}"} for number, word in enumerate(words)]
    after = [turns[0], {**turns[2], "cache": True}, turns[3]]
    assert list(changed({"messages": turns}, {"messages": after})) == [
        '- messages[1]: {"role": "user", "content": "turn 1 about Paris"}',
        "+ messages[2 -> 1].cache: true",
    ]
    assert aligned(TOOLS, TOOLS[1:]) == [(0, None), (1, 0), (2, 1), (3, 2)]


@pytest.mark.parametrize("size", [0, 1, 200])
def test_items_are_paired_once_however_many_there_are(size: int) -> None:
    one, other = [{"n": number} for number in range(size)], [{"m": number} for number in range(size // 2)]
    pairs = aligned(one, other)
    assert sorted(place for place, _ in pairs if place is not None) == list(range(len(one)))
    assert sorted(place for _, place in pairs if place is not None) == list(range(len(other)))


def test_a_call_that_went_well_has_no_fault(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    made.client.post("/v1/chat/completions", json=CHAT)
    shown = explanation(made.one())
    assert "what went wrong" not in shown
    assert "what the user said last" in shown
