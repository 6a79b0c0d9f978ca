"""Whatever reads the usual variables of the vendors' SDKs: frameworks, scripts, notebooks."""

from __future__ import annotations

from . import Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """Address and key of every API, by each of the names that are in use for them."""
    variables = {
        "OPENAI_BASE_URL": f"{where.url}/v1",
        "OPENAI_API_BASE": f"{where.url}/v1",
        "OPENAI_API_KEY": where.key,
        "OPENAI_MODEL": chat_model(where).name,
        "AZURE_OPENAI_ENDPOINT": where.url,
        "AZURE_OPENAI_API_KEY": where.key,
        "OPENAI_API_VERSION": "2024-10-21",
        "ANTHROPIC_BASE_URL": where.url,
        "ANTHROPIC_API_URL": where.url,
        "ANTHROPIC_API_BASE": where.url,
        "ANTHROPIC_API_KEY": where.key,
        "GOOGLE_GEMINI_BASE_URL": where.url,
        "GOOGLE_API_KEY": where.key,
        "GEMINI_API_KEY": where.key,
        "OLLAMA_HOST": where.url,
        "OLLAMA_API_KEY": where.key,
    }
    unset = ("OPENAI_API_TYPE", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA")
    return Setup(variables, unset)


def only(where: Where, *names: str) -> Setup:
    """Those of these names, for a framework that reads no others, and what would win over them."""
    whole = setup(where)
    ours = {word.partition("_")[0] for word in names}
    return Setup(
        {name: whole.variables[name] for name in names},
        tuple(name for name in whole.unset if name.partition("_")[0] in ours),
    )
