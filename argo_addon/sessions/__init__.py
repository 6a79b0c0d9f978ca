"""Responses over a WebSocket: each turn is a call by HTTP. It knows nothing of mitmproxy."""
