"""Anthropic Messages, streamed: words are printed as they come."""

import json
import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
client = httpx.Client(
    base_url=os.environ["ANTHROPIC_BASE_URL"],
    headers={"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"},
    timeout=600,
)

question = {"role": "user", "content": "Tell a short story about a beamline."}
body = {"model": model, "max_tokens": 1000, "stream": True, "messages": [question]}
with client.stream("POST", "/v1/messages", json=body) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            event = json.loads(line.removeprefix("data: "))
            if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
                print(event["delta"]["text"], end="", flush=True)
print()
