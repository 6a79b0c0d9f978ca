"""Anthropic Messages: one question, one answer."""

import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
client = httpx.Client(
    base_url=os.environ["ANTHROPIC_BASE_URL"],
    headers={"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"},
    timeout=600,
)

question = {"role": "user", "content": "What does a neutron star consist of?"}
body = {"model": model, "max_tokens": 1000, "messages": [question]}
answer = client.post("/v1/messages", json=body).raise_for_status().json()
print("".join(block["text"] for block in answer["content"] if block["type"] == "text"))
