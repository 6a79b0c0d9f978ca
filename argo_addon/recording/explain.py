"""An exchange in words: the four bodies, and what translation changed between them. It reads, and sends nothing."""

from __future__ import annotations

import difflib
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from ..redaction import redacted
from ..transcript.formats import Body, dialect_by_path
from ..transcript.parts import heading
from ..transcript.read import transcript
from ..transcript.turn import turn_of
from .dialect_names import dialects_of
from .differences import changed, counterpart, member_at, named_in
from .metadata import ExchangeMetadata, model_of
from .plain_exchange import Message, Request, Shown, ShownFlow

_FIRST, _LAST, _WIDE = 30, 15, 240
"""Lines that are shown of a body's beginning and end, and characters of a line, unless all is asked for."""
_MOST_CHANGES = 60
_MOST_MEMBERS = 3
"""Members that a refusal names and that are shown."""
Part = Literal["request", "upstream", "answer"]


Unseal = Callable[[str], list[str]]
"""Opens what is sealed in a text, as far as it can be."""


def explanation(recorded: Shown, *, full: bool = False, unseal: Unseal = lambda text: []) -> str:
    """All of an exchange, what went wrong and what was changed first; long bodies are cut unless `full`."""
    meta, client = recorded.meta, recorded.client
    sections = [_summary(recorded)]
    sections += _points(recorded)
    if words := meta.words or turn_of(client.request.headers, _content(client.request)).words:
        sections += [heading("what the user said last"), f"  {words}", ""]
    if recorded.upstream:
        last = recorded.upstream[-1]
        sections += _changes(
            "what changed on the way to ARGO", client.request, last.request, asked(client), asked(last)
        )
        if client.response is not None and last.response is not None:
            sections += [heading("what changed on the way back"), _diff(answered(last), answered(client)), ""]
    if meta.dropped:
        sections += [heading("not sent on"), *(f"  {path}" for path in meta.dropped), ""]
    sections += _headers(recorded)
    sections += _section("what the tool sent", _first_line(client.request), _request(client, full), full)
    for number, flow in enumerate(recorded.upstream, 1):
        again = f", try {number}" if len(recorded.upstream) > 1 else ""
        sections += _section(f"what went to ARGO{again}", _first_line(flow.request), _request(flow, full), full)
        sections += _section(f"what came back{again}", _status_line(flow), answered(flow), full)
    sections += _section("what the tool got", _status_line(client), answered(client), full)
    for title, message in (("the tool sent", client.request), ("the tool got", client.response)):
        for words in unseal(_text(message).replace("\\/", "/")) if message is not None else ():
            sections += _section(f"the sealed summary that {title}, opened", "", redacted(words), full)
    return "\n".join(sections)


def _summary(recorded: Shown) -> str:
    meta = recorded.meta
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(recorded.started))
    lines = [f"#{meta.number}  {when}  {meta.tool}, {dialects_of(recorded.meta)}: {meta.status} {meta.outcome}"]
    if meta.asked:
        how = f"{'converted' if meta.converted else 'handed on as it is'}, {'streamed' if meta.streamed else 'plain'}"
        lines.append(f"    {meta.asked} is {model_of(meta)}; {how}; {meta.upstream}")
    cached = f" ({meta.cache_read} from the cache)" if meta.cache_read else ""
    ways = ((meta.input_tokens, f"in{cached}"), (meta.output_tokens, "out"))
    tokens = [f"{count} tokens {way}" for count, way in ways if count is not None]
    lines.append("    " + "; ".join([f"first byte {meta.first_byte_ms} ms, all {meta.total_ms} ms", *tokens]))
    if recorded.upstream:
        lines.append("    " + "; ".join(_times(meta)))
    if meta.session:
        lines.append(f"    conversation {meta.session}")
    if meta.mended:
        lines.append(f"    ARGO refused the first request ({meta.mended}): it was mended and sent once more")
    return "\n".join([*lines, ""])


def _times(meta: ExchangeMetadata) -> Iterator[str]:
    """Where the time went."""
    yield f"gateway {meta.gateway_ms} ms"
    if meta.connect_ms is not None:
        yield f"connecting {meta.connect_ms} ms"
    waited = "no byte" if meta.upstream_byte_ms is None else f"first byte after {meta.upstream_byte_ms} ms"
    yield f"ARGO's {waited}" if meta.upstream_byte_ms is not None else f"{waited} of ARGO's"
    if meta.silence_ms:
        yield f"longest silence {meta.silence_ms} ms"
    if meta.streamed and meta.output_tokens and meta.talk_ms:
        yield f"{meta.output_tokens * 1000 / meta.talk_ms:.0f} tokens/s"


def _points(recorded: Shown) -> list[str]:
    """What went wrong, and the members that the refusal names, as they were sent and as they went on."""
    refused = [(flow, _refusal(flow)) for flow in recorded.upstream if flow.response is not None]
    told = [(flow, said) for flow, said in refused if said]
    if not recorded.meta.failed and not told:
        return []
    lines = [heading("what went wrong")]
    lines.append(f"  {recorded.meta.outcome}" if recorded.meta.failed else f"  mended: {recorded.meta.mended}")
    for flow, said in told or [(recorded.client, recorded.meta.outcome)]:
        if said not in recorded.meta.outcome:
            lines.append(f"  ARGO: {said}")
        lines += _named(recorded.client, flow, said)
    return [*lines, ""]


def _refusal(flow: ShownFlow) -> str:
    """What an answer says is wrong; nothing where it says nothing of that kind."""
    if flow.response is None or flow.response.status_code < 400:
        return ""
    body = _json(flow.response)
    found = body.get("error", body) if isinstance(body, dict) else None
    said = found.get("message", "") if isinstance(found, dict) else found
    param = found.get("param") if isinstance(found, dict) else None
    words = said if isinstance(said, str) else ""
    return f"{words} (`{param}`)" if isinstance(param, str) and param and param not in words else words


def _named(client: ShownFlow, flow: ShownFlow, said: str) -> Iterator[str]:
    sent, went = _json(client.request), _json(flow.request)
    for path in named_in(said, went)[:_MOST_MEMBERS]:
        place, value = member_at(went, path)
        if flow is client:
            yield from _shown(f"{place}, as the tool sent it", value)
            continue
        before = counterpart(went, sent, path)
        if before is None:
            yield f"  {place}: the tool sent nothing like it"
        else:
            was, original = member_at(sent, before)
            yield from _shown(f"{was}, as the tool sent it", original)
            if original == value:
                yield f"  {place} went to ARGO as it is"
                continue
        yield from _shown(f"{place}, as it went to ARGO", value)


def _shown(title: str, value: Any) -> Iterator[str]:
    yield f"  {title}:"
    text = json.dumps(value, indent=2, ensure_ascii=False)
    yield from (f"    {line}" for line in cut(text).splitlines())


_DECIDE = re.compile(
    r"(?i)(?:anthropic-(?:beta|version|ratelimit.*)|openai-beta|retry-after.*|x-should-retry|x-ratelimit.*"
    r"|argo-proxy-.*|(?:x-)?request-id|x-stainless-(?:retry-count|timeout)|user-agent|content-encoding)\Z"
)


def _headers(recorded: Shown) -> list[str]:
    """The headers that decide something, of each message that has some."""
    messages: list[tuple[str, Message | None]] = [("the tool sent", recorded.client.request)]
    for flow in recorded.upstream:
        messages += [("went to ARGO", flow.request), ("came back", flow.response)]
    messages.append(("the tool got", recorded.client.response))
    lines = [
        f"  {title}: {name}: {value}"
        for title, message in messages
        if message is not None
        for name, value in message.headers.items()
        if _DECIDE.match(name)
    ]
    return [heading("headers"), *lines, ""] if lines else []


def _request(flow: ShownFlow, full: bool) -> str:
    """A request in words, with `full` with its tools' schemas."""
    tools = _tools(_json(flow.request)) if full else []
    return "\n".join([asked(flow), *tools])


def _tools(body: Any) -> list[str]:
    tools = body.get("tools") if isinstance(body, dict) else None
    return ["", heading("tools"), json.dumps(tools, indent=2, ensure_ascii=False)] if tools else []


def as_it_came(recorded: Shown) -> str:
    """The four bodies as they are: JSON indented, streams byte by byte, as far as they are text."""
    parts = [_summary(recorded)]
    for flow in (recorded.client, *recorded.upstream):
        sent, got = ("the tool sent", "the tool got") if flow is recorded.client else ("went to ARGO", "ARGO answered")
        parts += [heading(sent), _first_line(flow.request), _indented(flow.request), heading(got), _status_line(flow)]
        parts += [_indented(flow.response)] if flow.response is not None else []
    return "\n".join(parts)


def compared(one: Shown, other: Shown, *, upstream: bool) -> str:
    """What is new in another exchange's request: member by member, or in words between two dialects."""
    flows = [item.upstream[-1] if upstream and item.upstream else item.client for item in (one, other)]
    title = f"what is new in #{other.meta.number} compared with #{one.meta.number}"
    return "\n".join(_changes(title, flows[0].request, flows[1].request, asked(flows[0]), asked(flows[1])))


def part_of(recorded: Shown, part: Part, *, raw: bool) -> str:
    """One body: what the tool sent, what went to ARGO last, or what the tool got."""
    flow = recorded.upstream[-1] if part == "upstream" and recorded.upstream else recorded.client
    if part == "upstream" and not recorded.upstream:
        return "nothing: the gateway answered by itself"
    if part == "answer":
        return answered(flow) if not raw or flow.response is None else _indented(flow.response)
    return _indented(flow.request) if raw else asked(flow)


def with_bodies(recorded: Shown) -> dict[str, object]:
    """What is known of an exchange, with its bodies: JSON as its value, others as text, None where there is none."""
    known: dict[str, object] = msgspec.to_builtins(recorded.meta)
    client = recorded.client
    return {
        **known,
        "time": recorded.started,
        "bodies": {
            "request": _value(client.request),
            "upstream": [
                {"request": _value(flow.request), "answer": _value(flow.response)} for flow in recorded.upstream
            ],
            "answer": _value(client.response),
        },
    }


def _value(message: Message | None) -> object:
    if message is None:
        return None
    try:
        return json.loads(_content(message))
    except ValueError:
        return _text(message)


def _json(message: Message) -> Any:
    try:
        return json.loads(_content(message))
    except (ValueError, RecursionError):
        return None


def _indented(message: Message) -> str:
    value = _json(message)
    return _text(message) if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _text(message: Message) -> str:
    return _content(message).decode("utf-8", "replace")


def asked(flow: ShownFlow) -> str:
    """A request's body in words."""
    request = flow.request
    return _words(Body(_content(request), request.path, request.headers.get("content-type", "").lower(), 0))


def answered(flow: ShownFlow) -> str:
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


def _content(message: Message) -> bytes:
    return message.get_content(strict=False) or b""


def _first_line(request: Request) -> str:
    return f"{request.method} {request.pretty_url}"


def _status_line(flow: ShownFlow) -> str:
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


def _changes(title: str, before: Request, after: Request, said: str, sent: str) -> list[str]:
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
