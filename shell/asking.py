"""Asks ARGO for its models, from the command line."""

from __future__ import annotations

import asyncio

from argo_addon.errors import GatewayError
from argo_addon.models.fetch import fetch
from argo_addon.models.registry import Model, parse_list
from argo_addon.models.unreachable import no_list
from argo_addon.models.upstream_access import UpstreamAccess
from argo_addon.settings.model import Settings, proxy_variables


def models_of(settings: Settings) -> tuple[Model, ...]:
    """ARGO's model list. Raises Unreachable, also where what answers is no ARGO."""
    url = settings.native_openai_base_url + "/models"
    body = asyncio.run(fetch(url, UpstreamAccess(settings, proxy_variables())))
    try:
        return tuple(parse_list(body))
    except GatewayError as error:
        raise no_list(url, error.message) from error
