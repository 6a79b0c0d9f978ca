"""OpenAI's Agents SDK by the Responses API: it goes on by `previous_response_id`, by conversations, by its sessions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import openai
import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIConversationsSession,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)
from agents.memory import OpenAIResponsesCompactionSession
from openai.types.shared import Reasoning

from .clients import async_chat_client
from .processes import Proxy, Simulator
from .upstream import bodies

T = TypeVar("T")
MODELS = ["claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro"]
on_every_model = pytest.mark.parametrize("model", MODELS)
set_tracing_disabled(True)


@function_tool
def shout(command: str) -> str:
    """Runs a command."""
    return f"ALPHA-42 of {command}"


def run(proxy: Proxy, model: str, talk: Callable[[openai.AsyncOpenAI, OpenAIResponsesModel], Awaitable[T]]) -> T:
    """What comes of a talk with a model."""

    async def talked() -> T:
        async with async_chat_client(proxy.url) as client:
            return await talk(client, OpenAIResponsesModel(model, client))

    return asyncio.run(talked())


def asked(simulator: Simulator, model: str) -> list[str]:
    """The conversations that ARGO was given."""
    return [json.dumps(body["messages"]) for body in bodies(simulator, model)]


@on_every_model
def test_by_previous_responses(proxy: Proxy, simulator: Simulator, model: str) -> None:
    """Streamed and not, with a tool and a thought; each turn sends only what is new."""

    async def talk(client: openai.AsyncOpenAI, spoken: OpenAIResponsesModel) -> tuple[str, str, str]:
        settings = ModelSettings(reasoning=Reasoning(effort="low", summary="auto"))
        agent = Agent(name="a", model=spoken, tools=[shout], model_settings=settings, instructions="Be brief.")
        first = await Runner.run(agent, "Run `alpha`, then tell me.", auto_previous_response_id=True)
        assert first.last_response_id is not None
        streamed = Runner.run_streamed(agent, "Run `beta`, then tell me.", previous_response_id=first.last_response_id)
        kinds = [event.data.type async for event in streamed.stream_events() if event.type == "raw_response_event"]
        assert kinds.count("response.completed") == 2
        assert streamed.last_response_id is not None
        stored = await client.responses.retrieve(streamed.last_response_id)
        return str(first.final_output), str(streamed.final_output), stored.output_text

    first, second, stored = run(proxy, model, talk)
    assert "ALPHA-42 of alpha" in first
    assert "ALPHA-42 of beta" in second
    assert stored == second
    last = asked(simulator, model)[-1]
    places = [last.index(text) for text in ("`alpha`", "ALPHA-42 of alpha", "`beta`", "ALPHA-42 of beta")]
    assert places == sorted(places)
    assert last.count("ALPHA-42 of alpha") == 1 + ("ALPHA-42 of alpha" in first)


@on_every_model
def test_by_a_conversation(proxy: Proxy, simulator: Simulator, model: str) -> None:
    """As the SDK's session has it, and by the conversation's id."""

    async def talk(client: openai.AsyncOpenAI, spoken: OpenAIResponsesModel) -> list[str]:
        agent = Agent(name="a", model=spoken, tools=[shout])
        session = OpenAIConversationsSession(openai_client=client)
        await Runner.run(agent, "Run `alpha`, then tell me.", session=session)
        await Runner.run(agent, "And now?", session=session)
        items = await session.get_items()
        popped = await session.pop_item()
        assert popped is not None
        assert len(await session.get_items()) == len(items) - 1
        await session.clear_session()
        conversation = await client.conversations.create()
        by_id = Agent(name="b", model=spoken)
        await Runner.run(by_id, "I am Ada.", conversation_id=conversation.id)
        await Runner.run(by_id, "Who am I?", conversation_id=conversation.id)
        return [str(item.get("type")) for item in items]

    kinds = run(proxy, model, talk)
    assert kinds[0] == kinds[-1] == "message"
    assert {"function_call", "function_call_output"} <= set(kinds)
    assert "I am Ada." in asked(simulator, model)[-1]


@on_every_model
def test_a_handoff(proxy: Proxy, simulator: Simulator, model: str) -> None:
    async def talk(client: openai.AsyncOpenAI, spoken: OpenAIResponsesModel) -> tuple[str, str]:
        second = Agent(name="second", model=spoken, tools=[shout])
        first = Agent(name="first", model=spoken, handoffs=[second])
        made = await Runner.run(first, "Run `alpha`, then tell me.", auto_previous_response_id=True)
        return made.last_agent.name, str(made.final_output)

    name, said = run(proxy, model, talk)
    assert name == "second"
    assert said


def test_a_session_that_compacts_itself(proxy: Proxy, simulator: Simulator) -> None:
    async def talk(client: openai.AsyncOpenAI, spoken: OpenAIResponsesModel) -> list[str]:
        session = OpenAIResponsesCompactionSession(
            "s", SQLiteSession("s"), client=client, model="gpt-5.4",
            should_trigger_compaction=lambda about: len(about["compaction_candidate_items"]) >= 2,
        )  # fmt: skip
        agent = Agent(name="a", model=spoken)
        for text in ("One.", "Two.", "Three."):
            await Runner.run(agent, text, session=session)
        return [str(item.get("type")) for item in await session.get_items()]

    assert "compaction" in run(proxy, "gpt-5.4", talk)
