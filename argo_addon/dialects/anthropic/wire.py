"""The Messages API's JSON, field for field, as far as it is read here.

Source: the Messages API reference (docs.anthropic.com, "Messages", "Streaming Messages", "Errors").
"""

from __future__ import annotations

from typing import Literal

import msgspec


class ErrorDetail(msgspec.Struct):
    """`error` within an error body or event."""

    message: str
    type: str = "api_error"
    details: dict[str, str | list[str]] | msgspec.UnsetType = msgspec.UNSET


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as the data of an `error` event."""

    error: ErrorDetail
    request_id: str | None = None
    type: Literal["error"] = "error"


class WrittenError(msgspec.Struct):
    """An error's body as its clients expect it."""

    error: ErrorDetail
    type: Literal["error"]


class Delta(msgspec.Struct):
    """The little of a delta that tells what the model says."""

    type: str = ""
    text: str = ""
    stop_reason: str | None = None


class StreamEvent(msgspec.Struct):
    """The little of an event that tells what it is."""

    type: str
    delta: Delta | None = None
    content_block: Delta | None = None
    error: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")


class BlockEvent(msgspec.Struct):
    """An event of an answer's stream, its parts still as they were written."""

    type: str
    index: int = -1
    message: dict[str, msgspec.Raw] = {}
    content_block: dict[str, msgspec.Raw] = {}
    delta: dict[str, msgspec.Raw] = {}
    usage: dict[str, msgspec.Raw] | None = None


class ErrorOutline(msgspec.Struct):
    """The little of a body that tells whether it is an error."""

    error: msgspec.Raw = msgspec.Raw(b"")


class ResponseOutline(msgspec.Struct):
    """The little of a plain answer that tells whether it is one, and what it says."""

    content: list[Delta] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ModelEntry(msgspec.Struct):
    """One model of the list. `created_at` is RFC 3339; `lifecycle` is required by the SDK from 2.12 on.

    Sizes are in tokens: of a prompt, and of an answer.
    """

    id: str
    display_name: str
    created_at: str
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    lifecycle: Literal["active"] = "active"
    type: Literal["model"] = "model"


class ModelPage(msgspec.Struct):
    """The list of models: one page holds them all."""

    data: list[ModelEntry]
    first_id: str | None
    last_id: str | None
    has_more: bool = False


# Requests. What stands in no Struct here is kept beside it as it was written (`extra`).


class Message(msgspec.Struct):
    """A turn."""

    role: Literal["user", "assistant", "system"]
    content: str | list[msgspec.Raw] = ""


class BlockType(msgspec.Struct):
    """The little of a block or a source that tells what it is."""

    type: str


class TextBlock(msgspec.Struct):
    """`text`."""

    text: str
    type: str = "text"
    citations: list[msgspec.Raw] | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class BlockSource(msgspec.Struct):
    """Where an image or a document is: which of the members are there depends on the type."""

    type: Literal["base64", "url", "file", "text", "content"]
    data: str | None = None
    media_type: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: str | list[msgspec.Raw] | None = None


class ImageBlock(msgspec.Struct):
    """`image`."""

    source: BlockSource
    type: str = "image"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class DocumentBlock(msgspec.Struct):
    """`document`."""

    source: BlockSource
    type: str = "document"
    title: str | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class ToolUseBlock(msgspec.Struct):
    """`tool_use`."""

    id: str
    name: str
    input: msgspec.Raw = msgspec.Raw(b"{}")
    type: str = "tool_use"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class ToolResultBlock(msgspec.Struct):
    """`tool_result`."""

    tool_use_id: str
    type: str = "tool_result"
    content: str | list[msgspec.Raw] | None = None
    is_error: bool | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class ThinkingBlock(msgspec.Struct):
    """`thinking`."""

    thinking: str
    signature: str | None = None
    type: str = "thinking"


class RedactedBlock(msgspec.Struct):
    """`redacted_thinking`."""

    data: str
    type: str = "redacted_thinking"


class SearchResultBlock(msgspec.Struct):
    """`search_result`: what a client's own search found."""

    source: str
    title: str
    content: list[TextBlock]
    type: str = "search_result"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class ToolReferenceBlock(msgspec.Struct):
    """`tool_reference`: a tool that a search has found."""

    tool_name: str
    type: str = "tool_reference"
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class OtherBlock(msgspec.Struct):
    """A block of a built-in tool, as far as other dialects can tell of it."""

    type: str
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


ABSENT = msgspec.Raw(b"null")
"""What stands for a member that is not there: told by identity."""


class UsualText(msgspec.Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    """`text` as it mostly comes. In the blocks called usual, what is long stays as it was written."""

    text: msgspec.Raw
    cache_control: msgspec.Raw = ABSENT


class UsualToolUse(msgspec.Struct, tag_field="type", tag="tool_use", forbid_unknown_fields=True, gc=False):
    """`tool_use` as it mostly comes."""

    id: str
    name: str
    input: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT


class UsualToolResult(msgspec.Struct, tag_field="type", tag="tool_result", forbid_unknown_fields=True, gc=False):
    """`tool_result` as it mostly comes."""

    tool_use_id: str
    content: msgspec.Raw = ABSENT
    is_error: bool | None = None
    cache_control: msgspec.Raw = ABSENT


class UsualThinking(msgspec.Struct, tag_field="type", tag="thinking", forbid_unknown_fields=True, gc=False):
    """`thinking` as it mostly comes."""

    thinking: str
    signature: str | None = None


class UsualMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn as it mostly comes."""

    role: Literal["user", "assistant", "system"]
    content: str | list[UsualText | UsualToolUse | UsualToolResult | UsualThinking]


class ToolParam(msgspec.Struct):
    """A tool. `type` is `custom` or missing for one of the client's, else it names a built-in one."""

    name: str
    type: str | None = None
    description: str | None = None
    input_schema: dict[str, msgspec.Raw] | None = None
    strict: bool | None = None
    cache_control: msgspec.Raw = msgspec.Raw(b"null")


class ToolsetParam(msgspec.Struct):
    """A built-in tool without a name (`mcp_toolset`)."""

    type: str
    name: str = ""


class ToolChoice(msgspec.Struct):
    """`tool_choice`."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(msgspec.Struct):
    """`thinking`."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = None


class Format(msgspec.Struct):
    """`output_config.format`."""

    type: Literal["json_schema"]
    schema: dict[str, msgspec.Raw]


class OutputConfig(msgspec.Struct):
    """`output_config`."""

    effort: str | None = None
    format: Format | None = None


# Answers


class OutputDetails(msgspec.Struct):
    """`usage.output_tokens_details`."""

    thinking_tokens: int | None = None


class Counts(msgspec.Struct):
    """`usage`, in an answer and in the two events that carry one: null and missing say nothing."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None


class StopDetails(msgspec.Struct):
    """`stop_details`: why an answer was refused."""

    explanation: str | None = None


class ResponseBody(msgspec.Struct):
    """A plain answer, or the message that a stream begins with."""

    id: str = ""
    model: str = ""
    content: list[msgspec.Raw] = []
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: Counts | None = None
    role: str = "assistant"
    type: str = "message"


class EndDelta(msgspec.Struct):
    """`message_delta.delta`."""

    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class BlockDelta(msgspec.Struct):
    """The deltas that answers are mostly made of, in one shape: which member is there depends on the type."""

    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    citation: msgspec.Raw = msgspec.Raw(b"")


class ResponseEvent(msgspec.Struct):
    """An event of an answer's stream, as far as it is translated."""

    type: str
    index: int = -1
    delta: BlockDelta | None = None
    content_block: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")
    usage: Counts | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ClosingEvent(msgspec.Struct):
    """`message_delta`."""

    delta: msgspec.Raw = msgspec.Raw(b"{}")
    usage: Counts | None = None


class CitationBlock(msgspec.Struct):
    """A citation, as far as other dialects can say it."""

    url: str | None = None
    title: str | None = None
    document_title: str | None = None
    cited_text: str | None = None
