"""Recorded requests go upstream as bodies that the upstream's SDK could have sent, and say what the client said.

Each goes to models of the other dialect, and to one of its own with `force_conversion`. The body is held against the
SDK's TypedDicts, unknown members forbidden at every level; the client's body and the upstream's are outlined apart from
each other, and the outlines compared. What the upstream's dialect has no words for must be named in `dropped`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from anthropic.types.message_create_params import MessageCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParams

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest

from . import outline_anthropic, outline_chat
from .outline import Outline
from .recordings import Name, Recording, clients
from .sending import Sent, losses_are_named, same_conversation, same_options, same_tools
from .typed import problems
from .wires import gateway

PATHS: dict[Name, str] = {"anthropic": "/v1/messages", "openai_chat": "/v1/chat/completions"}
TYPES: dict[Name, Any] = {"anthropic": MessageCreateParams, "openai_chat": CompletionCreateParams}
OUTLINES: dict[Name, Callable[[bytes], Outline]] = {
    "anthropic": outline_anthropic.outline,
    "openai_chat": outline_chat.outline,
}
OTHER: dict[Name, Name] = {"anthropic": "openai_chat", "openai_chat": "anthropic"}
MODELS: dict[Name, tuple[str, ...]] = {
    "anthropic": ("claude-opus-4.6", "claude-opus-4.7", "claude-haiku-4.5"),
    "openai_chat": ("gpt-5.4", "gemini-2.5-pro"),
}
BESIDES: dict[Name, dict[str, Any]] = {
    "anthropic": {
        "user": str,  # ARGO's own
        "temperature": float,  # the newest SDK's types have left sampling out; models before Claude 4.7 take it
        "top_p": float,
        "top_k": int,
    },
    "openai_chat": {},
}
"""Members of a body that the upstream takes and the SDK's types do not name."""
RUN_BY_ANTHROPIC = re.compile(r"^(web_fetch|code_execution|container_upload|advisor|mcp)")
"""What Anthropic has and ARGO's Claude has not."""
OWN: dict[Name, str] = {"anthropic": "claude-opus-4.6", "openai_chat": "gpt-5.4"}

CANNOT_SAY: dict[str, tuple[frozenset[str], str]] = {
    "client-anthropic/pydantic-ai-9ce0136c90.json": (
        frozenset({"results", "texts"}),
        "a tool's result is a document at a URL, which Chat does not take; a text may stand in its place",
    ),
    "client-anthropic/ruby_llm-cd52d14ce7.json": (
        frozenset({"exact texts"}),
        "a document of plain text has a title, which may be told along with it",
    ),
    "client-chat/pydantic-ai-003eaaedc0.json": (
        frozenset({"exact texts"}),
        "Claude has no JSON mode without a schema; the system text may ask for JSON in its place",
    ),
}
"""Of recordings that go to the other dialect: the parts of the outline that differ, and why."""


def cases() -> list[Any]:
    """Every recording for every model, and for one of its own dialect with conversion forced."""
    return [
        pytest.param(recording, model, upstream, id=f"{recording.file}-{model}")
        for name in PATHS
        for recording in clients(name)
        for upstream, models in ((OTHER[name], MODELS[OTHER[name]]), (name, (OWN[name],)))
        for model in models
    ]


def sent(recording: Recording, model: str, upstream: Name) -> Sent:
    """The recording through the gateway, to a model."""
    asked = msgspec.json.decode(recording.read(), type=dict[str, msgspec.Raw])
    body = msgspec.json.encode({**asked, "model": model})
    opened = gateway(force=recording.name == upstream).open(ClientRequest("POST", PATHS[recording.name], {}, body))
    assert isinstance(opened, Exchange), f"the gateway sent nothing upstream: {opened}"
    said, made = OUTLINES[recording.name](body), OUTLINES[upstream](opened.upstream.body)
    translated = recording.name != upstream
    unsaid = CANNOT_SAY.get(recording.file, (frozenset[str](), ""))[0] if translated else frozenset[str]()
    return Sent(recording, upstream, translated, opened.upstream.body, said, made, opened.dropped, unsaid)


REQUESTS = pytest.mark.parametrize(("recording", "model", "upstream"), cases())


@REQUESTS
def test_a_request_is_valid_under_the_sdks_types(recording: Recording, model: str, upstream: Name) -> None:
    assert wrong(upstream, sent(recording, model, upstream).body) == []


def wrong(name: Name, body: bytes) -> list[str]:
    """What is wrong with a body under its SDK's types."""
    members = msgspec.json.decode(body, type=dict[str, Any])
    besides = BESIDES[name]
    found = [one for key in besides if key in members for one in problems(members[key], besides[key], key)]
    return found + problems({key: value for key, value in members.items() if key not in besides}, TYPES[name])


@REQUESTS
def test_the_conversation_says_the_same(recording: Recording, model: str, upstream: Name) -> None:
    same_conversation(sent(recording, model, upstream))


@REQUESTS
def test_the_tools_are_the_same(recording: Recording, model: str, upstream: Name) -> None:
    same_tools(sent(recording, model, upstream))


@REQUESTS
def test_the_options_are_the_same(recording: Recording, model: str, upstream: Name) -> None:
    same_options(sent(recording, model, upstream))


@REQUESTS
def test_what_cannot_be_said_is_named(recording: Recording, model: str, upstream: Name) -> None:
    way = sent(recording, model, upstream)
    if way.translated:
        losses_are_named(way)
    else:
        gone = [kind for kind in way.said.built_in if any(path.endswith(f".{kind}") for path in way.dropped)]
        left = [kind for kind in way.said.built_in if kind not in gone]
        assert (way.made.built_in, way.made.names) == (left, way.said.names)
        assert all(RUN_BY_ANTHROPIC.search(kind) for kind in gone)


@pytest.mark.parametrize("recording", [pytest.param(row, id=row.file) for name in PATHS for row in clients(name)])
def test_the_outlines_read_every_recording(recording: Recording) -> None:
    """Of the tests themselves: a recording has an outline, and is valid under its own SDK's types."""
    body = recording.read()
    said = OUTLINES[recording.name](body)
    assert said.texts
    assert all("?" not in called.name for called in said.calls.values())
    assert wrong(recording.name, body) == []
