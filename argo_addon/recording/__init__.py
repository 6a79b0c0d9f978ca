"""Recordings: written, read back, explained, written for others, sent again, shown."""
