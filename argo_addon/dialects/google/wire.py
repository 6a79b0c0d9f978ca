"""The Gemini API's JSON, field for field, as far as it is read and written here.

Source: the Gemini API reference ("Generating content", "Models"), the google.rpc.Status error model.
"""

from __future__ import annotations

import msgspec

from ..shared.raw_members import Positive

_NULL = msgspec.Raw(b"null")


class ErrorDetail(msgspec.Struct, omit_defaults=True):
    """`error` within an error body; `code` is the HTTP status."""

    code: int
    message: str
    status: str
    details: list[dict[str, str]] = []


class ErrorBody(msgspec.Struct):
    """An error as an answer's body."""

    error: ErrorDetail


class ModelEntry(msgspec.Struct, rename="camel"):
    """One model of the list; `name` is `models/…`. Newer SDKs read `supportedActions`, older ones the methods."""

    name: str
    display_name: str
    base_model_id: str
    supported_generation_methods: list[str]
    supported_actions: list[str]
    input_token_limit: int | msgspec.UnsetType = msgspec.UNSET
    output_token_limit: int | msgspec.UnsetType = msgspec.UNSET


class ModelPage(msgspec.Struct):
    """The list of models."""

    models: list[ModelEntry]


class Content(msgspec.Struct, rename="camel"):
    """A turn; the role may be missing, which is the user's."""

    parts: msgspec.Raw = _NULL
    role: str | None = None


class Blob(msgspec.Struct, rename="camel"):
    """`inlineData`."""

    data: str
    mime_type: str | None = None
    display_name: str | None = None


class FileData(msgspec.Struct, rename="camel"):
    """`fileData`."""

    file_uri: str
    mime_type: str | None = None
    display_name: str | None = None


class FunctionCall(msgspec.Struct, rename="camel"):
    """`functionCall`."""

    name: str
    args: msgspec.Raw = _NULL
    id: str | None = None


class FunctionResponse(msgspec.Struct, rename="camel"):
    """`functionResponse`; its parts are what cannot be said in JSON: images."""

    name: str
    response: msgspec.Raw = _NULL
    id: str | None = None
    parts: msgspec.Raw = _NULL


class Part(msgspec.Struct, rename="camel"):
    """A part: of the members that say what it is, one is there."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: msgspec.Raw = _NULL
    file_data: msgspec.Raw = _NULL
    function_call: msgspec.Raw = _NULL
    function_response: msgspec.Raw = _NULL


ABSENT = msgspec.Raw(b"null")
"""What stands for a member that is not there: told by identity."""


class UsualCall(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """`functionCall` as it mostly comes. In what is called usual, what is long stays as it was written."""

    name: str
    args: msgspec.Raw = ABSENT
    id: str | None = None


class UsualResponse(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """`functionResponse` as it mostly comes."""

    name: str
    response: msgspec.Raw = ABSENT
    id: str | None = None
    parts: None = None


class UsualPart(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """A part as it mostly comes."""

    text: msgspec.Raw = ABSENT
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: UsualCall | None = None
    function_response: UsualResponse | None = None


class UsualContent(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """A turn as it mostly comes."""

    parts: list[UsualPart]
    role: str | None = None


class ResultText(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a result says in one member, which mostly is a text."""

    output: msgspec.Raw = ABSENT
    result: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class FunctionDeclaration(msgspec.Struct, rename="camel"):
    """`functionDeclarations[]`."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = _NULL
    parameters_json_schema: msgspec.Raw = _NULL


class Tool(msgspec.Struct, rename="camel"):
    """`tools[]`: functions, and tools of Google's own beside them."""

    function_declarations: msgspec.Raw = _NULL


class FunctionCalling(msgspec.Struct, rename="camel"):
    """`toolConfig.functionCallingConfig`."""

    mode: str | None = None
    allowed_function_names: list[str] | None = None


class ToolConfig(msgspec.Struct, rename="camel"):
    """`toolConfig`."""

    function_calling_config: msgspec.Raw = _NULL


class Thinking(msgspec.Struct, rename="camel"):
    """`generationConfig.thinkingConfig`."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class GenerationConfig(msgspec.Struct, rename="camel"):
    """`generationConfig`."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_output_tokens: Positive | None = None
    candidate_count: int | None = None
    stop_sequences: list[str] | None = None
    response_mime_type: str | None = None
    response_schema: msgspec.Raw = _NULL
    response_json_schema: msgspec.Raw = _NULL
    thinking_config: msgspec.Raw = _NULL
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


class EmbedRequest(msgspec.Struct, rename="camel"):
    """A request for one embedding, alone or of a batch."""

    content: msgspec.Raw = _NULL
    output_dimensionality: int | None = None
    model: str | None = None
