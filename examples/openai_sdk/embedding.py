"""Embeddings: how alike are three sentences?"""

import sys

from openai import OpenAI

model = sys.argv[1] if len(sys.argv) > 1 else "text-embedding-3-small"
client = OpenAI()

texts = ["The beam is on.", "There is beam now.", "Lunch is at noon."]
vectors = [item.embedding for item in client.embeddings.create(model=model, input=texts).data]
print(f"{len(vectors)} vectors of {len(vectors[0])} numbers")
for text, vector in zip(texts[1:], vectors[1:], strict=True):
    print(f"{sum(a * b for a, b in zip(vectors[0], vector, strict=True)):.3f}  {text}")
