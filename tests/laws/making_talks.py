"""Conversations as clients of either dialect send them, well ordered or not, and the whole bodies around them.

A conversation is made in no dialect and then written in one. Every text in it carries a mark of its own, so that it can
be found again wherever it goes. This module knows the wire formats by itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import assume
from hypothesis import strategies as st

from .making import Name, arguments, signatures, texts, words

Json = dict[str, Any]
Speaker = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Part:
    """A piece of content. `text` is what it says, an image's data, or a document's text."""

    kind: Literal["text", "image", "document", "thinking", "redacted", "refusal"]
    text: str
    signature: str = ""


@dataclass(frozen=True)
class Call:
    """A call of a tool."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Result:
    """What a call brought."""

    call: str
    parts: tuple[Part, ...]
    failed: bool = False


@dataclass(frozen=True)
class Turn:
    """A turn of anyone's. Only the assistant has calls, only `tool` has results."""

    speaker: Speaker
    parts: tuple[Part, ...] = ()
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()


Talk = tuple[Turn, ...]
BREAKPOINT: Json = {"type": "ephemeral"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
MODELS: dict[Name, tuple[str, ...]] = {
    "anthropic": ("claude-opus-4.6", "claude-opus-4.7", "claude-haiku-4.5", "claude-opus-4.1"),
    "openai_chat": ("gpt-5.4", "gemini-2.5-pro", "gpt-4o"),
}


@dataclass
class Marks:
    """Gives out texts, each with a mark that no other has."""

    numbers: Any = field(default_factory=lambda: itertools.count(100))

    def marked(self, text: str) -> str:
        return f"⟦{next(self.numbers)}⟧{text}"


ids = words | st.sampled_from(["", "call:1.2/x", "é", "x" * 70, "toolu_1", "toolu_1", "call_2", "call", "a b"])
names = words | st.sampled_from(["mcp__a.b/c", "n" * 70, "é", "get weather"])


@st.composite
def _texts(draw: st.DrawFn, marks: Marks, most: int = 2) -> tuple[Part, ...]:
    """Some texts, now and then blank ones."""
    said = draw(st.lists(texts | st.sampled_from(["", " \n"]), max_size=most))
    return tuple(
        Part("text", text if not text.strip() and draw(st.booleans()) else marks.marked(text)) for text in said
    )


@st.composite
def _shown(draw: st.DrawFn, marks: Marks) -> tuple[Part, ...]:
    """Texts with images and documents among them."""
    parts = list(draw(_texts(marks)))
    for kind in draw(st.lists(st.sampled_from(["image", "document"]), max_size=1)):
        shown = Part("image", PIXEL) if kind == "image" else Part("document", marks.marked("doc"))
        parts.insert(draw(st.integers(0, len(parts))), shown)
    return tuple(parts)


@st.composite
def _answer(draw: st.DrawFn, marks: Marks, calls: st.SearchStrategy[list[Call]]) -> Turn:
    thoughts: list[Part] = []
    for signature in draw(st.lists(signatures | st.sampled_from(["", "argo-proxy", "argo-proxy.1"]), max_size=1)):
        thoughts.append(Part("thinking", draw(texts), signature))
    if draw(st.integers(0, 5)) == 0:
        thoughts.append(Part("redacted", "EqRedacted"))
    said = draw(_texts(marks))
    if draw(st.integers(0, 7)) == 0:
        said += (Part("refusal", marks.marked("no")),)
    return Turn("assistant", (*thoughts, *said), tuple(draw(calls)))


def _results(marks: Marks, call: st.SearchStrategy[str]) -> st.SearchStrategy[Result]:
    return st.builds(Result, call, _shown(marks), st.booleans())


@st.composite
def odd_talks(draw: st.DrawFn) -> Talk:
    """Any turns in any order: calls without results, results without calls, both twice, system texts in between."""
    marks = Marks()
    pool = draw(st.lists(ids, min_size=1, max_size=4))
    calls = st.lists(st.builds(Call, st.sampled_from(pool), names, arguments()), max_size=3)
    turn = st.one_of(
        st.builds(lambda parts: Turn("user", parts), _shown(marks)),
        _answer(marks, calls),
        st.lists(_results(marks, st.sampled_from(pool)), min_size=1, max_size=3).map(
            lambda results: Turn("tool", results=tuple(results))
        ),
        st.builds(lambda parts: Turn("system", parts), _texts(marks)),
    )
    turns = draw(st.lists(turn, min_size=1, max_size=7))
    assume(any(one.speaker != "system" for one in turns))  # or there is nothing to answer, which is a 400
    return tuple(turns)


@st.composite
def sane_talks(draw: st.DrawFn) -> Talk:
    """A conversation as it should be: the user first and last, each call with one result right behind it."""
    marks = Marks()
    numbers = itertools.count()
    own = st.builds(lambda name, written: Call(f"call_{next(numbers)}", name, written), words, arguments())

    def asked() -> Turn:
        return Turn("user", (Part("text", marks.marked(draw(texts))), *draw(_shown(marks))))

    turns = [Turn("system", (Part("text", marks.marked("system")),))] if draw(st.booleans()) else []
    turns.append(asked())
    for _ in range(draw(st.integers(0, 3))):
        answer = draw(_answer(marks, st.lists(own, max_size=3)))
        so = Part("text", marks.marked("so"))
        refusals = tuple(part for part in answer.parts if part.kind == "refusal")  # Chat tells them behind the text
        said = tuple(part for part in answer.parts if part.kind != "refusal")
        turns.append(Turn("assistant", (*said, so, *refusals), answer.calls))
        if answer.calls:
            order = draw(st.permutations(answer.calls))
            turns.append(Turn("tool", results=tuple(draw(_results(marks, st.just(call.id))) for call in order)))
        if not answer.calls or draw(st.booleans()):
            turns.append(asked())
    return tuple(turns)


# Tools and options

_ODD_SCHEMAS: list[Json] = [
    {},
    {"type": "object"},
    {"properties": {"a": {"type": "string"}}},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": ["string", "null"]}}},
    {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"b": {"const": 1}}}]},
    {"type": "object", "oneOf": [{"required": ["a"]}], "additionalProperties": False, "$schema": "x"},
    {"type": "object", "properties": {"é\n": {"enum": [1, None, "x"], "exclusiveMinimum": 0}}, "required": []},
    {"type": "object", "properties": {"a": True, "b": {"allOf": [{"$ref": "#"}]}}},
]


@dataclass(frozen=True)
class Tool:
    """A tool of the client's."""

    name: str
    description: str | None
    schema: Json


tools = st.lists(
    st.builds(Tool, names, st.none() | texts | st.just("d" * 1100), st.sampled_from(_ODD_SCHEMAS)),
    max_size=3,
    unique_by=lambda tool: tool.name,
)


@st.composite
def options(draw: st.DrawFn, name: Name, given: list[Tool]) -> Json:
    """Members around a conversation."""
    made: Json = {"max_tokens": draw(st.integers(1, 200_000))} if name == "anthropic" or draw(st.booleans()) else {}
    for member, values in {
        "temperature": st.sampled_from([0, 0.5, 1, 1.0, 2 if name == "openai_chat" else 1]),
        "top_p": st.sampled_from([0.1, 0.99, 1]),
        **(_MESSAGE_OPTIONS if name == "anthropic" else _CHAT_OPTIONS),
    }.items():
        if draw(st.integers(0, 3)) == 0:
            made[member] = draw(values)
    if given:
        made["tools"] = [tool_of(name, tool) for tool in given]
        if draw(st.booleans()):
            made["tool_choice"] = draw(_choice(name, st.sampled_from(given)))
    return made


_MESSAGE_OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "top_k": st.integers(1, 50),
    "stop_sequences": st.lists(texts, max_size=5),
    "thinking": st.sampled_from([{"type": "disabled"}, {"type": "adaptive"}])
    | st.builds(lambda budget: {"type": "enabled", "budget_tokens": budget}, st.integers(1024, 99_999)),
    "output_config": st.fixed_dictionaries(
        {},
        optional={
            "effort": st.sampled_from(["low", "medium", "high", "max"]),
            "format": st.just({"type": "json_schema", "schema": {"type": "object", "properties": {"a": {}}}}),
        },
    ),
    "metadata": st.just({"user_id": "u"}),
    "service_tier": st.just("auto"),
}
_CHAT_OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "stop": texts | st.lists(texts, max_size=4),
    "reasoning_effort": st.sampled_from(["none", "low", "medium", "high", "xhigh"]),
    "response_format": st.sampled_from(
        [
            {"type": "text"},
            {"type": "json_object"},
            {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "object"}}},
        ]
    ),
    "parallel_tool_calls": st.booleans(),
    "seed": st.integers(0, 9),
    "logit_bias": st.just({"1": 2}),
    "max_completion_tokens": st.integers(1, 200_000),
    "n": st.just(1),
    "metadata": st.just({"a": "b"}),
}


def tool_of(name: Name, tool: Tool) -> Json:
    """A tool as a client of a dialect declares it."""
    about: Json = {"name": tool.name} if tool.description is None else {
        "name": tool.name, "description": tool.description
    }  # fmt: skip
    if name == "anthropic":
        return {**about, "input_schema": tool.schema}
    return {"type": "function", "function": {**about, "parameters": tool.schema}}


@st.composite
def _choice(draw: st.DrawFn, name: Name, named: st.SearchStrategy[Tool]) -> Any:
    if name == "openai_chat":
        one = draw(named).name
        return draw(st.sampled_from(["auto", "none", "required", {"type": "function", "function": {"name": one}}]))
    choice: Json = draw(st.sampled_from([{"type": "auto"}, {"type": "any"}, {"type": "none"}, {"type": "tool"}]))
    named_one = {"name": draw(named).name} if choice["type"] == "tool" else {}
    alone = {"disable_parallel_tool_use": True} if choice["type"] != "none" and draw(st.booleans()) else {}
    return {**choice, **named_one, **alone}
