"""Anthropic Messages: one question, one answer."""

import sys

from anthropic import Anthropic

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
client = Anthropic()  # reads ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY

answer = client.messages.create(
    model=model,
    max_tokens=1000,
    system="Answer in one sentence.",
    messages=[{"role": "user", "content": "What does a neutron star consist of?"}],
)
print("".join(block.text for block in answer.content if block.type == "text"))
