"""Real provider traffic as mitmweb shows it: every request, stream and answer is understood, none of it is lost.

The recordings are no part of the project: they are looked for in ARGO_PROXY_RECORDINGS, else beside the project.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from argo_addon.transcript.formats import Body, fits
from argo_addon.transcript.read import transcript

from .test_recordings import FOLDER, RECORDED, of_kind

pytestmark = pytest.mark.skipif(not RECORDED, reason="no recordings: set ARGO_PROXY_RECORDINGS to their folder")

PATHS = {
    "client-chat": "/v1/chat/completions",
    "client-responses": "/v1/responses",
    "client-anthropic": "/v1/messages",
    "client-google": "/v1beta/models/gemini-2.5-pro:generateContent",
}


@pytest.mark.parametrize("row", of_kind(*PATHS))
def test_a_recorded_request_is_understood(row: dict[str, Any]) -> None:
    body = Body((FOLDER / row["file"]).read_bytes(), PATHS[row["kind"]])
    assert fits(body)
    text = transcript(body)
    assert "── remarks" not in text
    assert "not understood" not in text
    assert "── 1 " in text
    for said in texts_in(json.loads(body.data)):
        assert squeezed(said) in squeezed(text)


@pytest.mark.parametrize("row", of_kind("upstream-chat-stream", "upstream-anthropic-stream"))
def test_a_recorded_stream_is_put_together(row: dict[str, Any]) -> None:
    data = (FOLDER / row["file"]).read_bytes()
    body = Body(data, "/anything", "text/event-stream", 200)
    assert fits(body)
    text = transcript(body)
    assert "not understood" not in text
    first = data.partition(b'data: {"type":"message_stop"')[0]  # some files hold several answers
    assert ("── remarks" in text) == (data.count(b'"type":"message_start"') > 1)
    said: dict[int, str] = {}
    for piece in re.findall(rb"^data: ?(\{.*)$", first, re.MULTILINE):
        for place, delta in deltas_in(json.loads(piece)):
            said[place] = said.get(place, "") + delta
    for delta in said.values():
        assert squeezed(delta) in squeezed(text)


@pytest.mark.parametrize("row", of_kind("upstream-chat-json", "upstream-anthropic-json"))
def test_a_recorded_answer_is_understood(row: dict[str, Any]) -> None:
    path = PATHS[row["kind"].replace("upstream", "client").removesuffix("-json")]
    body = Body((FOLDER / row["file"]).read_bytes(), path, "application/json", row["status"])
    assert fits(body)
    text = transcript(body)
    assert ("error: " in text) == (row["status"] >= 400)
    assert "not understood" not in text
    assert "── remarks" not in text


def texts_in(value: Any) -> list[str]:
    """What the turns say in plain words, wherever it stands."""
    if isinstance(value, list):
        return [said for item in value for said in texts_in(item)]
    if not isinstance(value, dict):
        return []
    turns = [value[name] for name in ("messages", "input", "contents", "content", "parts") if name in value]
    own = [value[name] for name in ("text", "content", "output") if isinstance(value.get(name), str)]
    return own + [said for turn in turns for said in texts_in(turn)]


def deltas_in(event: dict[str, Any]) -> list[tuple[int, str]]:
    """The texts that an event adds to, by their place in the answer, and what it adds."""
    if event.get("type") == "content_block_delta":
        return [(event["index"], event["delta"].get("text") or "")]
    said = [(choice["index"], choice["delta"].get("content")) for choice in event.get("choices") or ()]
    return [(place, text) for place, text in said if isinstance(text, str)]


def squeezed(text: str) -> str:
    """A text without blanks and marks of ours."""
    return re.sub(r"\s|▸", "", text)
