"""Answers as bytes on the wire, one module for each layout. Knows turns and usage, and no rules."""
