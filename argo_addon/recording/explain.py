"""An exchange in words: the four bodies, and what translation changed between them. It reads, and sends nothing."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Iterator
from typing import Any

from mitmproxy import http

from ..transcript.formats import Body, dialect_by_path
from ..transcript.parts import heading
from ..transcript.read import transcript
from .exchange_flows import dialects_of
from .recorded_exchange import RecordedExchange

_FIRST, _LAST, _WIDE = 30, 15, 240
"""Lines that are shown of a body's beginning and end, and characters of a line, unless all is asked for."""
_MOST_CHANGES = 60
_BRIEF = 70


def explanation(recorded: RecordedExchange, *, full: bool = False) -> str:
    """All of an exchange; long bodies are cut unless `full`."""
    meta, client = recorded.meta, recorded.client
    sections = [_summary(recorded)]
    sections += _section("what the tool sent", _first_line(client.request), asked(client), full)
    for number, flow in enumerate(recorded.upstream, 1):
        again = f", try {number}" if len(recorded.upstream) > 1 else ""
        sections += _section(f"what went to ARGO{again}", _first_line(flow.request), asked(flow), full)
        sections += _section(f"what came back{again}", _status_line(flow), answered(flow), full)
    sections += _section("what the tool got", _status_line(client), answered(client), full)
    if recorded.upstream:
        last = recorded.upstream[-1]
        sections += _changes(
            "what changed on the way to ARGO", client.request, last.request, asked(client), asked(last)
        )
        if client.response is not None and last.response is not None:
            sections += [heading("what changed on the way back"), _diff(answered(last), answered(client))]
    if meta.dropped:
        sections += [heading("not sent on"), *(f"  {path}" for path in meta.dropped), ""]
    return "\n".join(sections)


def _summary(recorded: RecordedExchange) -> str:
    meta = recorded.meta
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(recorded.started))
    lines = [f"#{meta.number}  {when}  {meta.tool}, {dialects_of(recorded.meta)}: {meta.status} {meta.outcome}"]
    if meta.asked:
        default = ", the default" if meta.replaced else ""
        how = f"{'converted' if meta.converted else 'handed on as it is'}, {'streamed' if meta.streamed else 'plain'}"
        lines.append(f"    {meta.asked} is {meta.model}{default}; {how}; {meta.upstream}")
    tokens = [f"{count} tokens {way}" for count, way in ((meta.input_tokens, "in"), (meta.output_tokens, "out"))
              if count is not None]  # fmt: skip
    lines.append("    " + "; ".join([f"first byte {meta.first_byte_ms} ms, all {meta.total_ms} ms", *tokens]))
    if meta.mended:
        lines.append(f"    ARGO refused the first request ({meta.mended}): it was mended and sent once more")
    return "\n".join([*lines, ""])


def as_it_came(recorded: RecordedExchange) -> str:
    """The four bodies byte by byte, as far as they are text."""
    parts = [_summary(recorded)]
    for flow in recorded.flows:
        sent, got = ("the tool sent", "the tool got") if flow is recorded.client else ("went to ARGO", "ARGO answered")
        parts += [heading(sent), _first_line(flow.request), _text(flow.request), heading(got), _status_line(flow)]
        parts += [_text(flow.response)] if flow.response is not None else []
    return "\n".join(parts)


def _text(message: http.Message) -> str:
    return _content(message).decode("utf-8", "replace")


def asked(flow: http.HTTPFlow) -> str:
    """A request's body in words."""
    request = flow.request
    return _words(Body(_content(request), request.path, request.headers.get("content-type", "").lower(), 0))


def answered(flow: http.HTTPFlow) -> str:
    """An answer's body in words, or why there is none."""
    response = flow.response
    if response is None:
        return flow.error.msg if flow.error is not None else "nothing"
    kind = response.headers.get("content-type", "").lower()
    return _words(Body(_content(response), flow.request.path, kind, response.status_code))


def _words(body: Body) -> str:
    if not body.data:
        return "(no body)"
    try:
        return transcript(body)
    except Exception as problem:  # noqa: BLE001 # the root of what is shown: a body that nobody foresaw stays readable
        return f"This could not be shown as a conversation: {problem!r}\n{body.data.decode('utf-8', 'replace')}"


def _content(message: http.Message) -> bytes:
    return message.get_content(strict=False) or b""


def _first_line(request: http.Request) -> str:
    return f"{request.method} {request.pretty_url}"


def _status_line(flow: http.HTTPFlow) -> str:
    if flow.response is None:
        return "no answer"
    return f"{flow.response.status_code} {flow.response.headers.get('content-type', '')}".strip()


def _section(title: str, first: str, text: str, full: bool) -> list[str]:
    return [heading(title), first, "", text if full else cut(text), ""]


def cut(text: str) -> str:
    """A text without its middle, and lines without their ends, where it is long."""
    lines = [
        line if len(line) <= _WIDE else f"{line[:_WIDE]} … ({len(line) - _WIDE} more)" for line in text.splitlines()
    ]
    left = len(lines) - _FIRST - _LAST
    if left > 1:
        lines[_FIRST:-_LAST] = [f"    … {left} lines more: --full shows them …"]
    return "\n".join(lines)


def _changes(title: str, before: http.Request, after: http.Request, said: str, sent: str) -> list[str]:
    """What changed in a request: member by member within one dialect, else in words."""
    if dialect_by_path(before.path) == dialect_by_path(after.path):
        try:
            found = list(changed(json.loads(_content(before)), json.loads(_content(after))))
        except ValueError:
            found = []
        more = [f"  … and {len(found) - _MOST_CHANGES} more"] if len(found) > _MOST_CHANGES else []
        return [heading(title), *(found[:_MOST_CHANGES] or ["  nothing"]), *more, ""]
    return [heading(title), _diff(said, sent), ""]


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    shown = [line if len(line) <= _WIDE else f"{line[:_WIDE]} …" for line in lines][2:]
    return "\n".join(shown) or "  nothing"


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The members in which two JSON values differ: their path, what they were and what they are."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else name
            if name not in after:
                yield f"- {inner}: {_brief(before[name])}"
            elif name not in before:
                yield f"+ {inner}: {_brief(after[name])}"
            else:
                yield from changed(before[name], after[name], inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changed(one, other, f"{path}[{place}]")
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield f"~ {path}: {_brief(before)} -> {_brief(after)}"


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]} … ({len(text)} characters)"
