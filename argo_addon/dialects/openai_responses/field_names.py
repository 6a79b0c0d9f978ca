"""Names of request fields in the Responses API, by the names that other dialects have for them."""

from __future__ import annotations

FIELD_NAMES = {
    "system[]": "input[].content[]",
    "messages[].tool_calls[]": "input[]",
    "messages[]": "input[]",
    "messages[].reasoning_content": "input[].reasoning",
    "messages[].content[].thinking": "input[].reasoning",
    "messages[].content[].image_url": "input[].content[].input_image",
    "messages[].content[].image_url.detail": "input[].content[].detail",
    "messages[].content[].source": "input[].content[]",
    "messages[].content[]": "input[]",
    "messages[].content[].input_audio": "input[].content[].input_audio",
    "messages[].content[].file": "input[].content[].input_file",
    "reasoning_effort": "reasoning.effort",
    "thinking": "reasoning.effort",
    "output_config.effort": "reasoning.effort",
    "output_config.format": "text.format",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
}
