"""Responses with a function: the model calls it, gets its result and answers."""

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
    "name": "temperature",
    "description": "The temperature in a city, in degrees Celsius.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
items = [{"role": "user", "content": "How warm is it in Lemont?"}]
while True:
    body = {"model": model, "input": items, "tools": [tool]}
    output = client.post("responses", json=body).raise_for_status().json()["output"]
    calls = [item for item in output if item["type"] == "function_call"]
    if not calls:
        break
    items += output
    for call in calls:
        result = temperature(**json.loads(call["arguments"]))
        items.append({"type": "function_call_output", "call_id": call["call_id"], "output": result})
for item in output:
    if item["type"] == "message":
        print("".join(part["text"] for part in item["content"]))
