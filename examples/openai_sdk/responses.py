"""Responses: one question, one answer, then a second one that builds on it."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()

first = client.responses.create(
    model=model, instructions="Answer in one sentence.", input="What does a neutron star consist of?"
)
print(first.output_text)

second = client.responses.create(model=model, previous_response_id=first.id, input="And a white dwarf?")
print(second.output_text)
