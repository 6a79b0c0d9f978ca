"""The official google-genai SDK through the proxy to the simulator, on a model of each vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors, types

from .clients import google_client
from .processes import Proxy, Simulator
from .test_sdks import COMMANDS, ERRAND, PRINTED, QUESTION, SCHEMA, streamed_and_not
from .test_sdks_responses import MODELS, City, on_every_model
from .upstream import assert_the_calls_gave, bodies, fullest

OPENAPI_SCHEMA = types.Schema(
    type=types.Type.OBJECT,
    properties={"command": types.Schema(type=types.Type.STRING, description="the command")},
    required=["command"],
)
DECLARATIONS = {
    "openapi": types.FunctionDeclaration(name="bash", description="Runs a command.", parameters=OPENAPI_SCHEMA),
    "json-schema": types.FunctionDeclaration(name="bash", description="Runs a command.", parameters_json_schema=SCHEMA),
}


@pytest.fixture
def client(proxy: Proxy, simulator: Simulator) -> Iterator[genai.Client]:
    with google_client(proxy.url) as client:
        yield client


def checked(response: types.GenerateContentResponse) -> types.GenerateContentResponse:
    """The response, if it is whole."""
    (candidate,) = response.candidates or []
    assert candidate.finish_reason is types.FinishReason.STOP
    used = response.usage_metadata
    assert used is not None
    assert (used.prompt_token_count or 0) > 0
    assert (used.total_token_count or 0) >= (used.prompt_token_count or 0) + (used.candidates_token_count or 0)
    return response


@on_every_model
def test_plain(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(system_instruction="Be brief.", temperature=1, top_p=0.95, top_k=64)
    response = checked(client.models.generate_content(model=model, contents=QUESTION, config=config))
    assert response.text
    assert response.model_version == model


@on_every_model
def test_streamed(client: genai.Client, model: str) -> None:
    chunks = list(client.models.generate_content_stream(model=model, contents=QUESTION))
    assert len(chunks) > 2
    checked(chunks[-1])
    ends = [candidate.finish_reason for chunk in chunks for candidate in chunk.candidates or []]
    assert [reason for reason in ends if reason] == [types.FinishReason.STOP]
    plain = client.models.generate_content(model=model, contents=QUESTION)
    assert "".join(chunk.text or "" for chunk in chunks) == plain.text


def ask(
    client: genai.Client, streamed: bool, model: str, contents: list[types.Content], config: types.GenerateContentConfig
) -> types.Content:
    """The answer, with the parts of a stream one behind the other, as the SDK's own chats keep them."""
    if not streamed:
        whole = checked(client.models.generate_content(model=model, contents=list(contents), config=config))
        content = (whole.candidates or [])[0].content
        assert content is not None
        return content
    parts: list[types.Part] = []
    for chunk in client.models.generate_content_stream(model=model, contents=list(contents), config=config):
        for candidate in chunk.candidates or []:
            parts += (candidate.content and candidate.content.parts) or []
    return types.Content(role="model", parts=parts)


@on_every_model
@streamed_and_not
@pytest.mark.parametrize("thinks", [False, True], ids=["", "thinking"])
@pytest.mark.parametrize("declaration", DECLARATIONS.values(), ids=list(DECLARATIONS))
def test_two_parallel_calls(
    client: genai.Client,
    simulator: Simulator,
    model: str,
    streamed: bool,
    thinks: bool,
    declaration: types.FunctionDeclaration,
) -> None:
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declaration])],
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=2048) if thinks else None,
    )
    errand = types.Content(role="user", parts=[types.Part(text=ERRAND)])
    first = ask(client, streamed, model, [errand], config)
    thoughts = [part for part in first.parts or [] if part.thought]
    assert bool(thoughts) == (thinks and model.startswith("claude"))  # the others keep theirs to themselves
    calls = [part.function_call for part in first.parts or [] if part.function_call]
    assert [call.args for call in calls] == [{"command": command} for command in COMMANDS]
    results = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": printed}))
        for call, printed in zip(calls, PRINTED, strict=True)
    ]
    # The parts go back as they came, signatures and all: the simulator refuses one that was touched.
    second = ask(client, streamed, model, [errand, first, types.Content(role="user", parts=results)], config)
    text = "".join(part.text or "" for part in second.parts or [] if not part.thought)
    assert all(printed in text for printed in PRINTED)
    last = fullest(bodies(simulator, model))
    assert_the_calls_gave(last, dict(zip(COMMANDS, PRINTED, strict=True)))
    if thoughts:
        assert last["messages"][1]["content"][0]["type"] == "thinking"


@on_every_model
def test_a_function_that_the_sdk_calls_itself(client: genai.Client, simulator: Simulator, model: str) -> None:
    ran: list[str] = []

    def bash(command: str) -> str:
        """Runs a command."""
        ran.append(command)
        return PRINTED[COMMANDS.index(command)]

    config = types.GenerateContentConfig(tools=[bash])
    response = checked(client.models.generate_content(model=model, contents=ERRAND, config=config))
    assert ran == COMMANDS
    assert all(printed in (response.text or "") for printed in PRINTED)
    assert_the_calls_gave(fullest(bodies(simulator, model)), dict(zip(COMMANDS, PRINTED, strict=True)))


@on_every_model
def test_a_chat(client: genai.Client, simulator: Simulator, model: str) -> None:
    chat = client.chats.create(model=model)
    assert chat.send_message(QUESTION).text
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("And in two?"))
    assert len(fullest(bodies(simulator, model))["messages"]) == 3


@on_every_model
def test_structured_output(client: genai.Client, simulator: Simulator, model: str) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
    response = client.models.generate_content(model=model, contents="Tell me of Chicago.", config=config)
    assert isinstance(response.parsed, City)
    by_json_schema = types.GenerateContentConfig(
        response_mime_type="application/json", response_json_schema=City.model_json_schema()
    )
    chunks = client.models.generate_content_stream(model=model, contents="Tell me of Chicago.", config=by_json_schema)
    City.model_validate_json("".join(chunk.text or "" for chunk in chunks))
    assert len(bodies(simulator, model)) == 2


def test_async(proxy: Proxy, simulator: Simulator) -> None:
    async def ask(client: genai.client.AsyncClient, model: str) -> tuple[str, str]:
        plain = await client.models.generate_content(model=model, contents=QUESTION)
        stream = await client.models.generate_content_stream(model=model, contents=QUESTION)
        return plain.text or "", "".join([chunk.text or "" async for chunk in stream])

    async def talk() -> list[tuple[str, str]]:
        async with google_client(proxy.url).aio as client:
            return await asyncio.gather(*(ask(client, model) for model in MODELS))

    for plain, streamed in asyncio.run(talk()):
        assert plain
        assert plain == streamed


@on_every_model
def test_counting(client: genai.Client, simulator: Simulator, model: str) -> None:
    few = client.models.count_tokens(model=model, contents=QUESTION).total_tokens or 0
    many = client.models.count_tokens(model=model, contents=QUESTION * 100).total_tokens or 0
    assert 5 < few < 30
    assert 60 * few < many < 110 * few


def test_models(client: genai.Client, simulator: Simulator) -> None:
    names = [model.name for model in client.models.list()]
    assert len(names) == len(set(names))
    assert {f"models/argo:{model}" for model in MODELS} <= set(names)
    for model in MODELS:
        one = client.models.get(model=model)
        assert one.name == f"models/{model}"
        assert "generateContent" in (one.supported_actions or [])


@on_every_model
def test_an_answer_that_is_cut_off(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(max_output_tokens=5)
    response = client.models.generate_content(model=model, contents=QUESTION, config=config)
    assert (response.candidates or [])[0].finish_reason is types.FinishReason.MAX_TOKENS


@on_every_model
def test_a_cut_answer_is_never_a_clean_finish(client: genai.Client, simulator: Simulator, model: str) -> None:
    simulator.behave(cut_after=4)
    ends: list[types.FinishReason | None] = []
    stream = client.models.generate_content_stream(model=model, contents=QUESTION)
    with pytest.raises(errors.APIError):
        ends.extend(candidate.finish_reason for chunk in stream for candidate in chunk.candidates or [])
    assert ends
    assert not any(ends)
    assert client.models.generate_content(model=model, contents=QUESTION).text


@on_every_model
def test_errors(client: genai.Client, simulator: Simulator, model: str) -> None:
    simulator.behave(status=429, headers={"retry-after": "7"})
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=model, contents=QUESTION)
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    simulator.behave(status=500)
    with pytest.raises(errors.ServerError, match="The simulator was told to answer 500"):
        list(client.models.generate_content_stream(model=model, contents=QUESTION))
    with pytest.raises(errors.ClientError) as unknown:
        client.models.generate_content(model="no-such-model", contents=QUESTION)
    assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")
    assert client.models.generate_content(model=model, contents=QUESTION).text


def test_8_7_embeddings(client: genai.Client) -> None:
    """One text and several, which the SDK asks for in one call."""
    model, config = "text-embedding-3-small", types.EmbedContentConfig(output_dimensionality=8)
    several = client.models.embed_content(model=model, contents=["one", "two"], config=config).embeddings or []
    (alone,) = client.models.embed_content(model=model, contents="one", config=config).embeddings or []
    assert [len(embedding.values or []) for embedding in several] == [8, 8]
    assert several[0].values == alone.values != several[1].values
