#!/bin/sh
# Embeddings of two sentences.
set -eu
model=${1:-text-embedding-3-small}
curl -sS --fail-with-body "$OPENAI_BASE_URL/embeddings" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "input": ["The beam is on.", "There is beam now."]}
END
