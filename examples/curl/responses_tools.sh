#!/bin/sh
# Responses with a function: the call that the model wants made.
set -eu
model=${1:-gpt-5.4}
curl -sS --fail-with-body "$OPENAI_BASE_URL/responses" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "input": "How warm is it in Lemont?",
 "tools": [{"type": "function", "name": "temperature", "description": "The temperature in a city.",
  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]}
END
