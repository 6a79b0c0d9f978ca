"""Google's SDK: variables of the Gemini API. Those of Vertex AI, as Gemini CLI has them, lead embeddings elsewhere."""

from __future__ import annotations

from . import Setup, Where

_WINS = ("GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")


def setup(where: Where) -> Setup:
    """Address and key."""
    return Setup({"GOOGLE_GEMINI_BASE_URL": where.url, "GEMINI_API_KEY": where.key}, _WINS)
