"""A Messages request as an `Ask`. Knows the view of the body, and no rule."""

from __future__ import annotations

from argo_addon.simulator.agent.ask import Ask, Choice, Tool
from argo_addon.simulator.agent.play import last_said, says_to_run
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import JsonObject
from argo_addon.simulator.rules import anthropic_view as view

_CHOICES: dict[str, Choice] = {"auto": "auto", "any": "any", "tool": "named", "none": "none"}
_TEXT: JsonObject = {"type": "string"}
# Schemas of the typed tools that the client runs; those that the vendor runs are never called here.
_TYPED: dict[str, JsonObject] = {
    "bash": {"type": "object", "properties": {"command": _TEXT}, "required": ["command"]},
    "text_editor": {
        "type": "object",
        "properties": {"command": {"enum": ["view"]}, "path": _TEXT},
        "required": ["command", "path"],
    },
    "memory": {
        "type": "object",
        "properties": {"command": {"enum": ["view"]}, "path": _TEXT},
        "required": ["command", "path"],
    },
}


def read(body: view.Body, model: Model) -> Ask:
    """What the request asks."""
    choice = body.tool_choice
    config = body.output_config
    form = config.format if config is not None and config.format is not None else body.output_format
    text = last_said(_texts(body))
    return Ask(
        model=model,
        text=text,
        system="".join(block.text for block in view.blocks(body.system)),
        # Words behind results stand in the same turn. Those that say to run a command are a new request.
        results=None if says_to_run(text) else _results(body.messages[-1]),
        tools=_tools(body),
        choice=_CHOICES[choice.type] if choice is not None else "auto",
        named=choice.name if choice is not None else "",
        parallel=not (choice is not None and choice.disable_parallel_tool_use),
        thinks=body.thinks,
        limit=body.max_tokens,
        stops=body.stop_sequences,
        schema=form.schema if form is not None else None,
    )


def shows_thinking(body: view.Body) -> bool:
    """Whether thinking is to be read, or only its signature given."""
    return body.thinking is None or body.thinking.display != "omitted"


def _texts(body: view.Body) -> list[str]:
    """The user's, since the assistant spoke."""
    said = [turn for turn in view.turns(body.messages) if turn.role == "user"][-1]
    return [block.text for block in said.blocks if block.text]


def _results(message: view.Message) -> tuple[str, ...] | None:
    found = tuple(_text(block) for block in message.blocks if block.type == "tool_result")
    return found or None


def _text(result: view.Block) -> str:
    return "".join(block.text if block.type == "text" else f"[{block.type}]" for block in result.inner)


def _tools(body: view.Body) -> tuple[Tool, ...]:
    found = []
    for tool in body.tools:
        schema = tool.input_schema
        if schema is None:
            schema = next((form for name, form in _TYPED.items() if (tool.type or "").startswith(name)), None)
        if schema is not None:
            found.append(Tool(tool.name, schema))
    return tuple(found)
