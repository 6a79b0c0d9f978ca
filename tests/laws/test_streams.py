"""Laws of streams, for every pair of dialects: how one is cut does not matter, and a cut-off one ends in an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.translate import read_stream_body
from argo_addon.translation.relay import Relay
from tests.drawing import law

from .making import NAMES, PAIRS, Name, answers
from .making_wire import Stream, body_of, cuts, streams
from .meaning import meant, told_to_its_own
from .ways import ends_in, errors_in, events_of, finishes_in, relay, without_chance

WAYS = pytest.mark.parametrize(
    ("client", "upstream", "force"),
    [(*pair, force) for pair in PAIRS for force in (False, True) if force or pair[0] == pair[1]]
    + [(*pair, False) for pair in PAIRS if pair[0] != pair[1]],
)


def given_out(through: Relay, pieces: list[bytes]) -> bytes:
    """What a relay makes of a stream that comes in these pieces. Fails if it gives out less than whole events."""
    out = b""
    for piece in pieces:
        more = through.feed(piece)
        events_of(more)
        out += more
    return out + through.close()


@WAYS
@law(25)
@given(data=st.data())
def test_law_1_a_stream_is_the_same_however_it_is_cut(
    client: Name, upstream: Name, force: bool, data: st.DataObject
) -> None:
    """Whole, byte by byte and cut at random, an upstream's stream gives the client the same bytes."""
    answer = data.draw(answers(upstream))
    stream = data.draw(streams(upstream, answer)).whole
    at_random = data.draw(cuts(stream))
    ways = [[stream], [stream[place : place + 1] for place in range(len(stream))], at_random]
    made = []
    for pieces in ways:
        through = relay(client, upstream, force=force)
        out = b"".join(map(through.feed, pieces)) + through.close()
        assert through.complete
        assert through.error is None
        made.append(without_chance(out))
    assert made[1] == made[0]
    assert made[2] == made[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("keep_extra", [False, True])
@law(60)
@given(data=st.data())
def test_law_2_a_stream_folded_is_the_plain_answer(name: Name, keep_extra: bool, data: st.DataObject) -> None:
    """The events of a stream, folded, are the plain answer of the same content, but for blanks in its JSON."""
    answer = data.draw(answers(name))
    stream = data.draw(streams(name, answer))
    spoken = UPSTREAM[name]
    folded = read_stream_body(spoken.reader(keep_extra=keep_extra), stream.whole)
    plain = spoken.decode_response(body_of(name, answer), keep_extra=keep_extra)
    says = told_to_its_own if keep_extra else meant
    assert says(folded, name) == says(plain, name)
    assert says(plain, name) == meant(answer, name)


def prefixes(data: st.DataObject, stream: Stream) -> list[bytes]:
    """A few beginnings of a stream: at events' ends, and anywhere."""
    ends = [len(b"".join(stream.frames[:number])) for number in range(len(stream.frames) + 1)]
    places = st.sampled_from(ends) | st.integers(0, len(stream.whole))
    return [stream.whole[:place] for place in data.draw(st.lists(places, min_size=1, max_size=6))]


@WAYS
@law(30)
@given(data=st.data())
def test_law_4_a_stream_that_is_cut_off_ends_in_an_error(
    client: Name, upstream: Name, force: bool, data: st.DataObject
) -> None:
    """A beginning of a stream ends in the client's error event, or refused where nothing is out; never in an end."""
    stream = data.draw(streams(upstream, data.draw(answers(upstream))))
    for prefix in prefixes(data, stream):
        through = relay(client, upstream, force=force)
        out = given_out(through, data.draw(cuts(prefix)))
        if through.complete:
            assert len(prefix) >= stream.told, "a finish that the upstream has not told"
            assert (through.error, errors_in(client, out)) == (None, [])
        else:
            ends_in_error(client, through, out, told=len(prefix) >= stream.told)
        assert (through.close(), through.feed(b"data: {}\n\n"), through.finished) == (b"", b"", True)


def ends_in_error(client: Name, through: Relay, out: bytes, *, told: bool) -> None:
    """Asserts that what was given out of a stream without its end says so, once and at its own end."""
    assert through.error is not None
    if through.refusal is not None:
        assert out == b""
        return
    assert errors_in(client, out) == [len(events_of(out)) - 1]
    assert ends_in(client, out) == 0
    assert told or finishes_in(client, out) == 0, "a finish that the upstream has not told"


@WAYS
@law(25)
@given(data=st.data())
def test_law_4_a_whole_stream_ends_once_and_without_an_error(
    client: Name, upstream: Name, force: bool, data: st.DataObject
) -> None:
    """A complete stream ends in one finish and one formal end, whatever line end its last event lacks."""
    stream = data.draw(streams(upstream, data.draw(answers(upstream))))
    whole = stream.whole.rstrip(b"\r\n") if data.draw(st.booleans()) else stream.whole
    through = relay(client, upstream, force=force)
    out = b"".join(map(through.feed, data.draw(cuts(whole)))) + through.close()
    assert (through.complete, through.error, through.refusal) == (True, None, None)
    if client != upstream or force:
        assert errors_in(client, out) == []
        assert (finishes_in(client, out), ends_in(client, out)) == (1, 1)
    else:
        lacks = upstream == "openai_chat" and ends_in(upstream, whole) == 0
        closed = whole if whole.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")) else whole.rstrip(b"\r\n") + b"\n\n"
        ended = closed + b"data: [DONE]\n\n" if lacks else whole
        assert out == ended, "within a dialect, byte for byte, but for a formal end that was left out"
