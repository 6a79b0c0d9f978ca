"""What every dialect stands on: relays, conversations, identifiers, tokens, and what ARGO answers in place of words."""
