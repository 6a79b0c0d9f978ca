"""Chat Completions with an image by its URL."""

import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
client = httpx.Client(
    base_url=os.environ["OPENAI_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"},
    timeout=600,
)

url = sys.argv[2] if len(sys.argv) > 2 else "https://www.python.org/static/community_logos/python-logo.png"

content = [{"type": "text", "text": "What is in this picture?"}, {"type": "image_url", "image_url": {"url": url}}]
body = {"model": model, "messages": [{"role": "user", "content": content}]}
answer = client.post("chat/completions", json=body).raise_for_status().json()
print(answer["choices"][0]["message"]["content"])
