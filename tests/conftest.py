"""For all tests: every warning is an error, except those of what mitmproxy brings, as it is first imported; laws draw
the same examples every time.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mitmproxy.addons  # noqa: F401

from tests import drawing  # noqa: F401
