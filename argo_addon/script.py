"""The addon for stock mitmproxy: `mitmdump -s` and `mitmweb -s` take the path of this file.

    python -c "import argo_addon.script as s; print(s.__file__)"

It reads the same configuration as `argo-proxy serve`, from the usual places; docs/how-to/mitmproxy.md has the command.
It is not imported by anything: mitmproxy loads it by path, outside of the package.
"""

from pathlib import Path

from argo_addon.addon import ArgoAddon
from argo_addon.sealing import Sealer
from argo_addon.settings import model  # not `load` by itself: mitmproxy would take a function of that name for a hook

_settings = model.load().settings
_key = _settings.responses_key_file
addons = [ArgoAddon(_settings, sealer=Sealer.of_file(Path(_key)) if _key else None)]
