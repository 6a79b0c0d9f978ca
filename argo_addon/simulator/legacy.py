"""ARGO's embeddings and its legacy gateway (argo.md, "The legacy gateway")."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from typing import Any

import msgspec

from . import agent
from .endpoints import Endpoint
from .facts import EMBEDDINGS, MODELS
from .identity import user_of, well_formed
from .refusal import Refused


class _Embeddings(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    input: str | list[str | int | list[int]]
    user: str | None = None
    encoding_format: str = "float"
    dimensions: int | None = None


class _LegacyChat(msgspec.Struct, forbid_unknown_fields=True):
    user: str
    model: str
    messages: list[dict[str, Any]] | None = None
    system: str | None = None
    prompt: str | list[str] | None = None
    stop: list[str] | str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None


class _LegacyEmbed(msgspec.Struct, forbid_unknown_fields=True):
    user: str
    model: str
    prompt: list[str]


def vector(model: str, text: str, length: int | None = None) -> list[float]:
    """A vector that depends on nothing but model and text."""
    wanted = length or EMBEDDINGS[model]
    seed = b"".join(hashlib.sha256(f"{model}{text}{block}".encode()).digest() for block in range(-(-wanted // 32)))
    return [round(byte / 127.5 - 1, 6) for byte in seed[:wanted]]


def decoded(body: bytes, kind: Any) -> Any:
    """The body as the endpoint wants it. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(f"Invalid request: {error}") from error


class EmbeddingsEndpoint(Endpoint):
    """POST /v1/embeddings."""

    async def answer(self, headers: dict[str, str]) -> None:
        user_of(headers, self.request.body, anthropic=False)
        request: _Embeddings = decoded(self.request.body, _Embeddings)
        if request.model not in EMBEDDINGS:
            raise Refused(f"The model `{request.model}` does not exist or you do not have access to it.", 404)
        inputs: list[Any] = request.input if isinstance(request.input, list) else [request.input]
        if inputs and isinstance(inputs[0], int):
            inputs = [inputs]
        if not inputs or "" in inputs:
            raise Refused("'$.input' is invalid. Please check the API reference.")
        rows = [
            {
                "object": "embedding",
                "index": index,
                "embedding": self._form(vector(request.model, str(text), request.dimensions), request),
            }
            for index, text in enumerate(inputs)
        ]
        tokens = sum(agent.count(str(text)) for text in inputs)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        await self.send_body({"object": "list", "data": rows, "model": request.model, "usage": usage})

    def _form(self, numbers: list[float], request: _Embeddings) -> Any:
        if request.encoding_format == "base64":
            return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
        return numbers


class LegacyEndpoint(Endpoint):
    """POST /api/v1/resource/chat/, streamchat/ and embed/."""

    async def answer(self, headers: dict[str, str]) -> None:
        if self.path_args[0] == "embed":
            await self._embed()
            return
        request: _LegacyChat = decoded(self.request.body, _LegacyChat)
        user = well_formed(request.user)
        facts = MODELS.get(request.model)
        if facts is None:
            raise Refused(f"model {request.model} is not available", 404)
        if request.messages is None and request.prompt is None:
            raise Refused("messages, or system and prompt, are required")
        turn = self.turn_for(self._ask(request, facts.display), user)
        if self.path_args[0] == "streamchat":
            await self._stream(turn)
        elif turn.calls:
            await self.send_body({"response": self._with_calls(turn, facts.family)})
        else:
            await self.send_body({"response": {"content": turn.text, "tool_calls": []} if request.tools else turn.text})

    def _ask(self, request: _LegacyChat, display: str) -> agent.Ask:
        messages = request.messages or [{"role": "user", "content": request.prompt}]
        results = [str(message.get("content")) for message in messages[-2:] if message.get("role") == "tool"]
        last = next((message.get("content") for message in reversed(messages) if message.get("role") == "user"), "")
        functions = [tool.get("function", tool) for tool in request.tools or []]
        tools = [
            agent.Tool(str(each.get("name")), each.get("parameters") or each.get("input_schema")) for each in functions
        ]
        return agent.Ask(
            model=display,
            last_text=last if isinstance(last, str) else json.dumps(last),
            results=results or None,
            tools=tools,
            max_tokens=request.max_completion_tokens or request.max_tokens,
        )

    def _with_calls(self, turn: agent.Turn, family: str) -> dict[str, Any]:
        """The calls in the family's own layout."""
        calls: list[dict[str, Any]] = []
        for number, (name, arguments) in enumerate(turn.calls):
            parsed = json.loads(arguments)
            layouts: dict[str, dict[str, Any]] = {
                "gpt": {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}},
                "claude": {"id": f"toolu_vrtx_{number}", "input": parsed, "name": name, "type": "tool_use"},
                "gemini": {"id": None, "args": parsed, "name": name},
            }
            calls.append(layouts[family])
        content: Any = [{"type": "text", "text": turn.text}, *calls] if family == "claude" else turn.text
        return {"content": content, "tool_calls": calls}

    async def _stream(self, turn: agent.Turn) -> None:
        """Raw text, its characters cut anywhere."""
        self.set_header("content-type", "text/plain; charset=utf-8")
        written = turn.text.encode()
        for start in range(0, len(written), 5):
            self.write(written[start : start + 5])
            await self.flush()
            await asyncio.sleep(self.simulator.pace)
        await self.finish()

    async def _embed(self) -> None:
        request: _LegacyEmbed = decoded(self.request.body, _LegacyEmbed)
        well_formed(request.user)
        if request.model not in EMBEDDINGS:
            raise Refused(f"model {request.model} is not available", 404)
        await self.send_body({"embedding": [vector(request.model, text) for text in request.prompt]})
