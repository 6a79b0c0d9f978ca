"""What clients really send, and what becomes of it on the other side: rules that no single pitfall names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange

from .asking import CHAT, MESSAGES, asked, chat_sse, claude_sse, finished, opened, request, sent

Json = Any
USER: Json = {"role": "user", "content": "u"}
GOOGLE = "/v1beta/models/{}:generateContent"
RESPONSES = "/v1/responses"
PERSON: Json = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def google(model: str, *, stream: bool = False, **members: Json) -> Exchange:
    """A call of a Google client."""
    path = GOOGLE.format(model).replace("generate", "streamGenerate") + "?alt=sse" if stream else GOOGLE.format(model)
    return asked(path, {"contents": [{"role": "user", "parts": [{"text": "u"}]}], **members})


def body_of(call: Exchange) -> Json:
    return json.loads(call.upstream.body)


# Thinking that is not wanted


@pytest.mark.parametrize(
    ("model", "effort"),
    [("gpt-5", "minimal"), ("gpt-5.1", "none"), ("gpt-5.4", "none"), ("o3", "low"), ("gpt-4o", None)],
)
def test_5_4_no_thinking_is_the_least_effort(model: str, effort: str | None) -> None:
    told = request(MESSAGES, model, thinking={"type": "disabled"}, max_tokens=99)
    for call in (asked(MESSAGES, told), google(model, generationConfig={"thinkingConfig": {"thinkingBudget": 0}})):
        assert body_of(call).get("reasoning_effort") == effort
        assert call.dropped == ()
    assert "reasoning_effort" not in body_of(asked(MESSAGES, request(MESSAGES, model, max_tokens=99)))


# Which tools may be called

TOOLS: Json = [{"type": "function", "function": {"name": name, "parameters": PERSON}} for name in ("f", "g")]


@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6"])
def test_tools_that_may_not_be_called_are_not_offered(model: str) -> None:
    declared = [{"functionDeclarations": [{"name": name, "parametersJsonSchema": PERSON} for name in ("f", "g", "h")]}]
    calling = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g", "nobody"]}}
    body = body_of(google(model, tools=declared, toolConfig=calling))
    named = [tool.get("name") or tool["function"]["name"] for tool in body["tools"]]
    assert named == ["f", "g"]
    assert body["tool_choice"] in ("required", {"type": "any"})
    assert "nobody" not in json.dumps(body)


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
def test_a_choice_of_no_known_tool_is_told(model: str) -> None:
    calling = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["x", "y"]}}
    call = google(model, tools=[{"functionDeclarations": [{"name": "f"}]}], toolConfig=calling)
    assert "toolConfig.functionCallingConfig" in call.dropped
    assert len(body_of(call)["tools"]) == 1


@pytest.mark.parametrize(("path", "model"), [(CHAT, "claude-opus-4.6"), (MESSAGES, "gpt-5.4")])
def test_a_call_that_must_be_made_without_tools_is_told(path: str, model: str) -> None:
    choice = "required" if path == CHAT else {"type": "any"}
    _, dropped = sent(path, request(path, model, tool_choice=choice))
    assert "tool_choice" in dropped


# The form of the answer


def test_output_format_is_structured_output_by_its_older_name() -> None:
    form = {"type": "json_schema", "schema": PERSON}
    body, dropped = sent(MESSAGES, request(MESSAGES, "gpt-5.4", output_format=form))
    assert body["response_format"]["json_schema"]["schema"] == PERSON
    assert dropped == ()


LIST: Json = {
    "type": "ARRAY",
    "items": {"$ref": "#/$defs/P"},
    "$defs": {"P": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}}},
}
FORMS: dict[str, tuple[Json, str, str]] = {
    "a list": ({"responseMimeType": "application/json", "responseSchema": LIST}, '{"value": [{"a": 1}]}', '[{"a": 1}]'),
    "a word": ({"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["A"]}},
               '{"value":"A"}', "A"),
    "a word as JSON": ({"responseMimeType": "application/json", "responseJsonSchema": {"enum": ["A"]}},
                       '{"value":"A"}', '"A"'),
    "no such object": ({"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["A"]}},
                       "A", "A"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "told", "shown"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_no_object_is_wrapped_in_one(
    config: Json, told: str, shown: str, model: str, stream: bool
) -> None:
    call = google(model, stream=stream, generationConfig=config)
    body = body_of(call)
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    schema = schema or body["output_config"]["format"]["schema"]
    assert (schema["type"], list(schema["properties"]), schema["required"]) == ("object", ["value"], ["value"])
    assert ("$defs" in schema) == ("[" in told)
    answer: Json = {
        "gpt-5.4": {"choices": [{"index": 0, "message": {"content": told}, "finish_reason": "stop"}]},
        "claude-opus-4.6": {"content": [{"type": "text", "text": told}], "stop_reason": "end_turn"},
    }[model]
    reply = call.complete_response(
        200, {"content-type": "application/json"}, json.dumps({"id": "a", **answer}).encode()
    )
    chunks = [reply.body] if not stream else [line[6:] for line in reply.body.splitlines() if line.startswith(b"data")]
    parts = [part for chunk in map(json.loads, chunks) for part in chunk["candidates"][0]["content"]["parts"]]
    assert "".join(part["text"] for part in parts) == shown


NODE: Json = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}}}
ROOTS: dict[str, tuple[Json, list[str]]] = {
    "an object": ({"$ref": "#/$defs/N", "$defs": {"N": NODE}}, ["next"]),
    "a list": ({"$ref": "#/$defs/L", "$defs": {"N": NODE, "L": {"type": "array", "items": {"$ref": "#/$defs/N"}}}},
               ["value"]),
    "the older word": ({"$ref": "#/definitions/L", "definitions": {
        "N": NODE, "L": {"type": "array", "items": {"$ref": "#/definitions/N"}}}}, ["value"]),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "names"), ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
def test_1_28_a_form_that_refers_to_its_own_parts_has_an_object_at_its_root(
    schema: Json, names: list[str], model: str
) -> None:
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    bodies = [body_of(google(model, generationConfig=config))]
    if names == ["next"]:
        form = {"type": "json_schema", "name": "n", "schema": schema}
        bodies.append(body_of(asked(RESPONSES, {"model": model, "input": "u", "text": {"format": form}})))
    for body in bodies:
        form = (body.get("response_format") or {}).get("json_schema") or body["output_config"]["format"]
        root = form["schema"]
        assert (root["type"], list(root["properties"])) == ("object", names)
        shared = "$defs" if "$defs" in schema else "definitions"
        assert root[shared]["N"]["properties"].keys() == {"next"}


def test_1_28_googles_own_words_for_references() -> None:
    schema = {"type": "OBJECT", "properties": {"p": {"ref": "#/defs/P"}, "ref": {"type": "TYPE_UNSPECIFIED"}},
              "defs": {"P": {"type": "STRING"}}}  # fmt: skip
    body = body_of(google("gpt-5.4", tools=[{"functionDeclarations": [{"name": "f", "parameters": schema}]}]))
    made = body["tools"][0]["function"]["parameters"]
    assert made["properties"] == {"p": {"$ref": "#/$defs/P"}, "ref": {}}
    assert made["$defs"] == {"P": {"type": "string"}}


DEEP: Json = {"type": "OBJECT"}
for _ in range(450):
    DEEP = {"type": "OBJECT", "properties": {"a": DEEP}}


@pytest.mark.parametrize("member", ["responseSchema", "responseJsonSchema"])
@pytest.mark.parametrize("schema", [[], "x", 5, True])
@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
def test_a_schema_that_is_none_is_refused_by_its_place(member: str, schema: Json, model: str) -> None:
    body = {"contents": "u", "generationConfig": {"responseMimeType": "application/json", member: schema}}
    reply = opened(GOOGLE.format(model), body)
    assert not isinstance(reply, Exchange)
    assert reply.status == 400
    assert f"generationConfig.{member}" in json.loads(reply.body)["error"]["message"]


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro"])
def test_a_schema_beyond_measure_is_refused(model: str) -> None:
    tools = [{"functionDeclarations": [{"name": "f", "parameters": DEEP}]}]
    for more in ({"tools": tools}, {"generationConfig": {"responseSchema": DEEP}}):
        reply = opened(GOOGLE.format(model), {"contents": "u", **more})
        assert isinstance(reply, Exchange) or reply.status == 400


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_a_tool_without_properties_says_so_to_gpt(path: str) -> None:
    function = {"name": "f", "parameters": {"type": "object"}}
    tool = {"type": "function", "function": function} if path == CHAT else {"type": "function", **function}
    said: Json = {"messages": [USER]} if path == CHAT else {"input": "u"}
    body = {"model": "gpt-5.4", "tools": [tool], **said}
    assert body_of(asked(path, body))["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}


# Sampling, and what is told


def test_what_google_and_chat_both_say_is_said() -> None:
    config = {"seed": 7, "presencePenalty": 0.5, "frequencyPenalty": 0.25}
    call = google("gpt-4o", generationConfig=config)
    body = body_of(call)
    assert (body["seed"], body["presence_penalty"], body["frequency_penalty"]) == (7, 0.5, 0.25)
    assert call.dropped == ()
    dropped = google("claude-opus-4.6", generationConfig=config).dropped
    assert {f"generationConfig.{name}" for name in config} <= set(dropped)


def test_1_21_the_cache_key_goes_on_to_gpt() -> None:
    told = {"model": "gpt-5.4", "input": "u", "prompt_cache_key": "k"}
    assert body_of(asked(RESPONSES, told))["prompt_cache_key"] == "k"
    assert "prompt_cache_key" not in body_of(asked(RESPONSES, {**told, "model": "claude-opus-4.6"}))


TOLD: dict[str, tuple[str, Json, str]] = {
    "blank stop words": (CHAT, {"messages": [USER], "stop": [" ", "x"]}, "stop"),
    "display": (MESSAGES, {"messages": [USER], "max_tokens": 9000,
                           "thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}},
                "thinking.display"),
    "include": (RESPONSES, {"input": "u", "include": ["file_search_call.results"]}, "include.file_search_call.results"),
    "text": (RESPONSES, {"input": "u", "text": {"format": {"type": "text"}, "new": 1}}, "text.new"),
    "behavior": (GOOGLE, {"contents": "u", "tools": [{"functionDeclarations": [{"name": "f", "behavior": "X"}]}]},
                 "tools[].behavior"),
    "calling": (GOOGLE, {"contents": "u", "toolConfig": {"functionCallingConfig": {"new": 1}}},
                "toolConfig.functionCallingConfig.new"),
    "mode": (GOOGLE, {"contents": "u", "toolConfig": {"functionCallingConfig": {"mode": "SOME"}}},
             "toolConfig.functionCallingConfig.mode"),
    "level": (GOOGLE, {"contents": "u", "generationConfig": {"thinkingConfig": {"thinkingLevel": "SOME"}}},
              "generationConfig.thinkingConfig.thinkingLevel"),
    "retrieval": (GOOGLE, {"contents": "u", "toolConfig": {"retrievalConfig": {}}}, "toolConfig.retrievalConfig"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "place"), TOLD.values(), ids=TOLD)
def test_what_is_left_out_is_told(path: str, body: Json, place: str) -> None:
    model = "claude-opus-4.6" if path in (CHAT, GOOGLE) else "gpt-5.4"
    assert place in asked(path.format(model), {"model": model, **body}).dropped


def test_what_codex_always_sends_is_not() -> None:
    body = {"model": "gpt-5.4", "input": "u", "store": False, "include": ["reasoning.encrypted_content"],
            "reasoning": {"effort": "low", "summary": "auto"}, "prompt_cache_key": "k", "stream": True}  # fmt: skip
    assert asked(RESPONSES, body).dropped == ()


# Headers


@pytest.mark.parametrize(("path", "model"), [(RESPONSES, "gpt-5.4"), (MESSAGES, "gpt-5.4"), (CHAT, "claude-opus-4.6")])
def test_what_a_tool_tells_its_own_provider_goes_to_no_other(path: str, model: str) -> None:
    private = {name: "x" for name in (
        "x-openai-internal-codex-responses-lite", "chatgpt-account-id", "session_id", "originator", "x-codex-turn",
        "x-anthropic-billing", "x-claude-code-session-id", "anthropic-beta-x", "openai-organization",
        "x-gemini-api-privileged-user-id", "x-goog-api-client")}  # fmt: skip
    body: Json = {"model": model, "input": "u"} if path == RESPONSES else request(path, model)
    assert asked(path, body, headers={**private, "x-mine": "y"}).upstream.headers.keys() & private.keys() == set()


@pytest.mark.parametrize(("path", "model"), [(CHAT, "gpt-5.4"), (MESSAGES, "claude-opus-4.6")])
def test_whose_account_and_talk_it_is_does_not_go_to_argo_at_all(path: str, model: str) -> None:
    private = dict.fromkeys(
        ("session_id", "conversation_id", "originator", "chatgpt-account-id", "x-codex-turn", "openai-organization",
         "openai-project", "x-openai-actor", "x-claude-code-session-id", "x-gemini-x", "x-goog-user-project"), "x"
    )  # fmt: skip
    goes = {"x-stainless-lang": "python", "x-mine": "y", "anthropic-beta" if path == MESSAGES else "openai-beta": "b"}
    headers = asked(path, request(path, model), headers={**private, **goes}).upstream.headers
    assert headers.keys() & private.keys() == set()
    assert headers.items() >= goes.items()


@pytest.mark.parametrize(("path", "model"), [(MESSAGES, "gpt-5.4"), (CHAT, "claude-opus-4.6")])
def test_what_an_sdk_tells_of_itself_goes_to_its_own_provider_only(path: str, model: str) -> None:
    told = {"x-stainless-lang": "python", "openai-beta": "b", "x-anthropic-x": "c"}
    assert asked(path, request(path, model), headers=told).upstream.headers.keys() & told.keys() == set()


EVENTS: dict[str, bytes] = {
    CHAT: chat_sse({"content": "word"}, finished()),
    MESSAGES: claude_sse({"type": "text", "text": "word"}),
}


@pytest.mark.parametrize("kind", [{}, {"content-type": "text/plain; charset=utf-8"}, {"content-type": ""}])
@pytest.mark.parametrize(("path", "model"), [(CHAT, "gpt-5.4"), (MESSAGES, "gpt-5.4"), (CHAT, "claude-opus-4.6")])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("before", [b"", b": ping\n\n", b"\r\n"])
def test_a_stream_is_known_by_its_beginning(path: str, model: str, kind: Json, stream: bool, before: bytes) -> None:
    call = asked(path, request(path, model, stream=stream))
    assert call.start_response(200, kind) is None
    reply = call.complete_response(200, kind, before + EVENTS[MESSAGES if "claude" in model else CHAT])
    if stream or "claude" in model:  # else none was asked for
        assert (reply.status, b"word" in reply.body) == (200, True)
        assert not stream or reply.headers["content-type"].startswith("text/event-stream")
    else:
        assert reply.status == 502


def test_an_event_stream_by_any_spelling_is_one() -> None:
    call = asked(CHAT, request(CHAT, "gpt-5.4", stream=True))
    assert call.start_response(200, {"content-type": "Text/Event-Stream; charset=UTF-8"}) is not None


# Counts


@pytest.mark.parametrize("turns", [[{"content": "foo"}], [], [{"role": "user", "content": [{"type": "new", "x": 1}]}]])
def test_8_1_tokens_are_counted_of_whatever_comes(turns: Json) -> None:
    reply = opened(MESSAGES + "/count_tokens", {"model": "claude-opus-4.6", "messages": turns})
    assert not isinstance(reply, Exchange)
    assert reply.status == 200
    assert (json.loads(reply.body)["input_tokens"] > 0) == bool(turns)


def test_8_1_tools_of_the_providers_count() -> None:
    def count(**more: Json) -> int:
        reply = opened(MESSAGES + "/count_tokens", {"model": "claude-opus-4.6", "messages": [USER], **more})
        assert not isinstance(reply, Exchange)
        return int(json.loads(reply.body)["input_tokens"])

    assert count(tools=[{"type": "bash_20250124", "name": "bash"}]) >= count() + 245  # Anthropic's own figure


# Schemas that try it on


def test_a_chain_of_references_beyond_measure_is_the_clients_error() -> None:
    chain: Json = {f"d{number}": {"$ref": f"#/$defs/d{number + 1}"} for number in range(2000)}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {**chain, "d2000": PERSON}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    for model in ("claude-opus-4.6", "gemini-2.5-pro", "gpt-5.4"):
        made = opened(CHAT, request(CHAT, model, tools=[tool]))
        assert isinstance(made, Exchange) or made.status == 400


def test_1_28_references_find_what_they_mean_wherever_the_schema_goes() -> None:
    pet = {"type": "STRING"}
    schema = {"type": "OBJECT", "nullable": True, "properties": {"p": {"ref": "#/defs/P"}}, "defs": {"P": pet}}
    refers = {"ref": "#/defs/P", "nullable": True, "defs": {"P": pet}}
    tools = [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"x": schema}}}]}]
    body = body_of(google("gpt-4o", tools=tools))
    assert "anyOf" not in body["tools"][0]["function"]["parameters"]["properties"]["x"]
    form = {"responseMimeType": "application/json", "responseSchema": {"type": "ARRAY", "items": refers}}
    assert "$ref" in json.dumps(body_of(google("gpt-5.4", generationConfig=form)))
    made = body_of(google("gpt-5.4", generationConfig={**form, "responseSchema": refers}))
    wrapped = made["response_format"]["json_schema"]["schema"]
    assert wrapped["$defs"] == {"P": {"type": "string"}}
    tree = {"type": "array", "items": {"$ref": "#"}}
    made = body_of(google("gpt-5.4", generationConfig={**form, "responseSchema": None, "responseJsonSchema": tree}))
    assert made["response_format"]["json_schema"]["schema"]["properties"]["value"]["items"] == {
        "$ref": "#/properties/value"
    }


def test_1_28_the_values_of_a_number_are_numbers() -> None:
    schema = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER", "format": "enum", "enum": ["1", "2"]}}}
    body = body_of(google("gpt-4o", tools=[{"functionDeclarations": [{"name": "f", "parameters": schema}]}]))
    assert body["tools"][0]["function"]["parameters"]["properties"]["n"] == {"type": "integer", "enum": [1, 2]}


def test_what_is_unknown_of_a_responses_tool_is_told() -> None:
    tool = {"type": "function", "name": "f", "parameters": PERSON, "new": 1, "defer_loading": True}
    assert asked(RESPONSES, {"model": "gpt-5.4", "input": "u", "tools": [tool]}).dropped == ("tools[].new",)


def test_1_21_gemini_gets_no_cache_key() -> None:
    call = asked(RESPONSES, {"model": "gemini-2.5-pro", "input": "u", "prompt_cache_key": "k"})
    assert "prompt_cache_key" not in body_of(call)
    assert call.dropped == ()


def test_one_call_at_a_time_stays_asked_for_where_the_chosen_tool_is_not_there() -> None:
    choice = {"type": "function", "function": {"name": "nobody"}}
    call = asked(CHAT, request(CHAT, "claude-opus-4.6", tools=TOOLS, tool_choice=choice, parallel_tool_calls=False))
    assert body_of(call)["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "tool_choice" in call.dropped
