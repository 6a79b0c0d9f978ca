"""What the requests that reached ARGO hold, whichever the dialect: looked at in the simulator's log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .processes import Simulator

INTERNAL = {
    "claude-opus-4.6": "claudeopus46",
    "claude-opus-4-6": "claudeopus46",
    "claude-haiku-4.5": "claudehaiku45",
    "claude-haiku-4-5": "claudehaiku45",
    "gpt-5.4": "gpt54",
    "gpt-5.5": "gpt55",
    "gemini-2.5-pro": "gemini25pro",
}
"""ARGO's name of a model."""

Body = Mapping[str, Any]


def bodies(simulator: Simulator, model: str) -> list[Body]:
    """What was asked, oldest first. Fails where ARGO had anything against it, or another model was asked."""
    log = simulator.log()
    assert [entry["refusal"] for entry in log if entry["refusal"] is not None] == []
    assert {entry["status"] for entry in log} == {200}
    asked: list[Body] = [entry["body"] for entry in log]
    assert {body["model"] for body in asked} == {INTERNAL[model]}
    return asked


def fullest(asked: list[Body]) -> Body:
    """The one with the longest conversation: the last of a tool's loop. Titles are asked for on the side."""
    return max(asked, key=lambda body: len(body["messages"]))


def parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A message's content as parts; text alone is one."""
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def calls(body: Body) -> dict[str, str]:
    """The tool calls of the conversation: their ids, and their arguments as JSON text."""
    found = {}
    for message in body["messages"]:
        for call in message.get("tool_calls") or []:
            found[call["id"]] = json.dumps(call["args"]) if "args" in call else call["function"]["arguments"]
        for part in parts(message):
            if part["type"] == "tool_use":
                found[part["id"]] = json.dumps(part["input"])
    return found


def _results(body: Body) -> Iterator[tuple[str, Any]]:
    for message in body["messages"]:
        if message["role"] == "tool":
            yield message["tool_call_id"], message["content"]
        for part in parts(message):
            if part["type"] == "tool_result":
                yield part["tool_use_id"], part["content"]


def results(body: Body) -> dict[str, Any]:
    """The results of tool calls: the ids of the calls, and the content. Fails where a call has two."""
    found = list(_results(body))
    assert len(found) == len(dict(found)), f"more than one result for a call: {found}"
    return dict(found)


def assert_the_calls_gave(body: Body, printed: Mapping[str, str]) -> None:
    """For each: the call with this in its arguments brought back that. Every call has its result."""
    made, gave = calls(body), results(body)
    assert made.keys() == gave.keys()
    for command, result in printed.items():
        (one,) = [identity for identity, arguments in made.items() if command in arguments]
        assert result in json.dumps(gave[one])


def assert_in_order(body: Body, words: list[str]) -> None:
    """All of these stand in the conversation, one behind the other."""
    text = json.dumps(body["messages"], ensure_ascii=False)
    at = 0
    for word in words:
        found = text.find(json.dumps(word, ensure_ascii=False)[1:-1], at)
        assert found >= 0, f"{word!r} is not in the conversation, or not behind what should be before it:\n{text}"
        at = found + 1
