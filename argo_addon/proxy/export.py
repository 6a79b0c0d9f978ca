"""Recorded exchanges as files that leave the machine: once more without credentials, and without the user's name.

What is said in them stays, since that is what a bug report is about; a fixture for a test has every word crossed out.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from mitmproxy import connection, http
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.io import FlowWriter

from ..redaction import holds_secret, redacted, safe_body, safe_target
from .kept import Kept

Form = Literal["flow", "har", "curl"]
NOBODY = "user"
"""Who the user is in what is exported."""
_ADDRESS = ("127.0.0.1", 0)


def exported(kept: list[Kept], form: Form) -> bytes:
    """The exchanges, scrubbed, as flows of mitmproxy's, as a HAR, or as commands that send the client's side."""
    if form == "curl":
        return "".join(f"{_curl(one.client.request)}\n" for one in kept).encode()
    flows = [scrubbed(flow) for one in kept for flow in one.flows]
    if form == "har":
        return json.dumps(SaveHar().make_har(flows), indent=1).encode() + b"\n"
    file = io.BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


def scrubbed(flow: http.HTTPFlow) -> http.HTTPFlow:
    """A copy without credentials in headers, URLs and bodies, without addresses and the user's name.

    What others have recorded holds credentials.
    """
    made: http.HTTPFlow = flow.copy()
    made.id = flow.id
    made.client_conn = connection.Client(peername=_ADDRESS, sockname=_ADDRESS, timestamp_start=0.0)
    made.comment = redacted(flow.comment)
    for message in (made.request, made.response):
        if message is None:
            continue
        message.decode(strict=False)
        message.headers = http.Headers(
            [
                (name, b"[removed]" if holds_secret(name.decode("latin-1")) else redacted(_text(value)).encode())
                for name, value in message.headers.fields
            ]
        )
        if message.raw_content is not None:
            message.content = _without_user(safe_body(message.raw_content))
    made.request.url = safe_target(made.request.url)
    return made


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _without_user(body: bytes) -> bytes:
    """A request's body with another name in the place of the user's, as ARGO is told it."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return body
    if "user" not in fields:
        return body
    return msgspec.json.encode({**fields, "user": NOBODY})


def _curl(request: http.Request) -> str:
    """What sends a request again from a shell; credentials are to be put in."""
    body = safe_body(request.get_content(strict=False) or b"").decode("utf-8", "replace")
    kept = [
        (name, "…" if holds_secret(name) else value)
        for name, value in request.headers.items()
        if name.lower() not in ("host", "content-length", "transfer-encoding", "connection", "content-encoding")
    ]
    lines = [f"curl -sS -N -X {request.method} {shlex.quote(safe_target(request.url))}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in kept]
    return " \\\n  ".join([*lines, f"--data-raw {shlex.quote(body)}"] if body else lines)


# Fixtures

_NAMES = frozenset(
    {"type", "role", "model", "name", "id", "tool_use_id", "call_id", "tool_call_id", "item_id", "finish_reason",
     "finishReason", "stop_reason", "status", "object", "mode", "effort", "reasoning_effort", "media_type",
     "mimeType", "mime_type", "detail", "service_tier", "event", "code", "param", "format", "ttl", "speed", "summary",
     "tool_choice", "encoding_format", "verbosity", "truncation", "modelVersion", "responseId"}
)  # fmt: skip
"""Members whose text is a word of the API's, not of a person's."""
_KEPT_WHOLE = frozenset({"required", "enum", "const", "$ref", "include"})
_FIELD = re.compile(r"(?:event|id|retry)?:|event:|$|\r$")
_JSON_IN_TEXT = frozenset({"partial_json", "arguments", "input_json"})
"""Members whose text is JSON, or a piece of it: crossed out so that it stays that."""
_HARMLESS_LETTERS = "truefalsnb"
_CROSS = {code: "x" for code in range(ord("a"), ord("z") + 1)} | {code: "X" for code in range(ord("A"), ord("Z") + 1)}
_CROSS |= {code: "0" for code in range(ord("0"), ord("9") + 1)}
_CROSS_JSON = {
    **{code: "e" for code in range(ord("a"), ord("z") + 1) if chr(code) not in _HARMLESS_LETTERS},
    **{code: "E" for code in range(ord("A"), ord("Z") + 1)},
    **{code: "1" for code in range(ord("0"), ord("9") + 1)},
}


def fixture(kept: Kept) -> bytes:
    """A test fixture: the client's request, ARGO's last answer, and the client's, with every word crossed out.

    JSON: `client`, `upstream` and `answer`, each with what a test needs of it. Names of tools and members, ids, models
    and the form of the stream stay.
    """
    client = kept.client
    made: dict[str, object] = {"client": _crossed_request(client.request)}
    if kept.upstream:
        last = kept.upstream[-1]
        made["sent"] = _crossed_request(last.request)
        made["upstream"] = _crossed_answer(last)
    made["answer"] = _crossed_answer(client)
    return json.dumps(made, indent=1, ensure_ascii=False).encode() + b"\n"


def _crossed_request(request: http.Request) -> dict[str, object]:
    names = ("anthropic-version", "anthropic-beta", "content-type", "user-agent", "x-goog-api-client")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    body = request.get_content(strict=False) or b""
    return {
        "method": request.method,
        "target": safe_target(request.path),
        "headers": headers,
        "body": crossed_body(body),
    }


def _crossed_answer(flow: http.HTTPFlow) -> dict[str, object] | None:
    response = flow.response
    if response is None:
        return None
    headers = {"content-type": response.headers.get("content-type", "")}
    body = response.get_content(strict=False) or b""
    return {"status": response.status_code, "headers": headers, "body": crossed_body(body)}


def crossed_body(body: bytes) -> Any:
    """A body in which no word that a person wrote can be read: JSON as its value, a stream as its lines."""
    text = body.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _crossed(json.loads(text), "")
        except ValueError:
            return text.translate(_CROSS)
    return [f"data: {_crossed_data(line[5:].strip())}" if line.startswith("data:") else line.translate(_CROSS)
            if not _FIELD.match(line) else line for line in text.split("\n")]  # fmt: skip


def _crossed_data(text: str) -> str:
    try:
        return json.dumps(_crossed(json.loads(text), ""), ensure_ascii=False)
    except ValueError:
        return text if text == "[DONE]" else text.translate(_CROSS)


def _crossed(value: Any, member: str) -> Any:
    if isinstance(value, dict):
        return {name: _crossed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return value if member in _KEPT_WHOLE and _are_words(value) else [_crossed(one, member) for one in value]
    if not isinstance(value, str) or member in _NAMES or member in _KEPT_WHOLE:
        return value
    return value.translate(_CROSS_JSON if member in _JSON_IN_TEXT else _CROSS)


def _are_words(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
