"""The part that the simulated model plays: an answer, two tool calls, or what the tools gave. Knows no wire format."""

from __future__ import annotations

import re

from argo_addon.simulator.agent.ask import Ask, Call, Tool, Turn
from argo_addon.simulator.agent.example import example
from argo_addon.simulator.jsons import Json, JsonObject, dump

QUOTED_TEXT = 60
QUOTED_RESULT = 300
"""Characters that an answer repeats."""

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
_COMMAND = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_RUN = re.compile(r"\brun `", re.IGNORECASE)
_GREETING = re.compile(
    r"(hello|hi|hey|good (morning|day|afternoon|evening)|thanks|thank you)\b[^`\n]{0,20}", re.IGNORECASE
)
_ONLY_WORDS = re.compile(
    r"title generator|(generate|write|create|give|come up with) (a|an|the)\b.{0,40}\btitle"
    r"|summari[sz]e (this|the|our) conversation|summary of (this|the|our) conversation",
    re.IGNORECASE,
)
_SHELL_NAMES = re.compile(r"bash|shell", re.IGNORECASE)
_SHELL_ARGUMENTS = ("command", "cmd")


def without_reminders(text: str) -> str:
    """The user's text without what Claude Code put into it."""
    return _REMINDER.sub("", text).strip()


def last_said(texts: list[str]) -> str:
    """The last of the user's texts that says to run a command, else a greeting, else the last that holds anything.

    Give it the texts since the assistant spoke. What a gateway folded into the user's turn may stand behind them.
    """
    own = [said for text in texts if (said := without_reminders(text))]
    run = next((said for said in reversed(own) if says_to_run(said)), None)
    return run or next((said for said in own if _GREETING.fullmatch(said)), own[-1] if own else "")


def says_to_run(text: str) -> bool:
    """Whether it gives a command to run: words that are more than what a client puts behind results."""
    return bool(_RUN.search(text))


def play(ask: Ask) -> Turn:
    """The turn, as long as it comes out; what cuts it is in limit.py."""
    thinking = _thinking(ask) if ask.thinks else ""
    if ask.results is not None and ask.choice != "named":
        results = "\n".join(f"- {result[:QUOTED_RESULT]}" for result in ask.results)
        return Turn(_in_form(ask, f"Results:\n{results}"), thinking)
    if ask.tools and ask.choice != "none" and not (ask.choice == "auto" and _wants_words(ask)):
        calls = _calls(ask)
        names = " and ".join(dict.fromkeys(call.name for call in calls))
        # A model that has to call a tool says nothing before it.
        words = f"I will use {names} to find out." if ask.choice == "auto" else ""
        return Turn(words, thinking, calls, "calls")
    return Turn(_in_form(ask, _answer(ask)), thinking)


def _thinking(ask: Ask) -> str:
    said = ask.text[:QUOTED_TEXT] or "nothing"
    return f"The user says: “{said}”. Let me think it over — step by step — and answer as {ask.model.id}. Naïve? No."


def _answer(ask: Ask) -> str:
    return (
        f"This is {ask.model.id}, simulated. You said: “{ask.text[:QUOTED_TEXT]}”. "
        "Nothing was asked of a real model — voilà, 模拟 ✓."
    )


def _in_form(ask: Ask, text: str) -> str:
    return text if ask.schema is None else dump(example(ask.schema))


def _wants_words(ask: Ask) -> bool:
    """A greeting, or a title or a summary is asked for, whatever tools are offered, or the client alone has spoken.

    Calls after each notice would have no end where a tool gives notice of what it has done.
    """
    greeting = not ask.text or _GREETING.fullmatch(ask.text)
    return bool(greeting or _ONLY_WORDS.search(ask.text) or _ONLY_WORDS.search(ask.system[:2000]))


def _calls(ask: Ask) -> tuple[Call, ...]:
    tools = [tool for tool in ask.tools if ask.choice != "named" or tool.name == ask.named]
    most = 2 if ask.parallel and ask.choice != "named" else 1
    commands, shell = _COMMAND.findall(ask.text)[:most] if says_to_run(ask.text) else [], _shell(tools)
    made: list[tuple[Tool, Json]] = (
        [(shell, _shell_arguments(shell, command)) for command in commands]
        if shell is not None and commands
        else [(tool, example(tool.schema)) for tool in (tools * 2)[:most]]
    )
    # The first with \uXXXX escapes, the second with the characters themselves: models write both.
    return tuple(Call(tool.name, dump(arguments, escaped=index == 0)) for index, (tool, arguments) in enumerate(made))


def _argument(tool: Tool) -> str | None:
    """The property of a shell's schema that takes the command."""
    properties = tool.schema.get("properties")
    for name in _SHELL_ARGUMENTS if isinstance(properties, dict) else ():
        member = properties.get(name) if isinstance(properties, dict) else None
        kind = member.get("type") if isinstance(member, dict) else None
        if kind in ("string", "array") or (isinstance(kind, list) and "string" in kind):
            return name
    return None


def _shell(tools: list[Tool]) -> Tool | None:
    """The tool that runs commands: one that is called so before one that is not."""
    shells = [tool for tool in tools if _argument(tool) is not None]
    return next((tool for tool in shells if _SHELL_NAMES.search(tool.name)), shells[0] if shells else None)


def _shell_arguments(tool: Tool, command: str) -> Json:
    name, made = _argument(tool), example(tool.schema)
    arguments: JsonObject = made if isinstance(made, dict) else {}
    properties = tool.schema.get("properties")
    member = properties.get(name or "") if isinstance(properties, dict) else None
    is_list = isinstance(member, dict) and member.get("type") == "array"
    return {**arguments, name or "": ["bash", "-lc", command] if is_list else command}
