"""Chat Completions: one question, one answer."""

import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = httpx.Client(
    base_url=os.environ["OPENAI_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"},
    timeout=600,
)

body = {"model": model, "messages": [{"role": "user", "content": "What does a neutron star consist of?"}]}
answer = client.post("chat/completions", json=body).raise_for_status().json()
print(answer["choices"][0]["message"]["content"])
