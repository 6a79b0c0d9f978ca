"""An answer as the official SDK of a dialect reads it: plain, by its stream helper, and event by event.

Every function makes one real call on a client whose transport is given, and returns the SDK's own objects.
"""

from __future__ import annotations

from anthropic.types import Message
from anthropic.types.beta import BetaMessage
from httpx2 import BaseTransport
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .meaning import Meaning, of_chunks, of_completion, of_message
from .recordings import Name
from .wires import chat, claude

TOKENS = 4096


def message(transport: BaseTransport, model: str, *, streamed: bool) -> Message:
    """The answer as Anthropic's SDK has it in the end."""
    with claude(transport) as client:
        asked = client.messages
        if not streamed:
            return asked.create(model=model, max_tokens=TOKENS, messages=[{"role": "user", "content": "Hi"}])
        with asked.stream(model=model, max_tokens=TOKENS, messages=[{"role": "user", "content": "Hi"}]) as stream:
            return stream.get_final_message()


def beta_message(transport: BaseTransport, model: str, *, streamed: bool) -> BetaMessage:
    """The same as the SDK's beta API has it, which knows more kinds of blocks."""
    with claude(transport) as client:
        asked = client.beta.messages
        if not streamed:
            return asked.create(model=model, max_tokens=TOKENS, messages=[{"role": "user", "content": "Hi"}])
        with asked.stream(model=model, max_tokens=TOKENS, messages=[{"role": "user", "content": "Hi"}]) as stream:
            return stream.get_final_message()


def message_events(transport: BaseTransport, model: str) -> list[str]:
    """The types of the events that Anthropic's SDK gives out one by one."""
    with claude(transport) as client:
        made = client.messages.create(
            model=model, max_tokens=TOKENS, messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        return [event.type for event in made]


def completion(transport: BaseTransport, model: str, *, streamed: bool) -> ChatCompletion:
    """The answer as OpenAI's SDK has it in the end."""
    with chat(transport) as client:
        asked = client.chat.completions
        if not streamed:
            return asked.create(model=model, messages=[{"role": "user", "content": "Hi"}])
        with asked.stream(
            model=model, messages=[{"role": "user", "content": "Hi"}], stream_options={"include_usage": True}
        ) as stream:
            stream.until_done()
            return stream.current_completion_snapshot  # get_final_completion refuses an answer that was cut or filtered


def chunks(transport: BaseTransport, model: str, *, usage: bool = True) -> list[ChatCompletionChunk]:
    """The chunks that OpenAI's SDK gives out one by one; `usage` asks for the chunk that tells it."""
    with chat(transport) as client:
        asked = client.chat.completions
        if usage:
            made = asked.create(
                model=model, messages=[{"role": "user", "content": "Hi"}], stream=True,
                stream_options={"include_usage": True},
            )  # fmt: skip
        else:
            made = asked.create(model=model, messages=[{"role": "user", "content": "Hi"}], stream=True)
        return list(made)


def meaning(name: Name, transport: BaseTransport, model: str, *, streamed: bool) -> Meaning:
    """What an answer means to a client of a dialect."""
    if name == "anthropic":
        return of_message(message(transport, model, streamed=streamed))
    if streamed:
        return of_chunks(chunks(transport, model))
    return of_completion(completion(transport, model, streamed=False))
