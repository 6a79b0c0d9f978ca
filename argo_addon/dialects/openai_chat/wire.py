"""The Chat Completions API's JSON, field for field, as far as it is read here.

Source: the OpenAI API reference ("Chat Completions", "Models", "Error codes").
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .stream_content import NOTHING, DeltaContent


class ChunkChoice(msgspec.Struct):
    """The little of a choice that tells what it says and whether it has ended."""

    index: msgspec.Raw = msgspec.Raw(b"0")
    finish_reason: msgspec.Raw = msgspec.Raw(b"")
    delta: DeltaContent | None = None

    @property
    def ended(self) -> bool:
        """Whether it names a finish reason."""
        return bytes(self.finish_reason) not in NOTHING


class ChoiceOutline(msgspec.Struct):
    """The little of a plain answer's choice that tells what it says."""

    message: DeltaContent | None = None


class Chunk(msgspec.Struct):
    """The little of a chunk that tells what it is."""

    choices: list[ChunkChoice] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ErrorOutline(msgspec.Struct):
    """The little of a body that tells whether it is an error."""

    error: msgspec.Raw = msgspec.Raw(b"")


class ResponseOutline(msgspec.Struct):
    """The little of a plain answer that tells whether it is one, and what it says."""

    choices: list[ChoiceOutline] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


# Requests. What stands in no Struct here is kept beside it as it was written (`extra`).


class Message(msgspec.Struct):
    """A message of any role."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[msgspec.Raw] | None = None
    tool_calls: list[msgspec.Raw] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: msgspec.Raw = msgspec.Raw(b"null")
    reasoning_details: list[msgspec.Raw] | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class Function(msgspec.Struct):
    """`tool_calls[].function`. Its arguments are JSON as text; some clients write the object itself."""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b'""')


class CustomCall(msgspec.Struct):
    """`tool_calls[].custom`."""

    name: str
    input: str = ""


class ToolCall(msgspec.Struct):
    """A call in the history."""

    id: str | None = None
    type: str = "function"
    function: Function | None = None
    custom: CustomCall | None = None
    index: msgspec.Raw = msgspec.Raw(b"null")
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class PartType(msgspec.Struct):
    """The little of a part that tells what it is."""

    type: str


class TextPart(msgspec.Struct):
    """`text`, in messages of every role."""

    text: str
    type: str = "text"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class RefusalPart(msgspec.Struct):
    """`refusal`."""

    refusal: str
    type: str = "refusal"


class ImageUrl(msgspec.Struct):
    """`image_url.image_url`."""

    url: str
    detail: str | None = None


class ImagePart(msgspec.Struct):
    """`image_url`."""

    image_url: ImageUrl | str
    type: str = "image_url"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class FileData(msgspec.Struct):
    """`file.file`."""

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(msgspec.Struct):
    """`file`."""

    file: FileData
    type: str = "file"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class FunctionDefinition(msgspec.Struct):
    """`tools[].function`."""

    name: str
    description: str | None = None
    parameters: dict[str, msgspec.Raw] | None = None
    strict: bool | None = None


class CustomDefinition(msgspec.Struct):
    """`tools[].custom`."""

    name: str
    description: str | None = None
    format: msgspec.Raw = msgspec.Raw(b"null")


class ToolDefinition(msgspec.Struct):
    """A tool."""

    type: str = "function"
    function: FunctionDefinition | None = None
    custom: CustomDefinition | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class NamedTool(msgspec.Struct):
    """The name within a tool choice."""

    name: str


class ChosenTool(msgspec.Struct):
    """A tool within `tool_choice.allowed_tools`."""

    type: str = "function"
    function: NamedTool | None = None
    custom: NamedTool | None = None


class AllowedTools(msgspec.Struct):
    """`tool_choice.allowed_tools`."""

    mode: Literal["auto", "required"]
    tools: list[ChosenTool] = []


class ToolChoice(msgspec.Struct):
    """`tool_choice`, where it is not a word."""

    type: Literal["function", "custom", "allowed_tools"]
    function: NamedTool | None = None
    custom: NamedTool | None = None
    allowed_tools: AllowedTools | None = None


class StreamOptions(msgspec.Struct):
    """`stream_options`: how a stream is told, which is ours to do."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class JsonSchema(msgspec.Struct):
    """`response_format.json_schema`."""

    name: str | None = None
    schema: dict[str, msgspec.Raw] | None = None
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    """`response_format`."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class ReasoningDetail(msgspec.Struct):
    """A piece of `reasoning_details`: OpenRouter's way to carry what a provider signed."""

    type: str
    text: str | None = None
    signature: str | None = None
    data: str | None = None


# Answers. Look-alikes leave out, or write as null, what the API always has.


class PromptDetails(msgspec.Struct):
    """`usage.prompt_tokens_details`."""

    cached_tokens: float | None = None
    cache_write_tokens: float | None = None


class CompletionDetails(msgspec.Struct):
    """`usage.completion_tokens_details`."""

    reasoning_tokens: float | None = None


class Counts(msgspec.Struct):
    """`usage`. `cached_tokens` and `prompt_cache_hit_tokens` are other vendors' places for the same figure."""

    prompt_tokens: float | None = None
    completion_tokens: float | None = None
    total_tokens: float | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None
    cached_tokens: float | None = None
    prompt_cache_hit_tokens: float | None = None


class GroqExtension(msgspec.Struct):
    """`x_groq`: where Groq puts a stream's usage."""

    usage: Counts | None = None


class FunctionDelta(msgspec.Struct):
    """`tool_calls[].function`, whole or in pieces. Its arguments are text; some write the object itself."""

    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"null")


class GoogleExtra(msgspec.Struct):
    """`extra_content.google`: what Gemini signs a call with, as Google's own Chat endpoint tells it."""

    thought_signature: str | None = None


class ExtraContent(msgspec.Struct):
    """`tool_calls[].extra_content`."""

    google: GoogleExtra | None = None


class CallDelta(msgspec.Struct):
    """A call, whole or in pieces."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionDelta | None = None
    custom: CustomCall | None = None
    extra_content: msgspec.Raw = msgspec.Raw(b"null")


class ResponseMessage(msgspec.Struct):
    """A plain answer's message, or a chunk's delta."""

    content: str | list[msgspec.Raw] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: msgspec.Raw = msgspec.Raw(b"null")
    reasoning_details: list[msgspec.Raw] | None = None
    tool_calls: list[CallDelta] | None = None
    function_call: FunctionDelta | None = None
    annotations: list[msgspec.Raw] | None = None
    role: str | None = None

    @property
    def calls(self) -> list[CallDelta]:
        """The calls, by the API's older name for a single one too."""
        if self.tool_calls or self.function_call is None:
            return self.tool_calls or []
        return [CallDelta(index=0, function=self.function_call)]


class ResponseChoice(msgspec.Struct):
    """A choice, of a plain answer (`message`) or of a chunk (`delta`)."""

    index: int | None = 0
    delta: ResponseMessage | None = None
    message: ResponseMessage | None = None
    finish_reason: str | None = None


class ResponseBody(msgspec.Struct):
    """A plain answer, or a chunk."""

    id: str | int | None = None
    model: str | None = None
    created: float | None = None
    choices: list[ResponseChoice] | None = None
    usage: Counts | None = None
    x_groq: GroqExtension | None = None
    error: msgspec.Raw = msgspec.Raw(b"")
    object: str | None = None


class UrlCitation(msgspec.Struct):
    """`annotations[].url_citation`."""

    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class Annotation(msgspec.Struct):
    """`annotations[]`."""

    type: str = ""
    url_citation: UrlCitation | None = None


class ThinkingText(msgspec.Struct):
    """Text within a thought."""

    text: str = ""


class ContentItem(msgspec.Struct):
    """A piece of an answer's content where it is a list, as some look-alikes write it (Mistral: text, thinking)."""

    type: str
    text: str | None = None
    thinking: str | list[ThinkingText] | None = None
