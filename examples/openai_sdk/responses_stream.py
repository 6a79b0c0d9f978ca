"""Responses, streamed: words are printed as they come."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()

for event in client.responses.create(model=model, input="Tell a short story about a beamline.", stream=True):
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
    elif event.type == "response.completed" and event.response.usage:
        print(f"\n({event.response.usage.total_tokens} tokens)")
