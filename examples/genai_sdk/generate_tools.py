"""Google GenAI with a function: the SDK calls it by itself and sends its result."""

import sys

from google import genai
from google.genai import types

model = sys.argv[1] if len(sys.argv) > 1 else "gemini-2.5-pro"
client = genai.Client()


def temperature(city: str) -> str:
    """The temperature in a city, in degrees Celsius."""
    return f"It is 21 degrees in {city}."  # a stand-in for a real service


answer = client.models.generate_content(
    model=model,
    contents="How warm is it in Lemont?",
    config=types.GenerateContentConfig(tools=[temperature]),
)
print(answer.text)
