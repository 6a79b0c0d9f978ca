"""Laws of the short ways: what is done in one pass, or not looked for, comes to the same as the longer way."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.anthropic import decode_messages
from argo_addon.dialects.shared.dropped_fields import DroppedFields
from argo_addon.dialects.shared.outline import Outline
from argo_addon.errors import ClientError
from argo_addon.gateway import parsing, quirks
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.gateway.needed_quirks import needed
from argo_addon.ir.request import Message
from argo_addon.models.catalogue import Profile, profile_of
from argo_addon.settings.model import Settings
from argo_addon.translation import conversation
from tests.drawing import law

from .making import Name
from .making_talks import MODELS, Json, odd_talks, sane_talks
from .writing_talks import bodies

ACROSS = pytest.mark.parametrize(("client", "upstream"), [("anthropic", "openai_chat"), ("openai_chat", "anthropic")])
ODD_VALUES: list[Any] = [None, 5, True, "", " \u00e9", [], {}, [{"text": "x"}], [5], "text", "tool_use", {"type": "x"}]
EACH_KIND: list[Json] = [
    {"role": "user", "content": "Hi"},
    {"role": "user", "content": [{"type": "text", "text": "a\n", "cache_control": {"type": "ephemeral"}}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "text", "text": "Look: é"},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [1, "\u00e9"]}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "said", "is_error": True},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "x"}]},
            {"type": "tool_result", "tool_use_id": "toolu_3"},
        ],
    },
    {"role": "system", "content": "Be brief."},
]
"""A conversation with all that is usual in it."""


def objects_in(value: Any) -> Iterator[Json]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(inner)


def outcome(read: Any) -> list[Message] | type[ClientError]:
    """The messages that are read, or that they are refused: which of several faults is named does not matter."""
    try:
        return list(read())
    except ClientError:
        return ClientError


def spoiled() -> Iterator[list[Json]]:
    """That conversation with each member of each object in it left out, odd, or one too many."""
    count = len(list(objects_in(EACH_KIND)))
    for number in range(count):
        for name in [*list(objects_in(EACH_KIND))[number], "cache_control", "odd"]:
            for value in ODD_VALUES:
                made: list[Json] = json.loads(json.dumps(EACH_KIND))
                list(objects_in(made))[number][name] = value
                yield made
            made = json.loads(json.dumps(EACH_KIND))
            list(objects_in(made))[number].pop(name, None)
            yield made


def compare_ways(raw: msgspec.Raw) -> None:
    """Reads messages all at once, each at once, and part by part."""
    items = msgspec.json.decode(raw, type=list[msgspec.Raw])
    long_way = outcome(lambda: [decode_messages._message(item, number, False) for number, item in enumerate(items)])
    assert outcome(lambda: decode_messages.messages_of({"messages": raw}, False)) == long_way
    for number, item in enumerate(items):
        usual = decode_messages._usual(item)
        alone = outcome(lambda: [decode_messages._message(item, number, False)])  # noqa: B023 # called at once
        assert usual is None or [usual] == alone


def test_odd_messages_are_read_in_one_pass_as_they_are_read_one_by_one() -> None:
    assert decode_messages._all_usual(msgspec.Raw(json.dumps(EACH_KIND).encode())) is not None
    for messages in spoiled():
        compare_ways(msgspec.Raw(json.dumps(messages).encode()))


@law(100)
@given(data=st.data())
def test_law_8_messages_read_in_one_pass_are_those_read_one_by_one(data: st.DataObject) -> None:
    """All at once, or each at once, or part by part: the neutral form is the same, and so is what is refused."""
    talk = data.draw(odd_talks() | sane_talks())
    messages = data.draw(bodies("anthropic", talk))["messages"]
    compare_ways(msgspec.Raw(json.dumps(messages, ensure_ascii=data.draw(st.booleans())).encode()))


@pytest.mark.parametrize("client", ["anthropic", "openai_chat"])
@law(100)
@given(data=st.data())
def test_law_8_turns_that_are_in_order_are_left_as_the_longer_way_leaves_them(
    client: Name, data: st.DataObject
) -> None:
    body = data.draw(bodies(client, data.draw(odd_talks() | sane_talks())))
    fields = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    messages = UPSTREAM[client].decode_request(fields, keep_extra=False).messages
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversation._Pairing, "_usual_turn", lambda self, start: 0)
        long_way = conversation.paired(messages)
    assert conversation.paired(messages) == long_way


@ACROSS
@law(100)
@given(data=st.data())
def test_law_8_what_translation_cannot_have_written_need_not_be_looked_for(
    client: Name, upstream: Name, data: st.DataObject
) -> None:
    """A model's quirks change a translated body the same, whether or not it is known what it can hold."""
    body = data.draw(bodies(client, data.draw(odd_talks() | sane_talks())))
    fields = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    request, outline = UPSTREAM[client].decode_request(fields, keep_extra=False), Outline()
    written = UPSTREAM[upstream].encode_request(
        request, DroppedFields(), max_tokens=1000, stream=False, outline=outline
    )
    profile = data.draw(st.sampled_from(MODELS[upstream]).map(profile_of).flatmap(stricter))
    known = quirks.apply(needed(profile, written, outline), written)
    unknown = quirks.apply(profile, written)
    assert {name: json.loads(bytes(raw)) for name, raw in known.fields.items()} == {
        name: json.loads(bytes(raw)) for name, raw in unknown.fields.items()
    }
    assert known.dropped == unknown.dropped


@pytest.mark.parametrize("name", ["anthropic", "openai_chat"])
@law(150)
@given(data=st.data())
def test_law_8_what_a_conversation_was_seen_not_to_hold_need_not_be_looked_for(name: Name, data: st.DataObject) -> None:
    """A model's quirks change a client's body the same, whether or not it was looked through before."""
    body = copy.deepcopy(data.draw(bodies(name, data.draw(odd_talks() | sane_talks()))))  # parts of it are shared
    for number, found in enumerate(list(objects_in(body["messages"]))):
        if data.draw(st.integers(0, 9)) == 0:
            odd = data.draw(st.sampled_from([*found, "signature", "cache_control", "content", "id", "reasoning"]))
            found[odd] = data.draw(st.sampled_from([*ODD_VALUES, "argo-proxy", "a b", "x" * 70, " \n", number]))
    fields = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    profile = data.draw(st.sampled_from(MODELS[name]).map(profile_of).flatmap(stricter))

    def made(known: Profile) -> object:
        try:
            amended = quirks.apply(known, fields)
        except ClientError:
            return ClientError
        return {key: json.loads(bytes(raw)) for key, raw in amended.fields.items()}, amended.dropped

    assert made(needed(profile, fields, None)) == made(profile)


def stricter(profile: Profile) -> st.SearchStrategy[Profile]:
    """The profile, or one that takes less yet, as refusals may teach it."""
    return st.builds(
        lambda longest, images: msgspec.structs.replace(profile, longest_id=longest, max_images=images),
        st.sampled_from([profile.longest_id, 5]),
        st.sampled_from([profile.max_images, 0, 1]) if profile.dialect == "openai_chat" else st.none(),
    )


@pytest.mark.parametrize("content", ["[]", "[ ]", '""', '" \\n"', '[{"type":"text","text":""}]', "null", '"x"'])
def test_a_result_of_nothing_is_said_in_one_way(content: str) -> None:
    """Whether or not the conversation was looked through before."""
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    result = msgspec.Raw(b'{"type":"tool_result","tool_use_id":"t","content":%b}' % content.encode())
    turns = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    fields = msgspec.json.decode(msgspec.json.encode({"messages": turns}), type=dict[str, msgspec.Raw])
    profile = profile_of("claudeopus46")
    assert quirks.apply(needed(profile, fields, None), fields).fields == quirks.apply(profile, fields).fields


def opened(body: bytes, least: int, path: str = "/v1/messages") -> object:
    """What becomes of a request, where bodies from so many bytes on are read in one pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "AT_ONCE", least)
        outcome = GATEWAY.open(ClientRequest("POST", path, {}, body))
    if isinstance(outcome, Exchange):
        return json.loads(outcome.upstream.body), sorted(outcome.dropped)
    assert isinstance(outcome, Reply)
    return outcome.status, json.loads(outcome.body)["error"]


NEVER = 10**9
GATEWAY = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
CHAT = "/v1/chat/completions"
GPT = b'{"model":"gpt-5.4","max_tokens":9,'


@pytest.mark.parametrize(
    "rest",
    [
        b'"messages":[{"role":"user","content":"Hi"}]}',
        b'"system":"Be brief.","stop_sequences":["x"],"messages":[{"role":"user","content":"Hi"}],"temperature":1}',
        b'"timeout":5,"messages":[{"role":"user","content":"Hi"}]}',
        b'"messages":[{"role":"user","content":"Hi"}],"messages":[{"role":"user","content":"Ho"}]}',
        b'"messages":[{"role":"user","content":5}],"messages":[{"role":"user","content":"Ho"}]}',
        b'"messages":[{"role":"user","content":"Hi"}],"max_tokens":10}',
        b'"messages":[{"role":"user","content":"Hi"}],"odd":1,"metadata":null,"tools":null}',
        b'"messages":[{"role":"user","content":"Hi"}],"thread":"t"}',
        b'"messages":[{"role":"user","content":"\\ud83d"}]}',
        b'"messages":[{"role":"user","content":"\xff"}]}',
        b'"messages":[{"role":"user","content":"Hi"}],"system":"\xff"}',
        b'"messages":[{"role":"user","content":"Hi"}],"timeout":-1}',
        b'"messages":[{"role":"user","content":"Hi"}],"model":"claude-opus-4.6"}',
        b'"messages":[{"role":"user","content":"Hi"}],"model":5}',
        b'"messages":[]}',
        b'"messages":null}',
        b'"system":"Be brief."}',
        b'"messages":[{"role":"user","content":"Hi"}]',
    ],
)
def test_a_body_that_is_read_in_one_pass_comes_to_the_same(rest: bytes) -> None:
    assert opened(GPT + rest, 0) == opened(GPT + rest, NEVER)
    to_claude = GPT.replace(b"gpt-5.4", b"claude-opus-4.6") + rest.replace(b"claude-opus-4.6", b"gpt-5.4")
    assert opened(to_claude, 0, CHAT) == opened(to_claude, NEVER, CHAT)


TOOL_CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CHAT_KINDS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "said"},
]


@pytest.mark.parametrize(
    ("path", "model", "messages"),
    [("/v1/messages", "gpt-5.4", EACH_KIND), (CHAT, "claude-opus-4.6", CHAT_KINDS)],
    ids=["anthropic", "openai_chat"],
)
def test_a_body_of_what_is_usual_is_read_in_one_pass(path: str, model: str, messages: list[Json]) -> None:
    body = json.dumps({"model": model, "max_tokens": 9, "messages": messages}).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "AT_ONCE", 0)
        patch.setattr(parsing, "parse_body", lambda body: pytest.fail("it was taken apart first"))
        assert isinstance(GATEWAY.open(ClientRequest("POST", path, {}, body)), Exchange)


@pytest.mark.parametrize(
    ("client", "path", "model"), [("anthropic", "/v1/messages", "gpt-5.4"), ("openai_chat", CHAT, "claude-opus-4.6")]
)
@law(100)
@given(data=st.data())
def test_law_8_a_body_read_in_one_pass_comes_to_the_same(
    client: Name, path: str, model: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(client, data.draw(odd_talks() | sane_talks())))
    named = {"model": model, **body} if data.draw(st.booleans()) else {**body, "model": model}
    written = json.dumps({**named, "model": model}).encode()
    assert opened(written, 0, path) == opened(written, NEVER, path)


@pytest.mark.parametrize("least", [0, NEVER])
def test_too_many_messages_are_refused_however_a_body_is_read(least: int) -> None:
    gateway = Gateway(Settings(user="jdoe", max_messages=3).with_base_url("http://argo.example"))
    for count, status in ((3, None), (4, 400)):
        body = GPT + b'"messages":%b}' % json.dumps(EACH_KIND[:1] * count).encode()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parsing, "AT_ONCE", least)
            outcome = gateway.open(ClientRequest("POST", "/v1/messages", {}, body))
        assert (outcome.status if isinstance(outcome, Reply) else None) == status
