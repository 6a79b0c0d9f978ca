"""Tables between finish reasons of Chat Completions and neutral ones."""

from __future__ import annotations

from ...ir.response import FinishReason

REASON_OF_FINISH = {
    "stop": FinishReason.STOP,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.REFUSAL,
}
"""Finish reasons (OpenAI API reference); pitfalls 2.2."""

FINISH_OF_REASON = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT: "length",
    FinishReason.PAUSE: "stop",
    FinishReason.REFUSAL: "content_filter",
}
