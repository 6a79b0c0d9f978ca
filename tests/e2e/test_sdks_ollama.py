"""Ollama's own client (PyPI's `ollama`) through the proxy to the simulator, on a model of each vendor.

JetBrains' assistant, Zed, Visual Studio Code and Open WebUI speak to a local Ollama by the same paths, without a key.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import ollama
import pytest

from .clients import ollama_client
from .processes import Proxy, Simulator
from .test_sdks import COMMANDS, ERRAND, PRINTED, QUESTION, streamed_and_not
from .test_sdks_responses import MODELS, City, on_every_model
from .upstream import assert_the_calls_gave, bodies, fullest

Json = dict[str, Any]
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TOOL: Json = {
    "type": "function",
    "function": {
        "name": "bash",
        "description": "Runs a command.",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    },
}
USER: Json = {"role": "user", "content": QUESTION}


@pytest.fixture
def client(proxy: Proxy, simulator: Simulator) -> Iterator[ollama.Client]:
    with ollama_client(proxy.url) as client:
        yield client


def told(client: ollama.Client, streamed: bool, model: str, messages: list[Any], **more: Any) -> ollama.ChatResponse:
    """The answer, the pieces of a stream put together."""
    if not streamed:
        return client.chat(model=model, messages=messages, stream=False, **more)
    pieces = list(client.chat(model=model, messages=messages, stream=True, **more))
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    calls = [call for piece in pieces for call in piece.message.tool_calls or []]
    whole = pieces[-1].model_copy(deep=True)
    whole.message.content = "".join(piece.message.content or "" for piece in pieces)
    whole.message.thinking = "".join(piece.message.thinking or "" for piece in pieces) or None
    whole.message.tool_calls = calls or None
    return whole


def checked(answer: ollama.ChatResponse | ollama.GenerateResponse, model: str) -> None:
    """Fails unless the answer is whole."""
    assert (answer.model, answer.done, answer.done_reason) == (model, True, "stop")
    assert answer.created_at
    assert (answer.prompt_eval_count or 0) > 0
    assert (answer.eval_count or 0) > 0


@on_every_model
def test_plain_and_streamed(client: ollama.Client, simulator: Simulator, model: str) -> None:
    system: Json = {"role": "system", "content": "Be brief."}
    options = {"temperature": 0.5, "num_predict": 400, "num_ctx": 32768, "stop": ["XYZ"]}
    plain = told(client, False, model, [system, USER], options=options, keep_alive="5m")
    streamed = told(client, True, model, [system, USER], options=options)
    for answer in (plain, streamed):
        checked(answer, model)
    assert plain.message.content
    assert plain.message.content == streamed.message.content
    asked = bodies(simulator, model)
    assert {body.get("max_tokens") or body.get("max_completion_tokens") for body in asked} == {400}


@on_every_model
def test_generate(client: ollama.Client, simulator: Simulator, model: str) -> None:
    plain = client.generate(model=model, prompt=QUESTION, system="Be brief.")
    pieces = list(client.generate(model=model, prompt=QUESTION, system="Be brief.", stream=True))
    checked(plain, model)
    checked(pieces[-1], model)
    assert plain.response
    assert "".join(piece.response or "" for piece in pieces) == plain.response


@on_every_model
@streamed_and_not
@pytest.mark.parametrize("think", [None, True], ids=["", "thinking"])
def test_two_parallel_calls(
    client: ollama.Client, simulator: Simulator, model: str, streamed: bool, think: bool | None
) -> None:
    """As the client does it: it keeps no ids, and no signatures."""
    first = told(client, streamed, model, [{"role": "user", "content": ERRAND}], tools=[TOOL], think=think)
    assert bool(first.message.thinking) == (bool(think) and model.startswith("claude"))
    calls = first.message.tool_calls or []
    assert [dict(call.function.arguments) for call in calls] == [{"command": command} for command in COMMANDS]
    results = [{"role": "tool", "content": text, "tool_name": "bash"} for text in PRINTED]
    talk = [{"role": "user", "content": ERRAND}, first.message, *results]
    second = told(client, streamed, model, talk, tools=[TOOL], think=think)
    checked(second, model)
    assert all(text in (second.message.content or "") for text in PRINTED)
    assert_the_calls_gave(fullest(bodies(simulator, model)), dict(zip(COMMANDS, PRINTED, strict=True)))


@on_every_model
@streamed_and_not
def test_structured_output(client: ollama.Client, simulator: Simulator, model: str, streamed: bool) -> None:
    question = [{"role": "user", "content": "Tell me of Chicago."}]
    answer = told(client, streamed, model, question, format=City.model_json_schema())
    City.model_validate_json(answer.message.content or "")
    word = told(client, streamed, model, question, format={"type": "string", "enum": ["big", "small"]})
    assert word.message.content in ('"big"', '"small"')
    assert told(client, streamed, model, question, format="json").message.content
    assert len(bodies(simulator, model)) == 3


@on_every_model
def test_an_image(client: ollama.Client, simulator: Simulator, model: str) -> None:
    told(client, False, model, [{"role": "user", "content": "What is this?", "images": [DOT]}])
    (body,) = bodies(simulator, model)
    assert base64.b64encode(DOT).decode() in str(body)


@on_every_model
def test_an_answer_that_is_cut_off(client: ollama.Client, model: str) -> None:
    answer = told(client, True, model, [USER], options={"num_predict": 5})
    assert answer.done_reason == "length"


@on_every_model
def test_a_cut_answer_is_never_a_clean_finish(client: ollama.Client, simulator: Simulator, model: str) -> None:
    simulator.behave(cut_after=4)
    with pytest.raises((ollama.ResponseError, httpx.HTTPError)):
        told(client, True, model, [USER])
    assert told(client, True, model, [USER]).message.content


@on_every_model
def test_errors(client: ollama.Client, simulator: Simulator, model: str) -> None:
    simulator.behave(status=429, headers={"retry-after": "7"})
    with pytest.raises(ollama.ResponseError) as limited:
        client.chat(model=model, messages=[USER])
    assert limited.value.status_code == 429
    simulator.behave(status=500)
    with pytest.raises(ollama.ResponseError, match="The simulator was told to answer 500"):
        told(client, True, model, [USER])
    with pytest.raises(ollama.ResponseError, match="no-such-model") as unknown:
        client.chat(model="no-such-model", messages=[USER])
    assert unknown.value.status_code == 404
    assert client.chat(model=model, messages=[USER]).message.content


def test_models(client: ollama.Client, proxy: Proxy) -> None:
    """As a tool does that offers them: list, look at each, ask one by the name that the list has."""
    names = [model.model or "" for model in client.list().models]
    assert len(names) == len(set(names))
    assert {f"{model}:latest" for model in (*MODELS, "text-embedding-3-small")} <= set(names)
    for name in names:
        facts = client.show(name)
        if "embedding" in name:
            assert facts.capabilities == ["embedding"]
            continue
        assert {"completion", "tools", "vision"} <= set(facts.capabilities or ())
        architecture = (facts.modelinfo or {})["general.architecture"]
        assert (facts.modelinfo or {})[f"{architecture}.context_length"] >= 100_000
    assert "thinking" not in (client.show("gpt-4o").capabilities or ())
    assert client.chat(model="gpt-5.4:latest", messages=[USER]).message.content
    with pytest.raises(ollama.ResponseError) as unknown:
        client.show("no-such-model")
    assert unknown.value.status_code == 404
    assert list(client.ps().models) == []
    version = httpx.get(f"{proxy.url}/api/version", trust_env=False).json()["version"]
    assert tuple(map(int, version.split("."))) >= (0, 6, 4), "Visual Studio Code wants that at least"


def test_loading_a_model_asks_nothing_of_it(client: ollama.Client, simulator: Simulator) -> None:
    """As tools and Ollama's own command line do before the first question, and after the last."""
    loads: list[Callable[[], Any]] = [
        lambda: client.generate(model="gpt-5.4", keep_alive="5m"),
        lambda: client.chat(model="gpt-5.4", messages=[]),
    ]
    for load in loads:
        assert (load().done, load().done_reason) == (True, "load")
    assert client.generate(model="gpt-5.4", keep_alive=0).done_reason == "unload"
    assert list(client.generate(model="gpt-5.4", stream=True))[-1].done
    assert simulator.log() == []
    with pytest.raises(ollama.ResponseError) as unknown:
        client.generate(model="no-such-model")
    assert unknown.value.status_code == 404


def test_what_manages_models_is_refused_in_words(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="not served") as refused:
        client.pull("llama3.2")
    assert refused.value.status_code == 404


def test_8_7_embeddings(client: ollama.Client) -> None:
    several = client.embed(model="text-embedding-3-small", input=["one", "two"], dimensions=8)
    alone = client.embed(model="text-embedding-3-small", input="one", dimensions=8)
    assert [len(vector) for vector in several.embeddings] == [8, 8]
    assert list(several.embeddings[0]) == list(alone.embeddings[0]) != list(several.embeddings[1])
    assert len(client.embeddings(model="text-embedding-3-small:latest", prompt="one").embedding) > 8
