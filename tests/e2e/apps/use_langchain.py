"""LangChain, by OpenAI's API or by Ollama's: a model, then what it is asked."""

from __future__ import annotations

import json
import sys

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def shout(command: str) -> str:
    """Runs a command."""
    return f"ALPHA-42 of {command}"


def chat(model: str, way: str, **settings: bool):  # type: ignore[no-untyped-def]
    if way == "ollama":
        from langchain_ollama import ChatOllama

        return ChatOllama(model=model)
    if way == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(model=model, max_tokens=900)
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=model, use_responses_api=way == "responses", **settings)


llm = chat(sys.argv[1], sys.argv[2])
talk = [HumanMessage("Run `alpha`, then tell me.")]
with_tool = llm.bind_tools([shout])
first = with_tool.invoke(talk)
results = [ToolMessage(shout.invoke(call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]
last = with_tool.invoke([*talk, first, *results])
kept = {}
if sys.argv[2] == "responses":  # each turn goes on from the last one's response
    with_tool = chat(sys.argv[1], "responses", use_previous_response_id=True).bind_tools([shout])
    talk = [HumanMessage("Say hello."), llm.invoke("Say hello."), HumanMessage("Run `alpha`, then tell me.")]
    for _ in range(2):
        said = with_tool.invoke(talk)
        talk += [said, *(ToolMessage(shout.invoke(call["args"]), tool_call_id=call["id"]) for call in said.tool_calls)]
    kept = {"previous": str(said.text)}
print(json.dumps({  # noqa: T201 # it is what the test reads
    "plain": str(llm.invoke("Say hello.").text),
    "stream": "".join(str(piece.text) for piece in llm.stream("Say hello.")),
    "tool": str(last.text),
    "structured": llm.with_structured_output(City).invoke("Tell me of Chicago.").name,
    **kept,
}))  # fmt: skip
