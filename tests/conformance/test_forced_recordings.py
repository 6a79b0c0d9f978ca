"""Real provider traffic with `force_conversion` and without it: its clients make the same of both."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ..forced import event_data_in, opened, plain, streamed, told, without_nothing
from .test_recordings import FAMILIES, FOLDER, REQUESTS, call_for, of_kind

pytestmark = pytest.mark.skipif(not REQUESTS, reason="no recordings: set ARGO_PROXY_RECORDINGS to their folder")
ASKS: dict[str, Any] = {
    "openai_chat": {"model": "gpt-5.4", "messages": [{"role": "user", "content": "u"}]},
    "anthropic": {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": "u"}]},
}


def first_of(stream: bytes) -> bytes:
    """The first answer of a recording, which may hold several, one behind the other."""
    stop = re.search(rb'data: \{"type": ?"message_stop"[^\n]*\n\n', stream)
    return stream if stop is None else stream[: stop.end()]


@pytest.mark.parametrize("row", of_kind("upstream-chat-stream", "upstream-anthropic-stream"))
def test_a_recorded_stream_is_the_same(row: dict[str, Any]) -> None:
    dialect = call_for(row)[0]
    stream = first_of((FOLDER / row["file"]).read_bytes())
    made = streamed(dialect, ASKS[dialect], stream, force=True)
    assert told(dialect, made) == told(dialect, stream)
    assert event_data_in(made)[0].keys() >= {
        name for name, value in event_data_in(stream)[0].items() if value is not None
    }


@pytest.mark.parametrize("row", of_kind("upstream-chat-json", "upstream-anthropic-json"))
def test_a_recorded_answer_is_the_same(row: dict[str, Any]) -> None:
    dialect = call_for(row)[0]
    body = (FOLDER / row["file"]).read_bytes()
    if row["status"] == 200:
        assert without_nothing(plain(dialect, ASKS[dialect], body, force=True)) == without_nothing(json.loads(body))


@pytest.mark.parametrize(("row", "model"), REQUESTS)
def test_a_recorded_request_is_the_same(row: dict[str, Any], model: str) -> None:
    assert model in FAMILIES[row["kind"]]
    dialect = call_for(row)[0]
    body = {**json.loads((FOLDER / row["file"]).read_bytes()), "model": model}
    forced, own = (json.loads(opened(dialect, body, force=force).upstream.body) for force in (True, False))
    assert plainly(forced) == plainly(own)


def plainly(value: Any) -> Any:
    """A request without the several ways of saying the same: one text is a list of it, what is false is left out."""
    if isinstance(value, list):
        return [plainly(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {name: plainly(item) for name, item in value.items() if item is not None and (name, item) not in _SILENT}
    for name in ("content", "system"):
        texts = plain.get(name)
        if isinstance(texts, list) and len(texts) == 1 and texts[0].keys() == {"type", "text"}:
            plain[name] = texts[0]["text"]
    return plain


_SILENT = (("stream", False), ("is_error", False))
