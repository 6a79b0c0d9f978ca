"""OpenAI's legacy Completions, over chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange

from .asking import asked, chat_sse, finished, opened, refused, usage_chunk

Json = Any
PATH = "/v1/completions"
MODELS = ["gpt-4o", "gemini-2.5-pro", "claude-opus-4.6"]
AS_JSON = {"content-type": "application/json"}


def body(model: str = "gpt-4o", **members: Json) -> Json:
    return {"model": model, "prompt": "Say hi.", **members}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("prompt", ["Say hi.", ["Say hi."]])
def test_a_prompt_is_what_the_user_says(model: str, prompt: Json) -> None:
    call = asked(PATH, body(model, prompt=prompt, max_tokens=9, stop="x", temperature=0.5))
    sent = json.loads(call.upstream.body)
    assert "Say hi." in json.dumps(sent["messages"])
    assert len(sent["messages"]) == 1
    assert 9 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert ["x"] in (sent.get("stop"), sent.get("stop_sequences"))
    assert call.dropped == ()


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize(
    ("finish", "word"), [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter")]
)
def test_a_plain_answer(echo: bool, finish: str, word: str) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    told = {"id": "a", "created": 7, "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": finish}]}
    reply = asked(PATH, body(echo=echo)).complete_response(200, AS_JSON, json.dumps({**told, "usage": usage}).encode())
    answer = json.loads(reply.body)
    assert (answer["object"], answer["id"], answer["created"], answer["model"]) == ("text_completion", "a", 7, "gpt-4o")
    text = "Say hi.hi" if echo else "hi"
    assert answer["choices"] == [{"text": text, "index": 0, "logprobs": None, "finish_reason": word}]
    assert answer["usage"] == usage


@pytest.mark.parametrize("wanted", [False, True])
def test_a_stream(wanted: bool) -> None:
    call = asked(PATH, body(stream=True, echo=True, stream_options={"include_usage": wanted}))
    assert call.start_response(200, {"content-type": "text/event-stream"}) is not None
    assert call.relay is not None
    usage = usage_chunk(prompt_tokens=3, completion_tokens=2, total_tokens=5)
    made = call.relay.feed(chat_sse({"reasoning_content": "hm"}, {"content": "h"}, {"content": "i"}, finished(), usage))
    lines = [line[6:] for line in (made + call.relay.close()).splitlines() if line]
    assert lines.pop() == b"[DONE]"
    chunks = [json.loads(line) for line in lines]
    if wanted:
        assert chunks.pop()["usage"]["total_tokens"] == 5
    assert [chunk["choices"][0]["text"] for chunk in chunks] == ["Say hi.", "h", "i", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "stop"]
    assert {(chunk["object"], chunk["model"]) for chunk in chunks} == {("text_completion", "gpt-4o")}


BAD: list[tuple[Json, str]] = [
    ({"prompt": ["a", "b"]}, "prompt"),
    ({"prompt": [1, 2]}, "prompt[0]"),
    ({"prompt": ""}, "prompt"),
    ({"prompt": None}, "prompt"),
    ({"prompt": []}, "prompt"),
    ({"n": 2}, "n"),
    ({"best_of": 3}, "best_of"),
    ({"suffix": "x"}, "suffix"),
    ({"echo": "x"}, "echo"),
    ({"stream_options": []}, "stream_options"),
]


@pytest.mark.parametrize(("members", "place"), BAD)
def test_what_cannot_be_is_refused_by_its_place(members: Json, place: str) -> None:
    status, error = refused(PATH, body(**members))
    assert status == 400
    assert error["error"]["message"].startswith(place)


def test_what_is_left_out_is_told() -> None:
    assert asked(PATH, body(logprobs=3)).dropped == ("logprobs",)


def test_without_the_version_it_is_found_too() -> None:
    assert isinstance(opened("/completions", body()), Exchange)
