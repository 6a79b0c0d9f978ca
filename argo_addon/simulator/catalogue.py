"""The models that this ARGO serves and what each takes, as rows. Knows no format.

Sources: argo.md, "The model list" and "What each model takes"; limits and efforts that it leaves open from the
vendors' model pages. See docs/reference/simulator.md.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Family = Literal["claude", "gpt", "gemini", "embedding"]
Sampling = Literal["free", "one of two", "default", "none"]
"""`free`: as sent; `one of two`: temperature or top_p; `default`: temperature 1, no top_p; `none`: neither."""


class Traits(msgspec.Struct, frozen=True):
    """What models of a kind take."""

    family: Family
    thinking: frozenset[str] = frozenset()
    """Values of `thinking.type`."""
    efforts: frozenset[str] = frozenset()
    """Values of `output_config.effort` or `reasoning_effort`."""
    effort_alone: bool = False
    """Claude: effort and `enabled` thinking exclude each other. GPT: effort and tools do."""
    sampling: Sampling = "free"
    prefill: bool = False
    """May a conversation end with the assistant's words?"""
    refuses: frozenset[str] = frozenset()
    """Parameters that are not taken at all."""
    reasons: bool = False
    """Thinks without being asked to."""


class Model(msgspec.Struct, frozen=True):
    """A model of the list."""

    id: str
    """The internal id, which the endpoints want as `model`."""
    shown: str
    """The display name, which they do not take."""
    vendor: str
    """What the vendor calls it, which is what answers name."""
    traits: Traits
    context: int
    """Tokens of input at most."""
    output: int
    """Tokens of output at most; for an embedding model, its dimensions."""
    fatal_temperature: float | None = None
    """The temperature on which ARGO's Gemini path falls over."""

    @property
    def family(self) -> Family:
        return self.traits.family


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENABLED, _BOTH = _words("enabled disabled"), _words("enabled adaptive disabled")
_SOME = _words("none minimal low medium high")

_OPUS41 = Traits("claude", thinking=_ENABLED, efforts=_SOME, effort_alone=True, prefill=True)
_CLAUDE45 = msgspec.structs.replace(_OPUS41, sampling="one of two")
_CLAUDE46 = Traits("claude", thinking=_BOTH, efforts=_SOME, sampling="one of two")
_CLAUDE47 = Traits(
    "claude", thinking=_words("adaptive disabled"), efforts=_words("low medium high xhigh max"), sampling="none"
)

_GPT4 = Traits("gpt", refuses=_words("reasoning_effort"))
_GPT4O = Traits("gpt", refuses=_words("reasoning_effort max_tokens"))
_O1 = Traits("gpt", efforts=_words("low medium high"), refuses=_words("parallel_tool_calls"), reasons=True)
_O3 = msgspec.structs.replace(_O1, refuses=_words("parallel_tool_calls stop"))
_GPT5 = Traits(
    "gpt",
    efforts=_words("minimal low medium high"),
    sampling="default",
    refuses=_words("top_p stop presence_penalty frequency_penalty logit_bias logprobs top_logprobs"),
    reasons=True,
)
_GPT51 = msgspec.structs.replace(_GPT5, efforts=_words("none low medium high"), reasons=False)
_GPT52 = msgspec.structs.replace(_GPT51, efforts=_words("none low medium high xhigh"))
_GPT54 = msgspec.structs.replace(_GPT52, effort_alone=True)

_GEMINI = Traits("gemini", efforts=_words("minimal low medium high"), reasons=True)
_FLASH25 = msgspec.structs.replace(_GEMINI, efforts=_words("none minimal low medium high"))
_EMBEDDING = Traits("embedding")

_K = 1000
_GEMINI_IN, _GEMINI_OUT = 1_048_576, 65_536

MODELS: tuple[Model, ...] = (
    Model("gpt4o", "GPT-4o", "gpt-4o-2024-11-20", _GPT4O, 128 * _K, 16_384),
    Model("gpto1", "o1", "o1-2024-12-17", _O1, 200 * _K, 100 * _K),
    Model("gpto3mini", "o3-mini", "o3-mini-2025-01-31", _O1, 200 * _K, 100 * _K),
    Model("gpto3", "o3", "o3-2025-04-16", _O3, 200 * _K, 100 * _K),
    Model("gpto4mini", "o4-mini", "o4-mini-2025-04-16", _O3, 200 * _K, 100 * _K),
    Model("gpt41", "GPT-4.1", "gpt-4.1-2025-04-14", _GPT4, 1_047_576, 32_768),
    Model("gpt41mini", "GPT-4.1 Mini", "gpt-4.1-mini-2025-04-14", _GPT4, 1_047_576, 32_768),
    Model("gpt41nano", "GPT-4.1 Nano", "gpt-4.1-nano-2025-04-14", _GPT4, 1_047_576, 32_768),
    Model("gpt5", "GPT-5", "gpt-5-2025-08-07", _GPT5, 400 * _K, 128 * _K),
    Model("gpt5mini", "GPT-5 Mini", "gpt-5-mini-2025-08-07", _GPT5, 400 * _K, 128 * _K),
    Model("gpt5nano", "GPT-5 Nano", "gpt-5-nano-2025-08-07", _GPT5, 400 * _K, 128 * _K),
    Model("gpt51", "GPT-5.1", "gpt-5.1-2025-11-13", _GPT51, 400 * _K, 128 * _K),
    Model("gpt52", "GPT-5.2", "gpt-5.2-2025-12-11", _GPT52, 400 * _K, 128 * _K),
    Model("gpt54", "GPT-5.4", "gpt-5.4-2026-03-05", _GPT54, 1_050_000, 128 * _K),
    Model("gpt54mini", "GPT-5.4 Mini", "gpt-5.4-mini-2026-03-17", _GPT54, 400 * _K, 128 * _K),
    Model("gpt54nano", "GPT-5.4 Nano", "gpt-5.4-nano-2026-03-17", _GPT54, 400 * _K, 128 * _K),
    Model("gpt55", "GPT-5.5", "gpt-5.5-2026-04-23", _GPT54, 1_050_000, 128 * _K),
    Model("gemini25pro", "Gemini 2.5 Pro", "gemini-2.5-pro", _GEMINI, _GEMINI_IN, _GEMINI_OUT, 1),
    Model("gemini25flash", "Gemini 2.5 Flash", "gemini-2.5-flash", _FLASH25, _GEMINI_IN, _GEMINI_OUT, 2),
    Model("gemini35flash", "Gemini 3.5 Flash", "gemini-3.5-flash", _GEMINI, _GEMINI_IN, _GEMINI_OUT),
    Model("gemini31flashlite", "Gemini 3.1 Flash Lite", "gemini-3.1-flash-lite", _GEMINI, _GEMINI_IN, _GEMINI_OUT),
    Model("claudeopus41", "Claude Opus 4.1", "claude-opus-4-1-20250805", _OPUS41, 200 * _K, 32 * _K),
    Model("claudeopus45", "Claude Opus 4.5", "claude-opus-4-5-20251101", _CLAUDE45, 200 * _K, 64 * _K),
    Model("claudeopus46", "Claude Opus 4.6", "claude-opus-4-6", _CLAUDE46, 1000 * _K, 128 * _K),
    Model("claudeopus47", "Claude Opus 4.7", "claude-opus-4-7", _CLAUDE47, 1000 * _K, 128 * _K),
    Model("claudeopus48", "Claude Opus 4.8", "claude-opus-4-8", _CLAUDE47, 1000 * _K, 128 * _K),
    Model("claudesonnet45", "Claude Sonnet 4.5", "claude-sonnet-4-5-20250929", _CLAUDE45, 200 * _K, 64 * _K),
    Model("claudesonnet46", "Claude Sonnet 4.6", "claude-sonnet-4-6", _CLAUDE46, 1000 * _K, 128 * _K),
    Model("claudesonnet5", "Claude Sonnet 5", "claude-sonnet-5", _CLAUDE47, 1000 * _K, 128 * _K),
    Model("claudehaiku45", "Claude Haiku 4.5", "claude-haiku-4-5-20251001", _CLAUDE45, 200 * _K, 64 * _K),
)
EMBEDDINGS: tuple[Model, ...] = (
    Model("ada002", "text-embedding-ada-002", "text-embedding-ada-002", _EMBEDDING, 8191, 1536),
    Model("v3small", "text-embedding-3-small", "text-embedding-3-small", _EMBEDDING, 8191, 1536),
    Model("v3large", "text-embedding-3-large", "text-embedding-3-large", _EMBEDDING, 8191, 3072),
)
"""The model list never names these."""

_BY_ID = {model.id: model for model in MODELS + EMBEDDINGS}


def find(name: str, *families: Family) -> Model | None:
    """The model with this internal id, if it is of one of these families."""
    model = _BY_ID.get(name)
    return model if model is not None and model.family in families else None
