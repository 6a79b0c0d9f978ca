#!/bin/sh
# Chat Completions: one question, one answer.
set -eu
model=${1:-gpt-5.4}
curl -sS --fail-with-body "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "messages": [{"role": "user", "content": "What does a neutron star consist of?"}]}
END
