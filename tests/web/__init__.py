"""mitmweb in a real browser."""
