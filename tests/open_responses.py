"""What the Open Responses specification (version 2026-04-24) requires of an answer and of each event, as types.

Written from the published schemas, apart from what the gateway writes with: a member that a schema requires has no
default here, and a type is the schema's own. Where OpenAI's own schema of the same object is stricter (a message's
`logprobs`, usage's `cache_write_tokens`), both are required. Items and tools that only OpenAI has are held to OpenAI's.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .hosted_calls import HostedCall


class IncompleteDetails(msgspec.Struct):
    reason: Literal["max_output_tokens", "content_filter"]


class Error(msgspec.Struct):
    code: str
    message: str


class Annotation(msgspec.Struct, tag="url_citation"):
    url: str
    start_index: int
    end_index: int
    title: str


class OutputText(msgspec.Struct, tag="output_text"):
    text: str
    annotations: list[Annotation]
    logprobs: list[Any]


class Refusal(msgspec.Struct, tag="refusal"):
    refusal: str


class SummaryText(msgspec.Struct, tag="summary_text"):
    text: str


class ReasoningText(msgspec.Struct, tag="reasoning_text"):
    text: str


Status = Literal["in_progress", "completed", "incomplete"]


class Message(msgspec.Struct, tag="message"):
    id: str
    status: Status
    role: Literal["assistant"]
    content: list[OutputText | Refusal]


class FunctionCall(msgspec.Struct, tag="function_call"):
    id: str
    call_id: str
    name: str
    arguments: str
    status: Status


class CustomToolCall(msgspec.Struct, tag="custom_tool_call"):
    id: str
    call_id: str
    name: str
    input: str


class ToolSearchCall(msgspec.Struct, tag="tool_search_call"):
    id: str
    call_id: str | None
    execution: Literal["client"]
    arguments: dict[str, Any]
    status: Status


class LocalShellAction(msgspec.Struct, tag="exec"):
    command: list[str]
    env: dict[str, str]


class LocalShellCall(msgspec.Struct, tag="local_shell_call"):
    id: str
    call_id: str
    action: LocalShellAction
    status: Status


class ReasoningItem(msgspec.Struct, tag="reasoning"):
    id: str
    summary: list[SummaryText]
    encrypted_content: str = ""


class Compaction(msgspec.Struct, tag="compaction"):
    id: str
    encrypted_content: str


Item = (
    Message | FunctionCall | CustomToolCall | ToolSearchCall | LocalShellCall | ReasoningItem | Compaction | HostedCall
)


class FunctionTool(msgspec.Struct):
    type: Literal["function"]
    name: str
    description: str | None
    parameters: dict[str, Any] | None
    strict: bool | None


class ToolChoice(msgspec.Struct):
    type: str


class TextFormat(msgspec.Struct, tag="text"):
    pass


class JsonObjectFormat(msgspec.Struct, tag="json_object"):
    pass


class JsonSchemaFormat(msgspec.Struct, tag="json_schema"):
    name: str
    description: str | None
    schema: dict[str, Any]
    strict: bool


class Text(msgspec.Struct):
    format: TextFormat | JsonObjectFormat | JsonSchemaFormat
    verbosity: Literal["low", "medium", "high"] | msgspec.UnsetType = msgspec.UNSET


class Reasoning(msgspec.Struct):
    effort: str | None
    summary: Literal["concise", "detailed", "auto"] | None


class InputTokensDetails(msgspec.Struct):
    cached_tokens: int
    cache_write_tokens: int


class OutputTokensDetails(msgspec.Struct):
    reasoning_tokens: int


class Usage(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens_details: OutputTokensDetails


class Response(msgspec.Struct):
    """`ResponseResource`: all 31 members, whatever the answer's status."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int | None
    status: Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
    incomplete_details: IncompleteDetails | None
    model: str
    previous_response_id: str | None
    instructions: str | list[Any] | None
    output: list[Item]
    error: Error | None
    tools: list[dict[str, Any]]
    tool_choice: Literal["none", "auto", "required"] | ToolChoice
    truncation: Literal["auto", "disabled"]
    parallel_tool_calls: bool
    text: Text
    top_p: float
    presence_penalty: float
    frequency_penalty: float
    top_logprobs: int
    temperature: float
    reasoning: Reasoning | None
    usage: Usage | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    store: bool
    background: bool
    service_tier: str
    metadata: dict[str, str]
    safety_identifier: str | None
    prompt_cache_key: str | None


class Compacted(msgspec.Struct):
    """`CompactResource`."""

    id: str
    object: Literal["response.compaction"]
    created_at: int
    output: list[dict[str, Any]]
    usage: Usage


class Event(msgspec.Struct):
    sequence_number: int


class OfResponse(Event):
    response: Response


class Created(OfResponse, tag="response.created"):
    pass


class Queued(OfResponse, tag="response.queued"):
    pass


class InProgress(OfResponse, tag="response.in_progress"):
    pass


class Completed(OfResponse, tag="response.completed"):
    pass


class Failed(OfResponse, tag="response.failed"):
    pass


class Incomplete(OfResponse, tag="response.incomplete"):
    pass


class OfItem(Event):
    output_index: int
    item: Item


class ItemAdded(OfItem, tag="response.output_item.added"):
    pass


class ItemDone(OfItem, tag="response.output_item.done"):
    pass


class WithinItem(Event):
    item_id: str
    output_index: int


class WithinContent(WithinItem):
    content_index: int


class ContentAdded(WithinContent, tag="response.content_part.added"):
    part: OutputText | Refusal


class ContentDone(WithinContent, tag="response.content_part.done"):
    part: OutputText | Refusal


class TextDelta(WithinContent, tag="response.output_text.delta"):
    delta: str
    logprobs: list[Any]


class TextDone(WithinContent, tag="response.output_text.done"):
    text: str
    logprobs: list[Any]


class AnnotationAdded(WithinContent, tag="response.output_text.annotation.added"):
    annotation_index: int
    annotation: Annotation


class RefusalDelta(WithinContent, tag="response.refusal.delta"):
    delta: str


class RefusalDone(WithinContent, tag="response.refusal.done"):
    refusal: str


class WithinSummary(WithinItem):
    summary_index: int


class SummaryAdded(WithinSummary, tag="response.reasoning_summary_part.added"):
    part: SummaryText


class SummaryDone(WithinSummary, tag="response.reasoning_summary_part.done"):
    part: SummaryText


class SummaryTextDelta(WithinSummary, tag="response.reasoning_summary_text.delta"):
    delta: str


class SummaryTextDone(WithinSummary, tag="response.reasoning_summary_text.done"):
    text: str


class ArgumentsDelta(WithinItem, tag="response.function_call_arguments.delta"):
    delta: str


class ArgumentsDone(WithinItem, tag="response.function_call_arguments.done"):
    arguments: str


class InputDelta(WithinItem, tag="response.custom_tool_call_input.delta"):
    delta: str


class InputDone(WithinItem, tag="response.custom_tool_call_input.done"):
    input: str


_EVENT = msgspec.json.Decoder(
    Created | Queued | InProgress | Completed | Failed | Incomplete | ItemAdded | ItemDone | ContentAdded | ContentDone
    | TextDelta | TextDone | AnnotationAdded | RefusalDelta | RefusalDone | SummaryAdded | SummaryDone
    | SummaryTextDelta | SummaryTextDone | ArgumentsDelta | ArgumentsDone | InputDelta | InputDone
)  # fmt: skip
_BODY = msgspec.json.Decoder(Response)
_COMPACTED = msgspec.json.Decoder(Compacted)


def event_problems(data: bytes) -> list[str]:
    """What the specification finds wrong with an event's data."""
    try:
        event = _EVENT.decode(data)
    except msgspec.ValidationError as error:
        return [f"{error}: {data.decode()}"]
    return _consistent(event.response) if isinstance(event, OfResponse) else []


def body_problems(body: bytes) -> list[str]:
    """What the specification finds wrong with a plain answer's body, a compaction's among them."""
    if msgspec.json.decode(body).get("object") == "response.compaction":
        return compacted_problems(body)
    try:
        return _consistent(_BODY.decode(body))
    except msgspec.ValidationError as error:
        return [f"{error}: {body.decode()}"]


def compacted_problems(body: bytes) -> list[str]:
    """What the specification finds wrong with the body of a compaction."""
    try:
        made = _COMPACTED.decode(body)
    except msgspec.ValidationError as error:
        return [f"{error}: {body.decode()}"]
    kinds = [item.get("type") for item in made.output]
    return [] if kinds.count("compaction") == 1 else [f"not one compaction: {kinds}"]


def stream_problems(stream: bytes) -> list[str]:
    """What the specification finds wrong with the events of a stream, or of a piece of one that ends with an event."""
    events = (line.removeprefix(b"data: ") for line in stream.split(b"\n") if line.startswith(b"data: "))
    return [problem for data in events for problem in event_problems(data)]


def _consistent(response: Response) -> list[str]:
    """What two members together say that cannot be."""
    problems = []
    if (response.completed_at is not None) != (response.status == "completed"):
        problems.append(f"{response.status} with completed_at {response.completed_at}")
    if response.completed_at is not None and response.completed_at < response.created_at:
        problems.append("completed before it was created")
    if (response.error is not None) != (response.status == "failed"):
        problems.append(f"{response.status} with error {response.error}")
    if (response.incomplete_details is not None) != (response.status == "incomplete"):
        problems.append(f"{response.status} with incomplete_details {response.incomplete_details}")
    for number, tool in enumerate(response.tools):
        if tool.get("type") == "function":
            try:
                msgspec.convert(tool, FunctionTool)
            except msgspec.ValidationError as error:
                problems.append(f"tools[{number}]: {error}")
    return problems
