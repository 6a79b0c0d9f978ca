"""What Ollama's API calls the places of a request that go by other names elsewhere (`ModelDialect.field_names`)."""

from __future__ import annotations

FIELD_NAMES = {
    "messages[].content[].image_url": "messages[].images[]",
    "messages[].content[].source": "messages[].images[]",
    "messages[].reasoning_content": "messages[].thinking",
    "messages[].content[].thinking": "messages[].thinking",
    "reasoning_effort": "think",
    "thinking": "think",
    "output_config.effort": "think",
    "output_config.format": "format",
    "response_format": "format",
    "response_format.schema": "format",
    "max_tokens": "options.num_predict",
    "max_completion_tokens": "options.num_predict",
    "stop": "options.stop",
    "stop_sequences": "options.stop",
    "temperature": "options.temperature",
    "top_p": "options.top_p",
    "top_k": "options.top_k",
    "seed": "options.seed",
    "presence_penalty": "options.presence_penalty",
    "frequency_penalty": "options.frequency_penalty",
}
