"""What GPT and Gemini refuse behind ARGO: a row for each rule of docs/reference/simulator.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.asking import (
    CHAT,
    EMBEDDINGS,
    PNG,
    SHELL,
    Json,
    Running,
    assistant,
    call,
    chat,
    chat_tool,
    result,
    told,
    unwrapped,
    user,
)

TOOLS = [chat_tool()]
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
GEMINI = "gemini35flash"


def talk(*messages: Json, model: str = "gpt41", **more: Any) -> Json:
    return chat(model, messages=list(messages), **more)


def calls(*made: Json) -> Json:
    return assistant(None, tool_calls=list(made))


def schema(model: str = "gpt41", **more: Any) -> Json:
    return chat(model, tools=[chat_tool(schema={"type": "object", "properties": {}, **more})])


def form(**schema: Any) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}


GPT: list[tuple[str, Json, str]] = [
    ("unknown parameter", chat(foo=1), "Unknown parameter: 'foo'."),
    ("timeout", chat(timeout=10), "Unknown parameter: 'timeout'."),
    ("top_k", chat(top_k=10), "Unknown parameter: 'top_k'."),
    ("thinking", chat(thinking={"type": "adaptive"}), "Unknown parameter: 'thinking'."),
    ("no messages", chat(messages=None), "Missing required parameter: 'messages'."),
    ("empty messages", chat(messages=[]), "Invalid 'messages': empty array."),
    ("no role", talk({"content": "x"}), "Missing required parameter: 'messages[0].role'."),
    ("unknown role", talk({"role": "model", "content": "x"}), "Invalid value: 'model'. Supported values are: 'system'"),
    ("developer", talk({"role": "developer", "content": "x"}), "Unknown parameter: 'messages[0].tool_calls'."),
    ("reasoning_content", talk(user("x"), assistant("y", reasoning_content="z"), user("x")), "'messages[1].reasoning_"),
    (
        "reasoning",
        talk(user("x"), assistant("y", reasoning="z"), user("x")),
        "Unknown parameter: 'messages[1].reasoning'",
    ),
    (
        "cache_control",
        talk(user([{"type": "text", "text": "x", "cache_control": {}}])),
        "[0].content[0].cache_control'.",
    ),
    (
        "content a number",
        talk(user(3)),
        "'messages[0].content': expected one of a string or an array, but got an integer",
    ),
    ("content null", talk(user(None)), "Invalid type for 'messages[0].content': expected one of a string or an array"),
    ("no content", talk({"role": "user"}), "Missing required parameter: 'messages[0].content'."),
    ("empty array", talk(user([])), "Invalid 'messages[0].content': empty array."),
    (
        "unknown part",
        talk(user([{"type": "image"}])),
        "Invalid value: 'image'. Supported values are: 'text', 'image_url'",
    ),
    ("image of the system", talk({"role": "system", "content": [IMAGE]}), "Invalid value: 'image_url'."),
    (
        "audio",
        talk(user([{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}])),
        "either text or image",
    ),
    ("silent assistant", talk(user("x"), assistant(None), user("y")), "Invalid value for 'content': expected a string"),
    (
        "no such image",
        talk(user([{"type": "image_url", "image_url": {"url": "data:image/bmp;base64,AA=="}}])),
        "unsupported",
    ),
    ("image no base64", talk(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}])), "base64"),
    ("51 images", talk(user([IMAGE] * 51)), "Too many images in request. Max is 50, got 51."),
    (
        "both limits",
        chat(max_tokens=5, max_completion_tokens=5),
        "'max_tokens' and 'max_completion_tokens' at the same",
    ),
    ("max_tokens on 4o", chat("gpt4o", max_tokens=5), "Use 'max_completion_tokens' instead."),
    ("too long", chat(max_completion_tokens=32_769), "This model supports at most 32768 completion tokens"),
    ("limit 0", chat(max_tokens=0), "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1"),
    (
        "limit 1.5",
        chat(max_tokens=1.5),
        "Invalid type for 'max_tokens': expected an integer, but got a decimal instead.",
    ),
    ("temperature 3", chat(temperature=3), "Invalid 'temperature'"),
    ("temperature on 5", chat("gpt5", temperature=0.5), "'temperature' does not support 0.5 with this model."),
    ("temperature on 5.4", chat("gpt54", temperature=0), "'temperature' does not support 0 with this model."),
    ("top_p on 5", chat("gpt5mini", top_p=1), "Unsupported parameter: 'top_p' is not supported with this model."),
    ("stop on 5.1", chat("gpt51", stop="x"), "Unsupported parameter: 'stop' is not supported with this model."),
    ("stop on o3", chat("gpto3", stop="x"), "Unsupported parameter: 'stop' is not supported with this model."),
    ("penalty on 5", chat("gpt5", presence_penalty=1), "Unsupported parameter: 'presence_penalty'"),
    (
        "parallel on o3",
        chat("gpto3", tools=TOOLS, parallel_tool_calls=True),
        "Unsupported parameter: 'parallel_tool_calls'",
    ),
    ("five stops", chat(stop=["1", "2", "3", "4", "5"]), "Invalid 'stop': array too long."),
    ("effort on 4.1", chat(reasoning_effort="low"), "Unsupported parameter: 'reasoning_effort'"),
    ("effort on 4o", chat("gpt4o", reasoning_effort="low"), "Unsupported parameter: 'reasoning_effort'"),
    ("minimal on o3", chat("gpto3", reasoning_effort="minimal"), "'reasoning_effort' does not support 'minimal'"),
    ("none on 5", chat("gpt5", reasoning_effort="none"), "'reasoning_effort' does not support 'none'"),
    ("xhigh on 5.1", chat("gpt51", reasoning_effort="xhigh"), "'reasoning_effort' does not support 'xhigh'"),
    (
        "effort and tools",
        chat("gpt54", tools=TOOLS, reasoning_effort="low"),
        "Function tools with reasoning_effort are not",
    ),
    (
        "effort and tools",
        chat("gpt55", tools=TOOLS, reasoning_effort="high"),
        "Function tools with reasoning_effort are",
    ),
    ("verbosity on 4.1", chat(verbosity="low"), "'low' is not supported with the 'gpt-4.1-2025-04-14' model."),
    ("options without stream", chat(stream_options={"include_usage": True}), "only allowed when 'stream' is enabled"),
    ("metadata", chat(metadata={"a": "b"}), "The 'metadata' parameter is only allowed when 'store' is enabled."),
    ("n 0", chat(n=0), "Invalid 'n': integer below minimum value."),
    ("top_logprobs", chat(top_logprobs=3), "only allowed when 'logprobs' is enabled"),
    # Calls and results.
    (
        "id of 41",
        talk(user("x"), calls(call("c" * 41)), result("c" * 41)),
        "'messages[1].tool_calls[0].id': string too long",
    ),
    ("call without result", talk(user("x"), calls(call()), user("y")), "did not have response messages: call_1"),
    ("one result of two", talk(user("x"), calls(call(), call("b")), result()), "did not have response messages: b"),
    ("result without call", talk(user("x"), result()), "must be a response to a preceeding message with 'tool_calls'."),
    ("result of another", talk(user("x"), calls(call()), result("b")), "must be a response to a preceeding message"),
    ("no calls", talk(user("x"), assistant("y", tool_calls=[]), user("z")), "'messages[1].tool_calls': empty array"),
    ("arguments an object", talk(user("x"), calls(call(arguments={})), result()), "arguments': expected a string, but"),  # type: ignore[arg-type]
    # Tools.
    ("no tools", chat(tools=[]), "Invalid 'tools': empty array. Expected an array with minimum length 1"),
    (
        "129 tools",
        chat(tools=[chat_tool(f"t{n}") for n in range(129)]),
        "'tools': array too long. Expected an array with",
    ),
    (
        "long description",
        chat(tools=[chat_tool(description="x" * 1025)]),
        "'tools[0].function.description': string too long",
    ),
    ("name with a dot", chat(tools=[chat_tool("a.b")]), "'tools[0].function.name': string does not match pattern"),
    ("name of 65", chat(tools=[chat_tool("a" * 65)]), "'tools[0].function.name': string too long."),
    ("two of one name", chat(tools=TOOLS * 2), "duplicate function name 'Bash'"),
    (
        "custom tool",
        chat(tools=[{"type": "custom", "custom": {"name": "x"}}]),
        "Invalid value: 'custom'. Supported values",
    ),
    (
        "Anthropic's tool",
        chat(tools=[{"name": "x", "input_schema": SHELL}]),
        "Missing required parameter: 'tools[0].type'",
    ),
    ("unknown tool member", chat(tools=[{**chat_tool(), "foo": 1}]), "Unknown parameter: 'tools[0].foo'."),
    ("no object", schema(type="string"), "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'."),
    ("anyOf", schema(anyOf=[]), "not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"),
    ("array without items", schema(properties={"a": {"type": "array"}}), "array schema missing items"),
    ("no properties", chat(tools=[chat_tool(schema={"type": "object"})]), "object schema missing properties"),
    ("strict but open", chat(tools=[chat_tool(strict=True)]), "'additionalProperties' is required to be supplied"),
    ("choice without tools", chat(tool_choice="auto"), "'tool_choice' is only allowed when 'tools' are specified."),
    ("parallel without tools", chat(parallel_tool_calls=False), "'parallel_tool_calls' is only allowed when 'tools'"),
    (
        "choice unknown",
        chat(tools=TOOLS, tool_choice="any"),
        "Invalid value: 'any'. Supported values are: 'none', 'auto'",
    ),
    (
        "choice of none such",
        chat(tools=TOOLS, tool_choice={"type": "function", "function": {"name": "x"}}),
        "'x' is not one",
    ),
    # The form of the answer.
    ("open form", chat(response_format=form(type="object", properties={})), "'additionalProperties' is required"),
    (
        "form of all",
        chat(response_format=form(type="array", items={})),
        "schema must be a JSON Schema of 'type: \"object\"'",
    ),
    ("json unnamed", chat(response_format={"type": "json_object"}), "must contain the word 'json'"),
    ("long prompt", chat("gpt4o", messages=[user("x" * 600_000)]), "maximum context length is 128000 tokens. However"),
]

FELL = "'NoneType' object is not iterable"
GEMINIS: list[tuple[str, Json, int, str]] = [
    ("unknown parameter", chat(GEMINI, foo=1), 400, "Unknown parameter: 'foo'."),
    ("developer", talk({"role": "developer", "content": "x"}, model=GEMINI), 400, "Unknown parameter: 'messages[0].to"),
    ("reasoning_content", talk(assistant("x", reasoning_content="y"), user("x"), model=GEMINI), 400, "Unknown paramet"),
    ("null content", talk(user("x"), calls(call()), result(), model=GEMINI), 500, FELL),
    ("no content", talk(user("x"), {"role": "assistant"}, user("y"), model=GEMINI), 500, FELL),
    ("both limits", chat(GEMINI, max_tokens=5, max_completion_tokens=5), 500, FELL),
    ("temperature 1 on 2.5 pro", chat("gemini25pro", temperature=1), 500, FELL),
    ("temperature 2 on 2.5 flash", chat("gemini25flash", temperature=2), 500, FELL),
    ("system parts", talk({"role": "system", "content": [{"type": "text", "text": "x"}]}, user("x"), model=GEMINI), 400,
     "Input should be a valid string for a system message"),
    ("two calls at once", talk(
        user("x"), assistant("", tool_calls=[call(), call("b")]), result(), result("b"), model=GEMINI
    ), 400, "number of function response parts is equal to the number of function call parts"),
    ("call after its like", talk(user("x"), assistant("y"), assistant("", tool_calls=[call()]), result(), model=GEMINI),
     400, "function call turn comes immediately after a user turn"),
    ("system alone", talk({"role": "system", "content": "x"}, model=GEMINI), 400, "contents is not specified"),
    ("arguments broken", talk(user("x"), assistant("", tool_calls=[call(arguments='{"a')]), result(), model=GEMINI),
     500, "Unterminated string"),
    ("arguments a list", talk(user("x"), assistant("", tool_calls=[call(arguments="[]")]), result(), model=GEMINI), 400,
     "function_call.args"),
    ("too long", chat(GEMINI, max_tokens=65_537), 400, "supported range is from 1 (inclusive) to 65537 (exclusive)"),
    ("none on 2.5 pro", chat("gemini25pro", reasoning_effort="none"), 400, "does not support 'none'"),
    ("name of a digit", chat(GEMINI, tools=[chat_tool("1a")]), 400, "Must start with a letter or an underscore"),
    ("$schema", schema(GEMINI, **{"$schema": "x"}), 400, 'Unknown name "$schema"'),
    ("nested const", schema(GEMINI, properties={"a": {"const": 1}}), 400, 'Unknown name "const" at \'tools[0].'),
    ("propertyNames", schema(GEMINI, properties={"a": {"type": "object", "propertyNames": {}}}), 400, "propertyNames"),
    ("exclusiveMinimum", schema(GEMINI, properties={"a": {"type": "array", "items": {"exclusiveMinimum": 0}}}), 400,
     "exclusiveMinimum"),
    ("exclusiveMaximum", schema(GEMINI, properties={"a": {"anyOf": [{"exclusiveMaximum": 0}]}}), 400, "exclusiveMaxim"),
    ("$ref", schema(GEMINI, properties={"a": {"$ref": "#/$defs/b"}}), 400, "$ref"),
    ("$defs", schema(GEMINI, **{"$defs": {}}), 400, "$defs"),
    ("types", schema(GEMINI, properties={"a": {"type": ["string", "null"]}}), 400, "Proto field is not repeating"),
    ("array without items", schema(GEMINI, properties={"a": {"type": "array"}}), 400, "missing field"),
    ("top-level anyOf", schema(GEMINI, anyOf=[{"type": "object"}]), 400, "any_of at the top level is not supported"),
    ("no object", schema(GEMINI, type="string"), 400, "should be of type OBJECT"),
    ("a cache key", chat(GEMINI, prompt_cache_key="k"), 400, "prompt_cache_key"),
]  # fmt: skip

EMBEDDED: list[tuple[str, Json, str]] = [
    ("no input", {"model": "v3small", "user": "jdoe"}, "Missing required parameter: 'input'."),
    ("empty input", {"model": "v3small", "user": "jdoe", "input": []}, "Invalid 'input': empty array."),
    ("empty text", {"model": "v3small", "user": "jdoe", "input": ""}, "Invalid 'input': string too short."),
    ("unknown", {"model": "v3small", "user": "jdoe", "input": "x", "foo": 1}, "Unknown parameter: 'foo'."),
    ("ada's dimensions", {"model": "ada002", "user": "jdoe", "input": "x", "dimensions": 5}, "not support specifying"),
    ("too many", {"model": "v3small", "user": "jdoe", "input": "x", "dimensions": 1537}, "less than or equal to 1536"),
]


@pytest.mark.parametrize(("body", "message"), [row[1:] for row in GPT], ids=[row[0] for row in GPT])
def test_gpt_refuses(argo: Running, body: Json, message: str) -> None:
    answer = argo.post(CHAT, body)
    assert answer.status_code == 400, answer.text
    assert message in told(answer)
    assert unwrapped(answer)["error"]["type"] == "invalid_request_error"
    outer = answer.json()["error"]
    assert (outer["type"], outer["code"]) == ("BadRequestError", "internal_error")
    assert argo.log()[-1]["refusal"] == told(answer)


@pytest.mark.parametrize(("body", "status", "message"), [row[1:] for row in GEMINIS], ids=[row[0] for row in GEMINIS])
def test_gemini_refuses(argo: Running, body: Json, status: int, message: str) -> None:
    answer = argo.post(CHAT, body)
    assert answer.status_code == status, answer.text
    assert message in told(answer)
    assert answer.json()["error"]["type"] == ("InternalServerError" if status == 500 else "BadRequestError")
    if status == 400:
        assert unwrapped(answer)["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(("body", "message"), [row[1:] for row in EMBEDDED], ids=[row[0] for row in EMBEDDED])
def test_embeddings_refuse(argo: Running, body: Json, message: str) -> None:
    answer = argo.post(EMBEDDINGS, body)
    assert answer.status_code == 400, answer.text
    assert message in told(answer)


@pytest.mark.parametrize(
    "name", ["GPT-4.1", "argo:gpt-4.1", "gpt-4.1", "gpt99", "gemini-2.5-pro", "claudeopus46", "ada002"]
)
def test_names_that_are_not_internal_ids(argo: Running, name: str) -> None:
    answer = argo.post(CHAT, chat(name))
    assert answer.status_code == 404
    assert unwrapped(answer)["error"]["code"] == "model_not_found"
    assert answer.json()["error"]["type"] == "NotFoundError"
