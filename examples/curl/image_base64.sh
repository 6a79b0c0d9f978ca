#!/bin/sh
# Chat Completions with an image of a file, in base64.
set -eu
model=${1:-gpt-5.4}
file=${2:-$(dirname "$0")/../circle.png}
data=$(base64 < "$file" | tr -d "\n")
curl -sS --fail-with-body "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "messages": [{"role": "user", "content": [
 {"type": "text", "text": "What is in this picture?"},
 {"type": "image_url", "image_url": {"url": "data:image/png;base64,$data"}}]}]}
END
