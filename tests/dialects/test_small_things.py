"""Small things that a user notices: each was found by a mutant of the code that no test fell for (make mutants)."""

from __future__ import annotations

import json
from typing import Any

from argo_addon.errors import UpstreamError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.learned_profiles import LearnedProfiles
from argo_addon.gateway.routing import route_of
from argo_addon.ir.parts import TextPart, ToolCallPart, ToolResultPart
from argo_addon.ir.request import Message
from argo_addon.models.registry import Registry
from argo_addon.translation.context_overflow import recognise
from argo_addon.translation.conversation import paired

from .asking import CHAT, JSON_TYPE, MESSAGES, Json, asked, chat_sse, finished, opened, request, sent, streamed, told

EMBED = "/v1beta/models/text-embedding-3-small:batchEmbedContents"
FUNCTION: Json = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CLAUDES: Json = {"name": "look", "input_schema": {"type": "object", "properties": {}}}


def test_a_document_by_url_is_named_in_words() -> None:
    document = {"type": "document", "title": "Plan", "source": {"type": "url", "url": "https://x.example/plan.pdf"}}
    message = {"role": "user", "content": [document, {"type": "text", "text": "Sum it up."}]}
    body, dropped = sent(MESSAGES, request(MESSAGES, "gpt-5.4", message))
    said = body["messages"][0]["content"][0]
    assert said == {"type": "text", "text": "[the document Plan at https://x.example/plan.pdf]"}
    assert dropped == ("messages[].content[].source.url",)


def test_a_choice_of_a_tool_that_is_not_on_offer_is_told_to_be_left_out() -> None:
    ask = request(MESSAGES, "gpt-5.4", tools=[CLAUDES], tool_choice={"type": "tool", "name": "gone"})
    body, dropped = sent(MESSAGES, ask)
    assert "tool_choice" not in body
    assert "tool_choice" in dropped


def test_allowed_tools_keep_their_form_when_conversion_is_forced() -> None:
    allowed = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "look"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    body, _ = sent(CHAT, request(CHAT, "gpt-5.4", tools=[FUNCTION], tool_choice=choice), force_conversion=True)
    assert body["tool_choice"] == choice


def test_only_citations_of_pages_become_annotations() -> None:
    page = {"type": "web_search_result_location", "url": "https://x.example", "title": "X", "cited_text": "a",
            "encrypted_index": "e"}  # fmt: skip
    place = {"type": "char_location", "document_index": 0, "document_title": "D", "cited_text": "b",
             "start_char_index": 0, "end_char_index": 1}  # fmt: skip
    text = {"type": "text", "text": "ab", "citations": [page, place]}
    answer = {"id": "m", "type": "message", "role": "assistant", "content": [text], "stop_reason": "end_turn"}
    message = told(CHAT, "claude-opus-4.6", answer)["choices"][0]["message"]
    assert [one["url_citation"]["url"] for one in message["annotations"]] == ["https://x.example"]


def test_a_signed_call_and_its_signature_are_blocks_of_their_own() -> None:
    function = {"name": "look", "arguments": "{}"}
    signed = {"extra_content": {"google": {"thought_signature": "sig"}}}
    call = {"index": 0, "id": "c1", "type": "function", "function": function, **signed}
    stream = chat_sse({"tool_calls": [call]}, finished("tool_calls"))
    events = [
        json.loads(line[6:])
        for line in streamed(MESSAGES, "gemini-2.5-pro", stream, tools=[CLAUDES]).splitlines()
        if line.startswith(b"data: ")
    ]
    starts = [(one["index"], one["content_block"]["type"]) for one in events if one["type"] == "content_block_start"]
    assert starts == [(0, "thinking"), (1, "tool_use")]


def test_embeddings_come_in_the_order_of_their_index() -> None:
    body = {"requests": [{"content": {"parts": [{"text": text}]}} for text in ("a", "b")]}
    call = asked(EMBED, body)
    rows = [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": [0.5]}]
    reply = call.complete_response(200, JSON_TYPE, json.dumps({"data": rows}).encode())
    assert [one["values"] for one in json.loads(reply.body)["embeddings"]] == [[0.5], [1.0]]


def test_an_empty_page_in_place_of_an_answer_is_told_to_be_empty() -> None:
    reply = asked(CHAT, request(CHAT, "gpt-5.4")).complete_response(503, {"content-type": "text/html"}, b" ")
    assert "503 with text/html and an empty body" in json.loads(reply.body)["error"]["message"]


def test_without_a_name_passthrough_says_where_it_goes() -> None:
    reply = opened(CHAT, request(CHAT, "gpt-5.4"), username_passthrough=True)
    assert not isinstance(reply, Exchange)
    said = json.loads(reply.body)["error"]["message"]
    assert said.endswith("set your tool's API key to your ANL username (found none).")
    reply = opened(CHAT, request(CHAT, "gpt-5.4"), {"x-api-key": "sk 1"}, username_passthrough=True)
    assert not isinstance(reply, Exchange)
    assert json.loads(reply.body)["error"]["message"].endswith("(what came is none).")


def test_what_is_learned_of_one_model_leaves_the_others_as_they_are() -> None:
    learned, registry = LearnedProfiles(), Registry.built_in()
    one, other = (route_of(name, registry, None) for name in ("gpt-5.4", "claude-opus-4.6"))
    learned.learn(one, other.profile)
    learned.learn(other, one.profile)
    assert (learned.profile(one), learned.profile(other)) == (other.profile, one.profile)


def test_a_stream_that_nobody_asked_for_is_told_in_words() -> None:
    call = asked(CHAT, request(CHAT, "gpt-5.4"))
    reply = call.complete_response(200, {"content-type": "text/event-stream"}, chat_sse({"content": "Hi."}, finished()))
    assert reply.status == 502
    assert "with a stream, though the request asked for none" in json.loads(reply.body)["error"]["message"]


def test_an_error_that_no_rule_knows_is_not_tried_again() -> None:
    call = asked(CHAT, request(CHAT, "gpt-5.4"))
    assert not call.should_retry(UpstreamError(400, "No rule knows these words."))


def test_all_three_figures_of_an_overflow_are_read() -> None:
    found: Any = recognise(UpstreamError(400, "input length and `max_tokens` exceed context limit: 700 + 400 > 1,000"))
    assert (found.prompt, found.answer, found.limit) == (700, 400, 1000)


def test_a_result_behind_other_words_is_put_behind_its_call() -> None:
    """The conversation goes on between a call and its result (pitfalls 4.5)."""
    talk = (
        Message("assistant", (ToolCallPart("c1", "look", "{}"),)),
        Message("user", (TextPart("Wait."),)),
        Message("assistant", (TextPart("I wait."),)),
        Message("user", (ToolResultPart("c1", (TextPart("found"),)),)),
    )
    made = paired(talk)
    assert [type(part) for message in made for part in message.parts].count(ToolResultPart) == 1
    result = next(part for message in made for part in message.parts if isinstance(part, ToolResultPart))
    assert result.content == (TextPart("found"),), "and not that it was interrupted"
    cut = paired(talk[:3])
    assert [message.role for message in cut][-1] == "assistant"
