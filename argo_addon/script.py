"""The addon for stock mitmproxy: `mitmdump -s` and `mitmweb -s` take the path of this file.

    python -c "import argo_addon.script as s; print(s.__file__)"

It reads the same configuration as `argo-proxy serve`, from the usual places; docs/how-to/mitmproxy.md has the command.
It is not imported by anything: mitmproxy loads it by path, outside of the package.
"""

from pathlib import Path

from argo_addon.addon import ArgoAddon
from argo_addon.rate_limits.opening import open_limiter
from argo_addon.sealing import Sealer
from argo_addon.settings import model  # not `load` by itself: mitmproxy would take a function of that name for a hook
from argo_addon.settings.checks import OFF
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store
from argo_addon.store.worker import StoreWorker

_settings = model.load().settings
_key, _kept = _settings.responses_key_file, _settings.responses_store
_bounds = Bounds(_settings.responses_store_days * 86400, round(_settings.responses_store_size * 1e6))
_store = None if _kept in (None, OFF) else StoreWorker(open_store(_kept, _bounds))
_limiter = open_limiter(_settings.limits, _settings.limits_store)
_sealer = Sealer.of_file(Path(_key)) if _key else None
addons = [ArgoAddon(_settings, sealer=_sealer, store=_store, limiter=_limiter)]
