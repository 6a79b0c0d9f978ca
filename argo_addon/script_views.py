"""The views for stock mitmproxy: `mitmproxy -s` and `mitmweb -s` take the path of this file.

    python -c "import argo_addon.script_views as s; print(s.__file__)"

It shows calls of models as conversations and touches no traffic; docs/how-to/web.md has the command. It is not imported
by anything: mitmproxy loads it by path, outside of the package.
"""

from argo_addon.recording.views import register

register()
