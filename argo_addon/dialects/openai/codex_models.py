"""Models as Codex asks for them, by `GET /v1/models?client_version=`, so that it knows contexts and efforts.

Source: Codex 0.169, `openai_models.rs` (`ModelInfo`): members without a default there are all here. Codex takes the
whole list or none of it: an effort that a version does not know would spoil it, so only those that all know are told.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..shared.listed_model import ListedModel

_encode = msgspec.json.Encoder().encode
_EFFORTS = {
    "none": "Does not think before it answers",
    "minimal": "Thinks as little as it can",
    "low": "Thinks little, and answers soon",
    "medium": "Thinks as much as everyday tasks need",
    "high": "Thinks long about hard problems",
    "xhigh": "Thinks as long as it can",
}
_INSTRUCTIONS = (
    "You are a coding agent in the user's terminal, working in their folder with the tools that you are given. "
    "Find out how things are before you change them: read the files, run the commands, look at the project's own "
    "rules. Keep on until the task is done, then check that it works, by its tests where there are some. Change "
    "what the task needs and nothing else, in the style of what is there; leave the user's own changes alone, and "
    "do not commit or remove anything unless you are asked to. Say before a group of calls what you are about to "
    "do, in a sentence. At the end tell plainly what you did, what you checked and what is still open, with the "
    "paths of files. Say so when you do not know something or could not do it; never make up a result."
)
"""What a model is told where Codex has no words of its own for it."""


class _Effort(msgspec.Struct):
    effort: str
    description: str


class _Truncation(msgspec.Struct):
    mode: str = "tokens"
    limit: int = 10_000


class CodexModel(msgspec.Struct, kw_only=True):
    """A model of the list. `context_window` is in tokens, null where unknown; a lower `priority` is shown first."""

    slug: str
    display_name: str
    description: str | None = None
    default_reasoning_level: str | None = None
    supported_reasoning_levels: list[_Effort] = []
    shell_type: str = "shell_command"
    visibility: str = "list"
    supported_in_api: bool = True
    priority: int
    availability_nux: None = None
    upgrade: None = None
    base_instructions: str = _INSTRUCTIONS
    supports_reasoning_summaries: bool = True
    default_reasoning_summary: str = "auto"
    support_verbosity: bool = False
    default_verbosity: None = None
    apply_patch_tool_type: str = "freeform"
    web_search_tool_type: str = "text"
    truncation_policy: _Truncation = msgspec.field(default_factory=_Truncation)
    supports_parallel_tool_calls: bool = True
    supports_image_detail_original: bool = False
    context_window: int | None = None
    max_context_window: int | None = None
    effective_context_window_percent: int = 95
    experimental_supported_tools: list[str] = []
    input_modalities: tuple[str, ...] = ("text", "image")
    supports_search_tool: bool = False


def codex_models(models: Sequence[ListedModel]) -> bytes:
    """The body of the list."""
    return _encode({"models": [_entry(model, number) for number, model in enumerate(models)]})


def _entry(model: ListedModel, priority: int) -> CodexModel:
    efforts = [_Effort(name, _EFFORTS[name]) for name in model.efforts if name in _EFFORTS]
    names = [effort.effort for effort in efforts]
    default = "medium" if "medium" in names else names[-1] if names else None
    return CodexModel(
        slug=model.id,
        display_name=model.display_name,
        default_reasoning_level=default,
        supported_reasoning_levels=efforts,
        priority=priority,
        context_window=model.context,
        max_context_window=model.context,
    )
