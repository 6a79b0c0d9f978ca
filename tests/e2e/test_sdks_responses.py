"""The official OpenAI SDK's Responses through the proxy to the simulator, on a model of each vendor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import openai
import pytest
from openai.resources.responses.responses import ResponsesConnection
from openai.types.responses import (
    FunctionToolParam,
    Response,
    ResponseFunctionToolCall,
    ResponseIncludable,
    ResponseInputItemParam,
    ResponseInputParam,
)
from openai.types.shared_params import Reasoning
from pydantic import BaseModel

from .clients import async_chat_client, chat_client
from .processes import Proxy, Simulator
from .test_sdks import COMMANDS, ERRAND, PRINTED, QUESTION, SCHEMA, streamed_and_not
from .upstream import assert_the_calls_gave, bodies, fullest

MODELS = ["claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro"]
TOOLS: list[FunctionToolParam] = [
    {"type": "function", "name": "bash", "description": "Runs a command.", "parameters": SCHEMA, "strict": False}
]
SEALED: list[ResponseIncludable] = ["reasoning.encrypted_content"]
on_every_model = pytest.mark.parametrize("model", MODELS)


class City(BaseModel):
    name: str
    people: int
    rivers: list[str]


@pytest.fixture
def client(proxy: Proxy, simulator: Simulator) -> Iterator[openai.OpenAI]:
    with chat_client(proxy.url) as client:
        yield client


def checked(response: Response) -> Response:
    """The response, if it is whole and as the vendor's own schema says."""
    Response.model_validate(response.to_dict())
    assert (response.object, response.status, response.error, response.incomplete_details) == (
        "response",
        "completed",
        None,
        None,
    )
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    return response


@on_every_model
def test_plain(client: openai.OpenAI, model: str) -> None:
    response = checked(client.responses.create(model=model, instructions="Be brief.", input=QUESTION))
    assert response.model == model
    assert response.output_text
    assert [item.type for item in response.output] == ["message"]


@on_every_model
def test_streamed(client: openai.OpenAI, model: str) -> None:
    events = list(client.responses.create(model=model, input=QUESTION, stream=True))
    for event in events:
        type(event).model_validate(event.to_dict())
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events][:2] == ["response.created", "response.in_progress"]
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) > 1
    last = events[-1]
    assert last.type == "response.completed"
    assert checked(last.response).output_text == "".join(pieces)
    assert "".join(pieces) == client.responses.create(model=model, input=QUESTION).output_text


@on_every_model
def test_stream_helper(client: openai.OpenAI, model: str) -> None:
    with client.responses.stream(model=model, input=QUESTION) as stream:
        events = list(stream)
        final = stream.get_final_response()
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) > 1
    assert "".join(pieces) == final.output_text
    assert [event.type for event in events][-1] == "response.completed"


def history(first: Response) -> ResponseInputParam:
    """The errand, and what was answered, as it came."""
    said: list[ResponseInputItemParam] = [item.to_dict() for item in first.output]  # type: ignore[misc]
    return [{"role": "user", "content": ERRAND}, *said]


@on_every_model
@streamed_and_not
@pytest.mark.parametrize("thinks", [False, True], ids=["", "thinking"])
def test_two_parallel_calls(
    client: openai.OpenAI, simulator: Simulator, model: str, streamed: bool, thinks: bool
) -> None:
    def ask(conversation: ResponseInputParam) -> Response:
        if not streamed:
            return checked(
                client.responses.create(
                    model=model, input=conversation, tools=TOOLS, reasoning=effort, store=False, include=SEALED
                )
            )
        with client.responses.stream(
            model=model, input=conversation, tools=TOOLS, reasoning=effort, store=False, include=SEALED
        ) as stream:
            return checked(stream.get_final_response())

    effort: Reasoning = {"effort": "high", "summary": "auto"} if thinks else {}
    first = ask([{"role": "user", "content": ERRAND}])
    thoughts = [item for item in first.output if item.type == "reasoning"]
    assert bool(thoughts) == (thinks and model.startswith("claude"))  # the others keep theirs to themselves
    assert all(item.encrypted_content and item.summary for item in thoughts)
    calls = [item for item in first.output if isinstance(item, ResponseFunctionToolCall)]
    assert [json.loads(call.arguments) for call in calls] == [{"command": command} for command in COMMANDS]
    assert len({call.call_id for call in calls}) == 2
    conversation = history(first)
    for call, printed in zip(calls, PRINTED, strict=True):
        conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": printed})
    # The thoughts go back as they came, signed: the simulator refuses one that was touched.
    second = ask(conversation)
    assert all(printed in second.output_text for printed in PRINTED)
    last = fullest(bodies(simulator, model))
    assert_the_calls_gave(last, dict(zip(COMMANDS, PRINTED, strict=True)))
    if thoughts:
        assert last["messages"][1]["content"][0]["type"] == "thinking"


@on_every_model
def test_structured_output(client: openai.OpenAI, simulator: Simulator, model: str) -> None:
    response = client.responses.parse(model=model, input="Tell me of Chicago.", text_format=City)
    assert isinstance(response.output_parsed, City)
    with client.responses.stream(model=model, input="Tell me of Chicago.", text_format=City) as stream:
        streamed = stream.get_final_response()
    assert isinstance(streamed.output_parsed, City)
    assert len(bodies(simulator, model)) == 2


def test_async(proxy: Proxy, simulator: Simulator) -> None:
    async def ask(client: openai.AsyncOpenAI, model: str) -> tuple[str, str]:
        plain = await client.responses.create(model=model, input=QUESTION)
        async with client.responses.stream(model=model, input=QUESTION) as stream:
            pieces = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        return plain.output_text, "".join(pieces)

    async def talk() -> list[tuple[str, str]]:
        async with async_chat_client(proxy.url) as client:
            return await asyncio.gather(*(ask(client, model) for model in MODELS))

    for plain, streamed in asyncio.run(talk()):
        assert plain
        assert plain == streamed


@on_every_model
def test_an_answer_that_is_cut_off(client: openai.OpenAI, model: str) -> None:
    response = client.responses.create(model=model, input=QUESTION, max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


def test_what_was_not_kept_cannot_be_gone_on_with(client: openai.OpenAI, simulator: Simulator) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-5.4", input=QUESTION, previous_response_id="resp_1")
    assert caught.value.code == "previous_response_not_found"
    assert simulator.log() == []


@on_every_model
def test_a_cut_answer_is_never_a_clean_finish(client: openai.OpenAI, simulator: Simulator, model: str) -> None:
    simulator.behave(cut_after=4)
    events = list(client.responses.create(model=model, input=QUESTION, stream=True))
    assert "response.completed" not in [event.type for event in events]
    last = events[-1]
    assert last.type == "response.failed"
    assert last.response.status == "failed"
    assert last.response.error is not None
    assert client.responses.create(model=model, input=QUESTION).output_text


@on_every_model
def test_errors(client: openai.OpenAI, simulator: Simulator, model: str) -> None:
    simulator.behave(status=429, headers={"retry-after": "7"})
    with pytest.raises(openai.RateLimitError) as caught:
        client.responses.create(model=model, input=QUESTION)
    assert caught.value.response.headers["retry-after"] == "7"
    simulator.behave(status=500)
    with pytest.raises(openai.InternalServerError, match="The simulator was told to answer 500"):
        client.responses.create(model=model, input=QUESTION, stream=True)
    with pytest.raises(openai.NotFoundError) as unknown:
        client.responses.create(model="no-such-model", input=QUESTION)
    assert unknown.value.code == "model_not_found"


@pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")  # the SDK's own, with the newest websockets
@on_every_model
def test_on_a_web_socket(client: openai.OpenAI, model: str) -> None:
    with client.responses.connect() as connection:
        connection.response.create(model=model, input=QUESTION, store=False)
        first = last_of(connection)
        connection.response.create(model=model, input="And?", previous_response_id=first.id, store=False)
        assert last_of(connection).previous_response_id == first.id


def last_of(connection: ResponsesConnection) -> Response:
    """The response that a turn ends with."""
    for event in connection:
        if event.type == "response.completed":
            return checked(event.response)
    raise AssertionError("the connection has ended")


@on_every_model
def test_what_was_kept_is_gone_on_from(client: openai.OpenAI, simulator: Simulator, model: str) -> None:
    first = checked(client.responses.create(model=model, input="Remember cobalt."))
    assert client.responses.retrieve(first.id).output_text == first.output_text
    conversation = client.conversations.create(items=[{"type": "message", "role": "user", "content": "I am Ada."}])
    checked(client.responses.create(model=model, input="Which word?", previous_response_id=first.id))
    checked(client.responses.create(model=model, input="Which word?", conversation=conversation.id))
    asked = [json.dumps(body["messages"]) for body in bodies(simulator, model)]
    assert ["Remember cobalt." in text for text in asked] == [True, True, False]
    assert "I am Ada." in asked[-1]
    assert len(client.conversations.items.list(conversation.id, order="asc").data) == 3
    compacted = client.responses.compact(model=model, input=[{"role": "user", "content": "A summary, please."}])
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
