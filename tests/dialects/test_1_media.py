"""Item 1.13 of the pitfalls: images and documents, both ways."""

from __future__ import annotations

import base64
import json

import pytest

from argo_addon.simulator.rules import chat, messages

from .asking import CHAT, CHATS, CLAUDES, GPTS, MESSAGES, Json, answered, asked, messages_sent, refused, request, sent

DATA = base64.b64encode(b"bytes").decode()
TEXT: Json = {"type": "text", "text": "look"}


def image(kind: str = "image/png", data: str = DATA) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def document(**source: str) -> Json:
    return {"type": "document", "source": source, "title": "plan.pdf"}


def user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/webp", "image/gif"])
def test_1_13_an_image_goes_to_chat_as_a_data_url(model: str, kind: str) -> None:
    (message,) = messages_sent(MESSAGES, model, user(TEXT, image(kind)))
    assert message["content"] == [TEXT, {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{DATA}"}}]


def test_1_13_an_image_by_url_goes_to_chat_by_its_url() -> None:
    block = {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}
    (message,) = messages_sent(MESSAGES, "gpt-5.4", user(block))
    assert message["content"] == [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]


@pytest.mark.parametrize("model", CHATS)
def test_1_13_a_pdf_goes_to_chat_as_a_file(model: str) -> None:
    block = document(type="base64", media_type="application/pdf", data=DATA)
    (message,) = messages_sent(MESSAGES, model, user(block, TEXT))
    about = {"file_data": f"data:application/pdf;base64,{DATA}", "filename": "plan.pdf"}
    assert message["content"] == [{"type": "file", "file": about}, TEXT]


def test_1_13_a_text_document_goes_to_chat_as_text() -> None:
    block = document(type="text", media_type="text/plain", data="the plan")
    (message,) = messages_sent(MESSAGES, "gpt-5.4", user(block))
    assert "the plan" in json.dumps(message["content"])


@pytest.mark.parametrize(
    "block",
    [
        document(type="url", url="https://a.example/plan.pdf"),
        document(type="file", file_id="file_1"),
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
    ],
)
def test_1_13_what_chat_cannot_fetch_leaves_a_note_and_is_told(block: Json) -> None:
    body, dropped = sent(MESSAGES, request(MESSAGES, "gpt-5.4", user(TEXT, block)))
    said = json.dumps(body["messages"][0]["content"])
    assert (block["source"].get("url") or "file_1") in said
    assert dropped


def numbered(path: str, number: int) -> Json:
    """A picture of its own, in a client's dialect."""
    data = base64.b64encode(b"%d" % number).decode()
    url = f"data:image/png;base64,{data}"
    return image(data=data) if path == MESSAGES else {"type": "image_url", "image_url": {"url": url}}


def shown(body: Json) -> list[int]:
    """The numbers of the pictures that go to Chat."""
    parts = [part for message in body["messages"] for part in message["content"] if isinstance(part, dict)]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [int(base64.b64decode(url.partition(",")[2])) for url in urls]


@pytest.mark.parametrize("model", GPTS)
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_1_13_of_more_than_fifty_images_gpt_gets_the_newest(path: str, model: str) -> None:
    said = {"role": "assistant", "content": "seen"}
    turns = [entry for number in range(53) for entry in (user(numbered(path, number)), said)]
    body, dropped = sent(path, request(path, model, *turns, user(TEXT)))
    assert shown(body) == list(range(3, 53))
    assert all(message["content"] for message in body["messages"])
    assert dropped
    assert len(shown(sent(path, request(path, model, *turns[6:]))[0])) == 50


def test_1_13_images_in_results_count_as_well() -> None:
    uses = [{"type": "tool_use", "id": f"t{n}", "name": "f", "input": {}} for n in range(52)]
    results = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": [numbered(MESSAGES, n)]} for n in range(52)]
    turns = [user(TEXT), {"role": "assistant", "content": uses}, user(*results)]
    assert shown(sent(MESSAGES, request(MESSAGES, "gpt-5.4", *turns))[0]) == list(range(2, 52))


@pytest.mark.parametrize(
    "words",
    ["messages.3.content.0.image.source.base64: image exceeds 5 MB maximum: 6 MB", "Could not process image",
     "too much media: 0 documents + 101 images > 100"],
)  # fmt: skip
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_1_13_the_upstreams_words_about_media_stay(path: str, words: str) -> None:
    error = {"message": words, "type": "invalid_request_error"}
    upstream = {"error": error} if path == MESSAGES else {"type": "error", "error": error}
    model = "gpt-5.4" if path == MESSAGES else "claude-opus-4.6"
    reply = answered(path, request(path, model), upstream, status=400)
    assert (reply.status, json.loads(reply.body)["error"]["message"]) == (400, words)


# Chat to Claude


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize(
    ("url", "source"),
    [
        (f"data:image/webp;base64,{DATA}", {"type": "base64", "media_type": "image/webp", "data": DATA}),
        (f"data:image/png;name=x;base64,{DATA}", {"type": "base64", "media_type": "image/png", "data": DATA}),
        ("https://a.example/x.png", {"type": "url", "url": "https://a.example/x.png"}),
    ],
)
def test_1_13_an_image_of_chats_goes_to_claude(model: str, url: str, source: Json) -> None:
    part = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
    body, dropped = sent(CHAT, request(CHAT, model, user(TEXT, part)))
    block = body["messages"][0]["content"][1]
    assert (block["type"], block["source"]) == ("image", source)
    assert any("detail" in path for path in dropped)


def test_1_13_a_pdf_of_chats_goes_to_claude_as_a_document() -> None:
    part = {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{DATA}", "filename": "plan.pdf"}}
    block = messages_sent(CHAT, "claude-opus-4.6", user(part, TEXT))[0]["content"][0]
    assert block["source"] == {"type": "base64", "media_type": "application/pdf", "data": DATA}
    assert (block["type"], block["title"]) == ("document", "plan.pdf")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_data": f"data:application/zip;base64,{DATA}", "filename": "a.zip"}},
        {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
    ],
)
def test_1_13_what_claude_cannot_read_leaves_a_note_and_is_told(part: Json) -> None:
    body, dropped = sent(CHAT, request(CHAT, "claude-opus-4.6", user(part)))
    (block,) = body["messages"][0]["content"]
    assert (block["type"], bool(block["text"].strip())) == ("text", True)
    assert dropped


BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n0000",
    "image/jpeg": b"\xff\xd8\xff\xe00000",
    "image/gif": b"GIF89a000",
    "image/webp": b"RIFF0000WEBP",
}


@pytest.mark.parametrize("spelled", ["image/jpg", "IMAGE/JPG", "image/pjpeg", "image/jpeg;charset=binary"])
def test_1_13_an_image_has_the_name_of_its_type_that_claude_knows(spelled: str) -> None:
    shown = {"type": "image_url", "image_url": {"url": f"data:{spelled};base64,{DATA}"}}
    (message,) = messages_sent(CHAT, "claude-opus-4.6", user(shown))
    assert message["content"][0]["source"]["media_type"] == "image/jpeg"


@pytest.mark.parametrize(("kind", "data"), BEGINNINGS.items())
@pytest.mark.parametrize("client", [CHAT, MESSAGES])
def test_1_13_an_image_that_does_not_say_its_type_tells_it(client: str, kind: str, data: bytes) -> None:
    written = base64.b64encode(data).decode()
    if client == CHAT:
        shown: Json = {"type": "image_url", "image_url": {"url": f"data:;base64,{written}"}}
        (message,) = messages_sent(CHAT, "claude-opus-4.6", user(shown))
        assert message["content"][0]["source"] == {"type": "base64", "media_type": kind, "data": written}
    else:
        shown = {"type": "image", "source": {"type": "base64", "data": written}}
        (message,) = messages_sent(MESSAGES, "gpt-5.4", user(shown))
        assert message["content"][0]["image_url"]["url"] == f"data:{kind};base64,{written}"


@pytest.mark.parametrize(
    ("client", "model", "shown", "place"),
    [
        (CHAT, "claude-opus-4.6", {"type": "image_url", "image_url": {"url": f"data:;base64,{DATA}"}}, "image_url.url"),
        (MESSAGES, "gpt-5.4", {"type": "image", "source": {"type": "base64", "data": DATA}}, "source.media_type"),
    ],
)
def test_1_13_an_image_of_no_known_type_is_refused_by_its_place(
    client: str, model: str, shown: Json, place: str
) -> None:
    status, error = refused(client, request(client, model, user(shown)))
    assert status == 400
    assert f"messages[0].content[0].{place}" in error["error"]["message"]


def test_1_13_a_document_that_does_not_say_its_type_tells_it_or_is_refused() -> None:
    written = base64.b64encode(b"%PDF-1.7").decode()
    (message,) = messages_sent(MESSAGES, "gpt-5.4", user(document(type="base64", data=written)))
    assert message["content"][0]["file"]["file_data"] == f"data:application/pdf;base64,{written}"
    status, error = refused(MESSAGES, request(MESSAGES, "gpt-5.4", user(document(type="base64", data=DATA))))
    assert status == 400
    assert error["error"]["message"].startswith("messages[0].content[0].source.media_type")


def test_1_13_a_sound_is_no_picture() -> None:
    sound = base64.b64encode(b"RIFF0000WAVE").decode()
    shown = {"type": "image_url", "image_url": {"url": f"data:;base64,{sound}"}}
    assert refused(CHAT, request(CHAT, "claude-opus-4.6", user(shown)))[0] == 400


@pytest.mark.parametrize("about", [{"media_type": "image/JPG; q=1"}, {}])
@pytest.mark.parametrize("force", [False, True])
def test_1_13_what_a_client_of_claudes_writes_to_claude_stays(about: Json, force: bool) -> None:
    block = {"type": "image", "source": {"type": "base64", **about, "data": DATA}}
    body, _ = sent(MESSAGES, request(MESSAGES, "claude-opus-4.6", user(block)), force_conversion=force)
    assert body["messages"][0]["content"] == [block]


def test_1_13_googles_base64_is_in_the_usual_alphabet() -> None:
    """Google's SDK writes the one for URLs, without its padding."""
    written = base64.urlsafe_b64encode(b"\xfb\xff\xfe\xfb").decode().rstrip("=")
    assert set("-_") <= set(written)
    parts = [{"text": "u"}, {"inlineData": {"mimeType": "image/png", "data": written}}]
    body = {"contents": [{"role": "user", "parts": parts}]}
    for model, at in (("gpt-5.4", "image_url"), ("claude-opus-4.6", "source")):
        sent_on = asked(f"/v1beta/models/{model}:generateContent", body).upstream.body
        shown = json.loads(sent_on)["messages"][0]["content"][1][at]
        data = shown["data"] if "data" in shown else shown["url"].removeprefix("data:image/png;base64,")
        assert base64.b64decode(data, validate=True) == b"\xfb\xff\xfe\xfb"


_LINES = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).decode()
"""As Python's encoder for mail, or the shell's, writes it."""


@pytest.mark.parametrize(
    ("path", "models", "conversation"),
    [
        (MESSAGES, CHATS, {"messages": [user(TEXT, image(data=_LINES))]}),
        (CHAT, CLAUDES, {"messages": [user({"type": "image_url", "image_url": f"data:image/png;base64,{_LINES}"})]}),
        ("/v1/responses", (*CHATS, *CLAUDES), {"input": [user(
            {"type": "input_image", "image_url": f"data:image/png;base64,{_LINES}"})]}),
        ("google", (*CHATS, *CLAUDES), {"contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": "image/png", "data": _LINES}}]}]}),
    ],
)  # fmt: skip
def test_1_13_base64_in_lines_goes_on_in_one(path: str, models: tuple[str, ...], conversation: Json) -> None:
    for model in models:
        target = f"/v1beta/models/{model}:generateContent" if path == "google" else path
        body, _ = sent(target, {"model": model, "max_tokens": 99, **conversation})
        assert "".join(_LINES.split()) in json.dumps(body)


_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_URL = f"data:image/png;base64,{_PIXEL}"
ODDLY_SHOWN: dict[str, Json] = {
    "/v1/responses": {"input": [
        {"role": "system", "content": [
            {"type": "input_text", "text": "s"}, {"type": "input_image", "image_url": _URL}]},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": [
            {"type": "output_text", "text": "a"}, {"type": "input_image", "image_url": _URL}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "r"}]},
    "google": {"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": _PIXEL}}]},
        {"role": "model", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": _PIXEL}}]}]},
    "/api/chat": {"messages": [
        {"role": "system", "content": "s", "images": [_PIXEL]},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": "a", "images": [_PIXEL], "tool_calls": [
            {"function": {"name": "f", "arguments": {}}}]},
        {"role": "tool", "content": "r"}]},
}  # fmt: skip


@pytest.mark.parametrize("model", [*CHATS, *CLAUDES])
@pytest.mark.parametrize("client", ODDLY_SHOWN)
def test_1_13_an_image_that_another_than_the_user_shows_is_there_and_taken(client: str, model: str) -> None:
    """Of a model that draws, or of a system text: GPT and Claude know images of the user's only."""
    target = f"/v1beta/models/{model}:generateContent" if client == "google" else client
    call = asked(target, {"model": model, **ODDLY_SHOWN[client]})
    body = json.loads(call.upstream.body)
    if model in CLAUDES:
        messages.check(body, call.upstream.headers)
    else:
        chat.check(body)
    assert json.dumps(body).count(_PIXEL) == 2
    said = [message for message in body["messages"] if message["role"] == "assistant" and message["content"]]
    assert any('"a"' in json.dumps(message) for message in said)
