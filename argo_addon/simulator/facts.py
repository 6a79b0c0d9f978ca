"""What ARGO's models take, as the simulator knows it: its own table, on purpose (argo.md, "What each model takes")."""

from __future__ import annotations

from typing import Literal

import msgspec


class Facts(msgspec.Struct, frozen=True):
    """One model. `thinking` names the forms it takes; `efforts` the values of `output_config.effort`."""

    display: str
    family: Literal["claude", "gpt", "gemini"]
    thinking: frozenset[str] = frozenset()
    efforts: frozenset[str] = frozenset()
    sampling: Literal["free", "one", "default", "none"] = "free"
    max_output: int = 64000
    prefill: bool = True
    effort_with_tools: bool = True
    old_token_name: bool = True
    faulty_temperature: float | None = None


_LOW_TO_HIGH = frozenset({"none", "minimal", "low", "medium", "high"})
_NEW = frozenset({"low", "medium", "high", "xhigh", "max"})


def _claude(display: str, *, thinking: set[str], sampling: Literal["free", "one", "none"], new: bool = False) -> Facts:
    return Facts(
        display,
        "claude",
        frozenset(thinking | {"disabled"}),
        _NEW if new else _LOW_TO_HIGH,
        sampling,
        max_output=32000 if "4.1" in display else 128000 if new or "Opus 4.6" in display else 64000,
        prefill="adaptive" not in thinking,
    )


def _gpt5(display: str, *, effort_with_tools: bool = True) -> Facts:
    return Facts(display, "gpt", sampling="default", effort_with_tools=effort_with_tools, max_output=128000)


MODELS: dict[str, Facts] = {
    "gpt4o": Facts("GPT-4o", "gpt", max_output=16384, old_token_name=False),
    "gpto1": Facts("o1", "gpt", max_output=100000),
    "gpto3mini": Facts("o3-mini", "gpt", max_output=100000),
    "gpto3": Facts("o3", "gpt", max_output=100000),
    "gpto4mini": Facts("o4-mini", "gpt", max_output=100000),
    "gpt41": Facts("GPT-4.1", "gpt", max_output=32768),
    "gpt41mini": Facts("GPT-4.1 Mini", "gpt", max_output=32768),
    "gpt41nano": Facts("GPT-4.1 Nano", "gpt", max_output=32768),
    "gpt5": _gpt5("GPT-5"),
    "gpt5mini": _gpt5("GPT-5 Mini"),
    "gpt5nano": _gpt5("GPT-5 Nano"),
    "gpt51": _gpt5("GPT-5.1"),
    "gpt52": _gpt5("GPT-5.2"),
    "gpt54": _gpt5("GPT-5.4", effort_with_tools=False),
    "gpt54mini": _gpt5("GPT-5.4 Mini", effort_with_tools=False),
    "gpt54nano": _gpt5("GPT-5.4 Nano", effort_with_tools=False),
    "gpt55": _gpt5("GPT-5.5", effort_with_tools=False),
    "gemini25pro": Facts("Gemini 2.5 Pro", "gemini", faulty_temperature=1),
    "gemini25flash": Facts("Gemini 2.5 Flash", "gemini", faulty_temperature=2),
    "gemini35flash": Facts("Gemini 3.5 Flash", "gemini"),
    "gemini31flashlite": Facts("Gemini 3.1 Flash Lite", "gemini"),
    "claudeopus41": _claude("Claude Opus 4.1", thinking={"enabled"}, sampling="free"),
    "claudeopus45": _claude("Claude Opus 4.5", thinking={"enabled"}, sampling="one"),
    "claudeopus46": _claude("Claude Opus 4.6", thinking={"enabled", "adaptive"}, sampling="one"),
    "claudeopus47": _claude("Claude Opus 4.7", thinking={"adaptive"}, sampling="none", new=True),
    "claudeopus48": _claude("Claude Opus 4.8", thinking={"adaptive"}, sampling="none", new=True),
    "claudesonnet45": _claude("Claude Sonnet 4.5", thinking={"enabled"}, sampling="one"),
    "claudesonnet46": _claude("Claude Sonnet 4.6", thinking={"enabled", "adaptive"}, sampling="one"),
    "claudesonnet5": _claude("Claude Sonnet 5", thinking={"adaptive"}, sampling="none", new=True),
    "claudehaiku45": _claude("Claude Haiku 4.5", thinking={"enabled"}, sampling="one"),
}
"""By internal id."""

EMBEDDINGS = {"ada002": 1536, "v3small": 1536, "v3large": 3072}
"""Embedding models and their vectors' length."""
