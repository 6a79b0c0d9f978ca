"""The process in the background."""
