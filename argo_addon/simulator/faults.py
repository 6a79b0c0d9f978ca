"""What a behaviour does to an answer: to the turn before it is written, and to the events before they are sent.

Knows both layouts of errors, and no HTTP.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from argo_addon.simulator import refusals
from argo_addon.simulator.agent.ask import Ask, Call, Stop, Turn
from argo_addon.simulator.agent.example import example
from argo_addon.simulator.behaviours import Behaviour
from argo_addon.simulator.identity import NOTICE
from argo_addon.simulator.jsons import JsonObject, dump
from argo_addon.simulator.refusals import Layout, Refusal
from argo_addon.simulator.rules.anthropic_tuning import streaming_required
from argo_addon.simulator.wire import anthropic, chat, ids

HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
JSON_CUT = b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess'
SSE_BROKEN = {
    "anthropic": b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"te\n\n',
    "openai": b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"del\n\n',
}
# Error type of a stream error -> the HTTP status that goes with it.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def refusal(behaviour: Behaviour) -> Refusal | None:
    """The refusal that is asked for."""
    if behaviour.refuse_stream_required:
        return streaming_required(told=True)
    if behaviour.status is None or behaviour.status < 400 or behaviour.garbage or behaviour.error_in_200:
        return None
    message = behaviour.message or f"The simulator was told to answer {behaviour.status}"
    return Refusal(message, behaviour.status, told=True)


def turn(planned: Turn, behaviour: Behaviour, ask: Ask) -> Turn:
    """The turn that is asked for."""
    made = planned
    if behaviour.text is not None:
        made = msgspec.structs.replace(made, text=behaviour.text, calls=(), stop="end")
    if behaviour.tool_calls is not None:
        calls = tuple(
            Call(call.name, call.arguments if isinstance(call.arguments, str) else dump(call.arguments))
            for call in behaviour.tool_calls
        )
        made = msgspec.structs.replace(made, calls=calls, stop="calls" if calls else "end")
    if behaviour.leak_tool_call:
        made = Turn(f"Let me look. {_leaked(ask)}", made.thinking)
    if behaviour.stop in get_args(Stop):
        return msgspec.structs.replace(made, stop=behaviour.stop)
    return msgspec.structs.replace(made, stop_word=behaviour.stop)


def _leaked(ask: Ask) -> str:
    tool = ask.tools[0] if ask.tools else None
    arguments = example(tool.schema) if tool is not None else {"command": "echo simulated"}
    name = tool.name if tool is not None else "bash"
    return repr({"id": ids.tool_use_id(), "input": arguments, "name": name, "type": "tool_use"})


def notice(user: str) -> Turn:
    """The answer to a user whom ARGO does not know."""
    return Turn(NOTICE.format(user=user))


def error_body(behaviour: Behaviour, layout: Layout) -> JsonObject:
    """The error inside a 200."""
    status = behaviour.status or 500
    told = behaviour.message or f"The simulator was told to fail with {status}"
    return refusals.body(Refusal(told, status), layout, inner_status=behaviour.inner_status)


def _event(data: JsonObject, layout: Layout) -> bytes:
    return anthropic.event(data) if layout == "anthropic" else chat.event(data)


def events(sent: tuple[bytes, ...], behaviour: Behaviour, layout: Layout) -> tuple[bytes, ...]:
    """The events that are to be sent in place of these; cuts and ends are the sender's."""
    if behaviour.error_in_200:
        return (_event(error_body(behaviour, layout), layout),)
    if behaviour.garbage == "sse":
        broken = SSE_BROKEN["anthropic" if layout == "anthropic" else "openai"]
        return (*sent[: behaviour.after], broken, *sent[behaviour.after + 1 :])
    failure = behaviour.stream_error
    if failure is None:
        return sent
    told = Refusal(failure.message, _STATUSES.get(failure.type, 500), kind=failure.type)
    return (*sent[: failure.after], _event(refusals.body(told, layout), layout))
