"""What Claude refuses behind ARGO: a row for each rule of docs/reference/simulator.md."""

from __future__ import annotations

from typing import Any

import pytest

from argo_addon.simulator.signatures import sign
from tests.simulator.asking import (
    MESSAGES,
    PNG,
    SHELL,
    Json,
    Running,
    assistant,
    claude,
    claude_tool,
    tool_result,
    tool_use,
    unwrapped,
    user,
)

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
MARK = {"type": "ephemeral"}
THINKS = {"type": "enabled", "budget_tokens": 1024}
ADAPTIVE = {"type": "adaptive"}
TOOLS = [claude_tool()]
SIGNED = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")}


def text(said: str, **more: Any) -> Json:
    return {"type": "text", "text": said, **more}


def talk(*messages: Json) -> Json:
    return claude(messages=list(messages), tools=TOOLS)


def schema(**more: Any) -> Json:
    return claude(tools=[claude_tool(schema={"type": "object", "properties": {}, **more})])


REFUSED: list[tuple[str, Json, str]] = [
    # The body's shape.
    ("no max_tokens", claude(max_tokens=None), "max_tokens: Field required"),
    ("max_tokens 0", claude(max_tokens=0), "max_tokens: Input should be greater than or equal to 1"),
    ("max_tokens true", claude(max_tokens=True), "max_tokens: Input should be a valid integer"),
    ("no messages", claude(messages=None), "messages: Field required"),
    ("empty messages", claude(messages=[]), "messages: at least one message is required"),
    ("unknown member", claude(foo=1), "foo: Extra inputs are not permitted"),
    ("timeout", claude(timeout=3), "timeout: Extra inputs are not permitted"),
    ("reasoning_effort", claude(reasoning_effort="low"), "reasoning_effort: Extra inputs are not permitted"),
    ("metadata more", claude(metadata={"user_id": "jdoe", "x": 1}), "metadata.x: Extra inputs are not permitted"),
    ("content a number", talk(user(3)), "messages.0.content: Input should be a valid array"),
    ("content null", talk(user(None)), "messages.0.content: Input should be a valid array"),
    ("unknown block", talk(user([{"type": "image_url"}])), "messages.0.content.0: Input tag 'image_url' found"),
    ("block without type", talk(user([{"text": "x"}])), "messages.0.content.0.type: Field required"),
    ("text without text", talk(user([{"type": "text"}])), "messages.0.content.0.text.text: Field required"),
    ("unknown block member", talk(user([text("x", foo=1)])), "messages.0.content.0.text.foo: Extra inputs"),
    ("unknown message member", talk({**user("x"), "name": "x"}), "messages.0.name: Extra inputs are not permitted"),
    ("unknown role", talk({"role": "tool", "content": "x"}), "messages.0.role: Input should be 'user' or 'assistant'"),
    ("system text wrong", claude(system=[{"type": "image"}]), "system.0.text: Field required"),
    ("temperature 1.5", claude(temperature=1.5), "temperature: Input should be less than or equal to 1"),
    ("stop a string", claude(stop_sequences="x"), "stop_sequences: Input should be a valid array"),
    ("stream a string", claude(stream="yes"), "stream: Input should be a valid boolean"),
    # The conversation.
    ("system role", talk(user("x"), {"role": "system", "content": "y"}), 'Unexpected role "system"'),
    ("assistant first", talk(assistant("x"), user("y")), 'first message must use the "user" role'),
    ("empty content", talk(user("")), "messages.0: all messages must have non-empty content"),
    ("no blocks", talk(user([])), "messages.0: all messages must have non-empty content"),
    ("empty text", talk(user([text("")])), "messages: text content blocks must be non-empty"),
    ("blank text", talk(user([text(" \n")])), "messages: text content blocks must contain non-whitespace text"),
    ("empty system text", claude(system=[text("")]), "system: text content blocks must be non-empty"),
    (
        "empty result text",
        talk(user("x"), assistant([tool_use()]), user([tool_result(content=[text("")])])),
        "non-empty",
    ),
    ("prefill", talk(user("x"), assistant("y")), "does not support assistant message prefill"),
    (
        "blanks behind a prefill",
        claude("claudehaiku45", messages=[user("x"), assistant("y ")]),
        "final assistant content cannot end with trailing whitespace",
    ),
    ("image of the assistant", talk(user("x"), assistant([IMAGE]), user("y")), "`image` blocks can only be in `user`"),
    ("call of the user", talk(user([tool_use()])), "`tool_use` blocks can only be in `assistant` messages"),
    (
        "image by URL",
        talk(user([{"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}])),
        "messages.0.content.0.image.source: Input tag 'url' found",
    ),
    (
        "image of an unknown kind",
        talk(user([{"type": "image", "source": {**IMAGE["source"], "media_type": "image/bmp"}}])),  # type: ignore[dict-item]
        "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg'",
    ),
    (
        "image that is no base64",
        talk(user([{"type": "image", "source": {**IMAGE["source"], "data": "%%%%"}}])),  # type: ignore[dict-item]
        "Invalid base64 data",
    ),
    # Calls and results.
    ("call id", talk(user("x"), assistant([tool_use("call.1")]), user([tool_result("call.1")])), "tool_use.id: String"),
    (
        "call without result",
        talk(user("x"), assistant([tool_use()]), user("y")),
        "ids were found without `tool_result`",
    ),
    ("call at the end", talk(user("x"), assistant([text("."), tool_use()])), "does not support assistant message"),
    (
        "call at the end of an old model",
        claude("claudehaiku45", messages=[user("x"), assistant([tool_use()])], tools=TOOLS),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
    ),
    (
        "text before the results",
        talk(user("x"), assistant([tool_use()]), user([text("y"), tool_result()])),
        "ids were found without `tool_result`",
    ),
    ("result without call", talk(user([tool_result()])), "messages.0.content.0: unexpected `tool_use_id` found"),
    (
        "two results",
        talk(user("x"), assistant([tool_use()]), user([tool_result(), tool_result()])),
        "each tool_use must have a single result",
    ),
    (
        "two calls of one id",
        talk(user("x"), assistant([tool_use(), tool_use()]), user([tool_result()])),
        "`tool_use` ids must be unique",
    ),
    (
        "call input a string",
        talk(user("x"), assistant([{**tool_use(), "input": "{}"}]), user([tool_result()])),
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    # Thinking in the history.
    (
        "foreign signature",
        talk(user("x"), assistant([{**SIGNED, "signature": "abc"}, text("y")]), user("z")),
        "Invalid `sig",
    ),
    (
        "no signature",
        talk(user("x"), assistant([{**SIGNED, "signature": ""}, text("y")]), user("z")),
        "Invalid `signature`",
    ),
    (
        "touched thinking",
        talk(user("x"), assistant([{**SIGNED, "thinking": "Ha."}, text("y")]), user("z")),
        "Invalid `sig",
    ),
    (
        "signature left out",
        talk(user("x"), assistant([{"type": "thinking", "thinking": "Hm."}, text("y")]), user("z")),
        "messages.1.content.0.thinking.signature: Field required",
    ),
    (
        "foreign redacted thinking",
        talk(user("x"), assistant([{"type": "redacted_thinking", "data": "abcd"}, text("y")]), user("z")),
        "Invalid `data` in `redacted_thinking` block",
    ),
    (
        "thinking alone",
        talk(user("x"), assistant([SIGNED]), user("z")),
        "final block in an assistant message cannot be",
    ),
    # Tools.
    ("no schema", claude(tools=[{"name": "x"}]), "tools.0.custom.input_schema: Field required"),
    (
        "unknown tool type",
        claude(tools=[{"type": "foo_1", "name": "x"}]),
        "tools.0: Input tag 'foo_1' found using 'type'",
    ),
    ("code execution", claude(tools=[{"type": "code_execution_20250825", "name": "code_execution"}]), "Input tag"),
    ("tool in OpenAI's layout", claude(tools=[{"type": "function", "function": {}}]), "Input tag 'function' found"),
    ("unknown tool member", claude(tools=[claude_tool(foo=1)]), "tools.0.custom.foo: Extra inputs are not permitted"),
    ("name with a dot", claude(tools=[claude_tool("a.b")]), "tools.0.custom.name: String should match pattern"),
    ("name of 129", claude(tools=[claude_tool("a" * 129)]), "tools.0.custom.name: String should match pattern"),
    ("two of one name", claude(tools=TOOLS * 2), "tools: Tool names must be unique."),
    ("no type", claude(tools=[claude_tool(schema={"properties": {}})]), "tools.0.custom.input_schema.type: Field"),
    ("no object", schema(type="string"), "tools.0.custom.input_schema.type: Input should be 'object'"),
    ("anyOf", schema(anyOf=[{}]), "input_schema does not support oneOf, allOf, or anyOf at the top level"),
    ("oneOf", schema(oneOf=[{}]), "input_schema does not support oneOf, allOf, or anyOf at the top level"),
    ("allOf", schema(allOf=[{}]), "input_schema does not support oneOf, allOf, or anyOf at the top level"),
    ("$ref", schema(properties={"a": {"$ref": "#/$defs/b"}}), "references ($ref) are not supported"),
    ("no such type", schema(properties={"a": {"type": "str"}}), "JSON schema is invalid"),
    ("key with a blank", schema(properties={"a b": {}}), "Property keys should match pattern"),
    ("choice without tools", claude(tool_choice={"type": "auto"}), "tool_choice may only be specified while providing"),
    ("choice of none such", claude(tools=TOOLS, tool_choice={"type": "tool", "name": "x"}), "Tool 'x' not found"),
    (
        "choice unknown",
        claude(tools=TOOLS, tool_choice={"type": "required"}),
        "tool_choice: Input tag 'required' found",
    ),
    ("choice a string", claude(tools=TOOLS, tool_choice="auto"), "tool_choice: Input should be an object"),
    (
        "five cache points",
        claude(system=[text("x", cache_control=MARK)] * 5),
        "A maximum of 4 blocks with cache_control",
    ),
    ("cache ttl", claude(system=[text("x", cache_control={"type": "ephemeral", "ttl": "2h"})]), "ttl: Input should be"),
    (
        "cache on thinking",
        talk(user("x"), assistant([{**SIGNED, "cache_control": MARK}, text("y")]), user("z")),
        "Extra in",
    ),
    # Thinking.
    ("enabled on 4.7", claude("claudeopus47", thinking=THINKS), '"thinking.type.enabled" is not supported'),
    ("enabled on 4.8", claude("claudeopus48", thinking=THINKS), '"thinking.type.enabled" is not supported'),
    ("enabled on sonnet 5", claude("claudesonnet5", thinking=THINKS), '"thinking.type.enabled" is not supported'),
    ("adaptive on 4.1", claude("claudeopus41", thinking=ADAPTIVE), "adaptive thinking is not supported"),
    ("adaptive on opus 4.5", claude("claudeopus45", thinking=ADAPTIVE), "adaptive thinking is not supported"),
    ("adaptive on sonnet 4.5", claude("claudesonnet45", thinking=ADAPTIVE), "adaptive thinking is not supported"),
    ("adaptive on haiku 4.5", claude("claudehaiku45", thinking=ADAPTIVE), "adaptive thinking is not supported"),
    (
        "adaptive, budget",
        claude(thinking={**ADAPTIVE, "budget_tokens": 2000}),
        "thinking.adaptive.budget_tokens: Extra",
    ),
    ("no budget", claude(thinking={"type": "enabled"}), "thinking.enabled.budget_tokens: Field required"),
    ("budget 1023", claude(thinking={**THINKS, "budget_tokens": 1023}), "greater than or equal to 1024"),
    ("budget as max_tokens", claude(max_tokens=1024, thinking=THINKS), "`max_tokens` must be greater than `thinking."),
    ("thinking unknown", claude(thinking={"type": "on"}), "thinking: Input tag 'on' found"),
    ("thinking, temperature", claude(thinking=THINKS, temperature=0.5), "`temperature` may only be set to 1 when"),
    ("adaptive, temperature", claude(thinking=ADAPTIVE, temperature=0), "`temperature` may only be set to 1 when"),
    ("thinking, top_k", claude(thinking=THINKS, top_k=5), "`top_k` must be unset when thinking is enabled"),
    ("thinking, top_p", claude(thinking=THINKS, top_p=0.5), "`top_p` must be greater than or equal to 0.95"),
    ("thinking, any", claude(thinking=THINKS, tools=TOOLS, tool_choice={"type": "any"}), "forces tool use"),
    (
        "thinking, tool",
        claude(thinking=THINKS, tools=TOOLS, tool_choice={"type": "tool", "name": "Bash"}),
        "forces tool",
    ),
    # Effort and sampling.
    ("none on 4.7", claude("claudeopus47", output_config={"effort": "none"}), "does not support effort level 'none'"),
    ("minimal on 4.8", claude("claudeopus48", output_config={"effort": "minimal"}), "does not support effort level"),
    ("xhigh on 4.6", claude(output_config={"effort": "xhigh"}), "does not support effort level 'xhigh'"),
    ("max on 4.5", claude("claudesonnet45", output_config={"effort": "max"}), "does not support effort level 'max'"),
    ("effort unknown", claude(output_config={"effort": "hard"}), "output_config.effort: Input should be 'none'"),
    (
        "effort with thinking on 4.5",
        claude("claudehaiku45", thinking=THINKS, output_config={"effort": "low"}),
        "effort cannot be combined with `thinking`",
    ),
    ("temperature on 4.7", claude("claudeopus47", temperature=1), "`temperature` is deprecated for this model"),
    ("top_p on 4.8", claude("claudeopus48", top_p=1), "`top_p` is deprecated for this model"),
    ("top_k on sonnet 5", claude("claudesonnet5", top_k=1), "`top_k` is deprecated for this model"),
    ("both on 4.6", claude(temperature=0.5, top_p=0.5), "`temperature` and `top_p` cannot both be specified"),
    ("both on haiku 4.5", claude("claudehaiku45", temperature=1, top_p=1), "cannot both be specified"),
    (
        "too long",
        claude("claudehaiku45", max_tokens=64_001, stream=True),
        "max_tokens: 64001 > 64000, which is the max",
    ),
    ("blank stop", claude(stop_sequences=[" "]), "each stop sequence must contain non-whitespace"),
    ("open form", claude(output_config={"format": {"type": "json_schema", "schema": SHELL}}), "'additionalProperties'"),
    (
        "long prompt",
        claude("claudehaiku45", system="x" * 900_000),
        "prompt is too long: 225006 tokens > 200000 maximum",
    ),
    (
        "long prompt and answer",
        claude("claudehaiku45", system="x" * 600_000, max_tokens=60_000, stream=True),
        "input length and `max_tokens` exceed context limit: 150006 + 60000 > 200000",
    ),
]


@pytest.mark.parametrize(("body", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(argo: Running, body: Json, message: str) -> None:
    answer = argo.post(MESSAGES, body)
    assert answer.status_code == 400, answer.text
    inner = unwrapped(answer)
    assert message in inner["error"]["message"]
    assert inner["type"] == "error"
    assert inner["error"]["type"] == "invalid_request_error"
    assert inner["request_id"].startswith("req_vrtx_")
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert argo.log()[-1]["refusal"] == inner["error"]["message"]
