"""Tools and calls on the legacy gateway, which takes them in the model family's own layout. Knows no HTTP.

Source: argo.md, "The legacy gateway"; what Gemini's look like in a request: the published argo-proxy.
"""

from __future__ import annotations

from argo_addon.simulator.agent.ask import Choice, Tool
from argo_addon.simulator.catalogue import Family
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import voices
from argo_addon.simulator.rules.shapes import Anything, Path, Problem, Record, Shape, Text, maybe

_OBJECT = Record({}, rest=Anything())
_FUNCTION = Record({"name": Text(least=1)}, {"description": Text(), "parameters": _OBJECT}, rest=Anything())
_TOOLS: dict[Family, Shape] = {
    "gpt": Record({"type": Text(("function",)), "function": _FUNCTION}),
    "claude": Record({"name": Text(least=1), "input_schema": _OBJECT}, {"description": Text()}),
    "gemini": Record({"name": Text(least=1)}, {"description": Text(), "parameters": _OBJECT}),
}
_CALLS: dict[Family, Shape] = {
    "gpt": Record(
        {"id": Text(), "type": Text(("function",)), "function": Record({"name": Text(), "arguments": Text()})}
    ),
    "gemini": Record({"name": Text(), "args": _OBJECT}, {"id": maybe(Text())}),
}
"""Calls in the history; Claude's are blocks of the content."""
_CHOICES: dict[str, Choice] = {
    **{"none": "none", "NONE": "none", "auto": "auto", "AUTO": "auto"},
    **{"required": "any", "any": "any", "ANY": "any", "tool": "named", "function": "named"},
}


def tools(written: Json, family: Family) -> tuple[Tool, ...]:
    """The tools on offer. Raises Refusal for those in another family's layout."""
    found = []
    for index, tool in enumerate(written if isinstance(written, list) else ()):
        _hold(tool, _TOOLS[family], ("tools", index))
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        assert isinstance(inner, dict)  # the shape has it
        schema = inner.get("input_schema", inner.get("parameters"))
        found.append(Tool(str(inner["name"]), schema if isinstance(schema, dict) else {"type": "object"}))
    return tuple(found)


def choice(written: Json) -> tuple[Choice, str]:
    """Whether a tool must be called, and its name where it is one. Raises Refusal."""
    kind, name = written, ""
    if isinstance(written, dict):
        kind = written.get("type")
        named = written.get("function", written)
        name = str(named.get("name", "")) if isinstance(named, dict) else ""
    if kind is None:
        return "auto", ""
    if not isinstance(kind, str) or kind not in _CHOICES:
        raise Refusal("Invalid value for 'tool_choice'.", param="tool_choice")
    return _CHOICES[kind], name


def check_history(messages: list[JsonObject], family: Family) -> None:
    """Raises Refusal for calls and results in another family's layout."""
    for number, message in enumerate(messages):
        if family == "claude" and ("tool_calls" in message or message.get("role") == "tool"):
            raise Refusal(f"messages.{number}: Extra inputs are not permitted: Claude's calls and results are blocks")
        calls = message.get("tool_calls")
        for index, call in enumerate(calls if isinstance(calls, list) else ()):
            _hold(call, _CALLS[family], ("messages", number, "tool_calls", index))


def _hold(value: Json, shape: Shape, path: Path) -> None:
    try:
        shape.check(value, path)
    except Problem as problem:
        raise voices.openai(problem) from problem
