"""What the Messages API calls the places of a request that go by other names elsewhere (`ModelDialect.field_names`)."""

from __future__ import annotations

FIELD_NAMES = {
    "messages[].tool_calls[]": "messages[].content[]",
    "messages[].content[].image_url": "messages[].content[].image",
    "messages[].content[].file": "messages[].content[].document",
    "stop": "stop_sequences",
    "reasoning_effort": "thinking",
    "response_format": "output_config.format",
    "max_completion_tokens": "max_tokens",
}
