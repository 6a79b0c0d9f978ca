"""What a request says, in no dialect: enough to tell whether two bodies say the same. Made by outline_*.py.

White space is left out of texts: how texts are joined is the translation's own affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]
DESCRIPTION = 900
"""Characters of a tool's description that are compared; models with less room get the rest elsewhere."""


def squeezed(text: str) -> str:
    """A text without its white space."""
    return "".join(text.split())


class Schema(msgspec.Struct, frozen=True):
    """The little of a JSON Schema that is compared."""

    properties: dict[str, Any] = {}
    required: list[str] = []

    @property
    def outline(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return tuple(sorted(self.properties)), tuple(sorted(self.required))


@dataclass(frozen=True)
class Tool:
    """A tool that the client carries out."""

    name: str
    description: str
    schema: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class File:
    """An image or a file: its media type and base64 data, or its URL alone."""

    kind: Literal["image", "file"]
    media_type: str
    data: str


@dataclass
class Called:
    """A call in the conversation, and the texts that answered it."""

    name: str
    arguments: object
    results: list[str] = field(default_factory=list)


@dataclass
class Outline:
    """A request. `sampling` has only what was given; None elsewhere means that the body does not say."""

    texts: list[tuple[Role, str]] = field(default_factory=list)
    calls: dict[str, Called] = field(default_factory=dict)
    """By id, in order."""
    files: list[File] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    choice: str | None = None
    one_call: bool = False
    """At most one call at a time."""
    sampling: dict[str, object] = field(default_factory=dict)
    max_tokens: int | None = None
    schema: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Of a structured output."""
    thinks: bool | None = None
    names: list[str] = field(default_factory=list)
    """Of those who speak (Chat)."""
    apart: list[str] = field(default_factory=list)
    """What only this dialect can say, by the beginning of its path: where a translation drops it, it must name it."""
    built_in: list[str] = field(default_factory=list)
    """Types of typed tools, and of blocks that are about them, in order."""

    def say(self, role: Role, text: str) -> None:
        if squeezed(text):
            self.texts.append((role, squeezed(text)))

    def answer(self, call: str, text: str) -> None:
        self.calls.setdefault(call, Called("?", None)).results.append(squeezed(text))

    def allow(self, mode: str, names: list[str]) -> None:
        """A choice among some of the tools: the others might as well not be there."""
        self.choice = mode
        self.tools = [tool for tool in self.tools if tool.name in names]

    def spoken(self, role: Role | None = None) -> str:
        """All that a role says, or all that is said."""
        return "".join(text for speaker, text in self.texts if role in (None, speaker))

    @property
    def late_system(self) -> bool:
        """Whether a system text comes after another's."""
        roles = [role for role, _ in self.texts]
        return "system" in roles[len(roles[: _leading(roles)]) :]


def _leading(roles: list[Role]) -> int:
    return next((place for place, role in enumerate(roles) if role != "system"), len(roles))
