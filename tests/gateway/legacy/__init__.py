"""The legacy gateway (argo.md): what it is asked, what becomes of its answers, and calls that leaked into text."""
