"""The code, besides the addon, that knows mitmproxy."""

from . import bare_packages

bare_packages.install()  # before whatever imports one of mitmproxy's layers or addons
