"""What the simulated model says: an agent's turn when tools are offered, else a short answer. It knows no wire format.

A turn with tools: it thinks if asked to, says a sentence and calls two tools at once. Commands in back-ticks in a user
text that says to run them become calls of the shell; otherwise the first two tools are called with arguments that fit
their schemas. When the last message holds results, the answer quotes them.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from .schemas import example

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
_ASKS = re.compile(r"\b[Rr]un `")
_COMMAND = re.compile(r"`([^`\n]+)`")
_SHELLS = ("bash", "shell", "run_shell_command", "shell_command", "exec_command", "execute")
QUOTED = 300
"""Characters of a tool's result that the answer quotes."""


class Tool(msgspec.Struct, frozen=True):
    """A tool that is offered."""

    name: str
    schema: Any


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes down to. `results` is None unless the last message holds tool results."""

    model: str
    last_text: str
    results: list[str] | None = None
    tools: list[Tool] = []
    choice: str = "auto"
    """auto, none, any, or a tool's name behind `tool:`."""
    calls: int = 2
    thinks: bool = False
    max_tokens: int | None = None
    stops: list[str] = []
    schema: Any = None
    """The JSON schema that the answer must fit."""
    prompt_chars: int = 0


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says. `calls` are names and arguments as JSON text; `stop` is why it stopped."""

    thought: str = ""
    text: str = ""
    calls: list[tuple[str, str]] = []
    stop: str = "end"
    """end, calls, limit or sequence."""
    sequence: str | None = None

    @property
    def tokens(self) -> int:
        """What was written, in tokens of four characters."""
        return count(self.thought + self.text + "".join(name + arguments for name, arguments in self.calls))


def count(text: str) -> int:
    """Tokens, four characters each."""
    return max(1, -(-len(text) // 4))


def answer(ask: Ask) -> Turn:
    """The model's turn."""
    thought = f"The user wants: {ask.last_text[:60]}. Ich überlege, Schritt für Schritt." if ask.thinks else ""
    if ask.schema is not None:
        return _limited(ask, Turn(thought=thought, text=json.dumps(example(ask.schema), ensure_ascii=False)))
    if ask.results is not None and ask.choice in ("auto", "none"):
        quoted = "\n".join(f"- {result[:QUOTED]}" for result in ask.results)
        return _limited(ask, Turn(thought=thought, text=f"Results:\n{quoted}\nThat is all Fertig \u2713."))
    if ask.tools and ask.choice != "none":
        calls = _calls(ask)
        text = f"I will use {' and '.join(name for name, _ in calls)} und los geht's, Schritt für Schritt."
        return _limited(ask, Turn(thought=thought, text=text, calls=calls, stop="calls"))
    text = f"This is {ask.model}, simulated. You said: «{ask.last_text[:60]}». Naïve, but true \u2713."
    return _limited(ask, Turn(thought=thought, text=text))


def asks_for_commands(text: str) -> bool:
    """Whether a text of the user's says "run `…`", outside of a coding tool's own reminders."""
    return _ASKS.search(_REMINDER.sub("", text)) is not None


def _calls(ask: Ask) -> list[tuple[str, str]]:
    named = ask.choice.removeprefix("tool:") if ask.choice.startswith("tool:") else None
    tools = [tool for tool in ask.tools if named in (None, tool.name)]
    commands = _COMMAND.findall(_REMINDER.sub("", ask.last_text)) if asks_for_commands(ask.last_text) else []
    shell = next((tool for tool in sorted(tools, key=_shell_rank) if _takes_commands(tool)), None)
    if commands and shell is not None:
        return [(shell.name, _with_command(shell, command)) for command in commands[: ask.calls]]
    chosen = (tools * 2)[: ask.calls]
    return [(tool.name, json.dumps(example(tool.schema), ensure_ascii=False)) for tool in chosen]


def _takes_commands(tool: Tool) -> bool:
    members = tool.schema.get("properties", {}) if isinstance(tool.schema, dict) else {}
    return isinstance(members, dict) and "command" in members


def _shell_rank(tool: Tool) -> int:
    name = tool.name.lower()
    return _SHELLS.index(name) if name in _SHELLS else len(_SHELLS)


def _with_command(tool: Tool, command: str) -> str:
    arguments = example(tool.schema)
    arguments["command"] = command
    if "description" in arguments:
        arguments["description"] = "Runs the command"
    return json.dumps(arguments, ensure_ascii=False)


def _limited(ask: Ask, turn: Turn) -> Turn:
    """The turn, stopped by a stop sequence or at the token limit, whichever comes first."""
    found = [(turn.text.find(stop), stop) for stop in ask.stops if stop in turn.text]
    if found:
        place, stop = min(found)
        turn = Turn(thought=turn.thought, text=turn.text[:place], stop="sequence", sequence=stop)
    if ask.max_tokens is None or turn.tokens <= ask.max_tokens:
        return turn
    room = ask.max_tokens * 4
    thought = turn.thought[:room]
    return Turn(thought=thought, text=turn.text[: room - len(thought)], stop="limit")


def pieces(text: str, size: int = 7) -> list[str]:
    """A text in small pieces, cut inside words and escapes."""
    return [text[start : start + size] for start in range(0, len(text), size)]
