"""Recorded exchanges as files that leave the machine: once more without credentials, and without the user's name.

What is said in them stays, since that is what a bug report is about; a fixture for a test has every word crossed out.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from mitmproxy import connection, http
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.io import FlowWriter

from ..redaction import holds_secret, safe_body, safe_target, secrets_in
from .metadata import KEY
from .recorded_exchange import RecordedExchange

Form = Literal["flow", "har", "curl"]
NOBODY = "user"
"""Who the user is in what is exported."""
_ADDRESS = ("127.0.0.1", 0)


def exported(recorded: list[RecordedExchange], form: Form) -> bytes:
    """The exchanges, scrubbed, as flows of mitmproxy's, as a HAR, or as commands that send the client's side."""
    if form == "curl":
        return "".join(f"{_curl(scrubbed(one.client, name_in(one)).request)}\n" for one in recorded).encode()
    flows = [scrubbed(flow, name_in(one)) for one in recorded for flow in one.flows]
    if form == "har":
        return json.dumps(SaveHar().make_har(flows), indent=1).encode() + b"\n"
    file = io.BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


def name_in(recorded: RecordedExchange) -> str:
    """The user's name, as ARGO was told it; nothing where it was not."""
    for flow in recorded.upstream:
        try:
            told = msgspec.json.decode(flow.request.get_content(strict=False) or b"", type=_Told)
        except msgspec.MsgspecError:
            continue
        if told.user or told.metadata.user_id:
            return told.user or told.metadata.user_id
    return ""


class _Metadata(msgspec.Struct):
    user_id: str = ""


class _Told(msgspec.Struct):
    user: str = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


def scrubbed(flow: http.HTTPFlow, name: str) -> http.HTTPFlow:
    """A copy without credentials in headers, URLs and bodies, without addresses and the user's name.

    What others have recorded holds credentials.
    """
    made: http.HTTPFlow = flow.copy()
    made.id = flow.id
    made.client_conn = connection.Client(peername=_ADDRESS, sockname=_ADDRESS, timestamp_start=0.0)
    made.server_conn = connection.Server(address=(made.request.host, made.request.port))
    made.websocket = None
    secrets = secrets_in(flow.request.headers.fields, flow.request.path)

    def safe(text: str) -> str:
        return _nameless(safe_body(text.encode("utf-8", "replace"), secrets).decode(), name)

    made.comment = safe(flow.comment)
    about = flow.metadata.get(KEY)
    made.metadata = {KEY: _each_text(about, safe)} if isinstance(about, dict) else {}
    if made.error is not None:
        made.error.msg = safe(made.error.msg)
    for message in (made.request, made.response):
        if message is None:
            continue
        message.decode(strict=False)
        message.trailers = None
        message.headers = http.Headers(
            [
                (header, b"[removed]" if _tells(header.decode("latin-1")) else safe(_text(value)).encode())
                for header, value in message.headers.fields
            ]
        )
        if message.raw_content is not None:
            body = safe_body(message.raw_content, secrets)
            message.content = _without_user(_nameless(body.decode("utf-8", "surrogateescape"), name))
    made.request.url = _nameless(safe_target(made.request.url), name)
    return made


def _tells(header: str) -> bool:
    """Whether a header holds a credential, or where a user is."""
    return holds_secret(header) or header.lower() in ("x-forwarded-for", "x-real-ip", "forwarded")


def _nameless(text: str, name: str) -> str:
    """A text without the user's name, where it stands as a word."""
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NOBODY, text) if name else text


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _each_text(one, change) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each_text(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _without_user(body: str) -> bytes:
    """A request's body with another name in the place of the user's, as whoever recorded it has told it."""
    data = body.encode("utf-8", "surrogateescape")
    try:
        fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return data
    return msgspec.json.encode({**fields, "user": NOBODY}) if "user" in fields else data


def _curl(request: http.Request) -> str:
    """What sends a scrubbed request again from a shell; credentials are to be put in."""
    body = _text(request.content or b"")
    recorded = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_THE_HOP]
    lines = [f"curl -sS -N -X {request.method} {shlex.quote(request.url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in recorded]
    return " \\\n  ".join([*lines, f"--data-raw {shlex.quote(body)}"] if body else lines)


_OF_THE_HOP = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})


# Fixtures

_NAMES = frozenset(
    {"type", "role", "model", "name", "id", "tool_use_id", "call_id", "tool_call_id", "item_id", "finish_reason",
     "finishReason", "stop_reason", "status", "object", "mode", "effort", "reasoning_effort", "media_type",
     "mimeType", "mime_type", "detail", "service_tier", "event", "code", "param", "format", "ttl", "speed", "summary",
     "tool_choice", "encoding_format", "verbosity", "truncation", "modelVersion", "responseId"}
)  # fmt: skip
"""Members whose text is a word of the API's, not of a person's."""
_KEPT_WHOLE = frozenset({"required", "enum", "const", "$ref", "include"})
_FIELD = re.compile(r"(?:event|id|retry)?:|\r?$")
"""A line of a stream of events in which nobody says anything."""
_JSON_IN_TEXT = frozenset({"partial_json", "arguments", "input_json", "input_json_delta"})
"""Members whose text is JSON, or a piece of it: crossed out so that it stays that."""
_A_PERSONS = frozenset({"input", "args", "arguments", "content", "response", "output", "metadata"})
"""Members below which every text may be a person's, whatever its own member is called."""


def fixture(recorded: RecordedExchange) -> bytes:
    """What a test needs to have an exchange happen again, with every word crossed out.

    What an error says stays, since it is what is looked for in it.

    JSON: `client` is the tool's request, `upstream` are ARGO's answers, one for each request that went there. Names of
    tools and members, ids, models and the form of the streams stay.
    """
    made = {
        "client": _crossed_request(recorded.client.request),
        "upstream": [_crossed_answer(flow) for flow in recorded.upstream],
    }
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
    text, crossing = body.decode("utf-8", "replace"), _Crossing()
    if text.lstrip()[:1] in ("{", "["):
        try:
            return crossing.value(json.loads(text))
        except ValueError:
            return _crossed(text)
    return [crossing.line(line) for line in text.split("\n")]


def _crossed(text: str) -> str:
    """A text with every letter and digit crossed out, of whatever script."""
    return "".join(
        ("X" if char.isupper() else "x") if char.isalpha() else "0" if char.isnumeric() else char for char in text
    )


class _Crossing:
    """Crosses out a body. JSON that comes in pieces is followed from piece to piece, by the place of its call."""

    def __init__(self) -> None:
        self._within: dict[str, tuple[bool, bool, int]] = {}

    def line(self, line: str) -> str:
        """A line of a stream of events."""
        if not line.startswith("data:"):
            return line if _FIELD.match(line) else _crossed(line)
        text = line[5:].strip()
        try:
            return f"data: {json.dumps(self.value(json.loads(text)), ensure_ascii=False)}"
        except ValueError:
            return line if text == "[DONE]" else f"data: {_crossed(text)}"

    def value(self, value: Any, member: str = "", place: str = "", *, free: bool = False) -> Any:
        """A JSON value; `free` says that it is all a person's, not the API's."""
        if isinstance(value, dict):
            place += f"/{value.get('item_id', value.get('index', ''))}"
            return {
                name: one if name == "error" and not free else self._member(name, one, place, free)
                for name, one in value.items()
            }
        if isinstance(value, list):
            words = member in _KEPT_WHOLE and not free and all(isinstance(one, str) for one in value)
            return value if words else [self.value(one, member, place, free=free) for one in value]
        if not isinstance(value, str):
            return value
        if member in _JSON_IN_TEXT:
            return self._piece(value, place)
        return value if not free and (member in _NAMES or member in _KEPT_WHOLE) else _crossed(value)

    def _member(self, name: str, value: Any, place: str, free: bool) -> Any:
        """Blocks and items keep their kinds; what stands in a call's input, or as plain meta, is a person's."""
        below = isinstance(value, dict) and name in _A_PERSONS
        return self.value(value, name, place, free=free or below)

    def _piece(self, text: str, place: str) -> str:
        """JSON, or the next piece of it: words in quotes are crossed out, digits are another, all else stays."""
        quoted, escapes, digits = self._within.get(place, (False, False, 0))
        made = []
        for char in text:
            if digits:  # of an escape like \\u0041
                digits -= 1
                made.append("0")
            elif escapes:
                escapes, digits = False, 4 if char == "u" else 0
                made.append(char)
            elif quoted and char == "\\":
                escapes = True
                made.append(char)
            elif char == '"':
                quoted = not quoted
                made.append(char)
            else:
                made.append(_crossed(char) if quoted else "1" if char.isdigit() else char)
        self._within[place] = (quoted, escapes, digits)
        return "".join(made)
