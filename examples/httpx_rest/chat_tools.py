"""Chat Completions with a function: the model calls it, gets its result and answers."""

import json
import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = httpx.Client(
    base_url=os.environ["OPENAI_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"},
    timeout=600,
)


def temperature(city: str) -> str:
    """A stand-in for a real service."""
    return f"It is 21 degrees in {city}."


tool = {
    "type": "function",
    "function": {
        "name": "temperature",
        "description": "The temperature in a city, in degrees Celsius.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
messages = [{"role": "user", "content": "How warm is it in Lemont?"}]
while True:
    body = {"model": model, "messages": messages, "tools": [tool]}
    answer = client.post("chat/completions", json=body).raise_for_status().json()
    message = answer["choices"][0]["message"]
    if not message.get("tool_calls"):
        break
    messages.append(message)
    for call in message["tool_calls"]:
        result = temperature(**json.loads(call["function"]["arguments"]))
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
print(message["content"])
