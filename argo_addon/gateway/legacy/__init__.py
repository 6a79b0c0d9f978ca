"""Calls by ARGO's legacy gateway, and their way back."""
