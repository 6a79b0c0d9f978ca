"""A recorded request that has gone through the gateway, and what is held against it: used for every client dialect."""

from __future__ import annotations

from dataclasses import dataclass

from .outline import Outline
from .recordings import Name, Recording

DEFAULTS = {"temperature": 1}
"""What all vendors take where a body says nothing."""
CALLED = {
    "messages": ("input", "contents"), "thinking": ("reasoning", "generationConfig.thinkingConfig"),
    "temperature": ("generationConfig.temperature",), "top_p": ("generationConfig.topP",),
    "stop_sequences": ("generationConfig.stopSequences",),
    "max_tokens": ("max_completion_tokens", "max_output_tokens", "generationConfig.maxOutputTokens"),
}  # fmt: skip
"""What Responses and Google call the members: what is dropped is named in the client's words."""


@dataclass(frozen=True)
class Sent:
    """A recording on its way: the upstream's body, what both bodies say, and what was dropped.

    `unsaid` names the parts of the outline that the upstream's dialect has no words for.
    """

    recording: Recording
    upstream: Name
    translated: bool
    body: bytes
    said: Outline
    made: Outline
    dropped: tuple[str, ...]
    unsaid: frozenset[str] = frozenset()

    def compares(self, part: str) -> bool:
        return part not in self.unsaid

    def drops(self, *names: str) -> bool:
        called = [other for name in names for other in (name, *CALLED.get(name, ()))]
        return any(path == name or path.startswith((f"{name}.", f"{name}[", f"{name}:"))
                   for name in called for path in self.dropped)  # fmt: skip


def same_conversation(way: Sent) -> None:
    """Asserts that texts, calls, results and files come upstream as they were."""
    said, made = way.said, way.made
    if way.compares("texts"):
        in_order(said, made, exact=way.compares("exact texts"))
    if way.compares("texts") and way.compares("exact texts"):
        assert made.spoken("assistant") == said.spoken("assistant")
        if not said.late_system:
            assert (made.spoken("system"), made.spoken("user")) == (said.spoken("system"), said.spoken("user"))
    if way.compares("results"):
        assert list(made.calls.values()) == list(said.calls.values())
    assert [(call.name, call.arguments) for call in made.calls.values()] == [
        (call.name, call.arguments) for call in said.calls.values()
    ]
    assert all(call.results for call in made.calls.values()) or not all(call.results for call in said.calls.values())
    assert made.files == said.files


def in_order(said: Outline, made: Outline, *, exact: bool) -> None:
    """Asserts that all texts come upstream in their order, and, if `exact`, nothing besides."""
    spoken, place = made.spoken(), 0
    for role, text in said.texts:
        found = spoken.find(text, place)
        assert found >= 0, f"lost, or out of its order: {role} {text[:200]}"
        place = found + len(text)
    if exact:
        assert len(spoken) == len(said.spoken()), f"more is said than the client said: {spoken[:2000]}"


def same_tools(way: Sent) -> None:
    """Asserts that the tools and the choice among them come upstream as they were."""
    assert way.made.tools == way.said.tools
    if not way.compares("choice"):
        return
    if way.made.tools or not way.translated:
        assert (way.made.choice or "auto", way.made.one_call) == (way.said.choice or "auto", way.said.one_call)
    else:
        assert way.made.choice is None, "a choice among no tools"


def same_options(way: Sent) -> None:
    """Asserts that the options come upstream as they were. A model may not take one: then it is named as dropped."""
    said, made = way.said, way.made
    for name in ("temperature", "top_p", "stop"):
        if not way.drops(name, "stop_sequences" if name == "stop" else name):
            default = DEFAULTS.get(name)
            assert made.sampling.get(name, default) == said.sampling.get(name, default), name
    if said.max_tokens is not None and not way.drops("max_tokens"):
        assert made.max_tokens == said.max_tokens
    assert made.schema == said.schema
    if said.thinks is not None and not way.drops("thinking", "reasoning_effort"):
        assert (made.thinks or False) == said.thinks


def losses_are_named(way: Sent) -> None:
    """Asserts that what the upstream's dialect has no words for is named among the dropped."""
    for part in way.said.apart:
        assert part == "context_management" or way.drops(part), (
            f"{part}: something in it cannot be said, and is not named in {way.dropped}"
        )
