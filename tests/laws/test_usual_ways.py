"""Laws of the short ways into the neutral form: what is read in one pass is what is read message by message."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import CLIENT
from argo_addon.dialects.base import ModelDialect
from argo_addon.dialects.google import decode_messages as google
from argo_addon.dialects.ollama import decode_messages as ollama
from argo_addon.dialects.openai_chat import decode_usual as chat
from argo_addon.dialects.openai_responses import decode_request as responses
from argo_addon.dialects.openai_responses.decode_usual import Items
from argo_addon.errors import ClientError
from argo_addon.ir.request import Message
from tests.drawing import law

from .making_talks import Json, odd_talks, sane_talks
from .test_short_ways import objects_in
from .writing_talks import bodies

ODD_VALUES: list[Any] = [None, 5, "", [], {}, [{"text": "x"}], "text", {"type": "x"}]
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
RESPONSES: list[Json] = [
    {"role": "developer", "content": "Be brief."},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a\u00e9"}]},
    {
        **{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant"},
        "content": [{"type": "output_text", "text": "", "annotations": [], "logprobs": []}],
    },
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "x"},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}', "status": "x"},
    {"type": "custom_tool_call", "call_id": "call_2", "name": "g", "input": "a\n"},
    {"type": "function_call", "id": "fc_3", "name": "f", "arguments": ""},
    {"type": "function_call_output", "call_id": "call_1", "output": "said", "id": "o", "status": "completed"},
    {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "x"}]},
    {"type": "function_call_output", "call_id": "fc_3", "output": ""},
]
GOOGLE: list[Json] = [
    {"parts": [{"text": "a\u00e9"}, {"text": ""}]},
    {
        "role": "model",
        "parts": [
            {"text": "Hm.", "thought": True},
            {"thoughtSignature": "YXJnby1wcm94eTpbeyJ0ZXh0IjoieCIsInNpZ25hdHVyZSI6InMifV0=", "text": "said"},
            {"functionCall": {"name": "f", "args": {"a": "\u00e9"}}, "thoughtSignature": "eHg="},
            {"functionCall": {"id": "c", "name": "g"}},
            {"functionCall": {"name": "f", "args": {}}},
        ],
    },
    {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": "g", "id": "c", "response": {"error": "x"}}},
            {"functionResponse": {"name": "f", "response": {"output": "a\n"}}},
            {"functionResponse": {"name": "f", "response": {"output": {"b": 1}, "c": 2}}},
            {"functionResponse": {"name": "h"}},
        ],
    },
]
OLLAMA: list[Json] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "a\u00e9\n"},
    {
        **{"role": "assistant", "content": "", "thinking": "Hm."},
        "tool_calls": [
            {"function": {"name": "f", "arguments": {"a": "\u00e9"}, "index": 0}},
            {"id": "c", "type": "function", "function": {"name": "g", "arguments": '{"b": 1}'}},
            {"function": {"name": "f"}},
        ],
    },
    {"role": "tool", "content": "said", "tool_name": "f"},
    {"role": "tool", "content": "said", "tool_call_id": "c"},
    {"role": "tool", "content": "", "name": "f"},
]
EACH_KIND: dict[str, tuple[str, list[Json]]] = {
    "openai_chat": ("messages", CHAT),
    "openai_responses": ("input", RESPONSES),
    "google": ("contents", GOOGLE),
    "ollama": ("messages", OLLAMA),
}
"""Of each dialect the member that holds a conversation, and one with all that is usual in it."""


def reading(name: str, member: str, conversation: Any, escaped: bool) -> list[Message] | type[ClientError]:
    """The messages that are read, or that they are refused: which of several faults is named does not matter."""
    fields = {member: msgspec.Raw(json.dumps(conversation, ensure_ascii=escaped).encode())}
    dialect = CLIENT[name]
    assert isinstance(dialect, ModelDialect)
    try:
        return list(dialect.decode_request(fields, keep_extra=False).messages)
    except ClientError:
        return ClientError


def nothing(*_: object) -> None:
    """A short way that is not taken."""


WAYS: Mapping[str, tuple[list[tuple[Any, str]], list[tuple[Any, str]]]] = {
    "openai_chat": ([(chat, "messages_of")], [(chat, "message_of")]),
    "openai_responses": ([(responses, "usual_items")], [(Items, "message_of")]),
    "google": ([(google, "all_usual")], [(google.Conversation, "usual")]),
    "ollama": ([(ollama, "_all_usual")], []),
}
"""Of each dialect the short ways: all at once, and each message at once."""


def compare(name: str, conversation: Any, *, escaped: bool = True) -> None:
    """Reads a conversation all at once, message by message where they are usual, and the long way."""
    member, _ = EACH_KIND[name]
    whole, each = WAYS[name]
    outcomes = []
    for closed in ([], whole, [*whole, *each]):
        with pytest.MonkeyPatch.context() as patch:
            for owner, way in closed:
                patch.setattr(owner, way, nothing)
            outcomes.append(reading(name, member, conversation, escaped))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def spoiled(conversation: list[Json]) -> Iterator[list[Json]]:
    """A conversation with each member of each object in it left out, odd, or one too many."""
    for number, before in enumerate(objects_in(conversation)):
        for name in [*before, "cache_control", "odd", "name", "type"]:
            for value in ODD_VALUES:
                made: list[Json] = json.loads(json.dumps(conversation))
                list(objects_in(made))[number][name] = value
                yield made
            made = json.loads(json.dumps(conversation))
            list(objects_in(made))[number].pop(name, None)
            yield made


@pytest.mark.parametrize("name", EACH_KIND)
def test_what_is_usual_is_read_all_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the laws below would compare the long way with itself."""
    member, conversation = EACH_KIND[name]
    taken: list[object] = []

    def watched(way: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            taken.append(way(*given))
            return taken[-1]

        return call

    for owner, way in WAYS[name][0]:
        monkeypatch.setattr(owner, way, watched(getattr(owner, way)))
    assert isinstance(reading(name, member, conversation, True), list)
    assert taken[0]


@pytest.mark.parametrize("name", EACH_KIND)
def test_odd_messages_are_read_in_one_pass_as_they_are_read_one_by_one(name: str) -> None:
    for conversation in spoiled(EACH_KIND[name][1]):
        compare(name, conversation)


@law(50)
@given(data=st.data())
def test_law_8_messages_of_chat_read_in_one_pass_are_those_read_one_by_one(data: st.DataObject) -> None:
    talk = data.draw(odd_talks() | sane_talks())
    messages = data.draw(bodies("openai_chat", talk))["messages"]
    compare("openai_chat", messages, escaped=data.draw(st.booleans()))
