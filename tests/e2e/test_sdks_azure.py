"""OpenAI's client for Azure (`AzureOpenAI`) through the proxy to the simulator, on a model of each vendor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from .clients import KEY, SECONDS, azure_client
from .processes import Proxy, Simulator
from .test_sdks import QUESTION, streamed_and_not
from .test_sdks_responses import MODELS, City, on_every_model
from .upstream import bodies

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "bash",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    },
}
USER: Any = {"role": "user", "content": QUESTION}


@pytest.fixture
def client(proxy: Proxy, simulator: Simulator) -> Iterator[openai.AzureOpenAI]:
    with azure_client(proxy.url) as client:
        yield client


@on_every_model
@streamed_and_not
def test_chat(client: openai.AzureOpenAI, simulator: Simulator, model: str, streamed: bool) -> None:
    if streamed:
        chunks = list(client.chat.completions.create(model=model, messages=[USER], stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert len(chunks) > 2
    else:
        text = client.chat.completions.create(model=model, messages=[USER]).choices[0].message.content or ""
    assert text
    (body,) = bodies(simulator, model)
    assert "alt" not in body


@on_every_model
def test_a_tool_and_a_form(client: openai.AzureOpenAI, simulator: Simulator, model: str) -> None:
    ask = [{"role": "user", "content": "run `ls`"}]
    called = client.chat.completions.create(model=model, messages=ask, tools=[TOOL])  # type: ignore[arg-type]
    message = called.choices[0].message
    (call,) = message.tool_calls or []
    done = {"role": "tool", "tool_call_id": call.id, "content": "a.txt"}
    told = client.chat.completions.create(model=model, messages=[*ask, message, done], tools=[TOOL])  # type: ignore[list-item]
    assert "a.txt" in (told.choices[0].message.content or "")
    parsed = client.chat.completions.parse(model=model, messages=[USER], response_format=City)
    assert isinstance(parsed.choices[0].message.parsed, City)
    assert len(bodies(simulator, model)) == 3


@on_every_model
def test_responses(client: openai.AzureOpenAI, model: str) -> None:
    first = client.responses.create(model=model, input=QUESTION)
    assert first.output_text
    assert client.responses.retrieve(first.id).output_text == first.output_text
    assert client.responses.create(model=model, input="And?", previous_response_id=first.id).output_text
    talk = client.conversations.create()
    assert client.responses.create(model=model, input=QUESTION, conversation=talk.id).output_text
    assert len(client.conversations.items.list(talk.id).data) == 2


@on_every_model
def test_a_client_of_one_deployment(proxy: Proxy, simulator: Simulator, model: str) -> None:
    """Its paths begin with the deployment, whatever is called."""
    with openai.AzureOpenAI(
        azure_endpoint=proxy.url, azure_deployment=model, api_key=KEY, api_version="2024-10-21", max_retries=0,
        timeout=SECONDS,
    ) as client:  # fmt: skip
        assert client.chat.completions.create(model="", messages=[USER]).choices[0].message.content
        conversation = client.conversations.create().id
        given = client.responses.create(model=model, input=QUESTION, conversation=conversation)
        assert client.responses.retrieve(given.id).output_text == given.output_text != ""
        assert len(list(client.conversations.items.list(conversation))) == 2
        assert client.completions.create(model=model, prompt=QUESTION).choices[0].text
        assert "argo:gpt-5.4" in [one.id for one in client.models.list()]
    assert len(bodies(simulator, model)) == 3


@on_every_model
@pytest.mark.parametrize("base", ["/openai/v1", "/openai/v1/", "/v1/openai/v1"])
def test_azures_newer_paths(proxy: Proxy, simulator: Simulator, model: str, base: str) -> None:
    with openai.OpenAI(base_url=proxy.url + base, api_key=KEY, max_retries=0, timeout=SECONDS) as client:
        assert client.chat.completions.create(model=model, messages=[USER]).choices[0].message.content
        assert client.responses.create(model=model, input=QUESTION).output_text
        assert client.models.retrieve(model).id == model


def test_models_embeddings_and_completions(client: openai.AzureOpenAI) -> None:
    assert {f"argo:{model}" for model in MODELS} <= {model.id for model in client.models.list()}
    told = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"], dimensions=8)
    assert [len(one.embedding) for one in told.data] == [8, 8]
    assert client.completions.create(model="gpt-4o", prompt=QUESTION).choices[0].text


def test_errors(client: openai.AzureOpenAI, simulator: Simulator) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="argpt-5.4", messages=[USER])
    assert unknown.value.code == "model_not_found"
    simulator.behave(status=429)
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="gpt-5.4", messages=[USER])


def test_the_key_is_the_user_where_that_is_wanted(make_proxy: Any, simulator: Simulator) -> None:
    with azure_client(make_proxy(username_passthrough=True).url) as client:
        client.chat.completions.create(model="gpt-5.4", messages=[USER])
    assert {entry["body"]["user"] for entry in simulator.log()} == {KEY}


@pytest.mark.parametrize("path", ["/openai/deployments/gpt-5.4/images/generations", "/openai/deployments"])
def test_what_is_not_served_is_refused_in_openais_shape(proxy: Proxy, path: str) -> None:
    answer = httpx.post(proxy.url + path, json={}, trust_env=False)
    assert answer.status_code == 404
    assert "not served" in answer.json()["error"]["message"]
