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
print(json.dumps(told))  # noqa: T201 # it is what the test reads
