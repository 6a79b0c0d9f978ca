#!/bin/sh
# Legacy completions: a prompt, and how it goes on.
set -eu
model=${1:-gpt-5.4}
curl -sS --fail-with-body "$OPENAI_BASE_URL/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "prompt": "The first light of the synchrotron", "max_tokens": 100}
END
