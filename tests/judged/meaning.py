"""What an answer means, whoever said it: the same small record made of the SDKs' own objects of either dialect.

Chat knows no order between text and calls, and a dialect may tell less of its usage than the other. `same` is the one
place that knows what is compared and what is not. Tools that the provider runs itself (server_tool_use, mcp_tool_use
and their results) are no calls to the client.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from anthropic.types import Message, ToolUseBlock
from anthropic.types.usage import Usage as MessageUsage
from jiter import from_json
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

STOPS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "stop": "stop",
    "tool_use": "tool_calls",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "length": "length",
    "refusal": "refusal",
    "content_filter": "refusal",
    "completed": "stop",
    "max_output_tokens": "length",
    "STOP": "stop",
    "OTHER": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "refusal",
}


@dataclass(frozen=True)
class Spent:
    """Tokens. `read` and `written` are the cache's part of `input`; None where the upstream does not tell."""

    input: int
    output: int
    read: int = 0
    written: int = 0
    reasoning: int | None = None


@dataclass(frozen=True)
class Call:
    """A call that the client is to carry out; `arguments` is JSON in one spelling (`parsed`)."""

    name: str
    id: str
    arguments: str


@dataclass(frozen=True)
class Meaning:
    """An answer. `order` names the kinds of parts, neighbours of a kind merged; `note` is a refusal's explanation."""

    text: str
    reasoning: str
    calls: tuple[Call, ...]
    stop: str
    order: tuple[str, ...]
    spent: Spent | None
    note: str = ""


def parsed(written: str) -> str:
    """Arguments in one spelling: no text at all is an empty object; of text that was cut, what the SDKs make of it."""
    try:
        return spelled(from_json((written or "{}").encode(), partial_mode=True))
    except ValueError:
        return written


def spelled(arguments: object) -> str:
    """One spelling of arguments. The gateway hands on text that is no JSON (it was cut) as `{"_raw": text}`."""
    match arguments:
        case {"_raw": str(text), **others} if not others:
            return parsed(text)
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False)


def same(direct: Meaning, proxied: Meaning, *, translated: bool) -> None:
    """Asserts that both mean the same. `translated`: one of the two is Chat, the other is not."""
    if translated:
        direct, proxied = replace(direct, order=_usual(direct)), replace(proxied, order=_usual(proxied))
    if direct.note and proxied.text == direct.text + direct.note:
        proxied = replace(proxied, text=direct.text, order=direct.order)  # the refusal's explanation, told as its text
    for field in fields(Meaning):
        if field.name not in ("spent", "note"):
            assert getattr(proxied, field.name) == getattr(direct, field.name), field.name
    if direct.spent is None:
        return
    assert proxied.spent is not None, "the usage was lost"
    known = direct.spent if direct.spent.reasoning is not None else replace(direct.spent, reasoning=None)
    told = proxied.spent if known.reasoning is not None else replace(proxied.spent, reasoning=None)
    if not known.reasoning and not told.reasoning:
        known, told = replace(known, reasoning=None), replace(told, reasoning=None)
    assert told == known, "usage"


def _usual(meaning: Meaning) -> tuple[str, ...]:
    return tuple(kind for kind in ("reasoning", "text", "tool") if kind in meaning.order)


def merged(kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds of parts in their order, neighbours of a kind as one."""
    return tuple(kind for kind, _ in itertools.groupby(kinds))


def stop_of(reason: str | None, calls: Sequence[Call]) -> str:
    """Why an answer ended, in one word for all dialects; whether it ends in calls, they tell themselves."""
    stop = STOPS[reason or "missing"]
    if stop in ("stop", "tool_calls"):
        return "tool_calls" if calls else "stop"
    return stop


# Anthropic


def of_message(message: Message) -> Meaning:
    """What an Anthropic message means."""
    text, reasoning, kinds = "", "", []
    calls: list[Call] = []
    for block in message.content:
        if block.type == "text":
            text += block.text
            kinds += ["text"] if block.text else []
        elif block.type == "thinking":
            reasoning += block.thinking
            kinds += ["reasoning"] if block.thinking else []
        elif block.type == "tool_use":
            calls.append(_tool_use(block))
            kinds.append("tool")
    note = message.stop_details.explanation if message.stop_details is not None else None
    stop = stop_of(message.stop_reason, calls)
    return Meaning(text, reasoning, tuple(calls), stop, merged(kinds), _message_spent(message.usage), note or "")


def _tool_use(block: ToolUseBlock) -> Call:
    return Call(block.name, block.id, spelled(block.input))


def _message_spent(usage: MessageUsage) -> Spent:
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    details = usage.output_tokens_details
    return Spent(
        input=usage.input_tokens + read + written,
        output=usage.output_tokens,
        read=read,
        written=written,
        reasoning=details.thinking_tokens if details is not None else None,
    )


# Chat


class _Thinking(BaseModel):
    """The parts of a content list, as Mistral writes them."""

    type: str
    text: str = ""
    thinking: list[_Thinking] = []


def of_completion(completion: ChatCompletion) -> Meaning:
    """What a Chat completion means: its first choice."""
    choice = completion.choices[0]
    message = choice.message
    text, reasoning, kinds = _said(message.content, message.refusal, message.model_extra or {})
    calls = tuple(
        Call(call.function.name, call.id, parsed(call.function.arguments))
        for call in message.tool_calls or ()
        if call.type == "function"
    )
    kinds += ["tool"] * len(calls)
    stop = "refusal" if message.refusal else stop_of(choice.finish_reason, calls)
    return Meaning(text, reasoning, calls, stop, merged(kinds), completion_spent(completion.usage))


def of_chunks(chunks: Iterable[ChatCompletionChunk]) -> Meaning:
    """What a Chat stream means: its first choice, put together from the chunks themselves.

    The SDK's own helper cannot read all that vendors send (a list as content, calls that are numbered from 1).
    """
    text, reasoning, refusal, stop = "", "", "", None
    usage: CompletionUsage | None = None
    kinds: list[str] = []
    calls: dict[int, Call] = {}
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            if choice.index != 0:
                continue
            stop = choice.finish_reason or stop
            more, thought, said = _said(choice.delta.content, choice.delta.refusal, choice.delta.model_extra or {})
            text, reasoning, refusal = text + more, reasoning + thought, refusal + (choice.delta.refusal or "")
            kinds += said
            for delta in choice.delta.tool_calls or ():
                before = calls.get(delta.index, Call("", "", ""))
                function = delta.function
                calls[delta.index] = Call(
                    before.name or (function.name if function and function.name else ""),
                    before.id or delta.id or "",
                    before.arguments + (function.arguments if function and function.arguments else ""),
                )
                kinds.append("tool")
    made = tuple(replace(call, arguments=parsed(call.arguments)) for _, call in sorted(calls.items()))
    ended = "refusal" if refusal else stop_of(stop, made)
    return Meaning(text, reasoning, made, ended, merged(kinds), completion_spent(usage))


def _said(content: object, refusal: str | None, extra: dict[str, object]) -> tuple[str, str, list[str]]:
    """Text, reasoning and the kinds of what a message or a delta says; vendors have three ways to tell reasoning."""
    thought = extra.get("reasoning_content") or extra.get("reasoning") or ""
    text, reasoning = "", thought if isinstance(thought, str) else ""
    if isinstance(content, str):
        text = content
    elif isinstance(content, list):
        for part in map(_Thinking.model_validate, content):
            text += part.text
            reasoning += "".join(thinking.text for thinking in part.thinking)
    text += refusal or ""
    return text, reasoning, ["reasoning"] * bool(reasoning) + ["text"] * bool(text)


def completion_spent(usage: CompletionUsage | None) -> Spent | None:
    """The usage that a completion or a stream's last chunk tells."""
    if usage is None:
        return None
    prompt, made = usage.prompt_tokens_details, usage.completion_tokens_details
    return Spent(
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
        read=(prompt.cached_tokens or 0) if prompt is not None else 0,
        written=(prompt.cache_write_tokens or 0) if prompt is not None else 0,
        reasoning=made.reasoning_tokens if made is not None else None,
    )
