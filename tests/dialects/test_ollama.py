"""Ollama's API: what of its requests goes upstream, what its clients get, how a recording of it reads."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from argo_addon.errors import ClientError, UpstreamError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply
from argo_addon.transcript.formats import Body
from argo_addon.transcript.read import transcript

from .asking import asked, chat_sse, finished, opened, sent, usage_chunk

Json = dict[str, Any]
CHAT, GENERATE = "/api/chat", "/api/generate"
MODELS = ("gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6")
USER: Json = {"role": "user", "content": "hi"}
PNG = "iVBORw0KGgo="
SSE = {"content-type": "text/event-stream"}


def chat(model: str, *messages: Json, **members: object) -> Json:
    return {"model": model, "messages": list(messages) or [USER], **members}


def call(name: str, **more: object) -> Json:
    return {"function": {"name": name, "arguments": {"a": 1}}, **more}


def pairs(body: Json) -> list[tuple[str, str]]:
    """Each call's name, and what it brought."""
    names, told = {}, []
    for message in body["messages"]:
        for one in message.get("tool_calls") or ():
            names[one["id"]] = one["function"]["name"]
        if message["role"] == "tool":
            told.append((names[message["tool_call_id"]], message["content"]))
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_use":
                names[block["id"]] = block["name"]
            if block["type"] == "tool_result":
                told.append((names[block["tool_use_id"]], block["content"]))
    return told


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "results",
    [
        [{"tool_name": "g", "content": "of g"}, {"tool_name": "f", "content": "of f"}],
        [{"name": "g", "content": "of g"}, {"name": "f", "content": "of f"}],
        [{"tool_call_id": "2", "content": "of g"}, {"tool_call_id": "1", "content": "of f"}],
        [{"content": "of f"}, {"content": "of g"}],
    ],
    ids=["by name", "by the older name", "by id", "by order"],
)
def test_a_result_finds_its_call(model: str, results: list[Json]) -> None:
    calls = [call("f", id="1"), call("g", id="2")] if "tool_call_id" in results[0] else [call("f"), call("g")]
    talk = [USER, {"role": "assistant", "content": "", "tool_calls": calls}]
    body, _ = sent(CHAT, chat(model, *talk, *({"role": "tool", **result} for result in results)))
    assert sorted(pairs(body)) == [("f", "of f"), ("g", "of g")]


@pytest.mark.parametrize("model", MODELS)
def test_calls_of_one_name_get_their_results_in_order(model: str) -> None:
    talk = [USER, {"role": "assistant", "tool_calls": [call("f"), call("f")]}]
    results = [{"role": "tool", "tool_name": "f", "content": text} for text in ("one", "two")]
    assert pairs(sent(CHAT, chat(model, *talk, *results))[0]) == [("f", "one"), ("f", "two")]


@pytest.mark.parametrize("model", MODELS)
def test_options_go_by_the_upstreams_names_and_the_rest_is_told_by_theirs(model: str) -> None:
    options = {"num_predict": 99, "stop": "x", "seed": 7, "mirostat": 1, "num_ctx": 4096, "num_gpu": 1, "top_k": 3}
    body, dropped = sent(CHAT, chat(model, options=options, keep_alive="5m", think="low", logprobs=True))
    assert 99 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert {"options.mirostat", "logprobs"} <= set(dropped)
    assert not {name for name in dropped if "num_ctx" in name or "keep_alive" in name}
    said = json.dumps(body)
    assert ('"low"' in said) or "think" in dropped
    for name in ("seed", "top_k"):
        assert name in body or f"options.{name}" in dropped


@pytest.mark.parametrize("limit", [-1, -2, 0])
def test_no_limit_is_none(limit: int) -> None:
    body, dropped = sent(CHAT, chat("gpt-5.4", options={"num_predict": limit}))
    assert "max_completion_tokens" not in body
    assert dropped == ()


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (CHAT, {"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role"),
        (CHAT, {"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        (CHAT, {"messages": [{"role": "user", "images": ["AAAA"]}]}, "messages[0].images[0]"),
        (CHAT, {"messages": [USER], "format": "xml"}, "format"),
        (CHAT, {"messages": [USER], "think": "much"}, "think"),
        (CHAT, {"messages": [USER], "options": {"temperature": "hot"}}, "options.temperature"),
        (CHAT, {"messages": [USER], "tools": [{"type": "function"}]}, "tools[0].function"),
        (CHAT, {"messages": [USER], "tools": [{"function": {"name": "f", "parameters": 5}}]}, "tools[0].function"),
        (GENERATE, {"prompt": "hi", "context": [1, 2]}, "context"),
        (GENERATE, {"prompt": "hi", "suffix": "ho"}, "suffix"),
        ("/api/embed", {"input": []}, "input"),
    ],
)
def test_what_does_not_fit_is_a_400_that_names_its_place(path: str, body: Json, place: str) -> None:
    model = "text-embedding-3-small" if "embed" in path else "gpt-5.4"
    reply = opened(path, {"model": model, **body})
    assert isinstance(reply, Reply)
    told = json.loads(reply.body)
    assert (reply.status, told.keys()) == (400, {"error"})
    assert told["error"].startswith(place)


def lines(call: Exchange, *chunks: object) -> list[Json]:
    assert call.relay is not None
    made = call.relay.feed(chat_sse(*chunks)) + call.relay.close()
    assert made.endswith(b"\n")
    return [json.loads(line) for line in made.decode().split("\n")[:-1]]


def started(model: str, **members: object) -> Exchange:
    call = asked(CHAT, chat(model, **members))
    head = call.start_response(200, SSE)
    assert head is not None
    assert head["content-type"] == "application/x-ndjson"
    return call


def test_a_stream_is_lines_unless_the_body_says_no() -> None:
    told = lines(
        started("gpt-5.4"),
        {"content": "one\ntwo"}, {"content": "!"}, finished(), usage_chunk(prompt_tokens=3, completion_tokens=2),
    )  # fmt: skip
    assert [line["message"]["content"] for line in told] == ["one\ntwo", "!", ""]
    assert [line["done"] for line in told] == [False, False, True]
    last = told[-1]
    assert (last["model"], last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == (
        "gpt-5.4",
        "stop",
        3,
        2,
    )
    plain = asked(CHAT, chat("gpt-5.4", stream=False))
    assert json.loads(plain.upstream.body).get("stream") is None
    assert json.loads(asked(CHAT, chat("gpt-5.4")).upstream.body)["stream"] is True


def test_a_call_is_told_as_a_whole() -> None:
    told = lines(
        started("gpt-5.4", tools=[{"function": {"name": "f"}}]),
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": " 1}"}}]},
        finished("tool_calls"),
    )
    (made,) = told[0]["message"]["tool_calls"]
    assert made["function"] == {"index": 0, "name": "f", "arguments": {"a": 1}}
    assert [line["done"] for line in told] == [False, True]


def test_7_4_what_ends_in_an_error_never_ends_in_done() -> None:
    call = started("gpt-5.4")
    told = lines(call, {"content": "one"}, {"error": {"message": "it broke"}})
    assert "it broke" in told[-1]["error"]
    assert not any(line.get("done") for line in told)
    cut = started("gpt-5.4")
    assert cut.relay is not None
    made = cut.relay.feed(chat_sse({"content": "one"}, done=False)) + cut.relay.close()
    last = json.loads(made.splitlines()[-1])
    assert last.keys() == {"error"}


def test_9_2_a_sign_of_life_is_a_piece_of_nothing() -> None:
    """Clients read every line as JSON: an empty one is an error to them."""
    call = started("gpt-5.4")
    assert call.relay is not None
    sign = call.relay.keep_alive() + call.relay.feed(chat_sse({"content": "one"}, finished()))
    told = [json.loads(line) for line in sign.split(b"\n")[:-1]]
    assert (told[0]["message"]["content"], told[0]["done"]) == ("", False)


@pytest.mark.parametrize("model", MODELS)
def test_thoughts_are_shown_unless_they_are_not_wanted(model: str) -> None:
    for think, shown in ((None, True), (True, True), (False, False)):
        call = asked(CHAT, chat("gpt-5.4", stream=False, **({} if think is None else {"think": think})))
        message = {"content": "hi", "reasoning_content": "hm"}
        told = {"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        reply = call.complete_response(200, {"content-type": "application/json"}, json.dumps(told).encode())
        assert ("thinking" in json.loads(reply.body)["message"]) is shown


STREAM = "\n".join(
    json.dumps({"model": "gpt-5.4", "created_at": "2026-01-01T00:00:00Z", **line})
    for line in (
        {"message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": False},
        {"message": {"role": "assistant", "content": "It is "}, "done": False},
        {"message": {"role": "assistant", "content": "sunny."}, "done": False},
        {"message": {"role": "assistant", "content": "", "tool_calls": [call("umbrella")]}, "done": False},
        {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop", "eval_count": 4},
    )
)


@pytest.mark.parametrize("target", ["/api/chat", "/elsewhere"])
def test_a_recording_is_shown_as_a_conversation(target: str) -> None:
    asks = json.dumps(chat("gpt-5.4", {"role": "user", "content": "Rain?", "images": [PNG]}, options={"seed": 1}))
    shown = transcript(Body(asks.encode(), target))
    assert "Ollama request" in shown
    assert "Rain?" in shown
    told = transcript(Body(STREAM.encode(), target, "application/x-ndjson", 200))
    assert "Ollama stream" in told
    for words in ("It is sunny.", "hm", "umbrella"):
        assert words in told
    cut = transcript(Body(STREAM[:-60].encode(), target, "application/x-ndjson", 200))
    assert "sunny" in cut
    assert "cut off" in cut


@pytest.mark.parametrize("model", MODELS)
def test_a_call_that_says_no_messages_is_one_of_its_path(model: str) -> None:
    """Clients load a model so: what they get must have the form of the path."""
    for path, member in ((CHAT, "message"), (GENERATE, "response")):
        for more in ({}, {"keep_alive": 0}, {"stream": False}):
            reply = opened(path, {"model": model, **more})
            assert isinstance(reply, Reply)
            told = json.loads(reply.body)
            assert (reply.status, member in told, told["done"]) == (200, True, True)


def test_a_member_of_the_other_path_is_told() -> None:
    more = {"system": "Be brief.", "prompt": "hi", "images": [PNG]}
    assert set(sent(CHAT, chat("gpt-5.4", **more))[1]) == set(more)
    assert sent(GENERATE, {"model": "gpt-5.4", "prompt": "hi", "tools": [{}]})[1] == ("tools",)


@pytest.mark.parametrize("model", MODELS)
def test_numbers_are_taken_as_ollama_takes_them(model: str) -> None:
    """A whole number as 7.0; `top_k` of 0 and below for "of all"."""
    for top_k in (0, -1, -1.0):
        body, dropped = sent(CHAT, chat(model, options={"top_k": top_k, "seed": 7.0, "num_predict": 50.0}))
        assert "top_k" not in body
        assert "options.top_k" not in dropped
        assert body.get("seed", 7) == 7
        assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@pytest.mark.parametrize("model", MODELS)
def test_an_image_whose_base64_is_broken_into_lines_is_whole(model: str) -> None:
    data = base64.b64encode(base64.b64decode(PNG[:-1] + "A" * 401)).decode()
    for broken in (base64.encodebytes(base64.b64decode(data)).decode(), data[:50] + "\r\n" + data[50:]):
        for images in ([broken], [f"data:image/png;base64,{broken}"]):
            body, _ = sent(CHAT, chat(model, {"role": "user", "content": "?", "images": images}))
            assert data in json.dumps(body)


def test_paths_of_slips_and_of_what_is_not_served() -> None:
    for path in ("/v1/api/chat", "//api/chat/"):
        assert asked(path, chat("gpt-5.4")).upstream.url.endswith("/chat/completions")
    refused = opened("/api/pull", {"model": "llama3.2"})
    assert isinstance(refused, Reply)
    assert (refused.status, json.loads(refused.body).keys()) == (404, {"error"})


def test_errors_say_the_message_alone() -> None:
    from argo_addon.dialects import CLIENT

    for error in (ClientError(400, "no"), UpstreamError(502, "down")):
        assert json.loads(CLIENT["ollama"].error_body(error, "r")) == {"error": error.message}
