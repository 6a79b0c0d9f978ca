"""The request of a recording, to be sent again. daemon/replaying.py sends it.

Only the client's side of a recording counts, so one of stock mitmproxy will do, of a tool at the vendor's own API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec
from mitmproxy import http

from ..dialects.openai_responses.dialect import OpenAIResponses
from ..dialects.shared.endpoints import Operation
from ..errors import ClientError
from ..gateway.exchange import Exchange
from ..gateway.gateway import Gateway
from ..gateway.messages import ClientRequest, UpstreamRequest
from ..gateway.routing import endpoint_of
from ..gateway.stored import Lookup
from ..redaction import GONE
from ..sealing import Sealer
from ..settings.model import DEMO, Settings
from ..store.base import Store, StoreProblem

_CALLS = (Operation.GENERATE, Operation.COMPACT, Operation.EMBED, Operation.EMBED_SEVERAL, Operation.COUNT)
_SET_ANEW = frozenset(
    {
        "host",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "expect",
        "origin",
    }  # a page's, which was let in then
)
_OWN_PATHS = (
    # What the vendors' own tools call when they are logged in at their vendor's, and the public API's path for it.
    (re.compile(r"\A/backend-api/codex/responses"), "/v1/responses"),
    (re.compile(r"\A/api/(?=v1(?:beta|alpha)?/)"), "/"),
)
_WRAPPED = re.compile(r"\A/v1internal:(?P<verb>\w+)")
_MODEL_IN_PATH = re.compile(r"(?<=/models/)[^:?/]+(?=:)")


class NotReplayable(Exception):
    """There is nothing that could be sent again. Its text says why."""


def request_of(
    flow: http.HTTPFlow, model: str | None = None, change: Callable[[bytes], bytes] = lambda body: body
) -> ClientRequest:
    """The request that a flow's client has sent, for another model if one is given, its body changed.

    One for a response in the background is sent as one that is waited for. Raises NotReplayable.
    """
    request = flow.request
    target, body = request.path, request.get_content(strict=False) or b""
    for pattern, instead in _OWN_PATHS:
        target = pattern.sub(instead, target)
    if (wrapped := _WRAPPED.match(target)) is not None:
        target, body = _unwrapped(target, wrapped["verb"], body)
    try:
        endpoint = endpoint_of(request.method, target)
    except ClientError as error:
        raise NotReplayable(f"{request.method} {request.pretty_url} is no call of a model: {error.message}") from error
    if endpoint.operation not in _CALLS:
        raise NotReplayable(f"{request.method} {request.pretty_url} is no call of a model.")
    if endpoint.dialect == OpenAIResponses.name:
        body = _waited_for(body)
    if model is not None:
        if endpoint.argument:
            target = _MODEL_IN_PATH.sub(lambda _: model, target)
        else:
            body = _with_model(body, model)
    headers = {
        name.lower(): value
        for name, value in request.headers.items()
        if name.lower() not in _SET_ANEW and value != GONE and not name.startswith(":")
    }
    return ClientRequest(request.method, target, headers, change(body))


def _unwrapped(target: str, verb: str, body: bytes) -> tuple[str, bytes]:
    """A call of the backend that Gemini CLI has for accounts of Google's, as the public API has it."""
    try:
        outer = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        model = msgspec.json.decode(outer["model"], type=str)
        return f"/v1beta/models/{model}:{verb}{target[target.index(verb) + len(verb) :]}", bytes(outer["request"])
    except (msgspec.MsgspecError, KeyError) as error:
        raise NotReplayable(f"{target} holds no request of Google's API: {error}") from error


_STEP = re.compile(r"\.?(?P<name>[\w-]+)|\[(?P<place>\d+)\]")


def with_members(body: bytes, settings: Sequence[str]) -> bytes:
    """A body with members set: each as `path=value`, the value JSON or else a text, `path=` takes it out.

    Raises NotReplayable that names what does not fit.
    """
    if not settings:
        return body
    try:
        made = json.loads(body)
    except ValueError as error:
        raise NotReplayable(f"its body is no JSON, and has no members: {error}") from error
    for setting in settings:
        path, equals, value = setting.partition("=")
        steps = [step["name"] or int(step["place"]) for step in _STEP.finditer(path)]
        if not equals or not steps or "".join(step[0] for step in _STEP.finditer(path)) != path:
            raise NotReplayable(f"{setting} is no member=value; a member is named like messages[0].content.")
        _set(made, steps, value, path)
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _set(value: Any, steps: list[str | int], given: str, path: str) -> None:
    for number, step in enumerate(steps):
        fits = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list) and step < len(value)
        if not fits:
            raise NotReplayable(f"there is no {path}: what stands before its step {number + 1} has no {step}.")
        if number == len(steps) - 1:
            break
        value = value.setdefault(step, {}) if isinstance(step, str) else value[step]
    if not given:
        value.pop(steps[-1], None) if isinstance(value, dict) else value.pop(steps[-1])
        return
    try:
        value[steps[-1]] = json.loads(given)
    except ValueError:
        value[steps[-1]] = given


def _waited_for(body: bytes) -> bytes:
    """A body without its wish that nobody waits for the answer: it is what is looked at."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return body  # which is told when it is sent
    if fields.pop("background", None) is None:
        return body
    return msgspec.json.encode(fields)


def _with_model(body: bytes, model: str) -> bytes:
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise NotReplayable(f"its body is no JSON object, and names no model: {error}") from error
    return msgspec.json.encode({**fields, "model": msgspec.Raw(msgspec.json.encode(model))})


def made_of(
    request: ClientRequest, settings: Settings, sealer: Sealer | None = None, store: Store | None = None
) -> UpstreamRequest | str:
    """What would go to ARGO, or in words what the gateway would answer itself. It sends nothing.

    What the request goes on from is looked for in the store, and what is sealed opened with the sealer.
    """
    if settings.argo_base_url == DEMO:
        settings = settings.with_base_url("http://demo")
    gateway = Gateway(settings, sealer=sealer)
    gateway.store = None if store is None else lambda work: Future()
    outcome = gateway.open(request)
    try:
        while store is not None and isinstance(outcome, Lookup):
            outcome = outcome.then(outcome.work(store))
    except (ClientError, StoreProblem) as problem:
        return f"nothing: {problem}"
    if isinstance(outcome, Exchange):
        return outcome.upstream
    return f"nothing: it is answered here: {getattr(outcome, 'body', b'').decode('utf-8', 'replace')}"


_IDS = re.compile(
    r"\b(?:chatcmpl-|cmpl-|msg_|toolu_|call_|resp_|req_|fc_|rs_|ctc_|cmp_|item_|conv_)[\w-]+|\((?![a-z_]+\))([\w-]{16,})\)"
)


def without_ids(text: str) -> str:
    """An answer in words with one word for every id: those are another each time."""
    return _IDS.sub("(id)", text)
