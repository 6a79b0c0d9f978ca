"""Recorded provider traffic through the translation, judged by the official SDKs (`make e2e`)."""
