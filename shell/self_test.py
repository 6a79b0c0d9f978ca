"""Calls that try each API once plain, once streamed and once with a tool; and what is wrong with an answer.

It knows the five APIs' shortest requests, and sends nothing.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

_SAY = "Say hello in one word."
_CALL = "Call the tool `ping` with the text hello."
_SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
_SMALL = ("nano", "mini", "haiku", "flash")


class SelfTest(NamedTuple):
    """One call. `signs` are words of which each has to be in the answer."""

    title: str
    path: str
    body: dict[str, Any]
    signs: tuple[str, ...]


def self_tests(models: list[str]) -> list[SelfTest]:
    """Three calls through each API, each API on the small model that suits it."""
    gpt, claude = _small(models, "gpt") or "gpt-5.4-nano", _small(models, "claude") or "claude-haiku-4.5"
    gemini = _small(models, "gemini") or "gemini-2.5-flash"
    tests: list[SelfTest] = []
    for kind in ("text", "stream", "tool"):
        streams, tool = kind == "stream", kind == "tool"
        tests += [
            _chat(kind, gpt, streams, tool),
            _responses(kind, gpt, streams, tool),
            _messages(kind, claude, streams, tool),
            _google(kind, gemini, streams, tool),
            _ollama(kind, gpt, streams, tool),
        ]
    return sorted(tests, key=lambda test: test.title)


def problem_of(test: SelfTest, status: int, body: str) -> str | None:
    """What is wrong with an answer; None where nothing is."""
    said = _message_in(body)
    if status != 200:
        return f"{status}: {said or ' '.join(body.split())[:300]}"
    missing = [sign for sign in test.signs if sign not in body]
    if not missing:
        return None
    return said or f"the answer has no {missing[0]!r}: {' '.join(body.split())[:200]}"


def _message_in(body: str) -> str | None:
    """The message of an error's body, or of an error event in a stream: the APIs have it at the same place."""
    for line in (body, *body.splitlines()):
        try:
            told = json.loads(line.removeprefix("data:"))
        except ValueError:
            continue
        error = told.get("error") if isinstance(told, dict) else None
        message = error.get("message") if isinstance(error, dict) else error  # Ollama's is the text alone
        if isinstance(message, str):
            return message
    return None


def _small(models: list[str], family: str) -> str | None:
    names = [name for name in models if name.removeprefix("argo:").startswith(family)]
    for word in _SMALL:
        found = [name for name in names if word in name]
        if found:
            return sorted(found)[-1]
    return names[-1] if names else None


def _chat(kind: str, model: str, streams: bool, tool: bool) -> SelfTest:
    body: dict[str, Any] = {"model": model, "stream": streams, "messages": [{"role": "user", "content": _SAY}]}
    if tool:
        body["messages"][0]["content"] = _CALL
        body["tools"] = [{"type": "function", "function": {"name": "ping", "parameters": _SCHEMA}}]
        body["tool_choice"] = "required"
    signs = ('"ping"',) if tool else ("[DONE]",) if streams else ('"choices"',)
    return SelfTest(f"OpenAI Chat, {kind}, {model}", "/v1/chat/completions", body, signs)


def _responses(kind: str, model: str, streams: bool, tool: bool) -> SelfTest:
    body: dict[str, Any] = {"model": model, "stream": streams, "input": _CALL if tool else _SAY}
    if tool:
        body["tools"] = [{"type": "function", "name": "ping", "parameters": _SCHEMA}]
        body["tool_choice"] = "required"
    signs = ('"function_call"', '"ping"') if tool else ("response.completed",) if streams else ('"output"',)
    return SelfTest(f"OpenAI Responses, {kind}, {model}", "/v1/responses", body, signs)


def _messages(kind: str, model: str, streams: bool, tool: bool) -> SelfTest:
    said = [{"role": "user", "content": _CALL if tool else _SAY}]
    body: dict[str, Any] = {"model": model, "stream": streams, "max_tokens": 256, "messages": said}
    if tool:
        body["tools"] = [{"name": "ping", "input_schema": _SCHEMA}]
        body["tool_choice"] = {"type": "any"}
    signs = ('"tool_use"', '"ping"') if tool else ("message_stop",) if streams else ('"content"',)
    return SelfTest(f"Anthropic, {kind}, {model}", "/v1/messages", body, signs)


def _google(kind: str, model: str, streams: bool, tool: bool) -> SelfTest:
    name = model.removeprefix("argo:")
    action = "streamGenerateContent?alt=sse" if streams else "generateContent"
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": _CALL if tool else _SAY}]}]}
    if tool:
        body["tools"] = [{"functionDeclarations": [{"name": "ping", "parametersJsonSchema": _SCHEMA}]}]
        body["toolConfig"] = {"functionCallingConfig": {"mode": "ANY"}}
    signs = ('"functionCall"', '"ping"') if tool else ('"finishReason"',)
    return SelfTest(f"Google, {kind}, {name}", f"/v1beta/models/{name}:{action}", body, signs)


def _ollama(kind: str, model: str, streams: bool, tool: bool) -> SelfTest:
    said = [{"role": "user", "content": _CALL if tool else _SAY}]
    body: dict[str, Any] = {"model": model.removeprefix("argo:"), "stream": streams, "messages": said}
    if tool:
        body["tools"] = [{"type": "function", "function": {"name": "ping", "parameters": _SCHEMA}}]
    signs = ('"done":true',) if not tool else ('"done":true', '"message"')  # no tool can be asked for by name there
    return SelfTest(f"Ollama, {kind}, {model}", "/api/chat", body, signs)
