#!/bin/sh
# Anthropic Messages: one question, one answer.
set -eu
model=${1:-claude-opus-4.6}
curl -sS --fail-with-body "$ANTHROPIC_BASE_URL/v1/messages" \
  -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "max_tokens": 1000, "messages": [{"role": "user", "content": "What does a neutron star consist of?"}]}
END
