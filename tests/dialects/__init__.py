"""The pitfalls of translation, each by its number (shared/pitfalls.md)."""
