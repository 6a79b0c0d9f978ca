"""What the Gemini API calls the places of a request that go by other names elsewhere (`ModelDialect.field_names`)."""

from __future__ import annotations

FIELD_NAMES = {
    "system[]": "systemInstruction.parts[]",
    "messages[].tool_calls[]": "contents[].parts[]",
    "messages[]": "contents[]",
    "messages[].content[]": "contents[].parts[]",
    "messages[].reasoning_content": "contents[].parts[].thoughtSignature",
    "messages[].content[].thinking": "contents[].parts[].thoughtSignature",
    "messages[].content[].image_url": "contents[].parts[].inlineData",
    "messages[].content[].source": "contents[].parts[].fileData",
    "messages[].content[].file": "contents[].parts[].inlineData",
    "tool_choice": "toolConfig.functionCallingConfig",
    "reasoning_effort": "generationConfig.thinkingConfig",
    "thinking": "generationConfig.thinkingConfig",
    "output_config.effort": "generationConfig.thinkingConfig",
    "output_config.format": "generationConfig.responseSchema",
    "response_format": "generationConfig.responseSchema",
    "response_format.schema": "generationConfig.responseSchema",
    "max_tokens": "generationConfig.maxOutputTokens",
    "max_completion_tokens": "generationConfig.maxOutputTokens",
    "stop": "generationConfig.stopSequences",
    "stop_sequences": "generationConfig.stopSequences",
    "temperature": "generationConfig.temperature",
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "seed": "generationConfig.seed",
    "presence_penalty": "generationConfig.presencePenalty",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "dimensions": "outputDimensionality",
}
