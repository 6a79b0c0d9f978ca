"""Google GenAI, streamed: words are printed as they come."""

import sys

from google import genai

model = sys.argv[1] if len(sys.argv) > 1 else "gemini-2.5-pro"
client = genai.Client()

for chunk in client.models.generate_content_stream(model=model, contents="Tell a short story about a beamline."):
    print(chunk.text or "", end="", flush=True)
print()
