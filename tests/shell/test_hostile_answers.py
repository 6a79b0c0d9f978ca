"""Answers that would command the terminal of whoever looks at them."""

from __future__ import annotations

import json

import httpx

from ..running import Upstream, json_answer
from .person import Person

ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eno\r\nall is well"
COMMANDS = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


def test_no_command_that_shows_them_passes_them_on(person: Person, argo: Upstream) -> None:
    failed = json.dumps({"error": {"message": ATTACK, "type": ATTACK}}).encode()
    listed = json.dumps({"data": [{"id": f"GPT 9 {ATTACK}", "internal_id": "gpt9\x1b[2J"}]}).encode()
    argo.answer = lambda seen: [json_answer(*((failed, "400 No") if seen.line.startswith("POST") else (listed,)))]
    person.config(argo_base_url=argo.url)
    said = person.run("start")
    body = {"model": f"gpt-5.4{'-x' * 3}", "messages": [{"role": "user", "content": ATTACK}]}
    headers = {"user-agent": "tool/1"}
    httpx.post(person.status["url"] + "/v1/chat/completions", json=body, headers=headers, trust_env=False)
    person.until(lambda: "gpt" in person.run("flows", "list", code=None))
    for words in (
        ["flows", "list"],
        ["flows", "show", "1"],
        ["models"],
        ["status"],
        ["logs"],
        ["doctor", "--no-calls"],
    ):
        said += person.run(*words, code=None)
    assert "no" in said
    assert [sign for sign in COMMANDS if sign in said] == []
