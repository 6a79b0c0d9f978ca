"""What GPT and Gemini take behind ARGO, so that its stand-in is not stricter than it."""

from __future__ import annotations

import pytest

from tests.simulator.asking import CHAT, Json, Running, assistant, call, chat, chat_tool, result, user
from tests.simulator.test_refusals_chat import GEMINI, IMAGE, TOOLS, calls, schema, talk

ACCEPTED: list[tuple[str, Json]] = [
    ("max_tokens on 4.1", chat(max_tokens=5)),
    ("newer limit on 4o", chat("gpt4o", max_completion_tokens=5)),
    ("sampling on 4.1", chat(temperature=0.3, top_p=0.5, stop=["a", "b", "c", "d"])),
    ("sampling on o3", chat("gpto3", temperature=0.3, top_p=0.5)),
    ("temperature 1 on 5", chat("gpt5", temperature=1)),
    ("effort on 5", chat("gpt5", reasoning_effort="minimal", tools=TOOLS)),
    ("effort none and tools on 5.4", chat("gpt54", reasoning_effort="none", tools=TOOLS)),
    ("effort on 5.4", chat("gpt54", reasoning_effort="xhigh")),
    ("null content with calls", talk(user("x"), calls(call()), result())),
    ("two calls", talk(user("x"), calls(call(), call("b")), result("b"), result(), tools=TOOLS)),
    ("broken arguments", talk(user("x"), calls(call(arguments='{"a')), result())),
    ("50 images", talk(user([IMAGE] * 50))),
    ("an echoed answer", talk(user("x"), assistant("y", refusal=None, annotations=[]), user("z"))),
    ("128 tools", chat(tools=[chat_tool(f"t{n}", description="x" * 1024) for n in range(128)])),
    ("pairs on Gemini", talk(
        user("x"), assistant("", tool_calls=[call("c" * 60)]), result("c" * 60),
        assistant("", tool_calls=[call("b")]), result("b"), model=GEMINI
    )),
    ("long description on Gemini", chat(GEMINI, tools=[chat_tool(description="x" * 2000)])),
    ("additionalProperties on Gemini", schema(GEMINI, additionalProperties=False)),
    ("temperature 1 on another Gemini", chat(GEMINI, temperature=1)),
]  # fmt: skip


@pytest.mark.parametrize("body", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_accepted(argo: Running, body: Json) -> None:
    answer = argo.post(CHAT, body)
    assert answer.status_code == 200, answer.text
