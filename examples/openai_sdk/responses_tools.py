"""Responses with a function: the model calls it, gets its result and answers."""

import json
import sys

from openai import OpenAI
from openai.types.responses import FunctionToolParam, ResponseInputItemParam

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()


def temperature(city: str) -> str:
    """A stand-in for a real service."""
    return f"It is 21 degrees in {city}."


tools: list[FunctionToolParam] = [
    {
        "type": "function",
        "name": "temperature",
        "description": "The temperature in a city, in degrees Celsius.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    }
]
items: list[ResponseInputItemParam] = [{"role": "user", "content": "How warm is it in Lemont?"}]

response = client.responses.create(model=model, input=items, tools=tools)
while calls := [item for item in response.output if item.type == "function_call"]:
    items += [item.to_dict() for item in response.output]  # type: ignore[misc]  # the SDK takes its own answers back
    for call in calls:
        result = temperature(**json.loads(call.arguments))
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
    response = client.responses.create(model=model, input=items, tools=tools)
print(response.output_text)
