"""The catalogue: what is known of a model by its family and version, and the list for when ARGO's cannot be had.

Facts only; who applies them is quirks.py. Source: argo.md, "What each model takes" and "The model list", and the
items of pitfalls.md that are named.
"""

from __future__ import annotations

import functools
import re
from typing import Literal

import msgspec

Family = Literal["claude", "gpt", "gemini", "other"]


class Profile(msgspec.Struct, frozen=True):
    """What a model's endpoint takes. Every member but the first three and `context` is a quirk: the default is none."""

    family: Family
    dialect: Literal["anthropic", "openai_chat"]
    version: tuple[int, ...] = ()
    renames_developer: bool = False
    """The role `developer` is refused, with a misleading message: `system` says the same."""
    one_token_limit: bool = False
    """Wants `max_completion_tokens`, never `max_tokens`, never both (pitfalls 1.12)."""
    null_content: bool = True
    """Takes `content: null` in a message; ARGO's chat endpoint is never asked to (pitfalls 1.9)."""
    structured_system: bool = True
    """Takes a system message whose content is a list of parts; where not, only a string."""
    system_alone: bool = True
    """Answers a conversation of nothing but system messages (Vertex AI: "contents is not specified")."""
    parallel_results: bool = True
    """Takes several tool calls in one message; where not, one call and its result after the other (pitfalls 1.33)."""
    max_tool_description: int | None = None
    """Characters that a tool's description may have (pitfalls 4.10)."""
    refused_schema_keywords: frozenset[str] = frozenset()
    """JSON Schema keywords that the upstream refuses in a tool's parameters (pitfalls 4.9)."""
    object_schema_root: bool = False
    """Refuses `anyOf`, `oneOf` and `allOf` at the root of a tool's schema (argo.md)."""
    listed_properties: bool = False
    """Refuses a tool's schema without `properties` at its root, even where there are none."""
    array_items: bool = False
    """Refuses an array in a tool's schema that does not say what it holds."""
    single_types: bool = False
    """Refuses a list of types in a schema; one that may be null besides is `nullable` there."""
    refused_message_fields: frozenset[str] = frozenset()
    """Members of a message that other vendors use and this upstream refuses."""
    sampling: Literal["free", "one", "default", "none"] = "free"
    """`one`: temperature or top_p, not both; `default`: only temperature 1; `none`: neither (pitfalls 1.11)."""
    thinking: frozenset[str] = frozenset({"enabled", "adaptive"})
    """The forms of `thinking` that it takes, besides none (pitfalls 5.1)."""
    efforts: tuple[str, ...] = ("none", "minimal", "low", "medium", "high")
    """The values of `output_config.effort` or `reasoning_effort`, from least to most (pitfalls 5.4)."""
    effort_with_thinking: bool = True
    """Takes `output_config.effort` together with thinking; where not, thinking goes before."""
    sampling_with_thinking: bool = True
    """Takes a temperature other than 1 while it thinks (pitfalls 5.2)."""
    allowed_tools: bool = True
    """Takes a `tool_choice` that names several tools; where not, only those are offered."""
    effort_with_tools: bool = True
    """Takes `reasoning_effort` together with tools (pitfalls 5.3)."""
    system_in_conversation: bool = True
    """Takes system messages among the others; where not, their text joins the user's (pitfalls 1.1)."""
    prefill: bool = True
    """Goes on with the assistant's own words where the conversation ends in them (pitfalls 1.10)."""
    any_history: bool = False
    """Takes thoughts of others, empty texts, any number of breakpoints, the model's word last; known of none."""
    refused_parameters: frozenset[str] = frozenset()
    """Parameters that are an error in any value."""
    context: int | None = None
    """Tokens that prompt and answer may have together (vendors' model pages): what each of these models takes."""
    max_output: int | None = None
    """Tokens that an answer may have at most (vendors' model pages); more is an error (pitfalls 1.12)."""
    object_arguments: bool = False
    """Wants the arguments of calls in the history to be JSON objects (pitfalls 4.4)."""
    signed_calls: bool = False
    """Signs its calls, and wants the signature back; others refuse it (pitfalls 5.8)."""
    longest_id: int | None = None
    """Characters that a call's id may have, of letters, digits, `_` and `-` (pitfalls 4.1)."""
    max_images: int | None = None
    """Images that a request may hold (argo.md, pitfalls 1.13)."""
    max_tools: int | None = None
    """Tools that a request may offer (pitfalls 4.11)."""
    fatal_temperatures: frozenset[float] = frozenset()
    """Temperatures that make ARGO fall over (argo.md)."""
    old_token_limit: bool = False
    """Knows `max_tokens` and no other name of it; learned from refusals only."""
    refused_betas: frozenset[str] = frozenset()
    """Names in `anthropic-beta` that are an error (pitfalls 1.6); learned from refusals only."""
    refused_members: frozenset[tuple[str, ...]] = frozenset()
    """Members that the upstream does not have, by their paths (pitfalls 1.5); likewise."""
    refused_tools: frozenset[str] = frozenset()
    """Tools of the provider's own that are not there, without the dates of their types (Anthropic's table of what each
    cloud has: Vertex AI has no web fetch, code execution, advisor or MCP connector); more are learned from refusals."""
    basic_search: bool = False
    """Has the web search of `web_search_20250305` only, not the later ones, which run code (the same table)."""
    refuses_unknown: bool = False
    """Takes at its root only what its vendor documents (pitfalls 1.5); learned from a refusal of one that is not."""
    longest_plain: float | None = None
    """Tokens of answer from which a plain call is refused (argo.md, "streaming is required"); likewise."""


_REASONING_FIELDS = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
_GEMINI_SCHEMA = frozenset(
    {"$schema", "$id", "$comment", "propertyNames", "exclusiveMinimum", "exclusiveMaximum", "const", "$ref", "$defs",
     "definitions", "patternProperties", "unevaluatedProperties", "if", "then", "else", "not", "contains",
     "dependentSchemas", "dependentRequired", "contentEncoding", "contentMediaType", "examples", "allOf", "oneOf"}
)  # fmt: skip

_ANY_EFFORT = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_NOT_VERBOSE = frozenset({"verbosity"})  # GPT-5 and newer take it, no others
_SAMPLED_NOT = frozenset(
    {"stop", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"}
)  # what OpenAI's reasoning models refuse (OpenAI's guide to them)

_GPT = Profile(
    family="gpt",
    dialect="openai_chat",
    renames_developer=True,
    one_token_limit=True,
    null_content=False,
    max_tool_description=1024,
    longest_id=40,
    max_images=50,
    max_tools=128,
    object_schema_root=True,
    listed_properties=True,
    array_items=True,
    refused_schema_keywords=frozenset({"$schema"}),
    refused_message_fields=_REASONING_FIELDS,
    efforts=(),
    refused_parameters=_NOT_VERBOSE,
    context=128_000,
)
_GPT5 = msgspec.structs.replace(
    _GPT,
    sampling="default",
    efforts=("minimal", "low", "medium", "high"),
    refused_parameters=_SAMPLED_NOT,
    context=400_000,
    max_output=128_000,
)
_O = msgspec.structs.replace(
    _GPT,
    efforts=("low", "medium", "high"),
    refused_parameters=_NOT_VERBOSE | {"parallel_tool_calls"},
    context=200_000,
    max_output=100_000,
)
_GEMINI = Profile(
    family="gemini",
    dialect="openai_chat",
    renames_developer=True,
    one_token_limit=True,
    null_content=False,
    structured_system=False,
    system_alone=False,
    parallel_results=False,
    allowed_tools=False,
    refused_schema_keywords=_GEMINI_SCHEMA,
    object_schema_root=True,
    array_items=True,
    single_types=True,
    signed_calls=True,
    refused_message_fields=_REASONING_FIELDS,
    efforts=("minimal", "low", "medium", "high"),
    context=1_048_576,
    max_output=65_535,
    object_arguments=True,
    refused_parameters=_NOT_VERBOSE | {"prompt_cache_key"},
    fatal_temperatures=frozenset({1.0, 2.0}),
)
_CLAUDE = Profile(
    family="claude",
    dialect="anthropic",
    longest_id=64,
    object_schema_root=True,
    refused_schema_keywords=frozenset({"$ref", "$defs", "definitions"}),
    system_in_conversation=False,
    thinking=frozenset({"enabled"}),
    effort_with_thinking=False,
    sampling_with_thinking=False,
    context=200_000,
    max_output=32_000,
    refused_tools=frozenset({"web_fetch", "code_execution", "advisor", "mcp"}),
    basic_search=True,
    refused_members=frozenset({("mcp_servers",), ("container",)}),
)
_OTHER = Profile(family="other", dialect="openai_chat", null_content=False, efforts=_ANY_EFFORT, signed_calls=True)

_replace = msgspec.structs.replace
_CLAUDE46 = _replace(
    _CLAUDE,
    sampling="one",
    thinking=frozenset({"enabled", "adaptive"}),
    effort_with_thinking=True,
    prefill=False,
    max_output=128_000,
)

# Line of models, version from which a row holds, the row: the first that fits counts.
CATALOGUE: tuple[tuple[str, tuple[int, ...], Profile], ...] = (
    (
        "claude",
        (4, 7),
        _replace(
            _CLAUDE46,
            sampling="none",
            thinking=frozenset({"adaptive"}),
            efforts=("low", "medium", "high", "xhigh", "max"),
        ),
    ),
    ("claude", (4, 6), _CLAUDE46),
    ("claude", (4, 5), _replace(_CLAUDE, sampling="one", max_output=64_000)),
    ("claude", (), _CLAUDE),
    (
        "gpt",
        (5, 4),
        _replace(_GPT5, efforts=("none", "low", "medium", "high", "xhigh"), effort_with_tools=False),
    ),
    ("gpt", (5, 2), _replace(_GPT5, efforts=("none", "low", "medium", "high", "xhigh"))),
    ("gpt", (5, 1), _replace(_GPT5, efforts=("none", "low", "medium", "high"))),
    ("gpt", (5,), _GPT5),
    ("gpt", (4, 1), _replace(_GPT, context=1_047_576, max_output=32_768)),
    ("gpt", (), _replace(_GPT, max_output=16_384)),
    ("o", (3,), _replace(_O, refused_parameters=_O.refused_parameters | {"stop"})),
    ("o", (), _O),
    ("gemini", (), _GEMINI),
    ("other", (), _OTHER),
)

CLAUDE_TIERS = ("opus", "sonnet", "haiku", "fable")
_FAMILIES: tuple[tuple[re.Pattern[str], Family], ...] = (
    (re.compile(r"(?:claude|opus|sonnet|haiku|fable)"), "claude"),
    (re.compile(r"(?:gpt|o\d)"), "gpt"),
    (re.compile(r"gemini"), "gemini"),
)
_VERSION = re.compile(r"\d+")
_DATED = re.compile(r"(?P<major>\d)(?P<minor>\d{0,2}?)(?:20\d{6})?")
_O_SERIES = re.compile(r"(?:gpt)?o(?P<version>\d)")


@functools.lru_cache(512)
def squash(name: str) -> str:
    """A model name without case, blanks and punctuation of ASCII, which is how ARGO makes its internal ids. Other
    letters and signs stay: a name with one is another name.

    >>> squash("Claude Opus 4.6")
    'claudeopus46'
    """
    return "".join(char for char in name.lower() if char.isalnum() or not char.isascii())


def family_of(name: str) -> Family:
    """The family that a model's name tells, `other` where it tells none."""
    key = squash(name)
    return next((family for pattern, family in _FAMILIES if pattern.match(key)), "other")


def version_of(name: str) -> tuple[int, ...]:
    """The version that a model's name tells: (4, 6) of `claudeopus46`, (5,) of `gpt5`, () of a name without one.

    A date behind it is no part of it: (4, 9) of `claude-opus-4-9-20261101`.
    """
    key = squash(name)
    digits = _VERSION.search(key)
    if digits is None or _O_SERIES.match(key):  # the o-series counts apart
        return ()
    told = _DATED.fullmatch(digits[0])
    if told is None:
        return (int(digits[0][0]),)  # what else stands there is a date in a shorter form
    return (int(told["major"]), int(told["minor"])) if told["minor"] else (int(told["major"]),)


_NEWEST = (1_000_000,)


def profile_of(name: str) -> Profile:
    """What is known of a model; one that is newer than the catalogue, or names no version, has what the newest has."""
    line, version = str(family_of(name)), version_of(name)
    since = version or _NEWEST
    if o_series := _O_SERIES.match(squash(name)):
        line, since = "o", (int(o_series["version"]),)
    row = next(row for of, first, row in CATALOGUE if of == line and since >= first)
    return _replace(row, version=version)


BUILT_IN: tuple[tuple[str, str], ...] = (
    ("gpt4o", "GPT-4o"),
    ("gpto1", "o1"),
    ("gpto3mini", "o3-mini"),
    ("gpto3", "o3"),
    ("gpto4mini", "o4-mini"),
    ("gpt41", "GPT-4.1"),
    ("gpt41mini", "GPT-4.1 Mini"),
    ("gpt41nano", "GPT-4.1 Nano"),
    ("gpt5", "GPT-5"),
    ("gpt5mini", "GPT-5 Mini"),
    ("gpt5nano", "GPT-5 Nano"),
    ("gpt51", "GPT-5.1"),
    ("gpt52", "GPT-5.2"),
    ("gpt54", "GPT-5.4"),
    ("gpt54mini", "GPT-5.4 Mini"),
    ("gpt54nano", "GPT-5.4 Nano"),
    ("gpt55", "GPT-5.5"),
    ("gemini25pro", "Gemini 2.5 Pro"),
    ("gemini25flash", "Gemini 2.5 Flash"),
    ("gemini35flash", "Gemini 3.5 Flash"),
    ("gemini31flashlite", "Gemini 3.1 Flash Lite"),
    ("claudeopus41", "Claude Opus 4.1"),
    ("claudeopus45", "Claude Opus 4.5"),
    ("claudeopus46", "Claude Opus 4.6"),
    ("claudeopus47", "Claude Opus 4.7"),
    ("claudeopus48", "Claude Opus 4.8"),
    ("claudesonnet45", "Claude Sonnet 4.5"),
    ("claudesonnet46", "Claude Sonnet 4.6"),
    ("claudesonnet5", "Claude Sonnet 5"),
    ("claudehaiku45", "Claude Haiku 4.5"),
)
"""Internal id and display name of ARGO's chat models as of 2026 (argo.md, "Built-in list")."""

EMBEDDINGS: tuple[tuple[str, str], ...] = (
    ("ada002", "text-embedding-ada-002"),
    ("v3small", "text-embedding-3-small"),
    ("v3large", "text-embedding-3-large"),
)
"""Internal id and display name of the embedding models, which ARGO's list never holds."""
