"""An exchange as mitmproxy's flows: the client's side and ARGO's, without credentials, with a comment that explains.

A mended call has two of ARGO's sides. All of an exchange share one id in their meta, under `argo-proxy`.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any, get_args

import msgspec
from mitmproxy import connection, http
from mitmproxy.flow import Error
from mitmproxy.io import tnetstring

from ..errors import ClientError, GatewayError
from ..gateway.exchange import header_text
from ..gateway.routing import dialect_of
from ..gateway.token_counts import tokens_in
from ..proxy.calls import Call
from ..proxy.compression import decompressed
from ..proxy.trace import MOST_KEPT, WAY, ExchangeTrace, HeaderFields, ResponseTrace, UpstreamAttempt, Way
from ..redaction import GONE, holds_secret, safe_body, safe_target, secrets_in
from ..transcript.turn import turn_of
from .metadata import KEY, SAID, ExchangeMetadata, comment_of


def error_in(call: Call | None) -> GatewayError | None:
    """The error in which a call has ended."""
    if call is None:
        return None
    return call.error or (call.exchange.relay.error if call.exchange.relay is not None else None)


def has_failed(trace: ExchangeTrace, call: Call | None) -> bool:
    """Whether an exchange is a failure: not where its client left, or somebody looked for a path that there is not."""
    refused = trace.answer.status >= 400 and (call is not None or trace.method == "POST")
    return refused or error_in(call) is not None


def metadata_of(trace: ExchangeTrace, call: Call | None, *, left: bool) -> ExchangeMetadata:
    """The facts of an exchange that is over; `left` says that its client is gone before its answer's formal end."""
    answer, headers = trace.answer, _lower(trace.fields)
    about: dict[str, Any] = {}
    error = error_in(call)
    if call is not None:
        exchange = call.exchange
        about = {
            "upstream": safe_target(exchange.upstream.url),
            "asked": exchange.asked,
            "model": exchange.route.internal_id,
            "converted": exchange.translates,
            "streamed": exchange.streams,
            "dropped": exchange.dropped,
            "mended": exchange.retried_for,
            "overloaded": exchange.overloaded,
            "replaced": exchange.route.replaced,
        }
    left = left and not (call is not None and call.is_answered)
    outcome = error.message if error is not None else "the client left" if left else "complete"
    return ExchangeMetadata(
        exchange=trace.id,
        tool=header_text(headers.get("user-agent", "").split("/")[0].split(" ")[0]) or "unknown client",
        cut=sum(noted.cut for noted in (answer, *(attempt.answer for attempt in trace.attempts))),
        client=dialect_of(trace.target, headers).name,
        way=headers.get(WAY, "") if headers.get(WAY) in get_args(Way) else "",
        status=answer.status,
        outcome=outcome if error is not None or answer.status < 400 else _refusal_in(answer.body),
        failed=has_failed(trace, call),
        first_byte_ms=round(max(answer.first - trace.started, 0) * 1000),
        total_ms=round(max(trace.ended - trace.started, 0) * 1000),
        **about,
    )


class _Said(msgspec.Struct):
    message: str = "refused"


class _Refusal(msgspec.Struct):
    error: _Said = msgspec.field(default_factory=_Said)


def _refusal_in(body: bytes) -> str:
    """The message of an error of the gateway's own, which has its place in every dialect."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error.message
    except msgspec.MsgspecError:
        return _Said().message


def used(trace: ExchangeTrace) -> dict[str, int | None]:
    """The tokens that ARGO's answer tells: those of the prompt, its own, and those of the cache."""
    return tokens_in(b"" if trace.attempt is None else trace.attempt.answer.body)


def _times(trace: ExchangeTrace) -> dict[str, Any]:
    """Where the time went, in milliseconds."""
    if trace.attempt is None:
        return {}
    last, answer = trace.attempt, trace.attempt.answer
    server = next((one.server for one in trace.attempts if one.server is not None), None)
    begun, ready = (None, None) if server is None else (server.timestamp_start, server.timestamp_tcp_setup)
    is_new = begun is not None and ready is not None and begun >= trace.started
    return {
        "gateway_ms": round(max(trace.attempts[0].sent - trace.started, 0) * 1000),
        "connect_ms": round(((ready or 0) - (begun or 0)) * 1000) if is_new else None,
        "upstream_byte_ms": round(max(answer.first - last.sent, 0) * 1000) if answer.first else None,
        "silence_ms": round(answer.silence * 1000),
        "talk_ms": round((answer.last - answer.first) * 1000),
    }


_RESPONSE = re.compile(rb'"id"\s*:\s*"(resp_[\w-]{1,80})"')


def _response_in(trace: ExchangeTrace, meta: ExchangeMetadata) -> str:
    found = _RESPONSE.search(trace.answer.body[:4000]) if meta.client == "openai_responses" else None
    return "" if found is None else found[1].decode()


_VARIES = re.compile(r"\b[\w-]*\d[\w-]*\b")


def _failure(trace: ExchangeTrace, meta: ExchangeMetadata) -> str:
    """The same for each try of a request that fails in the same way."""
    if not meta.failed:
        return ""
    said = f"{meta.tool} {trace.target} {meta.status} {_VARIES.sub('', meta.outcome)}"
    return hashlib.sha256(_bytes(said) + b"\0" + trace.body).hexdigest()[:16]


def as_flows(trace: ExchangeTrace, meta: ExchangeMetadata) -> tuple[list[http.HTTPFlow], ExchangeMetadata]:
    """The exchange as flows, credentials taken out, and what is known of it, likewise."""
    secrets = secrets_in(trace.fields, trace.target)
    for attempt in trace.attempts:
        headers = tuple((name.encode(), _bytes(value)) for name, value in attempt.request.headers.items())
        secrets |= secrets_in(headers, attempt.request.url)
    known = Secrets(secrets)
    flows = _sides(trace, known)
    if known.found - secrets:  # what a name gave away on one side may stand on the other without it
        flows = _sides(trace, Secrets(secrets | known.found))
    turn = turn_of(flows[0].request.headers, flows[0].request.raw_content or b"")
    meta = msgspec.structs.replace(
        meta,
        session=turn.session,
        words=turn.words,
        previous=turn.previous,
        response=_response_in(trace, meta),
        failure=_failure(trace, meta),
        **used(trace),
        **_times(trace),
    )
    meta = msgspec.convert(_safe(msgspec.to_builtins(meta), secrets | known.found), ExchangeMetadata)
    return flows, meta


def records(flows: list[http.HTTPFlow], meta: ExchangeMetadata) -> bytes:
    """An exchange's flows as a flow file has them."""
    file = io.BytesIO()
    for number, one in enumerate(flows):
        side = "upstream" if number else "client"
        again = f" (try {number} of {len(flows) - 1})" if len(flows) > 2 and number else ""
        one.comment = comment_of(meta, side + again)
        # What mitmproxy sorts by: an exchange's flows stay together, and stand by when it began.
        one.timestamp_created = flows[0].request.timestamp_start + number / 1e6
        one.metadata[KEY] = {**msgspec.to_builtins(meta), "side": side, "try": number}
        tnetstring.dump(one.get_state(), file)  # as its FlowWriter does, which loads a parser of filters
    return file.getvalue()


class Secrets:
    """The secrets of an exchange: those that its headers told, and those that were found in its bodies."""

    def __init__(self, known: frozenset[bytes]) -> None:
        self.known = known
        self.found: set[bytes] = set()
        self.joined: list[str] = []
        self._done: dict[bytes, tuple[bytes, list[str]]] = {}
        """What both sides have, as where ARGO's answer is handed on, is looked through once."""

    def without(self, body: bytes) -> bytes:
        """The body, or another text, without them."""
        if body not in self._done:
            joined: list[str] = []
            self._done[body] = safe_body(body, self.known, self.found, joined), joined
        safe, self.joined = self._done[body]
        return safe


def _sides(trace: ExchangeTrace, secrets: Secrets) -> list[http.HTTPFlow]:
    return [_client_side(trace, secrets), *(_upstream_side(trace, attempt, secrets) for attempt in trace.attempts)]


def _safe(value: Any, secrets: frozenset[bytes]) -> Any:
    """Facts without credentials: an upstream's error may repeat one."""
    if isinstance(value, str):
        return safe_body(value.encode("utf-8", "surrogateescape"), secrets).decode("utf-8", "replace")
    if isinstance(value, dict):
        return {name: _safe(one, secrets) for name, one in value.items()}
    return [_safe(one, secrets) for one in value] if isinstance(value, (list, tuple)) else value


def _client_side(trace: ExchangeTrace, secrets: Secrets) -> http.HTTPFlow:
    flow = http.HTTPFlow(_client(trace), connection.Server(address=(trace.host, trace.port)))
    host = f"[{trace.host}]" if ":" in trace.host else trace.host
    flow.request = _request(
        trace.method,
        f"http://{host}:{trace.port}{trace.target if trace.target.startswith('/') else '/' + trace.target}",
        trace.fields,
        trace.body,
        trace.started,
        secrets,
    )
    if trace.answer.status:
        flow.response = _response(trace.answer, secrets)
        flow.metadata[SAID] = "\n".join(secrets.joined)
    else:
        flow.error = Error("the client left")
    return flow


def _upstream_side(trace: ExchangeTrace, attempt: UpstreamAttempt, secrets: Secrets) -> http.HTTPFlow:
    made = attempt.request
    fields = tuple((name.encode(), _bytes(value)) for name, value in made.headers.items())
    request = _request("POST", made.url, fields, made.body, attempt.sent, secrets)
    server = connection.Server(address=(request.host, request.port))
    if attempt.server is not None:
        server.timestamp_start, server.timestamp_end = attempt.server.timestamp_start, attempt.server.timestamp_end
    flow = http.HTTPFlow(_client(trace), server)
    flow.request = request
    if attempt.answer.status:
        flow.response = _response(attempt.answer, secrets)
    if attempt.error:
        flow.error = Error(secrets.without(attempt.error.encode()).decode("utf-8", "replace"))
    return flow


def _client(trace: ExchangeTrace) -> connection.Client:
    """The connection without what names more than its ends."""
    client = trace.client
    return connection.Client(peername=client.peername, sockname=client.sockname, timestamp_start=client.timestamp_start)


def _request(
    method: str, url: str, fields: HeaderFields, body: bytes, started: float, secrets: Secrets
) -> http.Request:
    """A request without its credentials, its body decompressed."""
    encoding = _lower(fields).get("content-encoding", "")
    if encoding:
        try:
            body = decompressed(body, encoding, MOST_KEPT)
            fields = tuple(one for one in fields if one[0].lower() != b"content-encoding")
        except ClientError:
            body = b""  # what cannot be read could hold a key
    base, slash, target = url.partition("//")[2].partition("/")
    made = http.Request.make(method, f"{url.partition('//')[0]}//{base.rpartition('@')[2]}/", secrets.without(body))
    safe = secrets.without(_bytes(safe_target(slash + target)))
    made.data.path = safe if slash else b"/"
    made.headers = http.Headers(_safe_fields(fields, secrets))
    made.headers["host"] = base.rpartition("@")[2]
    made.timestamp_start = made.timestamp_end = started
    if body:
        made.headers["content-length"] = str(len(made.raw_content or b""))
        made.headers.pop("transfer-encoding", None)
    return made


def _response(noted: ResponseTrace, secrets: Secrets) -> http.Response:
    made = http.Response.make(noted.status, b"")
    made.reason = secrets.without(_bytes(noted.reason)).decode("utf-8", "replace")
    made.headers = http.Headers(_safe_fields(noted.fields, secrets))
    body = noted.body
    if encoding := made.headers.pop("content-encoding", ""):
        try:
            body = decompressed(body, encoding, MOST_KEPT)
        except ClientError:
            body = b""  # what cannot be read could hold a key
    made.raw_content = secrets.without(body)
    if "content-length" in made.headers:
        made.headers["content-length"] = str(len(made.raw_content))
    made.timestamp_start, made.timestamp_end = noted.first, noted.last
    return made


def _safe_fields(fields: HeaderFields, secrets: Secrets) -> HeaderFields:
    return tuple(
        (_name(name, secrets), _bytes(GONE) if holds_secret(name.decode("latin-1")) else secrets.without(value))
        for name, value in fields
    )


def _name(name: bytes, secrets: Secrets) -> bytes:
    """A field's name; one that is a secret itself was put there by mistake, and brackets are no part of a name."""
    return secrets.without(name).replace(_bytes(GONE), b"removed")


def _lower(fields: HeaderFields) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in fields}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
