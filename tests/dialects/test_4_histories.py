"""Items 4.5 to 4.8 of the pitfalls: calls and results in the history, whatever state a client left it in."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest

from .asking import CHAT, CHATS, CLAUDES, GPTS, MESSAGES, MODELS, Json, messages_sent, request, sent

USER: Json = {"role": "user", "content": "hi"}
DATA = base64.b64encode(b"bytes").decode()
IMAGE: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}}
IMAGE_URL: Json = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}}


def history(path: str, story: str) -> list[Json]:
    """Messages told in words: `u` a user's text, `a` an answer's, `+x` a call and `-x` its result, `,` within one.

    `-x=y` is a result whose text is y.
    """
    told = [_entry(path, entry.split(",")) for entry in story.split()]
    return [message for messages in told for message in messages]


def _entry(path: str, items: list[str]) -> list[Json]:
    if items == ["u"] or items == ["a"]:
        return [{"role": {"u": "user", "a": "assistant"}[items[0]], "content": items[0]}]
    if items[0][0] == "-" and path == CHAT:
        parts = [item[1:].partition("=") for item in items]
        return [{"role": "tool", "tool_call_id": name, "content": text or "ok"} for name, _, text in parts]
    blocks = [_block(path, item) for item in items]
    role = "user" if any(item[0] == "-" for item in items) else "assistant"
    if path == MESSAGES:
        return [{"role": role, "content": blocks}]
    calls = [block for block in blocks if "function" in block]
    text = "".join(block["text"] for block in blocks if "text" in block)
    return [{"role": role, "content": text or None, "tool_calls": calls}]


def _block(path: str, item: str) -> Json:
    name, _, text = item[1:].partition("=")
    if item[0] == "+" and path == MESSAGES:
        return {"type": "tool_use", "id": name, "name": "f", "input": {}}
    if item[0] == "+":
        return {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    if item[0] == "-":
        return {"type": "tool_result", "tool_use_id": name, "content": text or "ok"}
    return {"type": "text", "text": item}


def story(path: str, messages: list[Json]) -> str:
    """What goes upstream, in the same words; a result that tells of an interruption is `-x!`."""
    entries = [_told(message) if path == MESSAGES else _told_blocks(message) for message in messages]
    return " ".join(entries)


def _told(message: Json) -> str:
    if message["role"] == "tool":
        return f"-{message['tool_call_id']}{_text(message['content'])}"
    words = [message["role"][0]] if message["content"] else []
    return ",".join([*words, *(f"+{call['id']}" for call in message.get("tool_calls") or [])])


def _told_blocks(message: Json) -> str:
    told = []
    for block in message["content"]:
        match block["type"]:
            case "tool_use":
                told.append(f"+{block['id']}")
            case "tool_result":
                told.append(f"-{block['tool_use_id']}{_text(block.get('content', ''))}")
                assert bool(block.get("is_error")) == told[-1].endswith("!")
            case _:
                told.append(message["role"][0])
    return ",".join(told)


def _text(content: str) -> str:
    return "" if content == "ok" else "!" if "interrupted" in content else f"={content}"


ORPHANS: list[tuple[str, str, str]] = [
    # what the client sends, what Chat gets, what Claude gets
    ("u +x -x u", "u +x -x u", "u +x -x,u"),
    ("u +x", "u +x -x!", "u +x -x!"),
    ("u +x,+y -x", "u +x,+y -x -y!", "u +x,+y -x,-y!"),
    ("u +x u", "u +x -x! u", "u +x -x!,u"),
    ("u +x u a u", "u +x -x! u a u", "u +x -x!,u a u"),
    ("u +x a u", "u a,+x -x! u", "u a,+x -x!,u"),
    ("u +x +y -x -y", "u +x,+y -x -y", "u +x,+y -x,-y"),
    ("u +x +y -y -x", "u +x,+y -x -y", "u +x,+y -x,-y"),
    ("u +x,+y -y,-x", "u +x,+y -x -y", "u +x,+y -x,-y"),
    ("u +x a -x u", "u a,+x -x u", "u a,+x -x,u"),
    ("u +x u -x", "u +x -x u", "u +x -x,u"),
    ("u +x -x=1 -x=2", "u +x -x=2", "u +x -x=2"),
    ("u +x -x=1,-x=2 u", "u +x -x=2 u", "u +x -x=2,u"),
    ("u +x -x=1 u +x -x=2", "u +x -x=1 u +x_2 -x_2=2", "u +x -x=1,u +x_2 -x_2=2"),
    ("u +x -x=1 +x -x=2 u", "u +x -x=1 +x_2 -x_2=2 u", "u +x -x=1 +x_2 -x_2=2,u"),
    ("u +x,+x -x=1,-x=2", "u +x,+x_2 -x=1 -x_2=2", "u +x,+x_2 -x=1,-x_2=2"),
    ("u +x u +x -x=2", "u +x -x! u +x_2 -x_2=2", "u +x -x!,u +x_2 -x_2=2"),
]


@pytest.mark.parametrize(("given", "chat", "_claude"), ORPHANS, ids=[row[0] for row in ORPHANS])
@pytest.mark.parametrize("model", GPTS)
def test_4_5_and_4_6_toward_chat_each_call_has_its_result_right_behind(
    model: str, given: str, chat: str, _claude: str
) -> None:
    assert story(MESSAGES, messages_sent(MESSAGES, model, *history(MESSAGES, given))) == chat


@pytest.mark.parametrize(("given", "_chat", "claude"), ORPHANS, ids=[row[0] for row in ORPHANS])
@pytest.mark.parametrize("model", CLAUDES)
def test_4_5_and_4_6_toward_claude_each_call_has_its_result_right_behind(
    model: str, given: str, _chat: str, claude: str
) -> None:
    assert story(CHAT, messages_sent(CHAT, model, *history(CHAT, given))) == claude


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("given", ["-x=kept u", "u -x=kept u", "u a -x=kept", "u -x=kept +x -x", "-x=kept"])
def test_4_5_a_result_without_a_call_becomes_words_of_the_users(path: str, given: str) -> None:
    made = messages_sent(path, MODELS[path][0], *history(path, given))
    assert "kept" in json.dumps([message["content"] for message in made if message["role"] == "user"])
    told = story(path, made)
    assert told.count("-") == given.count("+")
    assert told.count("+") == given.count("+")


@pytest.mark.parametrize("given", ["u +x,+y,+z -z -x -y u", "u +x,+y -y u", "u +x u +y -y"])
def test_4_5_toward_gemini_calls_and_results_come_in_pairs(given: str) -> None:
    told = story(MESSAGES, messages_sent(MESSAGES, "gemini-2.5-pro", *history(MESSAGES, given))).split()
    for call, result in pairwise(told):
        if call.startswith("+"):
            assert result.rstrip("!") == f"-{call[1:]}"
    assert sum(word.startswith("+") for word in told) == given.count("+")


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_4_5_mending_is_the_same_each_time(path: str) -> None:
    messages = history(path, "u +x,+y -y u -q +x")
    rests: tuple[list[Json], ...] = ([], history(path, "u a u"))
    first, longer = (story(path, messages_sent(path, MODELS[path][0], *messages, *rest)).split() for rest in rests)
    assert longer[: len(first) - 1] == first[:-1]
    assert longer[len(first) - 1].startswith(first[-1])


def test_4_6_words_before_results_in_the_same_turn_come_behind_them() -> None:
    result = {"type": "tool_result", "tool_use_id": "x", "content": "ok"}
    turn = {"role": "user", "content": [{"type": "text", "text": "wait"}, result]}
    made = messages_sent(MESSAGES, "gpt-5.4", *history(MESSAGES, "u +x"), turn)
    assert [message["role"] for message in made] == ["user", "assistant", "tool", "user"]


# 4.7: what results show


@pytest.mark.parametrize("model", CHATS)
def test_4_7_an_image_in_a_result_is_shown_behind_all_results(model: str) -> None:
    shown = {"type": "tool_result", "tool_use_id": "x", "content": [{"type": "text", "text": "seen"}, IMAGE]}
    other = {"type": "tool_result", "tool_use_id": "y", "content": "ok"}
    turn = {"role": "user", "content": [shown, other, {"type": "text", "text": "so?"}]}
    made = messages_sent(MESSAGES, model, *history(MESSAGES, "u +x,+y"), turn)
    results = [message for message in made if message["role"] == "tool"]
    assert [result["tool_call_id"] for result in results] == ["x", "y"]
    assert all(isinstance(result["content"], str) and DATA not in result["content"] for result in results)
    assert "seen" in results[0]["content"]
    assert results[0]["content"] != "seen"
    after = made[made.index(results[-1]) + 1 :]
    assert {message["role"] for message in after} == {"user"}
    assert IMAGE_URL in after[0]["content"]
    assert "so?" in json.dumps(after[-1]["content"])


@pytest.mark.parametrize("model", CHATS)
def test_4_7_a_result_that_is_an_image_alone_points_to_it(model: str) -> None:
    turn = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": [IMAGE]}]}
    made = messages_sent(MESSAGES, model, *history(MESSAGES, "u +x"), turn, *history(MESSAGES, "a u"))
    assert [message["role"] for message in made] == ["user", "assistant", "tool", "user", "assistant", "user"]
    assert made[2]["content"].strip()
    assert IMAGE_URL in made[3]["content"]


@pytest.mark.parametrize("model", CHATS)
def test_4_7_a_pdf_in_a_result_is_shown_as_well(model: str) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": DATA}
    content = [{"type": "document", "source": source}]
    turn = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": content}]}
    made = messages_sent(MESSAGES, model, *history(MESSAGES, "u +x"), turn)
    assert [part["type"] for part in made[-1]["content"] if part["type"] != "text"] == ["file"]
    assert DATA not in json.dumps(made[-2])


@pytest.mark.parametrize("model", CLAUDES)
def test_4_7_an_image_in_a_result_of_chats_stays_in_it(model: str) -> None:
    result = {"role": "tool", "tool_call_id": "x", "content": [{"type": "text", "text": "seen"}, IMAGE_URL]}
    made = messages_sent(CHAT, model, *history(CHAT, "u +x"), result)
    (block,) = made[-1]["content"]
    assert [part["type"] for part in block["content"]] == ["text", "image"]
    assert block["content"][1]["source"] == IMAGE["source"]


# 4.8: results that are errors


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize(
    ("content", "goes"),
    [
        ("no such file", "no such file"),
        ("Error: no such file", "Error: no such file"),
        ([{"type": "text", "text": "no such file"}], "no such file"),
        ("", ""),
        (None, ""),
    ],
)
def test_4_8_an_error_says_so_once_toward_chat(model: str, content: object, goes: str) -> None:
    result = {"type": "tool_result", "tool_use_id": "x", "content": content, "is_error": True}
    made = messages_sent(MESSAGES, model, *history(MESSAGES, "u +x"), {"role": "user", "content": [result]})
    said = made[-1]["content"]
    assert said.startswith("Error:")
    assert said.count("Error:") == 1
    assert goes in said


def test_4_8_an_interrupted_call_is_an_error_toward_both() -> None:
    chat = messages_sent(MESSAGES, "gpt-5.4", *history(MESSAGES, "u +x"))[-1]
    claude = messages_sent(CHAT, "claude-opus-4.6", *history(CHAT, "u +x"))[-1]["content"][0]
    assert "interrupted" in chat["content"]
    assert claude["is_error"] is True


def test_4_8_a_result_that_is_no_error_is_not_made_one() -> None:
    made = messages_sent(MESSAGES, "gpt-5.4", *history(MESSAGES, "u +x -x"))
    assert made[-1]["content"] == "ok"
    body, _ = sent(CHAT, request(CHAT, "claude-opus-4.6", *history(CHAT, "u +x -x")))
    assert "is_error" not in body["messages"][-1]["content"][0]
