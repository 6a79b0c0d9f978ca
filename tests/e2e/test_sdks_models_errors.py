"""The model list and the errors as the official SDKs show them to a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest

from .clients import chat_client, claude_client
from .conftest import MakeProxy
from .processes import Proxy, Simulator


@pytest.fixture
def chat(proxy: Proxy, simulator: Simulator) -> Iterator[openai.OpenAI]:
    with chat_client(proxy.url) as client:
        yield client


@pytest.fixture
def claude(proxy: Proxy, simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    with claude_client(proxy.url) as client:
        yield client


def ask_chat(client: openai.OpenAI, model: str = "gpt-5.4") -> str:
    reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello."}])
    return reply.choices[0].message.content or ""


def stream_chat(client: openai.OpenAI, model: str = "gpt-5.4") -> list[str]:
    """The finish reasons that a streamed answer gave."""
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello."}], stream=True)
    return [choice.finish_reason for chunk in stream for choice in chunk.choices if choice.finish_reason]


def ask_claude(client: anthropic.Anthropic, model: str = "claude-opus-4.6") -> str:
    message = client.messages.create(model=model, max_tokens=500, messages=[{"role": "user", "content": "Hello."}])
    return "".join(block.text for block in message.content if block.type == "text")


def stream_claude(client: anthropic.Anthropic, model: str = "claude-opus-4.6") -> str | None:
    """The stop reason that a streamed answer gave."""
    with client.messages.stream(
        model=model, max_tokens=500, messages=[{"role": "user", "content": "Hello."}]
    ) as stream:
        return stream.get_final_message().stop_reason


# --- models


def test_chat_models(chat: openai.OpenAI) -> None:
    models = list(chat.models.list())
    for model in models:
        type(model).model_validate(model.to_dict())
        assert model.owned_by
    names = [model.id for model in models]
    assert len(names) == len(set(names))
    assert {"argo:gpt-5.4", "argo:gemini-2.5-pro", "argo:claude-opus-4.6", "argo:claude-4.6-opus"} <= set(names)
    for name in ("argo:gpt-5.4", "gpt-5.4"):
        one = chat.models.retrieve(name)
        type(one).model_validate(one.to_dict())
        assert (one.id, one.object) == (name, "model")


def test_claude_models(claude: anthropic.Anthropic) -> None:
    models = list(claude.models.list())
    for model in models:
        type(model).model_validate(model.to_dict())
        assert model.display_name
        assert model.created_at.year >= 1970
    names = [model.id for model in models]
    assert len(names) == len(set(names))
    assert {"argo:claude-opus-4-6", "claude-opus-4-6", "claude-haiku-4-5"} <= set(names)
    one = claude.models.retrieve("claude-opus-4-6")
    type(one).model_validate(one.to_dict())
    assert (one.id, one.type, one.display_name) == ("claude-opus-4-6", "model", "Claude Opus 4.6")


def test_a_model_that_is_not_there_cannot_be_retrieved(chat: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.NotFoundError):
        chat.models.retrieve("no-such-model")
    with pytest.raises(anthropic.NotFoundError):
        claude.models.retrieve("no-such-model")


# --- errors


def test_an_unknown_model_is_not_found_and_the_closest_are_named(
    chat: openai.OpenAI, claude: anthropic.Anthropic, simulator: Simulator
) -> None:
    with pytest.raises(openai.NotFoundError) as chat_error:
        ask_chat(chat, model="argpt-5.4")
    assert chat_error.value.code == "model_not_found"
    assert "argpt-5.4" in chat_error.value.message
    assert "gpt-5.4" in chat_error.value.message.replace("argpt-5.4", "")
    with pytest.raises(anthropic.NotFoundError) as claude_error:
        ask_claude(claude, model="claud-opus-4.6")
    assert "claud-opus-4.6" in claude_error.value.message
    assert "claude-opus-4.6" in claude_error.value.message
    assert simulator.log() == []


def test_an_unknown_model_gets_the_default_of_the_config(make_proxy: MakeProxy, simulator: Simulator) -> None:
    with chat_client(make_proxy(default_chat_model="argo:gpt-4o").url) as client:
        assert ask_chat(client, model="no-such-model")
    (entry,) = [entry for entry in simulator.log() if entry["method"] == "POST"]
    assert entry["body"]["model"] == "gpt4o"


CALLS: list[Any] = [
    pytest.param(openai, chat_client, ask_chat, id="chat-plain"),
    pytest.param(openai, chat_client, stream_chat, id="chat-streamed"),
    pytest.param(anthropic, claude_client, ask_claude, id="claude-plain"),
    pytest.param(anthropic, claude_client, stream_claude, id="claude-streamed"),
]
every_call = pytest.mark.parametrize(("sdk", "client_of", "call"), CALLS)


@every_call
def test_a_busy_upstream_is_a_rate_limit_that_says_when_to_come_back(
    proxy: Proxy, simulator: Simulator, sdk: Any, client_of: Callable[[str], Any], call: Callable[[Any], Any]
) -> None:
    simulator.behave(status=429, headers={"retry-after": "7"})
    with client_of(proxy.url) as client:
        with pytest.raises(sdk.RateLimitError) as caught:
            call(client)
        assert caught.value.response.headers["retry-after"] == "7"
        assert call(client)


@every_call
def test_an_upstream_failure_is_a_server_error_with_its_words(
    proxy: Proxy, simulator: Simulator, sdk: Any, client_of: Callable[[str], Any], call: Callable[[Any], Any]
) -> None:
    simulator.behave(status=500)
    with client_of(proxy.url) as client:
        with pytest.raises(sdk.InternalServerError) as caught:
            call(client)
        told = str(caught.value.body)
        assert "The simulator was told to answer 500" in told
        assert "Error code" not in told  # ARGO's wrapping is not for the client's eyes
        assert call(client)


@every_call
@pytest.mark.parametrize("kind", ["html", "json"])
def test_garbage_from_upstream_is_an_error(
    proxy: Proxy, simulator: Simulator, sdk: Any, client_of: Callable[[str], Any], call: Callable[[Any], Any], kind: str
) -> None:
    simulator.behave(garbage=kind)
    with client_of(proxy.url) as client:
        with pytest.raises(sdk.InternalServerError):
            call(client)
        assert call(client)


@pytest.mark.parametrize(("sdk", "client_of", "call"), CALLS[1:])  # all that are streamed upstream
def test_a_cut_answer_is_an_error_and_never_a_clean_finish(
    proxy: Proxy, simulator: Simulator, sdk: Any, client_of: Callable[[str], Any], call: Callable[[Any], Any]
) -> None:
    simulator.behave(cut_after=4)
    with client_of(proxy.url) as client:
        with pytest.raises(sdk.APIError):
            call(client)
        assert call(client)


@every_call
def test_a_user_that_argo_does_not_know_is_refused_and_gets_no_answer(
    make_proxy: MakeProxy, simulator: Simulator, sdk: Any, client_of: Callable[[str], Any], call: Callable[[Any], Any]
) -> None:
    """With a status before ARGO has answered the user; afterwards a stream's opening is out, and an event says it."""
    with client_of(make_proxy().url) as client:
        simulator.behave(notice=True)
        with pytest.raises(sdk.PermissionDeniedError, match=r"jdoe"):
            call(client)
        assert call(client)
        simulator.behave(notice=True)
        with pytest.raises(sdk.APIError, match=r"jdoe"):
            call(client)
        assert call(client)
