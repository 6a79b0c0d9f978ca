"""Chat Completions with an image by its URL."""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
url = sys.argv[2] if len(sys.argv) > 2 else "https://www.python.org/static/community_logos/python-logo.png"
client = OpenAI()

answer = client.chat.completions.create(
    model=model,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is in this picture?"},
                {"type": "image_url", "image_url": {"url": url}},
            ],
        }
    ],
)
print(answer.choices[0].message.content)
