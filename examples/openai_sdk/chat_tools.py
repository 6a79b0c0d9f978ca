"""Chat Completions with a function: the model calls it, gets its result and answers."""

import json
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()


def temperature(city: str) -> str:
    """A stand-in for a real service."""
    return f"It is 21 degrees in {city}."


tools: list[ChatCompletionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "temperature",
            "description": "The temperature in a city, in degrees Celsius.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "How warm is it in Lemont?"}]

message = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
while message.tool_calls:
    messages.append(message.to_dict())  # type: ignore[arg-type]  # the SDK takes its own answers back
    for call in message.tool_calls:
        if call.type == "function":
            result = temperature(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    message = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
print(message.content)
