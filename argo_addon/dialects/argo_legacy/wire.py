"""What the legacy gateway answers, field for field (argo.md, "The legacy gateway"); only what is read is here."""

from __future__ import annotations

import msgspec

NOTHING = msgspec.Raw(b"null")


class ResponseBody(msgspec.Struct):
    """The answer of chat: `response` is a text, or a `ChatContent` where tools are offered."""

    response: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING


class ChatContent(msgspec.Struct):
    """What the model says: `content` is a text, blocks or null; `tool_calls` are in its family's layout."""

    content: msgspec.Raw = NOTHING
    tool_calls: list[msgspec.Raw] | None = None


class Function(msgspec.Struct):
    """`function` of a call in OpenAI's layout."""

    name: str = ""
    arguments: msgspec.Raw = NOTHING


class Call(msgspec.Struct):
    """A call in any of the three layouts: OpenAI's has `function`, Claude's `input`, Gemini's `args`.

    A text block of Claude's is read as one too: it has `text` and no name.
    """

    type: str | None = None
    id: str | None = None
    name: str | None = None
    text: str | None = None
    function: Function | None = None
    input: msgspec.Raw = NOTHING
    args: msgspec.Raw = NOTHING
    arguments: msgspec.Raw = NOTHING


class EmbeddingsBody(msgspec.Struct):
    """The answer of embed: a vector for each text, or, from some, the bare vector of the only one."""

    embedding: list[msgspec.Raw] = []
