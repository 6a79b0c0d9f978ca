"""What a conversation of Chat Completions is mostly made of, field for field; wire.py has all of it."""

from __future__ import annotations

from typing import Literal

import msgspec

ABSENT = msgspec.Raw(b"null")
"""What stands for a member that is not there: told by identity."""


class WrittenText(msgspec.Struct, tag_field="role", tag="user", gc=False):
    """What the user says, as it goes to a model. What is written is made of structs, at half the cost of dicts."""

    content: str | msgspec.Raw


class WrittenWords(msgspec.Struct, tag_field="role", tag="assistant", gc=False):
    """What the model has said."""

    content: str | msgspec.Raw


class WrittenFunction(msgspec.Struct, gc=False):
    """`tool_calls[].function`."""

    name: str
    arguments: str


class WrittenCall(msgspec.Struct, gc=False):
    """A call that it has made."""

    id: str
    type: str
    function: WrittenFunction


class WrittenCalls(msgspec.Struct, tag_field="role", tag="assistant", gc=False):
    """What the model has said before its calls, and those."""

    content: str | msgspec.Raw
    tool_calls: list[WrittenCall]


class WrittenResult(msgspec.Struct, tag_field="role", tag="tool", gc=False):
    """What a call has brought."""

    tool_call_id: str
    content: str | msgspec.Raw


class UsualFunction(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`tool_calls[].function` as it mostly comes."""

    name: str
    arguments: str = ""


class UsualCall(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A call in the history as it mostly comes."""

    function: UsualFunction
    id: str | None = None
    type: Literal["function"] = "function"
    index: int | None = None


class UsualText(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`text` as it mostly comes. In what is called usual, what is long stays as it was written."""

    type: Literal["text"]
    text: msgspec.Raw
    cache_control: msgspec.Raw = ABSENT


class UsualMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn as it mostly comes. SDKs write null for what an answer did not have."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: msgspec.Raw = ABSENT
    tool_calls: list[UsualCall] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None
    refusal: None = None
    annotations: None = None
    audio: None = None
    function_call: None = None
