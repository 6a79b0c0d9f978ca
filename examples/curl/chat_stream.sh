#!/bin/sh
# Chat Completions, streamed: events as they come.
set -eu
model=${1:-gpt-5.4}
curl -sS --fail-with-body -N "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "stream": true, "messages": [{"role": "user", "content": "Tell a short story about a beamline."}]}
END
