"""OpenAI's Agents SDK, by Responses or by Chat Completions: a model, then what it is asked."""

from __future__ import annotations

import asyncio
import json
import sys

from agents import Agent, Runner, function_tool, set_default_openai_api
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


@function_tool
def shout(command: str) -> str:
    """Runs a command."""
    return f"ALPHA-42 of {command}"


set_default_openai_api("chat_completions" if sys.argv[2] == "chat" else "responses")
plain = Agent(name="a", model=sys.argv[1])


async def main() -> None:
    with_tool = Agent(name="b", model=sys.argv[1], tools=[shout])
    formed = Agent(name="c", model=sys.argv[1], output_type=City)
    made = Runner.run_streamed(plain, "Say hello.")
    async for _ in made.stream_events():
        pass
    told = {
        "plain": (await Runner.run(plain, "Say hello.")).final_output,
        "stream": made.final_output,
        "tool": (await Runner.run(with_tool, "Run `alpha`, then tell me.")).final_output,
        "structured": (await Runner.run(formed, "Tell me of Chicago.")).final_output.name,
    }
    print(json.dumps(told))  # noqa: T201 # it is what the test reads


asyncio.run(main())
