"""What OpenAI's APIs say alike. It knows none of them."""
