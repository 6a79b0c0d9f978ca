"""Work grows as a request does, and no faster: counted in calls of functions, for turns of many calls."""

from __future__ import annotations

import gc
import json
import sys
from types import FrameType
from typing import Any

import pytest

from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.gateway.model_call import ModelCall

from ..running import settings_for


def google(count: int) -> tuple[str, dict[str, Any]]:
    calls = [{"functionCall": {"name": "f", "args": {"a": number}}} for number in range(count)]
    results = [{"functionResponse": {"name": "f", "response": {"r": number}}} for number in range(count)]
    turns = [("user", [{"text": "Go."}]), ("model", calls), ("user", results)]
    contents = [{"role": role, "parts": parts} for role, parts in turns]
    return "/v1beta/models/{model}:generateContent", {"contents": contents}


def google_ids(count: int) -> tuple[str, dict[str, Any]]:
    path, body = google(count)
    for number, part in enumerate(body["contents"][1]["parts"]):
        part["functionCall"]["id"] = f"c{number}"
    for number, part in enumerate(body["contents"][2]["parts"]):
        part["functionResponse"]["id"] = f"f__c{number}"
    return path, body


def messages(count: int) -> tuple[str, dict[str, Any]]:
    calls = [{"type": "tool_use", "id": f"c{number}", "name": "f", "input": {}} for number in range(count)]
    results = [{"type": "tool_result", "tool_use_id": f"c{number}", "content": "r"} for number in range(count)]
    turns = [("user", "Go."), ("assistant", calls), ("user", results)]
    turn = [{"role": role, "content": content} for role, content in turns]
    return "/v1/messages", {"max_tokens": 5, "messages": turn}


def chat(count: int) -> tuple[str, dict[str, Any]]:
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": f"c{number}", "type": "function", "function": function} for number in range(count)]
    results = [{"role": "tool", "tool_call_id": f"c{number}", "content": "r"} for number in range(count)]
    said = {"role": "assistant", "content": "", "tool_calls": calls}
    return "/v1/chat/completions", {"messages": [{"role": "user", "content": "Go."}, said, *results]}


def responses(count: int) -> tuple[str, dict[str, Any]]:
    calls = [{"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"} for n in range(count)]
    results = [{"type": "function_call_output", "call_id": f"c{n}", "output": "r"} for n in range(count)]
    return "/v1/responses", {"input": [{"role": "user", "content": "Go."}, *calls, *results]}


def steps(gateway: Gateway, model: str, path: str, body: dict[str, Any]) -> int:
    """How many calls of functions a request takes."""
    headers = {"content-type": "application/json", "authorization": "Bearer key"}
    request = ClientRequest("POST", path.format(model=model), headers, json.dumps({"model": model, **body}).encode())
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    gc.disable()  # what other tests have left is not to be counted
    sys.setprofile(note)
    try:
        outcome = gateway.open(request)
    finally:
        sys.setprofile(None)
        gc.enable()
    assert isinstance(outcome, ModelCall)
    return count


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gpt-5.4", "claude-opus-4.6"])
@pytest.mark.parametrize("conversation", [google, google_ids, messages, chat, responses])
def test_a_turn_of_twice_as_many_calls_takes_twice_the_work(conversation: Any, model: str) -> None:
    gateway = Gateway(settings_for("http://127.0.0.1:9"))
    steps(gateway, model, *conversation(4))  # what is made once
    small, large = (steps(gateway, model, *conversation(count)) for count in (100, 400))
    assert large < 4.5 * small


@pytest.mark.parametrize("prefix", ["", "f__", "f__g__"])
def test_results_in_another_order_are_those_of_their_calls(prefix: str) -> None:
    path, body = google_ids(4)
    results = body["contents"][2]["parts"]
    for number, part in enumerate(results):
        part["functionResponse"]["id"] = f"{prefix}c{number}"
    results.reverse()
    request = ClientRequest("POST", path.format(model="claude-opus-4.6"), {}, json.dumps(body).encode())
    outcome = Gateway(settings_for("http://127.0.0.1:9")).open(request)
    assert isinstance(outcome, ModelCall)
    turns = json.loads(outcome.upstream.body)["messages"]
    calls = {block["id"]: block["input"]["a"] for block in turns[1]["content"] if block["type"] == "tool_use"}
    found = {block["tool_use_id"]: block["content"] for block in turns[2]["content"] if block["type"] == "tool_result"}
    assert len(found) == 4
    for identifier, content in found.items():
        assert str(calls[identifier]) in json.dumps(content)


@pytest.mark.parametrize("media", ["x", 1, [], True])
@pytest.mark.parametrize("path", ["countTokens", "generateContent"])
def test_media_that_is_no_object_is_no_fault_of_ours(path: str, media: object) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "x", "inlineData": media}]}]}
    request = ClientRequest("POST", f"/v1beta/models/gemini-2.5-pro:{path}", {}, json.dumps(body).encode())
    outcome = Gateway(settings_for("http://127.0.0.1:9")).open(request)
    assert not isinstance(outcome, Reply) or outcome.status in (200, 400)
