"""A Responses answer as OpenAI's SDK reads it: plain, event by event, and by its stream helper."""

from __future__ import annotations

from httpx2 import BaseTransport
from openai.types.responses import Response, ResponseStreamEvent

from .wires import chat


def response(transport: BaseTransport, model: str) -> Response:
    """A plain answer."""
    with chat(transport) as client:
        return client.responses.create(model=model, input="Hi")


def events(transport: BaseTransport, model: str) -> list[ResponseStreamEvent]:
    """A stream's events, one by one."""
    with chat(transport) as client:
        return list(client.responses.create(model=model, input="Hi", stream=True))


def helped(transport: BaseTransport, model: str) -> Response:
    """The answer that the SDK's stream helper makes of a stream: what it has put together of the events itself."""
    with chat(transport) as client, client.responses.stream(model=model, input="Hi") as stream:
        last = None
        for event in stream:
            last = event
    assert last is not None
    assert last.type in ("response.completed", "response.incomplete"), last.type
    return last.response


def last(made: list[ResponseStreamEvent]) -> Response:
    """The answer that a stream's last event holds."""
    event = made[-1]
    assert event.type in ("response.completed", "response.incomplete"), event.type
    return event.response
