"""The Responses API's JSON, field for field, as far as it is read here, and the answer as it is written.

Source: the OpenAI API reference ("Responses"), the Open Responses specification (version 2026-04-24), and what Codex
0.169 sends (pitfalls 1B).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ..shared.raw_members import Positive

_NULL = msgspec.Raw(b"null")
Json = dict[str, object]
Metadata = Annotated[
    dict[
        Annotated[str, msgspec.Meta(max_length=64)],
        Annotated[str, msgspec.Meta(max_length=512)],
    ],
    msgspec.Meta(max_length=16),
]
"""`metadata`, and how much of it there may be. Source: the OpenAI API reference."""


class ItemType(msgspec.Struct):
    """The little of an item or a part that tells what it is: a missing type beside a role is a message."""

    type: str | None = None
    role: str | None = None
    id: str | None = None


class Message(msgspec.Struct):
    """`message`."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[msgspec.Raw] | None = None


class TextPart(msgspec.Struct):
    """`input_text`, `output_text`, `text`, `summary_text`, `reasoning_text`."""

    text: str


class RefusalPart(msgspec.Struct):
    """`refusal`."""

    refusal: str


class ImagePart(msgspec.Struct):
    """`input_image`."""

    image_url: str | None = None
    file_id: str | None = None
    detail: str | None = None


class FilePart(msgspec.Struct):
    """`input_file`."""

    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None


class Call(msgspec.Struct):
    """`function_call`, `custom_tool_call`, `tool_search_call`, `local_shell_call`, all in one."""

    call_id: str | None = None
    id: str | None = None
    name: str = ""
    namespace: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b'""')
    input: str = ""
    action: msgspec.Raw = msgspec.Raw(b"{}")


class Output(msgspec.Struct):
    """`function_call_output`, `custom_tool_call_output`, `local_shell_call_output`, `tool_search_output`."""

    call_id: str | None = None
    id: str | None = None
    output: str | list[msgspec.Raw] | None = None
    tools: list[msgspec.Raw] = []


class Reasoning(msgspec.Struct):
    """`reasoning`."""

    summary: list[TextPart] | None = None
    content: list[TextPart] | None = None
    encrypted_content: str | None = None


class UsualText(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A text within an item as it mostly comes. In what is called usual, what is long stays as it was written."""

    type: Literal["input_text", "output_text", "text", "summary_text", "reasoning_text"]
    text: msgspec.Raw
    annotations: msgspec.Raw = _NULL
    logprobs: msgspec.Raw = _NULL


ABSENT = msgspec.Raw(b"null")
"""What stands for a member that is not there: told by identity."""


class UsualItem(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An item as it mostly comes, of any of these types; which members may be there depends on it."""

    type: Literal[
        "message",
        "function_call",
        "custom_tool_call",
        "function_call_output",
        "custom_tool_call_output",
        "reasoning",
    ] = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: msgspec.Raw = ABSENT
    id: str | None = None
    call_id: str | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    namespace: str | None = None
    arguments: str | msgspec.UnsetType = msgspec.UNSET
    input: str | msgspec.UnsetType = msgspec.UNSET
    output: msgspec.Raw = ABSENT
    summary: list[TextPart] | None = None
    encrypted_content: str | None = None
    status: str | None = None


class AdditionalTools(msgspec.Struct):
    """`additional_tools`."""

    tools: list[msgspec.Raw] = []


class Tool(msgspec.Struct):
    """A tool of any type: which members are there depends on it."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: dict[str, msgspec.Raw] | None = None
    strict: bool | None = None
    format: msgspec.Raw = _NULL
    tools: list[msgspec.Raw] = []
    execution: str | None = None


class Grammar(msgspec.Struct):
    """A free-text tool's `format`."""

    type: str = "text"
    syntax: str = ""
    definition: str = ""


class ChosenTool(msgspec.Struct):
    """A tool within a tool choice."""

    type: str = "function"
    name: str | None = None
    namespace: str | None = None


class ToolChoice(msgspec.Struct):
    """`tool_choice`, where it is not a word."""

    type: str
    name: str | None = None
    namespace: str | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list[ChosenTool] = []


class ReasoningOptions(msgspec.Struct):
    """`reasoning`, of a request."""

    effort: str | None = None


class ReasoningEcho(msgspec.Struct):
    """`reasoning`, of an answer: both members are there."""

    effort: str | None = None
    summary: str | None = None


class Format(msgspec.Struct):
    """`text.format`."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: dict[str, msgspec.Raw] | None = None
    description: str | None = None
    strict: bool | None = None


class TextOptions(msgspec.Struct):
    """`text`, of a request."""

    format: Format | None = None
    verbosity: str | None = None


class ShellArguments(msgspec.Struct):
    """The arguments with which a model calls the shell: as its schema says, or as it knows shells from elsewhere."""

    command: str | list[str] | None = None
    cmd: str | list[str] | None = None
    env: dict[str, str] | None = None
    timeout_ms: int | None = None
    working_directory: str | None = None


class Prompt(msgspec.Struct):
    """`prompt`: a template that OpenAI keeps."""

    id: str


class StreamOptions(msgspec.Struct):
    """`stream_options`: how a stream is told, which is ours to do."""

    include_obfuscation: bool | None = None


class ShellAction(msgspec.Struct):
    """`local_shell_call.action`."""

    command: list[str] = []
    env: dict[str, str] | None = None
    timeout_ms: int | None = None
    working_directory: str | None = None
    user: str | None = None
    type: str = "exec"


class Resource(msgspec.Struct, kw_only=True):
    """A response (`ResponseResource` in the specification): all its members, always, with the API's defaults.

    What its request says stands in it again. `created_at` and `completed_at` are in seconds since 1970, the latter
    only of a response that is completed. `store` says whether it can be fetched again. Pitfalls 11.6.
    """

    id: str = ""
    object: Literal["response"] = "response"
    created_at: int = 0
    completed_at: int | None = None
    conversation: Json | msgspec.UnsetType = msgspec.UNSET
    status: str = "in_progress"
    background: bool = False
    error: Json | None = None
    frequency_penalty: float = 0.0
    incomplete_details: Json | None = None
    instructions: msgspec.Raw = _NULL
    max_output_tokens: Positive | None = None
    max_tool_calls: Positive | None = None
    metadata: Metadata = {}
    model: str = ""
    output: list[Json] = []
    parallel_tool_calls: bool = True
    presence_penalty: float = 0.0
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    reasoning: ReasoningEcho = msgspec.field(default_factory=ReasoningEcho)
    safety_identifier: str | None = None
    service_tier: str = "default"
    store: bool = False
    temperature: float = 1.0
    text: Json = {}
    tool_choice: msgspec.Raw = msgspec.Raw(b'"auto"')
    tools: list[msgspec.Raw] = []
    top_logprobs: int = 0
    top_p: float = 1.0
    truncation: Literal["auto", "disabled"] = "disabled"
    usage: Json | None = None
