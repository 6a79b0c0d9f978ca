"""The words in a tool's result for what an upstream of another dialect has no form for. It knows no dialect.

A result never becomes empty by what is left out: the model would read that nothing was found (pitfalls 11.1).
"""

from __future__ import annotations


def tool_found(name: str) -> str:
    """A tool that a search has found, by the name under which it is offered."""
    return f"The tool {name} is loaded: it can be called now."


def left_out(kind: str) -> str:
    """A block that could not be passed on, by its type."""
    return f"[{kind}: it was here, and could not be passed on]"
