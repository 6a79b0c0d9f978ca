"""What Claude refuses behind ARGO for other reasons than its body alone, and what it takes."""

from __future__ import annotations

import pytest

from argo_addon.simulator.signatures import redact
from tests.simulator.asking import (
    MESSAGES,
    Json,
    Running,
    assistant,
    claude,
    claude_tool,
    headers_of,
    told,
    tool_result,
    tool_use,
    unwrapped,
    user,
)
from tests.simulator.test_refusals_messages import ADAPTIVE, IMAGE, MARK, SIGNED, THINKS, TOOLS, schema, talk, text


@pytest.mark.parametrize(
    "name", ["Claude Opus 4.6", "argo:claude-opus-4.6", "claude-opus-4-6", "claudeopus99", "gpt41"]
)
def test_refuses_names_that_are_not_internal_ids(argo: Running, name: str) -> None:
    answer = argo.post(MESSAGES, claude(name))
    assert answer.status_code == 404
    assert unwrapped(answer)["error"] == {"type": "not_found_error", "message": f"model: {name}"}


def test_refuses_long_plain_answers(argo: Running) -> None:
    answer = argo.post(MESSAGES, claude(max_tokens=21_334))
    assert answer.status_code == 500
    assert answer.json()["error"]["message"].startswith("Streaming is required for operations that may take longer")
    assert argo.post(MESSAGES, claude(max_tokens=21_333)).status_code == 200
    assert argo.post(MESSAGES, claude(max_tokens=21_334, stream=True)).status_code == 200


BETA = [
    ({"context_management": {"edits": []}}, "context_management", "context-management-2025-06-27"),
    ({"mcp_servers": []}, "mcp_servers", "mcp-client-2025-11-20"),
    ({"container": "c"}, "container", "code-execution-2025-08-25"),
    ({"speed": "fast"}, "speed", "fast-mode-2026-02-01"),
    ({"diagnostics": {}}, "diagnostics", "cache-diagnosis-2026-04-07"),
    ({"fallbacks": []}, "fallbacks", "server-side-fallback-2026-06-01"),
    (
        {"output_format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}},
        "output_format",
        "structured-outputs-2025-11-13",
    ),
    ({"tools": [claude_tool(defer_loading=True)]}, "tools.0.custom.defer_loading", "advanced-tool-use-2025-11-20"),
    ({"tools": [claude_tool(input_examples=[])]}, "tools.0.custom.input_examples", "advanced-tool-use-2025-11-20"),
]


@pytest.mark.parametrize(("members", "place", "beta"), BETA, ids=[row[1] for row in BETA])
def test_beta_members_need_their_header(argo: Running, members: Json, place: str, beta: str) -> None:
    answer = argo.post(MESSAGES, claude(**members))
    assert answer.status_code == 400
    assert told(answer) == f"{place}: Extra inputs are not permitted"
    headers = {**headers_of(MESSAGES), "anthropic-beta": f"oauth-2025-04-20, {beta}"}
    assert argo.post(MESSAGES, claude(**members), headers).status_code == 200


@pytest.mark.parametrize("beta", ["nonsense-2025-01-01", "nonsense", "context-management"])
def test_unknown_beta(argo: Running, beta: str) -> None:
    answer = argo.post(MESSAGES, claude(), {**headers_of(MESSAGES), "anthropic-beta": beta})
    assert answer.status_code == 400
    assert told(answer).startswith(f"Unexpected value(s) `{beta}` for the `anthropic-beta` header")


@pytest.mark.parametrize("version", ["2026-10-21", "2024-01-01", "vertex-2023-10-16", ""])
def test_version_that_vertex_does_not_know(argo: Running, version: str) -> None:
    answer = argo.post(MESSAGES, claude(), {**headers_of(MESSAGES), "anthropic-version": version})
    assert answer.status_code == 400
    assert "is not a valid version" in told(answer)


def test_no_version(argo: Running) -> None:
    answer = argo.post(MESSAGES, claude(), {"x-api-key": "jdoe"})
    assert (answer.status_code, told(answer)) == (400, "anthropic-version: header is required")


def test_running_loop_needs_its_thinking(argo: Running) -> None:
    """With `enabled` thinking, the turn whose tools ran begins with the thinking that came with it (pitfalls 5.9)."""
    asked = claude(thinking=THINKS, tools=TOOLS, messages=[user("Run `ls`.")])
    content = argo.post(MESSAGES, asked).json()["content"]
    assert [block["type"] for block in content] == ["thinking", "text", "tool_use"]
    results = user([tool_result(content[-1]["id"])])
    whole = {**asked, "messages": [user("Run `ls`."), assistant(content), results]}
    assert argo.post(MESSAGES, whole).status_code == 200
    without = {**asked, "messages": [user("Run `ls`."), assistant(content[1:]), results]}
    answer = argo.post(MESSAGES, without)
    assert answer.status_code == 400
    assert "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`" in told(answer)
    del without["thinking"]
    assert argo.post(MESSAGES, without).status_code == 200


ACCEPTED: list[tuple[str, Json]] = [
    ("prefill on 4.5", claude("claudehaiku45", messages=[user("x"), assistant("y")])),
    ("both samplings on 4.1", claude("claudeopus41", temperature=0.5, top_p=0.5)),
    ("one sampling on 4.6", claude(temperature=0.5)),
    ("enabled on 4.6", claude(thinking=THINKS)),
    ("adaptive with effort on 4.6", claude(thinking=ADAPTIVE, output_config={"effort": "minimal"})),
    ("adaptive on 4.7", claude("claudeopus47", thinking=ADAPTIVE, output_config={"effort": "xhigh"})),
    ("adaptive shown", claude("claudeopus48", thinking={**ADAPTIVE, "display": "summarized"})),
    ("disabled on 4.7", claude("claudeopus47", thinking={"type": "disabled"})),
    ("enabled on haiku", claude("claudehaiku45", thinking=THINKS, temperature=1)),
    ("effort on 4.5", claude("claudesonnet45", output_config={"effort": "none"})),
    ("an image", claude(messages=[user([IMAGE, text("x")])])),
    ("four cache points", claude(system=[text("x", cache_control=MARK)] * 4)),
    ("two user messages", claude(messages=[user("x"), user("y")])),
    ("results in two messages", talk(
        user("x"), assistant([tool_use(), tool_use("b")]), user([tool_result()]), user([tool_result("b"), text("y")])
    )),
    ("result without content", talk(
        user("x"), assistant([tool_use()]), user([{"type": "tool_result", "tool_use_id": "toolu_1"}])
    )),
    ("our thinking", talk(user("x"), assistant([SIGNED, text("y")]), user("z"))),
    ("our redacted thinking", talk(
        user("x"), assistant([{"type": "redacted_thinking", "data": redact("Hm.")}, text("y")]), user("z")
    )),
    ("no tools", claude(tools=[])),
    ("typed tools", claude(tools=[
        {"type": "bash_20250124", "name": "bash"}, {"type": "web_search_20250305", "name": "web_search"}
    ])),
    ("what Claude Code's schemas hold", schema(**{"$schema": "http://json-schema.org/draft-07/schema#"}, properties={
        "a": {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": {}},
        "b": {"type": "integer", "exclusiveMinimum": 0}, "c": {"anyOf": [{"const": 1}]},
    })),
]  # fmt: skip


@pytest.mark.parametrize("body", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_accepted(argo: Running, body: Json) -> None:
    answer = argo.post(MESSAGES, body)
    assert answer.status_code == 200, answer.text
    assert argo.log()[-1]["refusal"] is None
