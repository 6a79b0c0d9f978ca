"""Responses, streamed: words are printed as they come."""

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

body = {"model": model, "input": "Tell a short story about a beamline.", "stream": True}
with client.stream("POST", "responses", json=body) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            event = json.loads(line.removeprefix("data: "))
            if event["type"] == "response.output_text.delta":
                print(event["delta"], end="", flush=True)
print()
