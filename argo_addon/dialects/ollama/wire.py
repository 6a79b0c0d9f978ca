"""The Ollama API's JSON, field for field, as far as it is read and written here.

Source: Ollama's API reference ("API", docs/api.md) and the types of its Go and Python clients. Times are RFC 3339.
"""

from __future__ import annotations

from typing import Literal

import msgspec

_NULL = msgspec.Raw(b"null")


class Function(msgspec.Struct):
    """`function` of a call. `arguments` are an object; some clients write it as text."""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")
    index: int | None = None


class Call(msgspec.Struct):
    """A call in a message. Only newer clients know its id."""

    function: Function
    id: str | None = None
    type: str | None = None


class Message(msgspec.Struct):
    """A turn. `images` are base64; `tool_name` (once `name`) and `tool_call_id` say of what a `tool` message tells."""

    role: str
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[msgspec.Raw] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    name: str | None = None


ABSENT = msgspec.Raw(b"null")
"""What stands for a member that is not there: told by identity."""


class UsualFunction(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`function` of a call as it mostly comes."""

    name: str
    arguments: msgspec.Raw = ABSENT
    index: int | None = None


class UsualCall(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A call in a message as it mostly comes."""

    function: UsualFunction
    id: str | None = None
    type: str | None = None


class UsualMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn as it mostly comes. In what is called usual, what is long stays as it was written."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: msgspec.Raw = ABSENT
    thinking: str | None = None
    images: None = None
    tool_calls: list[UsualCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    name: str | None = None


class ToolFunction(msgspec.Struct):
    """`function` of a tool."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = _NULL


class Tool(msgspec.Struct):
    """A tool."""

    function: ToolFunction
    type: str | None = None


class Options(msgspec.Struct):
    """`options`, as far as they say something to a model that is not on this machine. Ollama takes 7.0 for 7."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    num_predict: float | None = None
    stop: str | list[str] | None = None
    seed: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


class ModelDetails(msgspec.Struct):
    """`details` of a model."""

    family: str
    families: list[str]
    format: str = "argo"
    parent_model: str = ""
    parameter_size: str = ""
    quantization_level: str = ""


class ModelEntry(msgspec.Struct):
    """One model of the list. `size` is in bytes: there is nothing of it on this machine."""

    name: str
    model: str
    modified_at: str
    digest: str
    details: ModelDetails
    size: int = 0


class ModelList(msgspec.Struct):
    """The list of models."""

    models: list[ModelEntry]


class ModelFacts(msgspec.Struct):
    """What `/api/show` tells of a model. `model_info` has the size of its context under its architecture's name."""

    modified_at: str
    details: ModelDetails
    model_info: dict[str, str | int]
    capabilities: list[str]
    modelfile: str = ""
    parameters: str = ""
    template: str = "{{ .Prompt }}"


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as a stream's last line."""

    error: str
