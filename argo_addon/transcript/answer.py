"""An answer as text: what came of it in a line, then what was said, thought and called. It knows no dialect."""

from __future__ import annotations

from ..errors import UpstreamError
from ..ir.response import Choice, Usage
from .partial_stream import Told
from .parts import heading, lines_of

_MOST_PROBLEMS = 10


def text_of(title: str, told: Told) -> str:
    """The answer, under a title."""
    response = told.response
    head = [word for word in (title, response.model, response.id) if word]
    lines = [" · ".join(head), *_summary(told)]
    lines += [f"error: {_error(error, status=not told.pieces)}" for error in told.errors]
    for choice in response.choices:
        words = "answer" if len(response.choices) == 1 else f"answer {choice.index + 1}"
        lines += ["", heading(words), *(lines_of(choice.parts, {}) or ["(nothing)"])]
    lines += _problems(told.remarks)
    return "\n".join(lines)


def _summary(told: Told) -> list[str]:
    response = told.response
    ends = [_end(choice, choice.index in told.unended) for choice in response.choices]
    lines = [f"finish: {', '.join(ends)}" if ends else "finish: nothing was said"]
    if response.usage is not None:
        lines.append(f"tokens: {_usage(response.usage)}")
    if told.pieces > 1:
        lines.append(f"pieces: {told.pieces}")
    return lines


def _end(choice: Choice, unended: bool) -> str:
    if unended:
        return "none, the answer was cut off"
    finish = choice.finish
    word = finish.raw or finish.reason.value
    details = [said for said in (finish.stop_sequence, finish.explanation) if said]
    return f"{word} ({'; '.join(details)})" if details else word


def _usage(usage: Usage) -> str:
    cache = [
        f"{count} {words}"
        for count, words in ((usage.cache_read, "from the cache"), (usage.cache_write, "into the cache"))
        if count is not None
    ]
    read = f"{usage.input} in" + (f" ({', '.join(cache)})" if cache else "")
    thought = f" ({usage.reasoning} thinking)" if usage.reasoning is not None else ""
    return f"{read}, {usage.output} out{thought}"


def _error(error: UpstreamError, *, status: bool) -> str:
    """An error in a line; within a stream there is no status."""
    named = (
        ("status", str(error.status) if status else None),
        *(("type", error.kind), ("code", error.code), ("param", error.param)),
    )
    details = ", ".join(f"{name} {value}" for name, value in named if value)
    return f"{error.message} ({details})" if details else error.message


def _problems(remarks: list[str]) -> list[str]:
    if not remarks:
        return []
    more = [f"… and {len(remarks) - _MOST_PROBLEMS} more"] if len(remarks) > _MOST_PROBLEMS else []
    return ["", heading("remarks"), *remarks[:_MOST_PROBLEMS], *more]
