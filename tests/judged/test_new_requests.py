"""Recorded requests of Responses and GenAI clients go upstream as bodies that the upstream's SDK could have sent.

As test_requests.py does it for the dialects that upstreams speak, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest

from . import outline_google, outline_responses
from .outline import Outline
from .recordings import Name, NewName, Recording, new_clients
from .sending import Sent, losses_are_named, same_conversation, same_options, same_tools
from .test_requests import OUTLINES, wrong
from .wires import gateway

NAMES: tuple[NewName, ...] = ("openai_responses", "google")
READ: dict[NewName, Callable[[bytes], Outline]] = {
    "openai_responses": outline_responses.outline,
    "google": outline_google.outline,
}
MODELS: dict[str, Name] = {
    "claude-opus-4.6": "anthropic",
    "claude-haiku-4.5": "anthropic",
    "gpt-5.4": "openai_chat",
    "gemini-2.5-pro": "openai_chat",
}

CANNOT_SAY: dict[str, tuple[frozenset[str], str]] = {
    "client-responses/pydantic-ai-ac475e3947.json": (
        frozenset({"exact texts"}),
        "its context_management has the conversation summed up first, by a call that says so at its end",
    ),
    "client-responses/pydantic-ai-13d656f92d.json": (
        frozenset({"results"}),
        "a tool search's result is a list of tools; a text may tell them to whoever knows no such search",
    ),
    "client-responses/pydantic-ai-fe86bcbe6f.json": (
        frozenset({"exact texts"}),
        "the model has the last word, which Claude 4.6 takes for a prefill and refuses: the user says to go on (1.10)",
    ),
    "client-google/pydantic-ai-646f1f6e0b.json": (
        frozenset({"exact texts"}),
        "the user says nothing at all, which Claude refuses: it is said with a full stop (1.9)",
    ),
    "client-google/ruby_llm-f06b685e1f.json": (
        frozenset({"exact texts", "results"}),
        "a tool returned a file, which Chat takes from the user alone: words of the user's may say whence it is (4.7)",
    ),
}
"""Of recordings: the parts of the outline that differ, and why."""


def posted(name: NewName, body: bytes, model: str) -> ClientRequest:
    """A client's request for a model. Of Google's recordings `__model` and `__stream` are no members of the body."""
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if name == "openai_responses":
        body = msgspec.json.encode({**members, "model": model})
        return ClientRequest("POST", "/v1/responses", {}, body)
    streams = bytes(members.get("__stream", b"false")) == b"true"
    verb = "streamGenerateContent?alt=sse" if streams else "generateContent"
    body = msgspec.json.encode({key: value for key, value in members.items() if not key.startswith("__")})
    return ClientRequest("POST", f"/v1beta/models/{model}:{verb}", {}, body)


def sent(name: NewName, recording: Recording, model: str) -> Sent:
    """The recording through the gateway, to a model."""
    request = posted(name, recording.read(), model)
    opened = gateway(force=False).open(request)
    assert isinstance(opened, Exchange), f"the gateway sent nothing upstream: {opened}"
    upstream = MODELS[model]
    said, made = READ[name](request.body), OUTLINES[upstream](opened.upstream.body)
    unsaid = CANNOT_SAY.get(recording.file, (frozenset[str](), ""))[0]
    return Sent(recording, upstream, True, opened.upstream.body, said, made, opened.dropped, unsaid)


ANSWERED_HERE = {
    "client-responses/pydantic-ai-206f8c3c23.json": "its choice leaves nothing but a tool that ARGO does not have (1.8)"
}
"""What goes nowhere: the tool is told to have failed (tests/dialects/test_1_server_tools.py)."""


def cases() -> list[Any]:
    """Every recording for every model."""
    return [
        pytest.param(name, recording, model, id=f"{recording.file}-{model}")
        for name in NAMES
        for recording in new_clients(name)
        if recording.file not in ANSWERED_HERE
        for model in MODELS
    ]


REQUESTS = pytest.mark.parametrize(("name", "recording", "model"), cases())


@REQUESTS
def test_a_request_is_valid_under_the_sdks_types(name: NewName, recording: Recording, model: str) -> None:
    assert wrong(MODELS[model], sent(name, recording, model).body) == []


@REQUESTS
def test_the_conversation_says_the_same(name: NewName, recording: Recording, model: str) -> None:
    same_conversation(sent(name, recording, model))


@REQUESTS
def test_the_tools_are_the_same(name: NewName, recording: Recording, model: str) -> None:
    same_tools(sent(name, recording, model))


@REQUESTS
def test_the_options_are_the_same(name: NewName, recording: Recording, model: str) -> None:
    same_options(sent(name, recording, model))


@REQUESTS
def test_what_cannot_be_said_is_named(name: NewName, recording: Recording, model: str) -> None:
    losses_are_named(sent(name, recording, model))


@pytest.mark.parametrize(
    ("name", "recording"), [pytest.param(name, row, id=row.file) for name in NAMES for row in new_clients(name)]
)
def test_the_outlines_read_every_recording(name: NewName, recording: Recording) -> None:
    """Of the tests themselves."""
    said = READ[name](posted(name, recording.read(), "gpt-5.4").body)
    assert said.texts or not name
    assert all("?" not in called.name for called in said.calls.values())
