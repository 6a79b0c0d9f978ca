"""The gateway that these tests ask."""

from __future__ import annotations

import pytest

from argo_addon.gateway.gateway import Gateway
from argo_addon.settings.model import Settings

from .opening import BASE


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(Settings(user="jdoe").with_base_url(BASE))
