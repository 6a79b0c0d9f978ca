"""Server-sent events, however the stream was cut on the way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.sse import FrameTooLarge, Splitter, data_of, frame_of
from tests.drawing import law

ENDS = [b"\n", b"\r\n", b"\r"]


def split(*pieces: bytes) -> list[bytes]:
    splitter = Splitter()
    return [frame for piece in pieces for frame in splitter.feed(piece)]


def texts(frames: list[bytes]) -> list[bytes]:
    return [data for frame in frames if (data := data_of(frame)) is not None]


@pytest.mark.parametrize("end", ENDS)
def test_each_kind_of_line_end_ends_a_line(end: bytes) -> None:
    stream = end.join([b"event: a", b'data: {"x": 1}', b"", b"data:two", b"", b""])
    assert texts(split(stream)) == [b'{"x": 1}', b"two"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("text", ["plain", "ünïcödé ☃", ""])
def test_3_20_byte_by_byte_gives_the_same_events_as_whole(end: bytes, text: str) -> None:
    stream = (f"event: x\ndata: {text}\n\n: comment\n\ndata: {text}2\ndata: more\n\n").encode().replace(b"\n", end)
    whole = texts(split(stream))
    assert whole == [text.encode(), f"{text}2\nmore".encode()]
    assert texts(split(*(stream[i : i + 1] for i in range(len(stream))))) == whole


@law(100)
@given(st.lists(st.binary(max_size=30), max_size=8), st.lists(st.integers(0, 200), max_size=6), st.sampled_from(ENDS))
def test_3_20_any_cut_gives_the_same_events_and_loses_no_byte(datas: list[bytes], cuts: list[int], end: bytes) -> None:
    datas = [data.replace(b"\r", b"").replace(b"\n", b"") for data in datas]
    stream = b"".join(b"data: " + data + end + end for data in datas)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[start:stop] for start, stop in itertools.pairwise(places)]
    splitter = Splitter()
    frames = [frame for piece in pieces for frame in splitter.feed(piece)]
    assert texts(frames) == [data for data in datas]
    assert b"".join(frames) + splitter.rest() == stream


def test_a_frame_without_data_has_none() -> None:
    assert data_of(b": ping\n\n") is None
    assert data_of(b"event: ping\n\n") is None
    assert data_of(b"\n\n") is None


def test_data_without_a_blank_behind_the_colon_counts() -> None:
    assert data_of(b"data:x\n\n") == b"x"
    assert data_of(b"event: e\ndata:x\n\n") == b"x"
    assert data_of(b"data:  x\n\n") == b" x", "only one blank belongs to the syntax"


def test_data_is_found_whatever_stands_around_it() -> None:
    assert data_of(b"data: x\nevent: e\nid: 7\n\n") == b"x"
    assert data_of(b"\xef\xbb\xbfdata: x\n\n") == b"x"
    assert data_of(b"event: data: no\ndata: yes\n\n") == b"yes"
    assert data_of(b"data: x") == b"x", "the last event may lack its blank line"


def test_the_rest_is_given_once() -> None:
    splitter = Splitter()
    assert splitter.feed(b"data: a\n\ndata: b") == [b"data: a\n\n"]
    assert splitter.rest() == b"data: b"
    assert splitter.rest() == b""


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argo_addon.sse.MAX_FRAME", 100)
    splitter = Splitter()
    splitter.feed(b"data: " + b"x" * 50)
    with pytest.raises(FrameTooLarge):
        splitter.feed(b"x" * 50)


def test_frame_of_is_read_back() -> None:
    frame = frame_of(b'{"a":1}', event="e")
    assert frame == b'event: e\ndata: {"a":1}\n\n'
    assert data_of(frame) == b'{"a":1}'
