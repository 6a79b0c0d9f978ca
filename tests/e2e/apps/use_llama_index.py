"""LlamaIndex, by OpenAI's API or by Ollama's: a model, then what it is asked."""

from __future__ import annotations

import json
import os
import sys

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


def shout(command: str) -> str:
    """Runs a command."""
    return f"ALPHA-42 of {command}"


def chat(model: str, way: str):  # type: ignore[no-untyped-def]
    if way == "ollama":
        from llama_index.llms.ollama import Ollama

        return Ollama(model=model, base_url=os.environ["OLLAMA_HOST"], request_timeout=60)
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model=model, api_base=os.environ["OPENAI_API_BASE"], is_chat_model=True, is_function_calling_model=True,
        context_window=100_000,
    )  # fmt: skip


llm = chat(sys.argv[1], sys.argv[2])
asked = [ChatMessage(role="user", content="Say hello.")]
talk = [ChatMessage(role="user", content="Run `alpha`, then tell me.")]
first = llm.chat_with_tools([FunctionTool.from_defaults(shout)], chat_history=talk)
calls = llm.get_tool_calls_from_response(first)
results = [
    ChatMessage(role="tool", content=shout(**call.tool_kwargs),
                additional_kwargs={"tool_call_id": call.tool_id, "name": call.tool_name})
    for call in calls
]  # fmt: skip
last = llm.chat_with_tools([FunctionTool.from_defaults(shout)], chat_history=[*talk, first.message, *results])
print(json.dumps({  # noqa: T201 # it is what the test reads
    "plain": llm.chat(asked).message.content,
    "stream": "".join(piece.delta or "" for piece in llm.stream_chat(asked)),
    "tool": last.message.content,
    "structured": llm.as_structured_llm(City).chat([ChatMessage(role="user", content="Chicago?")]).raw.name,
}))  # fmt: skip
