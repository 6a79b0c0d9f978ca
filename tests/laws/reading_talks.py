"""What an upstream's body says, read from the wire without a line of the gateway's code, and whether it may say it."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .making import Name
from .making_talks import Json, Talk

MARK = re.compile(r"⟦\d+⟧")
_ID = re.compile(r"^[a-zA-Z0-9_-]+$")
Sayings = list[tuple[str, str]]
"""Texts in their order, each with its role; results of tools have the role `tool`."""


def said_in(name: Name, body: Json) -> Sayings:
    """All texts of an upstream's body, the documents' included."""
    return list((_claude if name == "anthropic" else _chat)(body))


def _claude(body: Json) -> Iterator[tuple[str, str]]:
    system = body.get("system") or []
    yield from (("system", text) for text in _texts(system))
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "tool_result":
                yield from (("tool", text) for text in _texts(block.get("content") or []))
            else:
                yield from ((message["role"], text) for text in _texts([block]))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    for block in content:
        if block["type"] == "text":
            yield block["text"]
        elif block["type"] == "document":
            yield block["source"]["data"]


def _chat(body: Json) -> Iterator[tuple[str, str]]:
    for message in body["messages"]:
        role = "system" if message["role"] == "developer" else message["role"]
        content = message.get("content")
        if isinstance(content, str):
            yield role, content
        for part in content if isinstance(content, list) else ():
            if part["type"] == "text":
                yield role, part["text"]
            elif part["type"] == "file":
                yield role, base64.b64decode(part["file"]["file_data"].split(",")[1]).decode()
        if message.get("refusal"):
            yield role, message["refusal"]


# Rules


def broken(name: Name, body: Json) -> list[str]:
    """Which rules of the upstream's a conversation breaks."""
    return list((_broken_claude if name == "anthropic" else _broken_chat)(body))


def _broken_chat(body: Json) -> Iterator[str]:
    messages = body["messages"]
    place = 0
    while place < len(messages):
        message = messages[place]
        place += 1
        if message["role"] == "tool":
            yield f"message {place - 1}: a result that answers no call"
        calls = message.get("tool_calls")
        if calls is None:
            continue
        wanted = [call["id"] for call in calls]
        results = messages[place : place + len(wanted)]
        if not wanted or [one.get("tool_call_id") for one in results if one["role"] == "tool"] != wanted:
            yield f"message {place - 1}: calls {wanted}, followed by {results}"
        if any(not isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls):
            yield f"message {place - 1}: arguments that are no object"
        place += len(wanted)
    ids = Counter(call["id"] for message in messages for call in message.get("tool_calls") or ())
    yield from (f"id {one} of {number} calls" for one, number in ids.items() if number > 1 or not one or len(one) > 40)


def _broken_claude(body: Json) -> Iterator[str]:
    messages = body["messages"]
    uses: list[str] = []
    asked: list[str] = []
    for place, message in enumerate(messages):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not blocks:
            yield f"message {place}: empty"
        kinds = [block["type"] for block in blocks]
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if results != asked or "tool_result" in kinds[len(results) :]:
            yield f"message {place}: results {results} for calls {asked}"
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        uses += asked
        for inner in [*blocks, *(one for block in blocks for one in _inner(block))]:
            if inner["type"] == "text" and not inner["text"].strip():
                yield f"message {place}: an empty text"
    if asked:
        yield f"calls without results: {asked}"
    yield from (f"id {one!r}" for one in uses if not _ID.match(one))
    yield from (f"id {one!r} of {number} calls" for one, number in Counter(uses).items() if number > 1)
    yield from (f"an empty system text: {text!r}" for text in _texts(body.get("system") or []) if not text.strip())
    if (marks := len(list(breakpoints(body)))) > 4:
        yield f"{marks} breakpoints"


def roles_of(body: Json) -> list[str]:
    """The roles of a body's messages, in their order."""
    return [message["role"] for message in body["messages"]]


def _inner(block: Json) -> list[Json]:
    content = block.get("content")
    return content if block["type"] == "tool_result" and isinstance(content, list) else []


def breakpoints(value: Any) -> Iterator[Json]:
    """The objects with a cache breakpoint, wherever they are."""
    if isinstance(value, dict):
        if value.get("cache_control") is not None:
            yield value
        yield from (found for name, one in value.items() if name != "input" for found in breakpoints(one))
    elif isinstance(value, list):
        yield from (found for one in value for found in breakpoints(one))


def without_breakpoints(value: Any) -> Any:
    """The same without cache breakpoints."""
    if isinstance(value, dict):
        return {name: without_breakpoints(one) for name, one in value.items() if name != "cache_control"}
    return [without_breakpoints(one) for one in value] if isinstance(value, list) else value


# What a conversation must have upstream


def lost(talk: Talk, said: Sayings) -> list[str]:
    """The texts of a conversation that are not there, or not in their order among those of the same speaker."""
    twice = Counter(result.call for turn in talk for result in turn.results)
    users = [part.text for turn in talk if turn.speaker == "user" for part in turn.parts]
    turns = [turn for turn in talk if turn.speaker == "assistant"]
    spoken = [part for turn in turns for part in turn.parts]
    # Claude goes on with the last without blanks at its end.
    answers = [
        part.text.rstrip() if turn is turns[-1] else part.text
        for turn in turns
        for part in turn.parts
        if part.kind != "refusal"
    ]
    refusals = [
        part.text for part in spoken if part.kind == "refusal"
    ]  # a member of their own, in no order to the text
    systems = [part.text for turn in talk if turn.speaker == "system" for part in turn.parts]
    results = [
        part.text for turn in talk for result in turn.results if twice[result.call] == 1 for part in result.parts
    ]
    return [
        *_out_of_order(users, said, ("user",)),
        *_out_of_order(answers, said, ("assistant",)),
        *_out_of_order(refusals, said, ("assistant",)),
        *_out_of_order(systems, said, ("system", "user")),
        *(text for one in results for text in _out_of_order([one], said, ("tool", "user"))),
    ]


def _out_of_order(wanted: list[str], said: Sayings, roles: tuple[str, ...]) -> list[str]:
    spoken = "\n".join(text for role, text in said if role in roles)
    found, place = [], 0
    for text in wanted:
        if not MARK.match(text):  # blank, or no text
            continue
        at = spoken.find(text, place)
        if at < 0:
            found.append(text)
        else:
            place = at + len(text)
    return found
