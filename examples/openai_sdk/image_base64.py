"""Chat Completions with an image of a file, in base64."""

import base64
import sys
from pathlib import Path

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4"
file = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent.parent / "circle.png"
client = OpenAI()

data = base64.b64encode(file.read_bytes()).decode()
answer = client.chat.completions.create(
    model=model,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is in this picture?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
            ],
        }
    ],
)
print(answer.choices[0].message.content)
