"""The gateway: routing, the dialects, and the mitmproxy addon that puts them on the wire.

Importing this package loads neither mitmproxy nor anything else of ours.
"""

__version__ = "4.0.0rc1"
