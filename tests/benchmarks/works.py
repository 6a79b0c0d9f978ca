"""The works whose instructions are counted: one for each that reads or writes a format, of a size as tools send it.

`python -m tests.benchmarks.works FOLDER` does each once under callgrind and has it dump what each took. Whatever is to
be counted runs within a call by ctypes, which is where callgrind counts (instructions.py).
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.shared.dropped_fields import DroppedFields
from argo_addon.gateway import quirks
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.gateway.model_call import ModelCall
from argo_addon.gateway.needed_quirks import needed
from argo_addon.gateway.parsing import parse_body
from argo_addon.models.catalogue import profile_of
from argo_addon.settings.model import Settings
from argo_addon.sse import Splitter, data_of

from .fake_upstream import chat_events, claude_events

Json = dict[str, Any]
Work = Callable[[], object]
TURNS = 40
LONG = 400
"""Turns of a conversation that is long enough for its body to be read in one pass."""
DELTAS = 50
_MODELS = {"openai_chat": "gpt-5.4", "anthropic": "claude-opus-4.6"}
_STREAM = {"content-type": "text/event-stream"}
_LINES = "a line of code\n" * 40


def _words() -> str:
    return "I look at the next file. " * 4


def _messages(count: int = TURNS) -> list[Json]:
    turns: list[Json] = [{"role": "user", "content": "Read the files."}]
    for number in range(count):
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "read", "input": {"path": f"{number}.py"}}
        turns.append({"role": "assistant", "content": [{"type": "text", "text": _words()}, call]})
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": _LINES}
        turns.append({"role": "user", "content": [result]})
    return turns


def _chat_messages() -> list[Json]:
    turns: list[Json] = [{"role": "user", "content": "Read the files."}]
    for number in range(TURNS):
        function = {"name": "read", "arguments": json.dumps({"path": f"{number}.py"})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        turns.append({"role": "assistant", "content": _words(), "tool_calls": [call]})
        turns.append({"role": "tool", "tool_call_id": f"call_{number}", "content": _LINES})
    return turns


def _items() -> list[Json]:
    items: list[Json] = [{"role": "user", "content": "Read the files."}]
    for number in range(TURNS):
        said = {"type": "output_text", "text": _words()}
        items.append({"type": "message", "role": "assistant", "content": [said]})
        about = {"call_id": f"call_{number}", "name": "read", "arguments": json.dumps({"path": f"{number}.py"})}
        items.append({"type": "function_call", **about})
        items.append({"type": "function_call_output", "call_id": f"call_{number}", "output": _LINES})
    return items


def _contents() -> list[Json]:
    contents: list[Json] = [{"role": "user", "parts": [{"text": "Read the files."}]}]
    for number in range(TURNS):
        call = {"functionCall": {"name": "read", "args": {"path": f"{number}.py"}}}
        contents.append({"role": "model", "parts": [{"text": _words()}, call]})
        result = {"functionResponse": {"name": "read", "response": {"output": _LINES}}}
        contents.append({"role": "user", "parts": [result]})
    return contents


SCHEMA: Json = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
FUNCTION: Json = {"name": "read", "description": "Reads a file.", "parameters": SCHEMA}
_TOOL = {"name": "read", "description": "Reads a file.", "input_schema": SCHEMA}
CLIENTS: dict[str, tuple[str, Json]] = {
    "anthropic": ("/v1/messages", {"messages": _messages(), "max_tokens": 1000, "tools": [_TOOL]}),
    "openai_chat": (
        "/v1/chat/completions",
        {"messages": _chat_messages(), "tools": [{"type": "function", "function": FUNCTION}]},
    ),
    "openai_responses": ("/v1/responses", {"input": _items(), "tools": [{"type": "function", **FUNCTION}]}),
    "google": (
        "/v1beta/models/{}:streamGenerateContent?alt=sse",
        {"contents": _contents(), "tools": [{"functionDeclarations": [FUNCTION]}]},
    ),
    "completions": ("/v1/completions", {"prompt": _LINES}),
    "ollama": ("/api/chat", {"messages": [{"role": "user", "content": _LINES}] * TURNS}),
}
"""A streamed request of each client's."""


def _request(client: str, upstream: str) -> ClientRequest:
    path, body = CLIENTS[client]
    model = _MODELS[upstream]
    written = json.dumps({"model": model, "stream": True, **body}).encode()
    return ClientRequest("POST", path.format(model), {}, written)


def _events(upstream: str) -> list[bytes]:
    return chat_events(DELTAS) if upstream == "openai_chat" else claude_events(DELTAS)


def works() -> dict[str, Work]:
    """Each work by its name."""
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    made: dict[str, Work] = {"reference": _reference}
    stream = b"".join(chat_events(DELTAS))
    with_crlf = stream.replace(b"\n", b"\r\n")
    made["split, LF"] = lambda: Splitter().feed(stream)
    made["split, CRLF"] = lambda: Splitter().feed(with_crlf)
    for upstream in UPSTREAM:
        made[f"read {upstream}"] = _reading(upstream)
        for client in CLIENTS:
            made[f"open {client} to {upstream}"] = _opening(gateway, client, upstream)
            made[f"relay {upstream} to {client}"] = _relaying(gateway, client, upstream)
            made[f"write {client} of {upstream}"] = _writing(gateway, client, upstream)
        made[f"encode {upstream}"] = _encoding(upstream)
        made[f"quirks of {upstream}"] = _amending(upstream)
        made[f"open long anthropic to {upstream}"] = _opening_long(gateway, upstream)
    return made


def _reference() -> None:
    """What everything is compared with: JSON read and written, and Python run."""
    for number in range(300):
        value = msgspec.json.decode(b'{"a":[1,2,{"b":"text"}],"c":"' + b"x" * 100 + b'"}')
        msgspec.json.encode({**value, "number": number})


def _opening(gateway: Gateway, client: str, upstream: str) -> Work:
    request = _request(client, upstream)
    return lambda: gateway.open(request)


def _opening_long(gateway: Gateway, upstream: str) -> Work:
    body = {"model": _MODELS[upstream], "messages": _messages(LONG), "max_tokens": 1000, "tools": [_TOOL]}
    request = ClientRequest("POST", "/v1/messages", {}, json.dumps(body).encode())
    return lambda: gateway.open(request)


def _call(gateway: Gateway, client: str, upstream: str) -> ModelCall:
    call = gateway.open(_request(client, upstream))
    assert isinstance(call, ModelCall), call
    return call


def _relaying(gateway: Gateway, client: str, upstream: str) -> Work:
    call, stream = _call(gateway, client, upstream), b"".join(_events(upstream))

    def relay() -> None:
        call.start_response(200, _STREAM)
        assert call.relay is not None
        call.relay.feed(stream)
        call.relay.close()
        assert call.relay.complete

    return relay


def _datas(upstream: str) -> Sequence[bytes]:
    return [data for event in _events(upstream) if (data := data_of(event)) is not None]


def _reading(upstream: str) -> Work:
    datas = _datas(upstream)

    def read() -> None:
        reader = UPSTREAM[upstream].reader(keep_extra=False)
        for data in datas:
            reader.read(data)

    return read


def _writing(gateway: Gateway, client: str, upstream: str) -> Work:
    call: Any = _call(gateway, client, upstream).call
    reader = UPSTREAM[upstream].reader(keep_extra=False)
    events = [event for data in _datas(upstream) for event in reader.read(data)]

    def write() -> None:
        writer = call.client.writer(call.context)
        for event in events:
            writer.write(event)

    return write


def _fields(client: str) -> dict[str, msgspec.Raw]:
    return parse_body(_request(client, client).body)


def _encoding(upstream: str) -> Work:
    other = "openai_chat" if upstream == "anthropic" else "anthropic"
    read = UPSTREAM[other].decode_request(_fields(other), keep_extra=False)
    return lambda: UPSTREAM[upstream].encode_request(read, DroppedFields(), max_tokens=1000, stream=True)


def _amending(upstream: str) -> Work:
    profile, fields = profile_of(_MODELS[upstream]), _fields(upstream)
    return lambda: quirks.apply(needed(profile, fields, None), fields)


def _control(*arguments: str) -> None:
    """Has callgrind do something; it listens only while it runs something."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(["callgrind_control", *arguments, str(os.getpid())], stdout=silent, stderr=silent)
    while process.poll() is None:
        pass
    assert process.returncode == 0, "callgrind does not listen"


_CALLBACK = ctypes.CFUNCTYPE(None)


def _within_ctypes(work: Work) -> None:
    failed: list[Exception] = []

    def call() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 # ctypes would only print it
            failed.append(error)

    callback = _CALLBACK(call)
    callback()
    if failed:
        raise failed[0]


def main(folder: Path) -> None:
    """Does each work three times first, so that what is made once is made, and then once to be counted."""
    done = works()
    for work in done.values():
        for _ in range(3):
            work()
    gc.collect()
    gc.disable()  # when it looks depends on what was done before
    _control("-i=on")
    for work in done.values():
        _control("-z")
        _within_ctypes(work)
        _control("-d")
    (folder / "names").write_text("\n".join(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
