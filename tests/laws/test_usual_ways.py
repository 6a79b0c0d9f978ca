"""Laws of the short ways into the neutral form: what a dialect reads in one pass is what it reads message by message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.openai_chat import decode_usual as chat
from argo_addon.errors import ClientError
from argo_addon.ir.request import Message
from tests.drawing import law

from .making_talks import Json, odd_talks, sane_talks
from .test_short_ways import ODD_VALUES, objects_in
from .writing_talks import bodies

MARK = {"type": "ephemeral"}
ANSWERED = {"refusal": None, "annotations": None, "audio": None, "function_call": None}
CHAT: list[Json] = [
    {"role": "system", "content": "Be brief."},
    {"role": "developer", "content": [{"type": "text", "text": "Be kind.", "cache_control": MARK}]},
    {"role": "user", "content": [{"type": "text", "text": "a\n"}, {"type": "text", "text": "\u00e9"}]},
    {"role": "assistant", "content": "", "reasoning_content": "Hm."},
    {"role": "user", "content": ""},
    {
        **{"role": "assistant", "content": None, **ANSWERED},
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": "\\u00e9"}'}},
            {"index": 1, "id": "call_2", "type": "function", "function": {"name": "g", "arguments": ""}},
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "said"},
    {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "x"}]},
]
"""A conversation with all that is usual in it."""


def read(name: str, member: str, conversation: Any, *, escaped: bool = True) -> list[Message] | type[ClientError]:
    """The messages that are read, or that they are refused: which of several faults is named does not matter."""
    fields = {member: msgspec.Raw(json.dumps(conversation, ensure_ascii=escaped).encode())}
    try:
        return list(UPSTREAM[name].decode_request(fields, keep_extra=False).messages)
    except ClientError:
        return ClientError


def spoiled(conversation: list[Json]) -> Iterator[list[Json]]:
    """A conversation with each member of each object in it left out, odd, or one too many."""
    for number, before in enumerate(objects_in(conversation)):
        for name in [*before, "cache_control", "odd", "name"]:
            for value in ODD_VALUES:
                made: list[Json] = json.loads(json.dumps(conversation))
                list(objects_in(made))[number][name] = value
                yield made
            made = json.loads(json.dumps(conversation))
            list(objects_in(made))[number].pop(name, None)
            yield made


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether the ways that are short are taken, which a test may say."""
    taken = [True, True]
    whole, one = chat.messages_of, chat.message_of
    monkeypatch.setattr(chat, "messages_of", lambda raw: whole(raw) if taken[0] else None)
    monkeypatch.setattr(chat, "message_of", lambda raw: one(raw) if taken[1] else None)
    return taken


def compare(taken: list[bool], conversation: Any, *, escaped: bool = True) -> None:
    """Reads a conversation all at once, message by message where they are usual, and the long way."""
    outcomes = []
    for ways in ([True, True], [False, True], [False, False]):
        taken[:] = ways
        outcomes.append(read("openai_chat", "messages", conversation, escaped=escaped))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_odd_messages_of_chat_are_read_in_one_pass_as_they_are_read_one_by_one(short: list[bool]) -> None:
    assert chat.messages_of(msgspec.Raw(json.dumps(CHAT).encode())) is not None
    for conversation in spoiled(CHAT):
        compare(short, conversation)


@law(100)
@given(data=st.data())
def test_law_8_messages_of_chat_read_in_one_pass_are_those_read_one_by_one(data: st.DataObject) -> None:
    talk = data.draw(odd_talks() | sane_talks())
    messages = data.draw(bodies("openai_chat", talk))["messages"]
    with pytest.MonkeyPatch.context() as patch:
        taken = [True, True]
        whole, one = chat.messages_of, chat.message_of
        patch.setattr(chat, "messages_of", lambda raw: whole(raw) if taken[0] else None)
        patch.setattr(chat, "message_of", lambda raw: one(raw) if taken[1] else None)
        compare(taken, messages, escaped=data.draw(st.booleans()))
