"""Halves of surrogate pairs in a request: a tool that has cut a text in the middle of an emoji can go on."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.gateway.model_call import ModelCall
from argo_addon.gateway.parsing import parse_body

from ..running import settings_for

PIECES = st.sampled_from([r"\ud83d", r"\ude00", r"\ud83d\ude00", r"\\ud83d", r"\n", r"\"", "a", "é", r"\u0041", r"\\"])


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\uD83D\uD83D\uDE00", r"x\ud83dx"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", '{"model":"gpt-5.4","messages":[{"role":"user","content":"TEXT"}]}'),
        ("/v1/messages", '{"model":"claude-opus-4.6","max_tokens":9,"messages":[{"role":"user","content":"TEXT"}]}'),
        ("/v1/responses", '{"model":"gpt-5.4","input":"TEXT"}'),
        ("/v1beta/models/gpt-5.4:generateContent", '{"contents":[{"role":"user","parts":[{"text":"TEXT"}]}]}'),
    ],
)
def test_half_a_character_does_not_end_a_conversation(path: str, body: str, half: str) -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer key"}
    gateway = Gateway(settings_for("http://127.0.0.1:9"))
    outcome = gateway.open(ClientRequest("POST", path, headers, body.replace("TEXT", f"a{half}b").encode()))
    assert isinstance(outcome, ModelCall)
    sent = json.loads(outcome.upstream.body)["messages"][0]["content"]
    text = sent if isinstance(sent, str) else sent[0]["text"]
    assert text.startswith("a")
    assert text.endswith("b")
    text.encode()  # every character is whole


@given(st.lists(PIECES, max_size=12).map("".join))
def test_all_else_stays_as_it_was(text: str) -> None:
    """Python's own decoder keeps the halves; those, and nothing else, are U+FFFD here."""
    written = f'{{"text":"{text}"}}'
    expected = re.sub("[\ud800-\udfff]", "\ufffd", json.loads(written)["text"])
    assert json.loads(bytes(parse_body(written.encode())["text"])) == expected
