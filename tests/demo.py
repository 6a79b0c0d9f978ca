"""`make demo`: the gateway in front of the built-in simulator, and a real streamed request in each dialect it serves.

It prints what a client gets, piece by piece. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

QUESTION = [{"role": "user", "content": "What does a gateway do, in one sentence?"}]
ERRAND = "Run `date` and `uptime`."
TOOL = {"name": "shell", "description": "Runs a command.", "parameters": {
    "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}  # fmt: skip

REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("OpenAI Chat Completions", "/v1/chat/completions", {"model": "gpt-5.4", "stream": True, "messages": QUESTION}),
    (
        "OpenAI Chat Completions, a Gemini model with a tool",
        "/v1/chat/completions",
        {
            "model": "argo:gemini-2.5-pro",
            "stream": True,
            "messages": [{"role": "user", "content": ERRAND}],
            "tools": [{"type": "function", "function": TOOL}],
        },
    ),
    (
        "Anthropic Messages",
        "/v1/messages",
        {"model": "claude-opus-4-6", "stream": True, "max_tokens": 400, "messages": QUESTION},
    ),
    (
        "OpenAI Responses, a Claude model that thinks and has a tool",
        "/v1/responses",
        {
            "model": "argo:claude-opus-4.6",
            "stream": True,
            "reasoning": {"effort": "high", "summary": "auto"},
            "input": ERRAND,
            "tools": [{"type": "function", **TOOL}],
        },
    ),
    (
        "Google GenAI, a GPT model with a tool",
        "/v1beta/models/gpt-5.4:streamGenerateContent?alt=sse",
        {
            "contents": [{"role": "user", "parts": [{"text": ERRAND}]}],
            "tools": [{"functionDeclarations": [TOOL]}],
        },
    ),
]


@contextmanager
def gateway() -> Iterator[str]:
    """The gateway as a process of its own; gives its URL."""
    command = [str(Path(sys.executable).with_name("argo-proxy")), "serve", "--demo", "--port", "0"]
    with (
        tempfile.TemporaryFile("w+") as log,  # its log would come between the lines of the demo
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = ""
            for line in process.stdout:
                print(line, end="")
                url = line.split()[-1] if "listens on" in line else url
                if "models:" in line:
                    yield url
                    break
            else:
                log.seek(0)
                raise SystemExit(f"the gateway did not start:\n{log.read()}")
        finally:
            process.send_signal(signal.SIGINT)
            if process.stdout is not None:
                print(process.stdout.read(), end="")


def shown(lines: Iterator[str]) -> Iterator[str]:
    """What each line of a stream adds to the answer; calls, whose arguments come interleaved, at the end."""
    calls: dict[object, list[str]] = {}
    for line in lines:
        if not line.startswith("data: {"):
            continue
        event = json.loads(line[6:])
        yield from said(event)
        for at, piece in called(event):
            calls.setdefault(at, []).append(piece)
    for pieces in calls.values():
        yield f"\n  calls {''.join(pieces)}"


def google_parts(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for candidate in event.get("candidates", []) for part in candidate.get("content", {}).get("parts", [])]


def said(event: dict[str, Any]) -> Iterator[str]:
    """The text in an event of any dialect, thoughts too."""
    if "candidates" in event:
        yield from (part.get("text", "") for part in google_parts(event))
        return
    delta: Any = event.get("delta") or next((choice["delta"] for choice in event.get("choices", [])), {})
    if isinstance(delta, dict):
        yield delta.get("text") or delta.get("content") or ""
    elif event["type"] != "response.function_call_arguments.delta":
        yield delta
    if event.get("type") == "response.reasoning_summary_text.done":
        yield "\n  "


def called(event: dict[str, Any]) -> Iterator[tuple[object, str]]:
    """The pieces of tool calls in an event of any dialect, each with what tells its call from the others."""
    for choice in event.get("choices", []):
        for call in choice["delta"].get("tool_calls") or []:
            function = call["function"]
            yield call["index"], f"{function.get('name', '')} {function['arguments']}".removeprefix(" ")
    for part in google_parts(event):
        if call := part.get("functionCall"):
            yield call["id"], f"{call['name']} {json.dumps(call['args'])}"
    if event.get("type") == "response.output_item.done" and event["item"]["type"] == "function_call":
        yield event["output_index"], f"{event['item']['name']} {event['item']['arguments']}"


def main() -> None:
    start = time.monotonic()
    with gateway() as url, httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for title, path, body in REQUESTS:
            model = f", model {body['model']}" if "model" in body else ""  # Google has it in the path
            print(f"\n=== {title}: POST {path}{model}\n  ", end="")
            with client.stream("POST", path, json=body) as answer:
                answer.raise_for_status()
                for piece in shown(answer.iter_lines()):
                    print(piece, end="", flush=True)
            print(
                f"\n  ({answer.status_code}, {answer.headers['content-type']}, by {answer.headers['argo-proxy-model']})"
            )
        count = len(client.get("/v1/models").json()["data"])
        print(f"\n=== GET /v1/models: {count} names")
        print()
    print(f"demo done in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
