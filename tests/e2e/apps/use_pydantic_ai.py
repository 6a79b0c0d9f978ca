"""pydantic-ai: a model with its provider, then what it is asked."""

from __future__ import annotations

import asyncio
import json
import sys

from pydantic import BaseModel
from pydantic_ai import Agent

NAME = f"{sys.argv[2]}:{sys.argv[1]}"


class City(BaseModel):
    """A city."""

    name: str
    population: int


def shout(command: str) -> str:
    """Runs a command."""
    return f"ALPHA-42 of {command}"


async def streamed() -> str:
    async with Agent(NAME).run_stream("Say hello.") as made:
        return "".join([piece async for piece in made.stream_text(delta=True)])


told = {
    "plain": Agent(NAME).run_sync("Say hello.").output,
    "stream": asyncio.run(streamed()),
    "tool": Agent(NAME, tools=[shout]).run_sync("Run `alpha`, then tell me.").output,
    "structured": Agent(NAME, output_type=City).run_sync("Tell me of Chicago.").output.name,
}

KEPT = {
    "previous": {"openai_previous_response_id": "auto"},
    "conversation": {"openai_conversation_id": "auto"},
    "background": {"openai_background": True, "openai_previous_response_id": "auto"},
    "socket": {"openai_transport": "websocket", "openai_previous_response_id": "auto"},
}
"""How a talk of the Responses API goes on from what is kept, or is carried."""


async def talked(settings: dict[str, object]) -> str:
    """The end of a talk of two turns with a tool, the second streamed."""
    agent = Agent(NAME, tools=[shout], model_settings=settings)
    first = await agent.run("Run `beta`, then tell me.")

    async def followed(_: object, events: object) -> None:
        async for _ in events:  # type: ignore[attr-defined]
            pass

    history = first.all_messages()
    last = await agent.run("Run `alpha`, then tell me.", message_history=history, event_stream_handler=followed)
    return last.output


if sys.argv[2] == "openai-responses":
    told |= {name: asyncio.run(talked(settings)) for name, settings in KEPT.items()}
print(json.dumps(told))  # noqa: T201 # it is what the test reads
