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


def chat(model: str, way: str):  # type: ignore[no-untyped-def]
    if way == "ollama":
        from langchain_ollama import ChatOllama

        return ChatOllama(model=model)
    if way == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(model=model, max_tokens=900)
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=model, use_responses_api=way == "responses")


llm = chat(sys.argv[1], sys.argv[2])
talk = [HumanMessage("Run `alpha`, then tell me.")]
with_tool = llm.bind_tools([shout])
first = with_tool.invoke(talk)
results = [ToolMessage(shout.invoke(call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]
last = with_tool.invoke([*talk, first, *results])
print(json.dumps({  # noqa: T201 # it is what the test reads
    "plain": str(llm.invoke("Say hello.").text),
    "stream": "".join(str(piece.text) for piece in llm.stream("Say hello.")),
    "tool": str(last.text),
    "structured": llm.with_structured_output(City).invoke("Tell me of Chicago.").name,
}))  # fmt: skip
