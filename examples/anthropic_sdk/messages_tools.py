"""Anthropic Messages with a tool: the model calls it, gets its result and answers."""

import sys

from anthropic import Anthropic
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
client = Anthropic()


def temperature(city: str) -> str:
    """A stand-in for a real service."""
    return f"It is 21 degrees in {city}."


tools: list[ToolParam] = [
    {
        "name": "temperature",
        "description": "The temperature in a city, in degrees Celsius.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
messages: list[MessageParam] = [{"role": "user", "content": "How warm is it in Lemont?"}]

answer = client.messages.create(model=model, max_tokens=1000, messages=messages, tools=tools)
while answer.stop_reason == "tool_use":
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": block.id, "content": temperature(str(block.input["city"]))}
        for block in answer.content
        if block.type == "tool_use"
    ]
    messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    answer = client.messages.create(model=model, max_tokens=1000, messages=messages, tools=tools)
print("".join(block.text for block in answer.content if block.type == "text"))
