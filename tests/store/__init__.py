"""Tests of what is kept for clients."""
