"""Answers to make laws about: texts, JSON, and whole answers in the neutral form, as far as a dialect can say them."""

from __future__ import annotations

import json
from typing import Literal

from hypothesis import strategies as st

from argo_addon.ir.parts import ReasoningPart, TextPart, ToolCallPart
from argo_addon.ir.response import Choice, Finish, FinishReason, Response, ResponsePart, Usage

Name = Literal["anthropic", "openai_chat"]
NAMES: tuple[Name, ...] = ("anthropic", "openai_chat")
PAIRS: tuple[tuple[Name, Name], ...] = tuple((client, upstream) for client in NAMES for upstream in NAMES)
"""Client and upstream."""

# Texts and JSON

characters = st.characters(exclude_categories=["Cs"])
_KNOTS = ["\n", "\r\n", "\r", "\x00", "\x1b[0m", "\x7f", "\u2028", "\u0085", "\ufeff", "𝄞", "👩‍👩‍👧", "é",
          'data: [DONE]\n\n', '"', "\\", "\\u", "</s>", "event: error\ndata: {}\n\n", " ", "\t"]  # fmt: skip
texts = st.text(characters, min_size=1, max_size=10) | st.sampled_from(_KNOTS) | st.text("ab \n\r", min_size=1)
"""Any text but none."""
words = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_-", min_size=1, max_size=12)
"""What may be an id or a name in every dialect."""
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False, width=32)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts | words, json_values, max_size=3)


@st.composite
def arguments(draw: st.DrawFn) -> str:
    """A JSON object, in one of its spellings."""
    value = draw(objects)
    indent = draw(st.sampled_from([None, None, 1]))
    ascii_only = draw(st.booleans())
    if indent is None and draw(st.booleans()):
        return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent)


# Answers

signatures = st.text("abcXYZ019+/=", min_size=1, max_size=8).map(lambda text: "Er" + text)
_calls = st.builds(ToolCallPart, words, words, arguments())
_texts = st.builds(TextPart, texts)
_thoughts = st.builds(ReasoningPart, texts, st.none() | signatures)
_encrypted = st.builds(lambda data: ReasoningPart("", redacted=data), signatures)
_figures = st.integers(0, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Tokens, the cache's and the thoughts' with them or not."""
    read, write = draw(st.none() | _figures), draw(st.none() | _figures)
    plain, output = draw(_figures), draw(_figures)
    reasoning = draw(st.none() | st.integers(0, output))
    return Usage(plain + (read or 0) + (write or 0), output, read, write, reasoning)


_STOPS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.CONTEXT,
    "pause_turn": FinishReason.PAUSE,
    "refusal": FinishReason.REFUSAL,
}
_FINISHES = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH, "content_filter": FinishReason.REFUSAL}


@st.composite
def _finishes(draw: st.DrawFn, name: Name, calls: bool, refuses: bool) -> Finish:
    """How an answer of a dialect ends: in calls, where it has some and was not cut; words of refusal end in one."""
    table = _STOPS if name == "anthropic" else _FINISHES
    word = draw(st.sampled_from(sorted(table)))
    if calls and table[word] in (FinishReason.STOP, FinishReason.PAUSE, FinishReason.STOP_SEQUENCE):
        return Finish(FinishReason.TOOL_CALLS, "tool_use" if name == "anthropic" else "tool_calls")
    if refuses and word == "stop":
        return Finish(FinishReason.REFUSAL, "content_filter")
    sequence = draw(texts) if word == "stop_sequence" else None
    return Finish(table[word], word, sequence)


@st.composite
def _message_parts(draw: st.DrawFn) -> tuple[ResponsePart, ...]:
    return tuple(draw(st.lists(_texts | _thoughts | _encrypted | _calls, max_size=5)))


@st.composite
def _chat_parts(draw: st.DrawFn) -> tuple[ResponsePart, ...]:
    """Thoughts, text, refusal, calls, in the only order that a plain answer of Chat's tells."""
    thoughts: list[ResponsePart] = list(draw(st.lists(_encrypted, max_size=2)))
    thoughts += draw(st.lists(_thoughts, max_size=1))
    said: list[ResponsePart] = list(draw(st.lists(_texts, max_size=1)))
    said += draw(st.lists(st.builds(TextPart, texts, st.just(True)), max_size=1))
    return (*thoughts, *said, *draw(st.lists(_calls, max_size=3)))


@st.composite
def answers(draw: st.DrawFn, name: Name) -> Response:
    """An answer as an upstream of this dialect can give it, each call with an id of its own."""
    parts = draw(_message_parts() if name == "anthropic" else _chat_parts())
    ids = [part.id for part in parts if isinstance(part, ToolCallPart)]
    refuses = any(isinstance(part, TextPart) and part.refusal for part in parts)
    finish = draw(_finishes(name, bool(ids), refuses))
    numbered = _with_own_ids(parts)
    usage = draw(usages() if name == "anthropic" else st.none() | usages())
    model, identifier = draw(words), draw(words)
    created = None if name == "anthropic" else draw(st.integers(1, 2**31))
    return Response(identifier, model, (Choice(0, numbered, finish),), usage, created)


def _with_own_ids(parts: tuple[ResponsePart, ...]) -> tuple[ResponsePart, ...]:
    return tuple(
        ToolCallPart(f"{part.id}_{number}", part.name, part.arguments) if isinstance(part, ToolCallPart) else part
        for number, part in enumerate(parts)
    )
