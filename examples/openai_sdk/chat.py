"""Chat Completions: one question, one answer."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY

answer = client.chat.completions.create(
    model=model,
    messages=[
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": "What does a neutron star consist of?"},
    ],
)
print(answer.choices[0].message.content)
