"""Chat Completions, streamed: words are printed as they come."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()

stream = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "Tell a short story about a beamline."}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
    if chunk.usage:
        print(f"\n({chunk.usage.total_tokens} tokens)")
