"""A Chat Completions request as an `Ask`. Knows the view of the body, and no rule."""

from __future__ import annotations

from argo_addon.simulator.agent.ask import Ask, Choice, Tool
from argo_addon.simulator.agent.play import last_said
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.rules import chat_view as view

_CHOICES: dict[str, Choice] = {"auto": "auto", "required": "any", "none": "none"}


def read(body: view.Body, model: Model) -> Ask:
    """What the request asks."""
    choice, named, allowed = _choice(body.tool_choice)
    form = body.response_format.json_schema if body.response_format is not None else None
    json_wanted = body.response_format is not None and body.response_format.type == "json_object"
    stops = (body.stop,) if isinstance(body.stop, str) else body.stop or ()
    return Ask(
        model=model,
        text=last_said(_texts(body.messages)),
        system="".join(message.text for message in body.messages if message.role == "system"),
        results=_results(body.messages, walks_back=model.family == "gemini"),
        tools=tuple(
            Tool(tool.function.name, tool.function.parameters or {"type": "object"})
            for tool in body.tools
            if allowed is None or tool.function.name in allowed
        ),
        choice=choice,
        named=named,
        parallel=body.parallel_tool_calls is not False and "parallel_tool_calls" not in model.traits.refuses,
        thinks=_thinks(body, model),
        limit=body.limit,
        stops=stops,
        schema=form.schema if form is not None else {"type": "object"} if json_wanted else None,
    )


def _texts(messages: tuple[view.Message, ...]) -> list[str]:
    """The user's, since the assistant spoke; where the conversation ends otherwise, those before."""
    found: list[str] = []
    for message in reversed(messages):
        if message.role == "user":
            found[:0] = [part.text for part in message.parts]
        elif message.role != "system" and found:
            break
    return found


def _thinks(body: view.Body, model: Model) -> bool:
    return model.traits.reasons if body.reasoning_effort is None else body.reasoning_effort != "none"


def _choice(choice: str | view.Choice | None) -> tuple[Choice, str, set[str] | None]:
    if isinstance(choice, str):
        return _CHOICES[choice], "", None
    if choice is None:
        return "auto", "", None
    if choice.allowed_tools is not None:
        names = {tool.function.name for tool in choice.allowed_tools.tools if tool.function is not None}
        return _CHOICES[choice.allowed_tools.mode], "", names
    return "named", choice.function.name if choice.function is not None else "", None


def _results(messages: tuple[view.Message, ...], *, walks_back: bool) -> tuple[str, ...] | None:
    """The results at the end. Gemini's come one behind each call: with `walks_back`, all since the user spoke."""
    found: list[str] = []
    for message in reversed(messages):
        if message.role == "tool":
            found.append(message.text)
        elif not (walks_back and found and message.role == "assistant" and message.tool_calls):
            break
    return tuple(reversed(found)) or None
