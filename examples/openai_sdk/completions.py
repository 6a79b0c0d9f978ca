"""Legacy completions: a prompt, and how it goes on."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()

answer = client.completions.create(model=model, prompt="The first light of the synchrotron", max_tokens=100)
print(answer.choices[0].text)
