#!/bin/sh
# Google GenAI: one question, one answer.
set -eu
model=${1:-gemini-2.5-pro}
curl -sS --fail-with-body "$GOOGLE_GEMINI_BASE_URL/v1beta/models/$model:generateContent" \
  -H "x-goog-api-key: $GOOGLE_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"contents": [{"role": "user", "parts": [{"text": "What does a neutron star consist of?"}]}]}
END
