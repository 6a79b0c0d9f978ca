"""Within a dialect nothing is lost, though `force_conversion` takes every answer apart and puts it together again.

The SDK's final object made of the recording and the one made of the converted answer are compared member by member:
blocks of every kind, citations, signatures, containers, stop details, logprobs, annotations, all choices. A recording
that does not keep to its SDK's types is put right on the way and so is judged by its meaning alone (test_replies.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from openai.types import CompletionUsage
from pydantic import BaseModel

from . import reading
from .recordings import Answer, answers, begins_again
from .test_replies import as_typed
from .wires import MODELS, Straight, through

IGNORED = {
    "id": "the gateway may give an answer an id of its own (of the answer itself, never of a call or a block)",
    "created": "the gateway's clock",
    "model": "a converted answer names the model that was asked for",
    "obfuscation": "padding against eavesdroppers, different in every chunk",
    "p": "the same, as Mistral calls it",
    "system_fingerprint": "names the upstream's build, none of the client's",
    "provider": "OpenRouter's note on its own routing",
    "x_groq": "Groq's own bookkeeping",
    "usage_breakdown": "Groq's own bookkeeping",
    "time_info": "Cerebras's own stopwatch",
    "request_id": "the upstream's name for the call",
    "metadata": "a host's note on its build",
    "prompt": "always an empty list, from one host",
    "prompt_filter_results": "Azure's note on the prompt, not on the answer",
    "pydantic_ai_gateway": "another gateway's bookkeeping",
    "parsed_output": "made by the SDK's stream helper, not sent",
    "parsed": "likewise",
    "parsed_arguments": "likewise",
}
"""Members of the answer itself that may differ, with the reason."""
_ANYWHERE = {"obfuscation", "p", "parsed_output", "parsed", "parsed_arguments"}
"""Of these, what may differ deeper down, too."""
BOOKKEEPING = {
    "native_finish_reason": "OpenRouter's second name for the finish reason",
    "content_filter_results": "Azure's filter scores",
    "content_filter_offsets": "likewise",
    "content_filter_result": "likewise",
    "seed": "the number that a host drew",
    "executed_tools": "Groq's own tools, which Chat has no words for",
    "caller": "absent and null say the same",
}
"""Members of choices and messages that only a look-alike sends: a conversion may drop them, but not change them."""


def _same(direct: object, made: object, path: str) -> list[str]:
    """Where two dumped objects differ. A null, an empty list and a missing member say the same."""
    if isinstance(direct, Mapping) and isinstance(made, Mapping):
        names = (direct.keys() | made.keys()) - _ANYWHERE - (IGNORED.keys() if path == "" else set())
        return [
            found
            for name in sorted(names)
            if not (name in BOOKKEEPING and made.get(name) is None)
            if not (name == "index" and ".tool_calls[" in path)  # a member of streams, and of some hosts' plain answers
            for found in _same(direct.get(name), made.get(name), f"{path}.{name}")
        ]
    if isinstance(direct, list) and isinstance(made, list) and len(direct) == len(made):
        return [
            found
            for place, (one, other) in enumerate(zip(direct, made, strict=True))
            for found in _same(one, other, f"{path}[{place}]")
        ]
    return [] if direct == made or (not direct and not made) else [f"{path}: {direct!r} became {made!r}"]


def _spelled(dump: Any) -> Any:
    """The dump without its nulls, the reasoning of look-alikes under one name of the two that they use."""
    if isinstance(dump, dict):
        said = {name: _spelled(value) for name, value in dump.items() if value is not None}
        return {"reasoning_content" if name == "reasoning" else name: value for name, value in said.items()}
    return [_spelled(one) for one in dump] if isinstance(dump, list) else dump


def _without_usage_noise(dump: dict[str, Any], typed: set[str]) -> dict[str, Any]:
    """The dump with only those members of Chat's usage that OpenAI knows: costs and times are the vendors' own."""
    usage = dump.get("usage")
    return {**dump, "usage": {k: v for k, v in usage.items() if k in typed}} if usage and typed else dump


CHAT_USAGE = set(CompletionUsage.model_fields)


def differences(direct: BaseModel, made: BaseModel, *, usage: set[str]) -> list[str]:
    """What was lost or changed, by its path."""
    before, after = (
        _without_usage_noise(_spelled(model.model_dump(warnings=False)), usage) for model in (direct, made)
    )
    if "usage" not in before:
        after = {**after, "usage": None}  # where the recording has it elsewhere, as Groq's x_groq, it may be told
    return _same(before, after, "")


def whole(*, streamed: bool) -> list[Any]:
    """The recordings that keep to their SDK's types."""
    return [
        pytest.param(answer, id=answer.label)
        for answer in answers()
        if answer.streamed == streamed and as_typed(answer) and not begins_again(answer.body)
    ]


@pytest.mark.parametrize("answer", whole(streamed=True))
def test_a_stream_keeps_everything(answer: Answer) -> None:
    straight, way = Straight(answer.body, answer.kind), through(answer, force=True)
    model = MODELS[answer.name]
    if answer.name == "openai_chat":
        direct = reading.completion(straight, model, streamed=True)
        assert differences(direct, reading.completion(way, model, streamed=True), usage=CHAT_USAGE) == []
        return
    message = reading.beta_message(straight, model, streamed=True)
    assert differences(message, reading.beta_message(way, model, streamed=True), usage=set()) == []


@pytest.mark.parametrize("answer", [case for case in whole(streamed=True) if case.values[0].name == "anthropic"])
def test_a_stream_read_by_a_plain_client_keeps_everything(answer: Answer) -> None:
    model = MODELS[answer.name]
    direct = reading.beta_message(Straight(answer.body, answer.kind), model, streamed=True)
    made = reading.beta_message(through(answer, force=True), model, streamed=False)
    assert differences(direct, made, usage=set()) == []


@pytest.mark.parametrize("answer", whole(streamed=False))
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_a_plain_answer_keeps_everything(answer: Answer, streamed: bool) -> None:
    straight, way = Straight(answer.body, answer.kind), through(answer, force=True)
    model = MODELS[answer.name]
    if answer.name == "openai_chat":
        direct = reading.completion(straight, model, streamed=False)
        assert differences(direct, reading.completion(way, model, streamed=streamed), usage=CHAT_USAGE) == []
        return
    message = reading.beta_message(straight, model, streamed=False)
    assert differences(message, reading.beta_message(way, model, streamed=streamed), usage=set()) == []
