"""Embeddings of three sentences."""

import os
import sys

import httpx

model = sys.argv[1] if len(sys.argv) > 1 else "text-embedding-3-small"
client = httpx.Client(
    base_url=os.environ["OPENAI_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"},
    timeout=600,
)

body = {"model": model, "input": ["The beam is on.", "There is beam now.", "Lunch is at noon."]}
data = client.post("embeddings", json=body).raise_for_status().json()["data"]
print(f"{len(data)} vectors of {len(data[0]['embedding'])} numbers")
