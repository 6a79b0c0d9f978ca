"""Chat Completions, streamed: words are printed as they come."""

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

question = {"role": "user", "content": "Tell a short story about a beamline."}
body = {"model": model, "messages": [question], "stream": True}
with client.stream("POST", "chat/completions", json=body) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                print(choice["delta"].get("content") or "", end="", flush=True)
print()
