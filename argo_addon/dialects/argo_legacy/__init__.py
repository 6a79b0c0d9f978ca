"""ARGO's legacy gateway, as an upstream: chat and streamchat in one layout of its own, whatever model answers."""

from .dialect import ArgoLegacy

__all__ = ["ArgoLegacy"]
