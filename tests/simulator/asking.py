"""A running simulator for tests, well-formed requests to vary, and what an answer says."""

from __future__ import annotations

import ast
import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from argo_addon.simulator import Simulator

Json = dict[str, Any]

MESSAGES, CHAT, EMBEDDINGS = "/v1/messages", "/v1/chat/completions", "/v1/embeddings"
LEGACY = "/api/v1/resource"
SHELL: Json = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "description": {"type": "string"}},
    "required": ["command", "description"],
}
READ: Json = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
PNG = "iVBORw0KGgo="


class Running:
    """A simulator in a thread of its own, and a client of it."""

    def __init__(self, simulator: Simulator, base_url: str, client: httpx.Client) -> None:
        self.simulator = simulator
        self.base_url = base_url
        self.client = client

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer; the identity headers are the path's unless they are given."""
        sent = headers if headers is not None else headers_of(path)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(self.base_url + path, content=content, headers=sent)

    def control(self, method: str, what: str, body: object = None) -> httpx.Response:
        """A control endpoint's answer."""
        url = self.base_url.replace("/argoapi", f"/_simulator/{what}")
        return self.client.request(method, url, json=body) if body is not None else self.client.request(method, url)

    def behave(self, *behaviours: Json) -> None:
        answer = self.control("POST", "behaviours", list(behaviours))
        assert answer.status_code == 200, answer.text

    def log(self) -> list[Json]:
        return list(self.control("GET", "log").json())


@contextmanager
def running(pace: float = 0.0, users: list[str] | None = None) -> Iterator[Running]:
    """A simulator until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    simulator = Simulator(pace, users)
    try:
        base_url = asyncio.run_coroutine_threadsafe(simulator.start(), loop).result(5)
        with httpx.Client(timeout=10, trust_env=False) as client:
            yield Running(simulator, base_url, client)
    finally:
        asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def headers_of(path: str) -> dict[str, str]:
    """What a well-behaved client sends."""
    if path == MESSAGES:
        return {"x-api-key": "jdoe", "anthropic-version": "2023-06-01"}
    return {} if path.startswith(LEGACY) else {"authorization": "Bearer jdoe"}


def claude(model: str = "claudeopus46", **more: Any) -> Json:
    """A Messages request. None takes a member away."""
    body = {
        "model": model,
        "max_tokens": 4096,
        "user": "jdoe",
        "metadata": {"user_id": "jdoe"},
        "messages": [user("Look!")],
        **more,
    }
    return {name: value for name, value in body.items() if value is not None}


def chat(model: str = "gpt41", **more: Any) -> Json:
    """A Chat Completions request. None takes a member away."""
    body = {"model": model, "user": "jdoe", "messages": [user("Look!")], **more}
    return {name: value for name, value in body.items() if value is not None}


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> Json:
    return {"role": "assistant", "content": content, **more}


def claude_tool(name: str = "Bash", schema: Json = SHELL, **more: Any) -> Json:
    return {"name": name, "description": "A tool.", "input_schema": schema, **more}


def chat_tool(name: str = "Bash", schema: Json = SHELL, **more: Any) -> Json:
    return {"type": "function", "function": {"name": name, "description": "A tool.", "parameters": schema, **more}}


def tool_use(identifier: str = "toolu_1", name: str = "Bash") -> Json:
    return {"type": "tool_use", "id": identifier, "name": name, "input": {"command": "ls", "description": "x"}}


def tool_result(identifier: str = "toolu_1", content: Any = "done") -> Json:
    return {"type": "tool_result", "tool_use_id": identifier, "content": content}


def call(identifier: str = "call_1", name: str = "Bash", arguments: str = '{"command": "ls"}') -> Json:
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(identifier: str = "call_1", content: str = "done") -> Json:
    return {"role": "tool", "tool_call_id": identifier, "content": content}


def unwrapped(answer: httpx.Response) -> Json:
    """The vendor's error inside ARGO's: the Python repr in the message."""
    message = str(answer.json()["error"]["message"])
    code, _, inner = message.partition(" - ")
    assert code == f"Error code: {answer.status_code}"
    value: Json = ast.literal_eval(inner)
    return value


def told(answer: httpx.Response) -> str:
    """What the vendor says in an error, or ARGO itself in one of its own."""
    message = str(answer.json()["error"]["message"])
    return str(unwrapped(answer)["error"]["message"]) if message.startswith("Error code: ") else message


def events(answer: httpx.Response) -> list[Json]:
    """The data of an answer's events, without [DONE]."""
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
    return [json.loads(data) for data in found if data != "[DONE]"]


def folded(answer: httpx.Response) -> list[Json]:
    """The content blocks of a streamed message, put together."""
    blocks: list[Json] = []
    for event in events(answer):
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append({**event["content_block"], "input": ""})
        if event["type"] == "content_block_delta":
            for key, value in event["delta"].items():
                name = "input" if key == "partial_json" else key
                if name != "type":
                    blocks[event["index"]][name] += value
    return blocks


def folded_chat(answer: httpx.Response, choice: int = 0) -> tuple[str, list[Json], str]:
    """The text, the calls and the finish reason of a streamed completion."""
    text, finish = "", ""
    calls: list[Json] = []
    for event in events(answer):
        for delta, reason in [(c["delta"], c["finish_reason"]) for c in event["choices"] if c["index"] == choice]:
            text += delta.get("content") or ""
            finish = reason or finish
            for part in delta.get("tool_calls", []):
                if "id" in part:
                    assert part["index"] == len(calls)
                    calls.append({"id": part["id"], "name": part["function"]["name"], "arguments": ""})
                calls[part["index"]]["arguments"] += part["function"]["arguments"]
    return text, calls, finish
