"""Google GenAI: one question, one answer."""

import sys

from google import genai

model = sys.argv[1] if len(sys.argv) > 1 else "gemini-2.5-pro"
client = genai.Client()  # reads GOOGLE_GEMINI_BASE_URL and GOOGLE_API_KEY

answer = client.models.generate_content(model=model, contents="What does a neutron star consist of?")
print(answer.text)
