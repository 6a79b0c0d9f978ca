"""A Chat Completions body that has its shape, as typed objects for the rules and the agent to read. Knows no rule."""

from __future__ import annotations

import msgspec

from argo_addon.simulator.jsons import JsonObject


class ImageUrl(msgspec.Struct, frozen=True):
    """Where an image is."""

    url: str


class Part(msgspec.Struct, frozen=True):
    """A part of a message's content."""

    type: str
    text: str = ""
    image_url: ImageUrl | None = None


class CalledFunction(msgspec.Struct, frozen=True):
    """What is called."""

    name: str
    arguments: str


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the assistant made."""

    id: str
    function: CalledFunction


class Message(msgspec.Struct, frozen=True):
    """A message of any role."""

    role: str
    content: str | tuple[Part, ...] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    refusal: str | None = None
    function_call: JsonObject | None = None
    audio: JsonObject | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        if isinstance(self.content, str):
            return (Part("text", self.content),)
        return self.content or ()

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


class Function(msgspec.Struct, frozen=True):
    """A function that may be called."""

    name: str
    parameters: JsonObject | None = None
    strict: bool | None = None


class Tool(msgspec.Struct, frozen=True):
    """A tool that may be called."""

    function: Function


class NamedFunction(msgspec.Struct, frozen=True):
    """The name of a function."""

    name: str


class AllowedTool(msgspec.Struct, frozen=True):
    """One of those that may be called."""

    function: NamedFunction | None = None


class AllowedTools(msgspec.Struct, frozen=True):
    """Those that may be called."""

    mode: str
    tools: tuple[AllowedTool, ...]


class Choice(msgspec.Struct, frozen=True):
    """What may or must be called."""

    type: str
    function: NamedFunction | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchema(msgspec.Struct, frozen=True):
    """The form of the answer."""

    name: str
    schema: JsonObject = {}
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True):
    """The form of the answer."""

    type: str
    json_schema: JsonSchema | None = None


class StreamOptions(msgspec.Struct, frozen=True):
    """What a stream holds."""

    include_usage: bool = False


class Body(msgspec.Struct, frozen=True):
    """The request."""

    model: str
    messages: tuple[Message, ...]
    user: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | tuple[str, ...] | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    response_format: ResponseFormat | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str | Choice | None = None
    parallel_tool_calls: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    metadata: JsonObject | None = None
    store: bool | None = None

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens if self.max_completion_tokens is not None else self.max_tokens
