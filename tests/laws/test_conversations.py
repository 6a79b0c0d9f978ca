"""Laws of conversations on their way to an upstream of another dialect: whatever the history, it is in order there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from tests.drawing import law

from .making import Name
from .making_talks import MODELS, PIXEL, Call, Json, Part, Result, Talk, Turn, odd_talks, sane_talks
from .reading_talks import broken, lost, roles_of, said_in, without_breakpoints
from .ways import opened
from .writing_talks import bodies, conversation

ACROSS = pytest.mark.parametrize(("client", "upstream"), [("anthropic", "openai_chat"), ("openai_chat", "anthropic")])


def sent(client: Name, body: Json, *, force: bool = False) -> Json:
    """The upstream's body for a client's. Fails if the gateway sends nothing upstream."""
    made = opened(client, body, force=force)
    assert isinstance(made, Exchange), made
    read: Json = json.loads(made.upstream.body)
    return read


def to(data: st.DataObject, client: Name, upstream: Name, talk: Talk) -> Json:
    """A client's body that says a conversation, for a model of the upstream's."""
    return data.draw(bodies(client, talk, model=data.draw(st.sampled_from(MODELS[upstream]))))


@ACROSS
@law(80)
@given(data=st.data())
def test_law_6_any_history_keeps_the_upstreams_rules(client: Name, upstream: Name, data: st.DataObject) -> None:
    """Calls and results pair up, nothing is empty, breakpoints are few: whatever the client sent."""
    talk = data.draw(odd_talks() | sane_talks())
    assert broken(upstream, sent(client, to(data, client, upstream, talk))) == []


@law(80)
@given(data=st.data())
def test_law_6_claude_hears_the_user_first_and_then_in_turn(data: st.DataObject) -> None:
    """Roles alternate, the user first."""
    talk = data.draw(odd_talks() | sane_talks())
    roles = roles_of(sent("openai_chat", to(data, "openai_chat", "anthropic", talk)))
    assert roles
    assert roles == [("user", "assistant")[place % 2] for place in range(len(roles))]


@ACROSS
@law(80)
@given(data=st.data())
def test_law_6_nothing_that_is_said_gets_lost(client: Name, upstream: Name, data: st.DataObject) -> None:
    """Each text of the client's comes upstream, in its order among its speaker's."""
    talk = data.draw(odd_talks() | sane_talks())
    body = sent(client, to(data, client, upstream, talk))
    assert lost(talk, said_in(upstream, body)) == []


@ACROSS
@law(80)
@given(data=st.data())
def test_law_6_calls_and_images_of_a_well_ordered_talk_are_all_there(
    client: Name, upstream: Name, data: st.DataObject
) -> None:
    """The calls, their arguments and the images of a conversation in order come upstream."""
    talk = data.draw(sane_talks())
    body = sent(client, to(data, client, upstream, talk))
    wanted = [(call.id, call.name, json.loads(call.arguments)) for turn in talk for call in turn.calls]
    assert called(upstream, body) == wanted
    images = [part for turn in talk for part in turn.parts if part.kind == "image"]
    images += [part for turn in talk for result in turn.results for part in result.parts if part.kind == "image"]
    told = json.dumps(body).count(PIXEL)
    assert told == len(images) if client == "anthropic" else told >= len(images) - in_results(talk)


def in_results(talk: Talk) -> int:
    """Images in results: Chat's clients cannot send them."""
    return sum(part.kind == "image" for turn in talk for result in turn.results for part in result.parts)


def called(upstream: Name, body: Json) -> list[Any]:
    """The calls in an upstream's body."""
    if upstream == "openai_chat":
        calls = [call for message in body["messages"] for call in message.get("tool_calls") or ()]
        return [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
    blocks = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    return [(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]


@pytest.mark.parametrize("client", ["anthropic", "openai_chat"])
@pytest.mark.parametrize("upstream", ["anthropic", "openai_chat"])
@law(40)
@given(data=st.data())
def test_law_7_a_request_is_translated_the_same_every_time(client: Name, upstream: Name, data: st.DataObject) -> None:
    """The same request twice gives the same bytes."""
    body = to(data, client, upstream, data.draw(odd_talks() | sane_talks()))
    once, twice = (opened(client, body, force=True) for _ in range(2))
    assert isinstance(once, Exchange)
    assert isinstance(twice, Exchange)
    assert once.upstream.body == twice.upstream.body


@ACROSS
@law(80)
@given(data=st.data())
def test_law_7_a_conversation_that_grows_keeps_its_beginning(client: Name, upstream: Name, data: st.DataObject) -> None:
    """What was translated before a further turn stays as it was, but for breakpoints (pitfalls 6.6)."""
    talk = (*data.draw(odd_talks() | sane_talks()), Turn("user", (Part("text", "last"),)))
    before = to(data, client, upstream, talk)
    more = data.draw(more_of(client, data.draw(st.sampled_from(GROWTH))))
    first = sent(client, before)
    second = sent(client, {**before, "messages": [*before["messages"], *more]})
    assert without_breakpoints(second.get("system")) == without_breakpoints(first.get("system"))
    earlier = without_breakpoints(first["messages"])
    assert without_breakpoints(second["messages"])[: len(earlier)] == earlier


@st.composite
def more_of(draw: st.DrawFn, client: Name, talk: Talk) -> list[Json]:
    """The messages that say some more turns."""
    messages: list[Json] = conversation(draw, client, talk)["messages"]
    return messages


_WORD, _ASKED = Part("text", "Well."), Turn("user", (Part("text", "And now?"),))
_CALLED = Turn("assistant", (_WORD,), (Call("new_1", "f", "{}"), Call("new_2", "g", '{"a": 1}')))
GROWTH: tuple[Talk, ...] = (
    (Turn("assistant", (_WORD,)), _ASKED),
    (_CALLED, Turn("tool", results=(Result("new_2", (_WORD,)), Result("new_1", (_WORD,))))),
    (_CALLED, _ASKED),
)
