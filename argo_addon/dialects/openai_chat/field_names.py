"""What Chat Completions calls the places of a request that go by other names elsewhere (`ModelDialect.field_names`)."""

from __future__ import annotations

FIELD_NAMES = {
    "system[]": "messages[].content[]",
    "response_format.schema": "response_format.json_schema.schema",
    "response_format.description": "response_format.json_schema.description",
    "stop_sequences": "stop",
    "messages[].content[].thinking": "messages[].reasoning_content",
    "thinking": "reasoning_effort",
    "output_config.effort": "reasoning_effort",
    "output_config.format": "response_format",
}
