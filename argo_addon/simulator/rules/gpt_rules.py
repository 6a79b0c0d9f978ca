"""What the GPT and o-series refuse, beyond what all models of Chat Completions do. A rule a function.

The list with the source of each: docs/reference/simulator.md.
"""

from __future__ import annotations

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import schemas
from argo_addon.simulator.rules.chat_rules import Rule, image_urls, unsupported
from argo_addon.simulator.rules.chat_view import Body

MOST_IMAGES = 50


def token_limits(body: Body, model: Model) -> None:
    """One name, which gpt-4o wants to be the newer one, and not more than the model writes."""
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        raise Refusal(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    if body.max_tokens is not None and "max_tokens" in model.traits.refuses:
        raise unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
    if body.limit is not None and body.limit > model.output:
        raise Refusal(
            f"max_tokens is too large: {body.limit}. This model supports at most {model.output} completion tokens, "
            f"whereas you provided {body.limit}.",
            param="max_tokens",
            code="invalid_value",
        )


def sampling(body: Body, model: Model) -> None:
    """gpt-5 has one temperature."""
    if model.traits.sampling == "default" and body.temperature is not None and body.temperature != 1:
        raise Refusal(
            f"Unsupported value: 'temperature' does not support {body.temperature:g} with this model. Only the default "
            "(1) value is supported.",
            param="temperature",
            code="unsupported_value",
        )
    if body.verbosity not in (None, "medium") and model.traits.sampling != "default":
        raise Refusal(
            f"Unsupported value: '{body.verbosity}' is not supported with the '{model.vendor}' model. Supported values "
            "are: 'medium'.",
            param="verbosity",
            code="unsupported_value",
        )
    if body.top_logprobs is not None and not body.logprobs:
        raise Refusal("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", param="top_logprobs")


def effort_with_tools(body: Body, model: Model) -> None:
    """From 5.4 on there is no reasoning effort with tools."""
    if model.traits.effort_alone and body.tools and body.reasoning_effort not in (None, "none"):
        raise Refusal(
            f"Function tools with reasoning_effort are not supported for {model.vendor} in /v1/chat/completions. "
            "Please use /v1/responses instead.",
            param="reasoning_effort",
        )


def contents(body: Body, model: Model) -> None:
    """An assistant says something, calls something or declines; nothing is spoken."""
    for index, message in enumerate(body.messages):
        empty = message.content is None and not message.tool_calls
        if message.role == "assistant" and empty and not (message.refusal or message.function_call or message.audio):
            raise Refusal(
                "Invalid value for 'content': expected a string, got null.", param=f"messages.[{index}].content"
            )
        if any(part.type == "input_audio" for part in message.parts):
            raise Refusal(
                "Content blocks are expected to be either text or image_url type.", param=f"messages.[{index}].content"
            )


def many_images(body: Body, model: Model) -> None:
    """Fifty images and no more."""
    count = sum(len(image_urls(message)) for message in body.messages)
    if count > MOST_IMAGES:
        raise Refusal(f"Too many images in request. Max is {MOST_IMAGES}, got {count}.", code="too_many_images")


def tool_schemas(body: Body, model: Model) -> None:
    """Parameters are an object's schema."""
    for index, tool in enumerate(body.tools):
        function = tool.function
        if function.parameters:
            if "properties" not in function.parameters and function.parameters.get("type") == "object":
                reason = "In context=(), object schema missing properties."
                what = f"Invalid schema for function '{function.name}': {reason}"
                raise Refusal(what, param=f"tools[{index}].function.parameters", code="invalid_function_parameters")
            schemas.gpt(
                function.parameters,
                f"function '{function.name}'",
                strict=bool(function.strict),
                code="invalid_function_parameters",
                param=f"tools[{index}].function.parameters",
            )


def response_schema(body: Body, model: Model) -> None:
    """The answer's schema is an object's; JSON without a schema is to be named in the conversation."""
    form = body.response_format
    if form is not None and form.json_schema is not None:
        schemas.gpt(
            form.json_schema.schema,
            f"response_format '{form.json_schema.name}'",
            strict=bool(form.json_schema.strict),
            code="invalid_json_schema",
            param="response_format",
        )
    named = any("json" in message.text.lower() for message in body.messages)
    if form is not None and form.type == "json_object" and not named:
        raise Refusal(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )


def context(size: int, body: Body, model: Model) -> None:
    """What was asked and what is to be answered have room."""
    if size > model.context:
        raise Refusal(
            f"This model's maximum context length is {model.context} tokens. However, your messages resulted in {size} "
            "tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )


RULES: tuple[Rule, ...] = (
    token_limits,
    sampling,
    effort_with_tools,
    contents,
    many_images,
    tool_schemas,
    response_schema,
)
