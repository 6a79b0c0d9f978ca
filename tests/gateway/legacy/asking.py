"""One errand in each client's dialect, and the plain sense of what comes back, streamed or not."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec

Json = dict[str, Any]
MODELS = {"gpt": "gpt-4.1", "claude": "claude-opus-4.6", "gemini": "gemini-2.5-pro"}
"""A model of each family."""
SCHEMA: Json = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
DECLARED: Json = {"name": "shell", "description": "Runs a command.", "parameters": SCHEMA}


class Told(msgspec.Struct):
    """What an answer says: the calls are name, arguments as an object, and id ("" where the dialect has none)."""

    text: str
    calls: list[tuple[str, Json, str]]
    finish: str
    usage: tuple[int, int]


class Client:
    """A client of one dialect. `ends` are its words for an answer that ends in words, and in calls."""

    ends: tuple[str, str]

    def path(self, model: str, *, stream: bool) -> str:
        raise NotImplementedError

    def body(self, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None) -> Json:
        """The errand; `history` is what this dialect puts behind it."""
        raise NotImplementedError

    def loop(self, told: Told, printed: list[str]) -> list[Json]:
        """What stands behind the errand once its calls have been made."""
        raise NotImplementedError

    def plain(self, body: Json) -> Told:
        raise NotImplementedError

    def streamed(self, raw: str) -> Told:
        raise NotImplementedError

    def ask(
        self, at: httpx.Client, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None
    ) -> Told:
        """Asks, and reads the answer."""
        body = self.body(model, stream=stream, tools=tools, history=history)
        answer = at.post(self.path(model, stream=stream), json=body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["argo-proxy-usage"] == "estimated"
        return self.streamed(answer.text) if stream else self.plain(answer.json())


ERRAND = "Run `date -u` and `uname -s`."
SYSTEM = "You are terse."


def events(raw: str) -> list[Json]:
    data = [line.removeprefix("data: ") for line in raw.split("\n") if line.startswith("data: ")]
    return [json.loads(item) for item in data if item != "[DONE]"]


class Chat(Client):
    ends = ("stop", "tool_calls")

    def path(self, model: str, *, stream: bool) -> str:
        return "/v1/chat/completions"

    def body(self, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None) -> Json:
        offered = {"tools": [{"type": "function", "function": DECLARED}]} if tools else {}
        said = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ERRAND}, *(history or [])]
        return {
            "model": model,
            "messages": said,
            "stream": stream,
            "stream_options": {"include_usage": True},
            **offered,
        }

    def loop(self, told: Told, printed: list[str]) -> list[Json]:
        calls = [
            {"id": one, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for name, arguments, one in told.calls
        ]
        results = [
            {"role": "tool", "tool_call_id": call["id"], "content": text}
            for call, text in zip(calls, printed, strict=True)
        ]
        return [{"role": "assistant", "content": told.text, "tool_calls": calls}, *results]

    def plain(self, body: Json) -> Told:
        (choice,) = body["choices"]
        said, usage = choice["message"], body["usage"]
        calls = [
            (call["function"]["name"], json.loads(call["function"]["arguments"]), call["id"])
            for call in said.get("tool_calls", [])
        ]
        counts = usage["prompt_tokens"], usage["completion_tokens"]
        return Told(said["content"] or "", calls, choice["finish_reason"], counts)

    def streamed(self, raw: str) -> Told:
        assert raw.endswith("data: [DONE]\n\n")
        told = Told("", [], "", (0, 0))
        made: list[Json] = []
        for chunk in events(raw):
            for choice in chunk["choices"]:
                told.text += choice["delta"].get("content") or ""
                told.finish = choice["finish_reason"] or told.finish
                for piece in choice["delta"].get("tool_calls", []):
                    if piece["index"] == len(made):
                        made.append({"id": piece["id"], "name": piece["function"]["name"], "arguments": ""})
                    made[piece["index"]]["arguments"] += piece["function"].get("arguments", "")
            if chunk.get("usage"):
                told.usage = chunk["usage"]["prompt_tokens"], chunk["usage"]["completion_tokens"]
        told.calls = [(call["name"], json.loads(call["arguments"]), call["id"]) for call in made]
        return told


class Responses(Client):
    ends = ("completed", "completed")

    def path(self, model: str, *, stream: bool) -> str:
        return "/v1/responses"

    def body(self, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None) -> Json:
        offered = {"tools": [{"type": "function", "strict": False, **DECLARED}]} if tools else {}
        said = [{"role": "user", "content": ERRAND}, *(history or [])]
        return {"model": model, "instructions": SYSTEM, "input": said, "stream": stream, **offered}

    def loop(self, told: Told, printed: list[str]) -> list[Json]:
        calls = [
            {"type": "function_call", "call_id": one, "name": name, "arguments": json.dumps(arguments)}
            for name, arguments, one in told.calls
        ]
        results = [
            {"type": "function_call_output", "call_id": call["call_id"], "output": text}
            for call, text in zip(calls, printed, strict=True)
        ]
        return [{"role": "assistant", "content": told.text}, *calls, *results]

    def plain(self, body: Json) -> Told:
        text = "".join(part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"])
        calls = [
            (item["name"], json.loads(item["arguments"]), item["call_id"])
            for item in body["output"]
            if item["type"] == "function_call"
        ]
        return Told(text, calls, body["status"], (body["usage"]["input_tokens"], body["usage"]["output_tokens"]))

    def streamed(self, raw: str) -> Told:
        told = events(raw)
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        whole = self.plain(told[-1]["response"])
        assert "".join(event["delta"] for event in told if event["type"] == "response.output_text.delta") == whole.text
        return whole


class Messages(Client):
    ends = ("end_turn", "tool_use")

    def path(self, model: str, *, stream: bool) -> str:
        return "/v1/messages"

    def body(self, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None) -> Json:
        tool = {"name": "shell", "description": DECLARED["description"], "input_schema": SCHEMA}
        said = [{"role": "user", "content": ERRAND}, *(history or [])]
        body = {"model": model, "max_tokens": 900, "system": SYSTEM, "messages": said, "stream": stream}
        return {**body, **({"tools": [tool]} if tools else {})}

    def loop(self, told: Told, printed: list[str]) -> list[Json]:
        calls = [
            {"type": "tool_use", "id": one, "name": name, "input": arguments} for name, arguments, one in told.calls
        ]
        results = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": text}
            for call, text in zip(calls, printed, strict=True)
        ]
        said: list[Json] = [{"type": "text", "text": told.text}, *calls]
        return [{"role": "assistant", "content": said}, {"role": "user", "content": results}]

    def plain(self, body: Json) -> Told:
        blocks = body["content"]
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        calls = [(block["name"], block["input"], block["id"]) for block in blocks if block["type"] == "tool_use"]
        return Told(text, calls, body["stop_reason"], (body["usage"]["input_tokens"], body["usage"]["output_tokens"]))

    def streamed(self, raw: str) -> Told:
        told = [event for event in events(raw) if event["type"] != "ping"]
        assert (told[0]["type"], told[-1]["type"]) == ("message_start", "message_stop")
        blocks: list[Json] = []
        for event in told:
            if event["type"] == "content_block_start":
                blocks.append({**event["content_block"], "json": ""})
            elif event["type"] == "content_block_delta":
                delta = event["delta"]
                member = "text" if delta["type"] == "text_delta" else "json"
                blocks[event["index"]][member] += delta.get("text", delta.get("partial_json"))
        for block in blocks:
            if block["type"] == "tool_use":
                block["input"] = json.loads(block["json"])
        usage = {**told[0]["message"]["usage"], **told[-2]["usage"]}
        return self.plain({"content": blocks, "stop_reason": told[-2]["delta"]["stop_reason"], "usage": usage})


class Google(Client):
    ends = ("STOP", "STOP")

    def path(self, model: str, *, stream: bool) -> str:
        return f"/v1beta/models/{model}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"

    def body(self, model: str, *, stream: bool, tools: bool, history: list[Json] | None = None) -> Json:
        said = [{"role": "user", "parts": [{"text": ERRAND}]}, *(history or [])]
        body = {"systemInstruction": {"parts": [{"text": SYSTEM}]}, "contents": said}
        return {**body, **({"tools": [{"functionDeclarations": [DECLARED]}]} if tools else {})}

    def loop(self, told: Told, printed: list[str]) -> list[Json]:
        calls = [{"functionCall": {"id": one, "name": name, "args": arguments}} for name, arguments, one in told.calls]
        results = [
            {"functionResponse": {"id": one, "name": name, "response": {"output": text}}}
            for (name, _, one), text in zip(told.calls, printed, strict=True)
        ]
        said: list[Json] = [{"text": told.text}, *calls]
        return [{"role": "model", "parts": said}, {"role": "user", "parts": results}]

    def plain(self, body: Json) -> Told:
        (candidate,) = body["candidates"]
        parts = candidate["content"]["parts"]
        made = [part["functionCall"] for part in parts if "functionCall" in part]
        usage = body["usageMetadata"]
        return Told(
            "".join(part.get("text", "") for part in parts),
            [(call["name"], call["args"], call.get("id", "")) for call in made],
            candidate["finishReason"],
            (usage["promptTokenCount"], usage["candidatesTokenCount"]),
        )

    def streamed(self, raw: str) -> Told:
        told = events(raw)
        parts = [part for event in told for one in event["candidates"] for part in one["content"].get("parts", [])]
        last = told[-1]
        reason = last["candidates"][0]["finishReason"]
        whole = [{"content": {"parts": parts}, "finishReason": reason}]
        return self.plain({"candidates": whole, "usageMetadata": last["usageMetadata"]})


CLIENTS: dict[str, Client] = {"chat": Chat(), "responses": Responses(), "messages": Messages(), "google": Google()}
