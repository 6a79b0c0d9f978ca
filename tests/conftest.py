"""For all tests: every warning is an error, except those of what mitmproxy brings, as it is first imported."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mitmproxy.addons  # noqa: F401
