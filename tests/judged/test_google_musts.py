"""The musts of pitfalls 1D (1.27 to 1.32), 3D, 4.7, 5.6 and 5.7 for GenAI clients, each with a body made for it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from google.genai.types import Content, GenerateContentResponse

from . import reading_google
from .handmade import CLAUDE, GPT, STREAM, ask, claude_stream, refusal
from .recordings import Name
from .rules_google import framed, google_problems
from .test_judges import MEANT, chunks_stream, messages_stream
from .wires import BY_BYTE, MODELS, Through, gemini

BOTH = pytest.mark.parametrize("model", [CLAUDE, GPT])
WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
HI: dict[str, Any] = {"role": "user", "parts": [{"text": "Go on."}]}
OPENAPI = {
    "type": "OBJECT", "required": ["at"],
    "properties": {
        "at": {"type": "STRING", "nullable": True, "minLength": "2"},
        "tags": {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": "1", "maxItems": "5"},
        "kind": {"type": "STRING", "enum": ["a", "b"], "format": "enum"},
        "deep": {"type": "OBJECT", "properties": {"type": {"type": "INTEGER"}}},
    },
}  # fmt: skip
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}, "snake_case": {}}, "required": ["at"]}
LOOK = {"name": "look", "description": "Look.", "parametersJsonSchema": SCHEMA}


def call(name: str = "look", identifier: str | None = None, **arguments: object) -> dict[str, Any]:
    """A part of a model's turn that calls a function."""
    return {"functionCall": {"name": name, "args": arguments, **({"id": identifier} if identifier else {})}}


def result(response: object, name: str = "look", identifier: str | None = None) -> dict[str, Any]:
    """A part of a user's turn with a function's result."""
    return {"functionResponse": {"name": name, "response": response, **({"id": identifier} if identifier else {})}}


def results(model: str, calls: list[dict[str, Any]], answers: list[dict[str, Any]]) -> list[tuple[Any, str, bool]]:
    """Arguments, result and whether it failed, call by call, as they go upstream."""
    contents = [HI, {"role": "model", "parts": calls}, {"role": "user", "parts": answers}]
    body = {"contents": contents, "tools": [{"functionDeclarations": [LOOK]}]}
    messages = ask("google", body, model).body["messages"]
    if model == CLAUDE:
        used = {block["id"]: block["input"] for block in messages[1]["content"]}
        told = [block for block in messages[2]["content"] if block["type"] == "tool_result"]
        return [(used[block["tool_use_id"]], _text(block.get("content", "")), block.get("is_error", False))
                for block in told]  # fmt: skip
    used = {one["id"]: json.loads(one["function"]["arguments"]) for one in messages[1]["tool_calls"]}
    told = [message for message in messages if message["role"] == "tool"]
    return [(used[message["tool_call_id"]], str(message["content"]).removeprefix("Error:").strip(),
             str(message["content"]).startswith("Error:")) for message in told]  # fmt: skip


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
@pytest.mark.parametrize("name", [CLAUDE, f"models/{CLAUDE}", f"argo:{CLAUDE}", f"argo%3A{CLAUDE}"])
def test_1_27_versions_and_names(version: str, name: str) -> None:
    for stream in (False, True):
        assert ask("google", {"contents": [HI]}, name, stream=stream, version=version).body["model"] == "claudeopus46"


def test_1_27_tuned_models_and_the_last_colon() -> None:
    way = Through(messages_stream(MEANT), STREAM)
    client = gemini(way)
    for name in (f"tunedModels/{CLAUDE}", f"argo:{CLAUDE}"):
        client.models.generate_content(model=name, contents="Hi")
        assert json.loads(way.asked)["model"] == "claudeopus46"


@BOTH
@pytest.mark.parametrize("member", ["parametersJsonSchema", "parameters_json_schema"])
def test_1_28_json_schemas_are_taken(member: str, model: str) -> None:
    function = {"name": "look", "description": "Look.", member: SCHEMA}
    tool = ask("google", {"contents": [HI], "tools": [{"functionDeclarations": [function]}]}, model).tools["look"]
    assert tool == {"description": "Look.", "schema": SCHEMA}
    both = {**function, "parameters": OPENAPI}
    tools = ask("google", {"contents": [HI], "tools": [{"functionDeclarations": [both]}]}, model).tools
    assert tools["look"]["schema"] == SCHEMA


@BOTH
def test_1_28_openapi_schemas_become_json_schemas(model: str) -> None:
    functions = [{"name": "look", "parameters": OPENAPI}, {"name": "bare"}]
    asked = ask("google", {"contents": [HI], "tools": [{"functionDeclarations": functions}]}, model)
    schema = asked.tools["look"]["schema"]
    assert (schema["type"], schema["required"]) == ("object", ["at"])
    members = schema["properties"]
    assert set(members["at"]["type"]) == {"string", "null"}
    assert members["at"]["minLength"] == 2
    assert (members["tags"]["items"], members["tags"]["minItems"], members["tags"]["maxItems"]) == (
        {"type": "string"}, 1, 5)  # fmt: skip
    assert members["kind"]["enum"] == ["a", "b"]
    assert members["deep"]["properties"] == {"type": {"type": "integer"}}
    assert "nullable" not in json.dumps(schema)
    assert asked.tools["bare"]["schema"]["type"] == "object"


CAMEL: dict[str, Any] = {
    "contents": [HI],
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "tools": [{"functionDeclarations": [LOOK]}, {"functionDeclarations": [{"name": "other"}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
    "generationConfig": {
        "maxOutputTokens": 99, "temperature": 0.5, "stopSequences": ["END"], "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA, "thinkingConfig": {"thinkingBudget": 0, "includeThoughts": False},
    },
}  # fmt: skip
SNAKE: dict[str, Any] = {
    "contents": [HI],
    "system_instruction": {"parts": [{"text": "Be brief."}]},
    "tools": [{"function_declarations": [LOOK]}, {"function_declarations": [{"name": "other"}]}],
    "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["look"]}},
    "generation_config": {
        "max_output_tokens": 99, "temperature": 0.5, "stop_sequences": ["END"],
        "response_mime_type": "application/json", "response_json_schema": SCHEMA,
        "thinking_config": {"thinking_budget": 0, "include_thoughts": False},
    },
}  # fmt: skip


@BOTH
def test_1_29_either_spelling(model: str) -> None:
    one, other = ask("google", CAMEL, model), ask("google", SNAKE, model)
    assert one == other
    assert one.body.get("max_tokens", one.body.get("max_completion_tokens")) == 99
    assert "snake_case" in json.dumps(one.body["tools"])  # the caller's own names stay as they are
    assert list(one.tools) == ["look", "other"]
    contents = [HI, {"role": "model", "parts": [{"function_call": {"name": "look", "args": {"snake_case": 1}}}]},
                {"role": "user", "parts": [{"function_response": {"name": "look", "response": {"output": "x"}}}]},
                {"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": "QUJD"}}]}]  # fmt: skip
    told = json.dumps(ask("google", {"contents": contents}, model).body["messages"])
    assert "snake_case" in told
    assert "QUJD" in told


@BOTH
@pytest.mark.parametrize(
    "instruction",
    ["Be brief.", {"parts": [{"text": "Be brief."}]}, {"parts": {"text": "Be brief."}}, {"role": "user", "parts": [
        {"text": "Be brief."}]}, {"role": "system", "parts": [{"text": "Be brief."}]}, [{"text": "Be brief."}]],
    ids=["text", "content", "one part", "user", "system", "parts"],
)  # fmt: skip
def test_1_29_forms_of_the_system_instruction(instruction: object, model: str) -> None:
    body = ask("google", {"contents": [HI], "systemInstruction": instruction}, model).body
    system = body["system"] if model == CLAUDE else body["messages"][0]
    assert "Be brief." in json.dumps(system)
    assert "Be brief." not in json.dumps(body["messages"][-1])


@BOTH
@pytest.mark.parametrize("contents", [HI, "Go on.", [{"parts": [{"text": "Go on."}]}], [{"parts": {"text": "Go on."}}]],
                         ids=["one content", "text", "no role", "one part"])  # fmt: skip
def test_1_29_single_or_list(contents: object, model: str) -> None:
    messages = ask("google", {"contents": contents, "tools": {"functionDeclarations": [LOOK]}}, model).body["messages"]
    assert [message["role"] for message in messages] == ["user"]
    assert "Go on." in json.dumps(messages)


@BOTH
def test_1_29_a_single_function(model: str) -> None:
    """Google takes one value for a list everywhere, and its own examples write `parts` so."""
    assert list(ask("google", {"contents": [HI], "tools": [{"functionDeclarations": LOOK}]}, model).tools) == ["look"]


@BOTH
def test_1_30_results_by_id(model: str) -> None:
    calls = [call(identifier="a", at="1"), call(identifier="b", at="2")]
    told = results(model, calls, [result({"output": "two"}, identifier="b"), result({"output": "one"}, identifier="a")])
    assert told == [({"at": "1"}, "one", False), ({"at": "2"}, "two", False)]


@BOTH
def test_1_30_results_by_name_in_order(model: str) -> None:
    calls = [call(at="1"), call("other", at="x"), call(at="2")]
    answers = [result({"result": "one"}), result({"result": "two"}), result({"result": "other"}, "other")]
    assert results(model, calls, answers) == [
        ({"at": "1"}, "one", False), ({"at": "x"}, "other", False), ({"at": "2"}, "two", False)]  # fmt: skip


@BOTH
def test_1_30_results_by_prefixed_or_foreign_ids(model: str) -> None:
    calls = [call(identifier="a", at="1"), call(identifier="b", at="2")]
    answers = [result({"output": "two"}, identifier="look__b"), result({"output": "one"}, identifier="look__a")]
    assert [one[:2] for one in results(model, calls, answers)] == [({"at": "1"}, "one"), ({"at": "2"}, "two")]
    answers = [result({"output": "one"}, identifier="look_17_0"), result({"output": "two"}, identifier="look_17_1")]
    assert [one[:2] for one in results(model, calls, answers)] == [({"at": "1"}, "one"), ({"at": "2"}, "two")]


@BOTH
def test_1_30_ids_of_several_turns_do_not_meet(model: str) -> None:
    turn = [{"role": "model", "parts": [call(at="1")]}, {"role": "user", "parts": [result({"output": "one"})]}]
    again = [{"role": "model", "parts": [call(at="2")]}, {"role": "user", "parts": [result({"output": "two"})]}]
    told = json.dumps(ask("google", {"contents": [HI, *turn, *again]}, model).body["messages"])
    assert told.index('"one"') < told.index("2") < told.index('"two"')
    assert "interrupted" not in told
    assert "earlier tool call" not in told


@BOTH
@pytest.mark.parametrize(
    ("response", "text", "failed"),
    [
        ({"output": "yes"}, "yes", False),
        ({"result": {"a": 1}}, '{"a":1}', False),
        ({"error": "no such file"}, "no such file", True),
        ({"a": 1, "b": "x"}, '{"a":1,"b":"x"}', False),
        ({}, "{}", False),
    ],
)
def test_1_30_what_a_result_says(response: object, text: str, failed: bool, model: str) -> None:
    ((_, told, is_error),) = results(model, [call(identifier="a")], [result(response, identifier="a")])
    assert (told.replace(" ", "") if told.startswith("{") else told, is_error) == (text, failed)


@BOTH
def test_1_31_thoughts_of_others_are_not_said(model: str) -> None:
    parts = [{"text": "Hm, hm.", "thought": True}, {"text": "Done.", "thoughtSignature": "CvECAdHtim8r"}]
    body = ask("google", {"contents": [HI, {"role": "model", "parts": parts}, HI]}, model).body
    assert "Hm, hm." not in json.dumps(body)
    assert "CvECAdHtim8r" not in json.dumps(body)
    assert "Done." in json.dumps(body)


@BOTH
def test_1_32_what_gemini_cli_always_sends(model: str) -> None:
    config = {"topK": 64, "temperature": 1, "topP": 0.95, "thinkingConfig": {"includeThoughts": True}}
    tools: list[dict[str, Any]] = [{"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}]
    body = {"contents": [HI], "generationConfig": config, "tools": tools,
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}  # fmt: skip
    asked = ask("google", body, model)
    assert "tools" not in asked.body
    assert {"tools[].googleSearch", "tools[].urlContext", "tools[].codeExecution", "safetySettings"} <= {*asked.dropped}
    assert not (model == CLAUDE and {"temperature", "top_p"} <= asked.body.keys())
    status, error = refusal("google", {"contents": [HI], "cachedContent": "cachedContents/x"})
    assert (status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")


@BOTH
def test_4_7_results_with_images(model: str) -> None:
    answer = result({"output": "A cat."}, identifier="a")
    answer["functionResponse"]["parts"] = [{"inlineData": {"mimeType": "image/png", "data": "QUJD"}}]
    contents = [HI, {"role": "model", "parts": [call(identifier="a")]}, {"role": "user", "parts": [answer]}]
    messages = ask("google", {"contents": contents}, model).body["messages"]
    if model == CLAUDE:
        assert [part["type"] for part in messages[2]["content"][0]["content"]] == ["text", "image"]
    else:
        assert "A cat." in messages[2]["content"]
        assert "data:image/png;base64,QUJD" in json.dumps(messages[3])


STREAMS: dict[Name, bytes] = {"anthropic": messages_stream(MEANT), "openai_chat": chunks_stream(MEANT)}


@pytest.mark.parametrize("upstream", ["anthropic", "openai_chat"])
def test_3_21_and_3_23_framing_and_whole_calls(upstream: Name) -> None:
    way = Through(STREAMS[upstream], STREAM, cut=BY_BYTE)
    reading_google.chunks(way, MODELS[upstream], thoughts=True)
    assert google_problems(way.sent, events=True) == []
    parts = [part for data in framed(way.sent) for part in json.loads(data)["candidates"][0]["content"]["parts"]]
    assert [part["functionCall"] for part in parts if "functionCall" in part] == [
        {"id": "toolu_1", "name": "add", "args": {"a": 2}}, {"id": "toolu_2", "name": "add", "args": {}}]  # fmt: skip


@pytest.mark.parametrize(
    ("stop", "reason"), [("max_tokens", "MAX_TOKENS"), ("refusal", "SAFETY"), ("end_turn", "OTHER")]
)
def test_3_22_nothing_visible_is_not_a_stop(stop: str, reason: str) -> None:
    way = Through(claude_stream({"type": "thinking", "thinking": "Hm.", "signature": "s"}, stop=stop), STREAM)
    for thoughts in (True, False):
        last = reading_google.chunks(way, CLAUDE, thoughts=thoughts)[-1]
        assert last.candidates is not None
        assert last.candidates[0].finish_reason is not None
        assert last.candidates[0].finish_reason.value == reason


@BOTH
def test_5_6_a_placeholder_is_no_signature(model: str) -> None:
    for signature in ("skip_thought_signature_validator", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="):
        called = {**call(identifier="a", at="1"), "thoughtSignature": signature}
        contents = [HI, {"role": "model", "parts": [called]},
                    {"role": "user", "parts": [result({"output": "x"}, identifier="a")]}]  # fmt: skip
        told = json.dumps(ask("google", {"contents": contents}, model).body["messages"])
        assert signature not in told
        assert '"thinking"' not in told


THINKING = {"type": "thinking", "thinking": '2 and\n2 — "é"', "signature": "EqQBCgIYAhIkYjB+/w=="}
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgB+/=="}
ADD = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "x"}}
CONFIG: dict[str, Any] = {
    "tools": [{"functionDeclarations": [LOOK]}],
    "generationConfig": {"thinkingConfig": {"thinkingBudget": 2048}},
}


@WAYS
@pytest.mark.parametrize("thoughts", [[THINKING], [REDACTED], [THINKING, REDACTED]], ids=["signed", "redacted", "both"])
def test_5_7_thinking_comes_back_before_its_call(thoughts: list[dict[str, Any]], streamed: bool) -> None:
    """Gemini CLI sends the model's parts back as it got them, the signature on the call."""
    way = Through(claude_stream(*thoughts, {"type": "text", "text": "I look."}, ADD), STREAM)
    reading_raw(way, streamed=streamed)
    bodies = [json.loads(data) for data in framed(way.sent)] if streamed else [json.loads(way.sent)]
    parts = [part for body in bodies for part in body["candidates"][0]["content"]["parts"] if part != {"text": ""}]
    assert any("thoughtSignature" in part for part in parts)
    asked = ask("google", {"contents": _history(parts), **CONFIG}, CLAUDE).body
    assert asked["messages"][1]["content"][: len(thoughts)] == thoughts
    assert asked["messages"][1]["content"][-1] == ADD
    assert asked["thinking"]["type"] != "disabled"
    other = ask("google", {"contents": _history(parts), **CONFIG}, GPT)
    assert all(str(part.get("thoughtSignature", "?")) not in json.dumps(other.body) for part in parts)


def reading_raw(way: Through, *, streamed: bool) -> None:
    """Makes the call without the SDK, which would look at the answer."""
    verb = "streamGenerateContent?alt=sse" if streamed else "generateContent"
    with httpx2.Client(transport=way) as client:
        client.post(f"http://proxy.example/v1beta/models/{CLAUDE}:{verb}", json={"contents": [HI], **CONFIG})


def _history(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answered = result({"output": "4"}, identifier="toolu_1")
    return [HI, {"role": "model", "parts": parts}, {"role": "user", "parts": [answered]}]


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
@WAYS
@pytest.mark.parametrize("thoughts", [[THINKING], [REDACTED], [THINKING, REDACTED]], ids=["signed", "redacted", "both"])
def test_5_7_thinking_comes_back_through_the_sdk(thoughts: list[dict[str, Any]], streamed: bool, later: bool) -> None:
    """google-genai keeps a signature as bytes, so that it must be base64, and writes it again in the URL alphabet."""
    way = Through(claude_stream(*thoughts, ADD), STREAM)
    if streamed:
        read = reading_google.chunks(way, CLAUDE, thoughts=False, later=later)
    else:
        read = [reading_google.answer(way, CLAUDE, thoughts=False, later=later)]
    said = Content(role="model", parts=[part for one in read for part in _parts(one)])
    client = gemini(way)
    generate: Any = client.models.generate_content
    contents = [Content.model_validate(HI), said, Content.model_validate(_history([])[2])]
    generate(model=CLAUDE, contents=contents, config={"thinking_config": {"thinking_budget": 2048}})
    spoken = json.loads(way.asked)["messages"][1]["content"]
    assert spoken[: len(thoughts)] == thoughts
    assert spoken[-1] == ADD


def _parts(response: GenerateContentResponse) -> list[Any]:
    content = (response.candidates or [])[0].content
    return [part for part in (content.parts if content is not None else None) or [] if part.text != ""]
