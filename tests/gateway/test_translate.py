"""The way back within one dialect: every byte as it came, and an honest end."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.errors import UpstreamError
from argo_addon.gateway.translate import Passthrough, assemble
from argo_addon.sse import Splitter, data_of
from tests.drawing import law

FIXTURES = Path(__file__).parent.parent / "fixtures"
STREAMS = sorted(FIXTURES.glob("*/*.sse"))


def relay_for(dialect: str) -> Passthrough:
    spoken = UPSTREAM[dialect]
    return Passthrough(spoken.observer(1), lambda error: spoken.error_frame(error, "req_1"), "jdoe")


def dialect_of(path: Path) -> str:
    return path.parent.name


DONE = b"data: [DONE]\n\n"


def with_its_end(path: Path, stream: bytes) -> bytes:
    """What a client gets of a fixture's stream: `[DONE]` where the upstream had left it out."""
    missing = dialect_of(path) == "openai_chat" and b"[DONE]" not in stream
    return stream.rstrip(b"\r\n") + b"\n\n" + DONE if missing else stream


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_there_are_fixtures_of_both_dialects() -> None:
    assert {dialect_of(path) for path in STREAMS} == {"anthropic", "openai_chat"}


@pytest.mark.parametrize("path", STREAMS, ids=named)
def test_a_whole_stream_comes_back_byte_for_byte(path: Path) -> None:
    stream = path.read_bytes()
    relay = relay_for(dialect_of(path))
    assert relay.feed(stream) + relay.close() == with_its_end(path, stream)
    assert relay.complete
    assert relay.refusal is None


@pytest.mark.parametrize("path", STREAMS, ids=named)
def test_cut_at_every_byte_it_still_comes_back_byte_for_byte(path: Path) -> None:
    stream = path.read_bytes()
    relay = relay_for(dialect_of(path))
    out = b"".join(relay.feed(stream[i : i + 1]) for i in range(len(stream)))
    assert out + relay.close() == with_its_end(path, stream)


@law(100)
@given(st.data())
def test_cut_anywhere_it_still_comes_back_byte_for_byte(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(STREAMS))
    stream = path.read_bytes()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=5)) | {0, len(stream)})
    relay = relay_for(dialect_of(path))
    pieces = [stream[start:stop] for start, stop in itertools.pairwise(cuts)]
    assert b"".join(relay.feed(piece) for piece in pieces) + relay.close() == with_its_end(path, stream)


@pytest.mark.parametrize("path", STREAMS, ids=named)
def test_7_4_each_truncated_prefix_ends_in_an_error_and_never_in_a_clean_finish(path: Path) -> None:
    stream = path.read_bytes()
    dialect = dialect_of(path)
    whole = Splitter().feed(stream)
    final = stream.rindex(b"data: ")  # cut in the last event, all may have been said
    for length in range(0, final, 7):
        relay = relay_for(dialect)
        out = relay.feed(stream[:length]) + relay.close()
        if relay.complete:
            assert b"finish_reason" in out or b'"stop_reason":"' in out.replace(b": ", b":"), "all has been said then"
            continue
        if relay.refusal is not None:
            assert out == b"", "nothing is given out before a refusal"
            assert relay.refusal.status == 502
            continue
        *given, told = Splitter().feed(out)
        error = json.loads(data_of(told) or b"")["error"]
        assert "before the answer was complete" in error["message"] or "cannot be read" in error["message"]
        assert [data_of(frame) for frame in given] == [data_of(frame) for frame in whole[: len(given)]]


@pytest.mark.parametrize("path", STREAMS, ids=named)
def test_without_its_last_line_ends_a_stream_comes_back_as_it_came(path: Path) -> None:
    stream = path.read_bytes()
    for cut in (1, 2):
        short = stream[:-cut]
        for pieces in ([short], [short[i : i + 1] for i in range(len(short))]):
            relay = relay_for(dialect_of(path))
            assert b"".join(map(relay.feed, pieces)) + relay.close() == with_its_end(path, short)


def test_an_answer_without_a_word_is_given_whole() -> None:
    relay = relay_for("anthropic")
    stream = b"".join(notice_stream("anthropic", "", 5)).rstrip()
    assert relay.feed(stream) + relay.close() == stream


def test_a_look_alikes_odd_content_passes() -> None:
    relay = relay_for("openai_chat")
    odd = b'data: {"choices":[{"delta":{"content":[{"type":"thinking"}],"reasoning_content":"r","tool_calls":{}}}]}\n\n'
    end = b'data: {"choices":[{"delta":null,"finish_reason":"stop"}]}\n\n'
    assert relay.feed(odd) == odd
    assert relay.feed(end) + relay.close() == end + DONE


def test_with_several_answers_each_must_end() -> None:
    spoken = UPSTREAM["openai_chat"]
    ends = [b'data: {"choices":[{"index":%d,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n' % n for n in (0, 1)]
    for came, complete in ((ends[:1], False), (ends, True)):
        relay = Passthrough(spoken.observer(2), lambda error: spoken.error_frame(error, "r"), "jdoe")
        out = b"".join(map(relay.feed, came)) + relay.close()
        assert relay.complete is complete
        assert (b"before the answer was complete" in out) is not complete


def test_leading_signs_do_not_hold_an_answer_back() -> None:
    relay = relay_for("openai_chat")
    stream = notice_stream("openai_chat", "\u2500" * 600 + " done", 10)
    given = [relay.feed(frame) for frame in stream]
    assert sum(len(each) > 0 for each in given[:6]) >= 1
    assert b"".join(given) + relay.close() == b"".join(stream)


@pytest.mark.parametrize(
    "event",
    [
        b'{"type":"message_start","message":null}',
        b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"message_start"}}',
        b'{"type":"message_start","message":{"model":"claudeopus46","id":"m"}}',
    ],
)
def test_only_the_event_that_names_the_model_is_renamed(event: bytes) -> None:
    spoken = UPSTREAM["anthropic"]
    renamer = spoken.renamer({"user-agent": "claude-cli/2.1"}, "opus")
    relay = Passthrough(spoken.observer(1), lambda error: spoken.error_frame(error, "r"), "jdoe", renamer)
    frame = b"data: " + event + b"\n\n"
    stop = b'data: {"type":"message_stop"}\n\n'
    out = relay.feed(frame) + relay.feed(stop) + relay.close()
    if b'"id":"m"' in event:
        assert b'{"type":"message_start","message":{"model":"opus","id":"m"}}' in out
    else:
        assert out == frame + stop


def test_a_stream_that_begins_with_an_error_is_refused_with_its_status() -> None:
    relay = relay_for("anthropic")
    event = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    assert relay.feed(event) == b""
    assert relay.refusal is not None
    assert (relay.refusal.status, relay.refusal.message) == (529, "Overloaded")
    assert relay.feed(b"data: more\n\n") + relay.close() == b""


def test_an_error_in_mid_stream_is_told_once_unwrapped_and_ends_it() -> None:
    relay = relay_for("openai_chat")
    first = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
    wrapped = (
        b"data: {\"error\":{\"message\":\"Error code: 429 - {'error': {'message': 'slow down', 'code': 'busy'}}\","
        b'"type":"RateLimitError","code":"internal_error"}}\n\n'
    )
    out = relay.feed(first) + relay.feed(wrapped + b"data: [DONE]\n\n") + relay.close()
    assert out.startswith(first)
    assert json.loads(out[len(first) :].removeprefix(b"data: "))["error"] == {
        "message": "slow down",
        "type": "rate_limit_error",
        "param": None,
        "code": "busy",
    }


@pytest.mark.parametrize(
    "rubbish", [b"data: {not json}\n\n", b"data: [1, 2]\n\n", b'data: "x"\n\n', b"data: \xff\xfe\n\n"]
)
def test_garbage_in_mid_stream_becomes_the_error_event(rubbish: bytes) -> None:
    relay = relay_for("openai_chat")
    first = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    assert relay.feed(first) == first
    out = relay.feed(rubbish)
    assert b'"error"' in out
    assert b"cannot be read" in out
    assert relay.finished
    assert not relay.complete


def test_what_follows_a_complete_answer_cannot_spoil_it() -> None:
    relay = relay_for("openai_chat")
    done = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    assert relay.feed(done) == done
    assert relay.fail(UpstreamError(502, "cut")) == b""


def test_the_last_event_may_lack_its_blank_line() -> None:
    relay = relay_for("anthropic")
    said = (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}\n\n'
    )
    assert relay.feed(said + b'event: message_stop\ndata: {"type":"message_stop"}') == said
    assert relay.close() == b'event: message_stop\ndata: {"type":"message_stop"}', "byte for byte, as it came"
    assert relay.complete


def notice_stream(dialect: str, text: str, size: int) -> list[bytes]:
    """A stream that says this text in pieces of so many characters."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    if dialect == "openai_chat":
        deltas = [{"content": piece} for piece in ["", *pieces]]
        chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        return [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in [*chunks, end]] + [b"data: [DONE]\n\n"]
    said: list[dict[str, object]] = [
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": piece}} for piece in pieces
    ]
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *said,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


both = pytest.mark.parametrize("dialect", ["anthropic", "openai_chat"])


@both
@pytest.mark.parametrize("size", [1, 5, 500])
@pytest.mark.parametrize(
    "text", ["AUTHENTICATION NOTICE FROM ARGO: no.", "\u26a0\ufe0f **Authentication  Notice\nfrom ARGO** no"]
)
def test_1_35_the_authentication_notice_is_a_403_and_no_byte_of_it_is_given_out(
    dialect: str, size: int, text: str
) -> None:
    for whole in (True, False):
        relay = relay_for(dialect)
        stream = notice_stream(dialect, text, size)
        assert b"".join(map(relay.feed, [b"".join(stream)] if whole else stream)) + relay.close() == b""
        assert relay.refusal is not None
        assert (relay.refusal.status, relay.refusal.kind) == (403, "authentication_error")
        assert "jdoe" in relay.refusal.message


@both
def test_1_35_a_notice_behind_other_words_ends_the_stream_with_the_error(dialect: str) -> None:
    relay = relay_for(dialect)
    out = b"".join(map(relay.feed, notice_stream(dialect, "Dear user, AUTHENTICATION NOTICE FROM ARGO: no", 5)))
    assert b"is not registered" in out
    assert not relay.complete


@both
@pytest.mark.parametrize("text", ["Authentic food", "A", "Authentication notice from a friend", "no"])
def test_an_answer_that_only_begins_like_the_notice_is_given_whole(dialect: str, text: str) -> None:
    for size in (1, 4, 500):
        relay = relay_for(dialect)
        stream = notice_stream(dialect, text, size)
        assert b"".join(map(relay.feed, stream)) + relay.close() == b"".join(stream)


@both
def test_an_answer_is_given_out_from_its_first_word_on(dialect: str) -> None:
    relay = relay_for(dialect)
    stream = notice_stream(dialect, "Hello there", 5)
    first = next(index for index, frame in enumerate(stream) if b"Hello" in frame)
    given = [relay.feed(frame) for frame in stream]
    assert given[:first] == [b""] * first
    assert given[first] == b"".join(stream[: first + 1])
    assert given[first + 1 :] == stream[first + 1 :]


def test_a_stream_that_keeps_one_waiting_is_no_notice() -> None:
    relay = relay_for("anthropic")
    ping = b'event: ping\ndata: {"type":"ping"}\n\n'
    given = [relay.feed(ping) for _ in range(10)]
    assert b"".join(given) == ping * 10
    assert given[-1] == ping


def assembled(stream: bytes) -> dict[str, object]:
    dialect = UPSTREAM["anthropic"]
    assembler = dialect.assembler()
    assert assembler is not None
    body = json.loads(assemble(dialect.observer(1), assembler, stream))
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("path", sorted((FIXTURES / "anthropic").glob("*.sse")), ids=named)
def test_1_34_a_stream_put_together_is_the_plain_answer(path: Path) -> None:
    expected = json.loads(path.with_suffix(".response.json").read_bytes())
    assert assembled(path.read_bytes()) == expected


def test_assembling_a_cut_stream_is_an_error() -> None:
    stream = (FIXTURES / "anthropic" / "text.sse").read_bytes()
    with pytest.raises(UpstreamError, match="before the answer was complete"):
        assembled(stream[: stream.index(b"event: message_delta")])


def test_assembling_a_stream_with_an_error_event_raises_it() -> None:
    stream = (FIXTURES / "anthropic" / "text.sse").read_bytes()
    cut = stream[: stream.index(b"event: message_delta")]
    error = b'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"slow"}}\n\n'
    with pytest.raises(UpstreamError, match="slow") as caught:
        assembled(cut + error)
    assert caught.value.status == 429


def test_assembling_a_delta_without_its_block_is_an_error() -> None:
    stream = (FIXTURES / "anthropic" / "text.sse").read_bytes()
    with pytest.raises(UpstreamError, match="never started"):
        assembled(stream.replace(b'"content_block_start","index":0', b'"content_block_start","index":5'))
