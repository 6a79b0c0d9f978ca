"""The code, besides the addon, that knows mitmproxy."""
