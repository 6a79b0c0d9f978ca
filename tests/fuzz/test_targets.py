"""A short run of what `make fuzz` does for an hour, and all that it has found so far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drawing import law

from .seeds import seeds
from .targets import TARGETS

every = pytest.mark.parametrize("name", TARGETS)


@every
def test_what_is_nearly_right_and_what_was_found_once(name: str) -> None:
    for data in seeds(name):
        TARGETS[name](data)


@st.composite
def spoilt(draw: st.DrawFn, name: str) -> bytes:
    """A seed with a few of its bytes replaced, taken out, repeated, or put together with another's."""
    data = bytearray(draw(st.sampled_from(seeds(name))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 2, 5, 30])))
        put = draw(
            st.binary(max_size=4)
            | st.sampled_from(
                [b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"1e999", b"-", b"\\", b"\n\n", b"\r"]
            )
            | st.just(bytes(data[start:end]) * 2)
        )
        data[start:end] = put
    return bytes(data)


@every
@law(150)
@given(data=st.data())
def test_what_is_spoilt(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(spoilt(name) | st.binary(max_size=200)))
