#!/bin/sh
# Responses: one question, one answer.
set -eu
model=${1:-gpt-5.4}
curl -sS --fail-with-body "$OPENAI_BASE_URL/responses" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "input": "What does a neutron star consist of?"}
END
