"""What ARGO's refusals mean that are known and can be mended: a table, and what each teaches of the model.

Rows match the unwrapped message. What a row teaches is a change of the model's profile, which quirks.py then applies as
it applies the catalogue's; a row that teaches nothing is about this one conversation. Sources: argo.md, pitfalls 10.4
and those named. It knows no request and sends none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ..dialects.anthropic.tools import server_tool
from ..dialects.shared.member_paths import path_of
from ..models.catalogue import Profile

Learn = Callable[[Profile, Profile, "re.Match[str]"], Profile]
"""What is known of a model after a refusal, given what was known before and what the catalogue says of it."""

_replace = msgspec.structs.replace


class KnownError(msgspec.Struct, frozen=True):
    """A kind of refusal. `name` is what header and log call it."""

    name: str
    dialect: str
    words: re.Pattern[str]
    learn: Learn | None = None
    """None where it is the conversation's thoughts that are refused, whoever the model is."""


def _other_form(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    """Without the form of thinking that was refused: the other one, unless that was refused before (pitfalls 5.1)."""
    refused = said["form"].lower()
    left = known.thinking - {refused}
    if not left and catalogue.thinking == {refused}:
        left = frozenset({"enabled", "adaptive"}) - {refused}
    return _replace(known, thinking=left)


def _effort_or_thinking(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, effort_with_thinking=False)


def _fewer_efforts(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    """The efforts that the message lists, or all but the one that it names."""
    listed = frozenset(re.findall(r"\w+", said["values"] or ""))
    kept = tuple(name for name in _EFFORTS if name in listed) or known.efforts
    return _replace(known, efforts=tuple(name for name in kept if name != said["value"]))


def _no_effort(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, efforts=())


def _effort_without_tools(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, effort_with_tools=False)


def _no_sampling(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, sampling="none")


def _one_of_two(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, sampling="one") if known.sampling == "free" else known


def _default_sampling(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return known if known.sampling == "none" else _replace(known, sampling="default")


def _not_that_one(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, refused_parameters=known.refused_parameters | {said["name"]})


def _no_such_member(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    """Without a member that the upstream does not have, unless nothing goes without it (pitfalls 1.5)."""
    parts = said.groupdict()
    path = path_of(".".join(step for step in (parts.get("at"), parts["path"]) if step))
    if not path or path[-1] in _NEEDED:
        return known
    return _replace(
        known, refused_members=known.refused_members | {path}, refuses_unknown=known.refuses_unknown or len(path) == 1
    )


def _no_such_tool(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, refused_tools=known.refused_tools | {server_tool(said["kind"])})


def _no_such_betas(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    names = frozenset(re.findall(r"[A-Za-z0-9_.-]+", said["names"]))
    return _replace(known, refused_betas=known.refused_betas | names)


def _new_limit(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, one_token_limit=True, old_token_limit=False)


def _old_limit(known: Profile, catalogue: Profile, said: re.Match[str]) -> Profile:
    return _replace(known, one_token_limit=False, old_token_limit=True)


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_Q = "[`'\"]?"
_NEEDED = frozenset(
    {"*", "model", "messages", "user", "stream", "max_tokens", "role", "content", "type", "text", "tools", "tool_calls",
     "tool_call_id", "tool_use_id", "id", "name", "function", "input", "input_schema", "parameters", "arguments",
     "source", "url", "data", "media_type", "image_url", "input_audio", "file", "file_data", "file_id", "thinking",
     "signature", "tool_choice", "response_format", "schema", "json_schema"}
)  # fmt: skip
"""Members that a request, a message or a tool is nothing without; the `developer` role is refused as one of them."""
_KNOBS = "temperature|top_p|presence_penalty|frequency_penalty"


def _row(name: str, dialect: str, words: str, learn: Learn | None = None) -> KnownError:
    return KnownError(name, dialect, re.compile(words, re.IGNORECASE | re.DOTALL), learn)


# The first that fits counts.
KNOWN: tuple[KnownError, ...] = (
    _row(
        "thinking",
        "anthropic",
        rf"thinking\.type\.(?P<form>enabled|adaptive){_Q} is not supported",
        _other_form,
    ),
    _row("thinking", "anthropic", r"(?P<form>adaptive|enabled) thinking is not supported", _other_form),
    _row("thinking", "anthropic", rf"thinking: Input tag {_Q}(?P<form>adaptive|enabled){_Q} found", _other_form),
    _row("effort", "anthropic", rf"effort cannot be combined with {_Q}thinking", _effort_or_thinking),
    _row(
        "effort",
        "anthropic",
        rf"not support effort level {_Q}(?P<value>\w+){_Q}(?:.*?supported (?:levels|values)(?: are)?: "
        r"(?P<values>[^.]*))?",
        _fewer_efforts,
    ),
    _row("effort", "anthropic", r"not support the effort parameter", _no_effort),
    _row(
        "anthropic-beta",
        "anthropic",
        rf"Unexpected value\(s\) (?P<names>.{{1,1000}}?) for the {_Q}anthropic-beta{_Q} header",
        _no_such_betas,
    ),
    _row("sampling", "anthropic", rf"{_Q}(?:temperature|top_p|top_k){_Q} is deprecated for this model", _no_sampling),
    _row(
        "sampling",
        "anthropic",
        rf"{_Q}temperature{_Q} and {_Q}top_p{_Q} cannot both be specified",
        _one_of_two,
    ),
    _row("signatures", "anthropic", rf"invalid {_Q}(?:signature|data){_Q} in {_Q}(?:redacted_)?thinking{_Q} block"),
    _row("signatures", "anthropic", rf"{_Q}thinking{_Q}[^.]{{0,80}} blocks[^.]{{0,80}} cannot be modified"),
    _row(
        "sampling",
        "openai_chat",
        rf"{_Q}(?:temperature|top_p){_Q} does not support .{{1,40}} with this model\. Only the default",
        _default_sampling,
    ),
    _row("sampling", "openai_chat", rf"{_Q}(?P<name>{_KNOBS}){_Q} is not supported with this model", _not_that_one),
    _row(
        "reasoning_effort",
        "openai_chat",
        r"tools with reasoning_effort are not supported",
        _effort_without_tools,
    ),
    _row(
        "reasoning_effort",
        "openai_chat",
        rf"{_Q}reasoning_effort{_Q} does not support {_Q}(?P<value>\w+){_Q} with this model"
        r"(?:.*?supported values are: (?P<values>[^.]*))?",
        _fewer_efforts,
    ),
    _row("reasoning_effort", "openai_chat", rf"{_Q}reasoning_effort{_Q} is not supported with this model", _no_effort),
    _row("reasoning_effort", "openai_chat", r"argument supplied: reasoning_effort", _no_effort),
    _row("max_tokens", "openai_chat", r"'max_tokens' is not supported with this model", _new_limit),
    _row("max_tokens", "openai_chat", r"'max_tokens' and 'max_completion_tokens' at the same time", _new_limit),
    _row("max_tokens", "openai_chat", r"'max_completion_tokens' is not supported with this model", _old_limit),
    _row("max_tokens", "openai_chat", r"argument supplied: max_completion_tokens", _old_limit),
    _row(
        "server tool",
        "anthropic",
        rf"\Atools\.\d+[^:]*: Input tag {_Q}(?P<kind>[a-z][a-z_]+_20\d{{6}}){_Q} found",
        _no_such_tool,
    ),
    _row(
        "server tool",
        "anthropic",
        rf"not support[^.]{{0,40}}tool[^.]{{0,20}}: {_Q}(?P<kind>[a-z][a-z_]+_20\d{{6}})",
        _no_such_tool,
    ),
    _row(
        "server tool",
        "anthropic",
        rf"{_Q}(?P<kind>web_search)(?:_20\d{{6}})?{_Q}[^.]{{0,60}} not (?:supported|enabled|available|allowed)",
        _no_such_tool,
    ),
    _row("unknown member", "anthropic", r"\A(?P<path>[a-z_][\w.]*): Extra inputs are not permitted", _no_such_member),
    _row("unknown member", "openai_chat", r"\AUnknown parameter: '(?P<path>[^']+)'", _no_such_member),
    _row("unknown member", "openai_chat", r"\A[\w ]{0,40}argument supplied: (?P<path>\w+)", _no_such_member),
    _row(
        "unknown member",
        "openai_chat",
        r'\A(?:Invalid JSON payload received\. )?Unknown name "(?P<path>\w+)"(?: at \'(?P<at>[^\']+)\')?',
        _no_such_member,
    ),
)

STREAMING = KnownError("streaming", "anthropic", re.compile("streaming is required", re.IGNORECASE))
"""A plain call that may run over ten minutes (argo.md, pitfalls 1.34); what it teaches depends on the request."""


def find(dialect: str, message: str) -> tuple[KnownError, re.Match[str]] | None:
    """The kind of refusal that an error's message is, if it is a known one."""
    for kind in KNOWN:
        if kind.dialect == dialect and (said := kind.words.search(message[:_LONGEST])):
            return kind, said
    return None


_LONGEST = 4000
"""Characters of a message that are looked at: it may quote the request."""
