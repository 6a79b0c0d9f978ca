"""Anthropic Messages, streamed: words are printed as they come."""

import sys

from anthropic import Anthropic

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
client = Anthropic()

question = "Tell a short story about a beamline."
with client.messages.stream(model=model, max_tokens=1000, messages=[{"role": "user", "content": question}]) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
    print(f"\n({stream.get_final_message().usage.output_tokens} tokens)")
