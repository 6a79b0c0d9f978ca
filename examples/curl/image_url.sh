#!/bin/sh
# Chat Completions with an image by its URL.
set -eu
model=${1:-gpt-5.4}
url=${2:-https://www.python.org/static/community_logos/python-logo.png}
curl -sS --fail-with-body "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d @- <<END
{"model": "$model", "messages": [{"role": "user", "content": [
 {"type": "text", "text": "What is in this picture?"}, {"type": "image_url", "image_url": {"url": "$url"}}]}]}
END
