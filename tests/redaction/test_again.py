"""What was looked at before is known again: events of one shape, messages that a tool sends with each turn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.redaction import GONE, safe_body

from .planting import SECRETS, is_planted, opened, shape_of
from .test_streams import STREAMS, _events, _names, _stream

_KEPT = "the word "
_UNKNOWN = "q7Zk2Wm9Xt4Rb8Vn3Jd6"
"""Nothing tells that it is a key but that it is known to be one."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the texts and numbers of a value are."""
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        return [place for name, one in members for place in _places(one, (*path, name))]
    return [path] if isinstance(value, (str, int)) and not isinstance(value, bool) else []


def _set(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new


@pytest.mark.parametrize("kind", STREAMS)
@given(data=st.data())
def test_a_secret_in_any_member_of_any_event_goes(kind: str, data: st.DataObject) -> None:
    events = STREAMS[kind][1]([f"{_KEPT}{number} " for number in range(data.draw(st.integers(2, 9)))])
    event = data.draw(st.sampled_from(events))
    place = data.draw(st.sampled_from([path for path in _places(event) if path[-1] not in ("type", "object")]))
    _set(event, place, f"<first> {SECRETS[data.draw(st.sampled_from(sorted(SECRETS)))]}\n<last>")
    body = _stream(events, array=kind.startswith("google") and data.draw(st.booleans()), lines="ollama" in kind)
    safe = safe_body(body)
    assert not is_planted(safe.decode()), safe
    assert safe.count(b"<first>") == safe.count(b"<last>") == 1
    assert safe.count(_KEPT.encode()) >= len(events) - 3
    assert _names(list(_events(safe))) == _names(events), "the events and their members are what they were"


@given(st.integers(0, 8), st.integers(100_000, 999_999_999), st.sampled_from(["password", "api_key"]))
def test_a_number_that_is_secret_in_one_event_of_many_goes(which: int, number: int, name: str) -> None:
    events: list[Any] = [
        {"object": "chat.completion.chunk", "n": 1000 + place, "choices": [{"index": 0, "delta": {"content": "a "}}]}
        for place in range(9)
    ]
    events = [{**event, name: 12} for event in events]
    events[which][name] = number
    found = list(_events(safe_body(_stream(events))))
    assert found[which][name] == 0
    assert [event["n"] for event in found] == [event["n"] for event in events]


@given(st.data())
def test_what_is_clean_for_one_user_is_looked_at_for_another(data: st.DataObject) -> None:
    said = f"before {_UNKNOWN} after" + data.draw(st.sampled_from(["", " and more" * 30]))
    wrapped = data.draw(st.sampled_from([said, json.dumps({"deep": said})]))
    body = json.dumps({"messages": [{"role": "user", "content": wrapped}, {"role": "user", "content": "x" * 200}]})
    assert safe_body(body.encode()) == body.encode()
    assert safe_body(body.encode(), [_UNKNOWN.encode()]).decode() == body.replace(_UNKNOWN, GONE)
    assert safe_body(body.encode()) == body.encode()


@given(st.lists(st.sampled_from(sorted(SECRETS)), min_size=1, max_size=3), st.data())
def test_a_conversation_that_grows_loses_each_secret_each_time(forms: list[str], data: st.DataObject) -> None:
    messages: list[Any] = [{"role": "user", "content": f"{_KEPT} {'of the first turn ' * 20}"}]
    tools = [{"name": "Read", "description": "reads " * 30, "input_schema": {"type": "object"}}]
    for number, form in enumerate(forms):
        inner = {"path": "/kept", "content": f"<first>\n{SECRETS[form]}\n<last>"}
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": f"toolu_{number}", "input": inner}]},
            {"role": "user", "content": json.dumps(inner) + " " * data.draw(st.sampled_from([0, 0, 200]))},
            {"role": "user", "content": f"{number} {'nothing of that kind ' * 20}"},
        ]
        body = {"model": "m", "tools": tools, "messages": messages}
        once = safe_body(json.dumps(body).encode())
        assert not is_planted(once.decode()), once
        assert shape_of(opened(json.loads(once))) == shape_of(opened(body))
        assert once.count(b"<first>") == once.count(b"<last>") == 2 * (number + 1)
        assert safe_body(json.dumps(body).encode()) == once
