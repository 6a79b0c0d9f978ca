"""Prompts that are too long, recognised in whatever words an upstream has for it (pitfalls 7.2, 7.3).

Clients shorten the conversation when they read of it, but each knows only its own provider's words.
"""

from __future__ import annotations

import re

from ..errors import ContextOverflow, UpstreamError

_N = r"([\d,]+)"
_BOTH = re.compile(rf"exceed context limit: {_N} \+ {_N} > {_N}")
_CLAUDE = re.compile(rf"prompt is too long: {_N} tokens > {_N}")
_GEMINI = re.compile(rf"input token count (?:\({_N}\)|is {_N}).*?(?:allowed \(|up to ){_N}", re.DOTALL)
_LIMIT = re.compile(rf"(?:maximum context length is|configured limit of|number of tokens allowed \() ?{_N}")
_SPLIT = re.compile(rf"requested (?:about )?{_N} tokens \({_N} [^,)]*, {_N} in the completion")
_USED = re.compile(rf"(?:resulted in|you requested|requested about) {_N} tokens")
_WORDS = re.compile(
    r"prompt is too long|exceed context limit|maximum context length|"
    r"input token count.{0,40}(?:exceeds|but model only supports)|"
    r"exceeds? the context window|input tokens exceed",
    re.IGNORECASE,
)


def recognise(error: UpstreamError) -> UpstreamError:
    """The error itself, or what it says of a prompt that is too long, in figures."""
    if not 400 <= error.status < 600 or isinstance(error, ContextOverflow):
        return error
    text = error.message
    if error.code != "context_length_exceeded" and _WORDS.search(text) is None:
        return error
    prompt, answer, limit = _figures(text)
    overflow = ContextOverflow(text, prompt=prompt, answer=answer, limit=limit, param=error.param)
    overflow.headers, overflow.body = error.headers, error.body
    return overflow


def _figures(text: str) -> tuple[int | None, int | None, int | None]:
    """Tokens of the prompt, of the answer where that is counted in, and the limit."""
    if both := _BOTH.search(text):
        return _number(both[1]), _number(both[2]), _number(both[3])
    if claude := _CLAUDE.search(text):
        return _number(claude[1]), None, _number(claude[2])
    if gemini := _GEMINI.search(text):
        return _number(gemini[1] or gemini[2]), None, _number(gemini[3])
    limit = _LIMIT.search(text)
    most = _number(limit[1]) if limit else None
    if split := _SPLIT.search(text):
        return _number(split[2]), _number(split[3]), most
    used = _USED.search(text)
    return (_number(used[1]) if used else None), None, most


def _number(digits: str) -> int:
    return int(digits.replace(",", "") or "0")
