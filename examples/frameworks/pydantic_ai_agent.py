"""pydantic-ai (`pip install 'pydantic-ai-slim[openai]'`): an agent with a tool."""

import sys

from pydantic_ai import Agent


def temperature(city: str) -> str:
    """The temperature in a city, in degrees Celsius."""
    return f"It is 21 degrees in {city}."


model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
print(Agent(f"openai-chat:{model}", tools=[temperature]).run_sync("How warm is it in Lemont?").output)
