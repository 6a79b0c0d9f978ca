"""What the tests of recordings share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.recording.recorder import Recorder

from ..running import proxy, settings_for, upstream
from .recorded import Recorded, Start

SHORT = Limits(connect=0.5, silence=0.5)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a gateway of these limits, whose recorder has these options."""
    with ExitStack() as stack:

        def begin(everything: bool = True, limits: Limits = SHORT, **options: Any) -> Recorded:
            argo = stack.enter_context(upstream())
            recorder = Recorder(tmp_path / "flows", everything=everything, **options)
            inner = stack.enter_context(ExitStack())
            running = inner.enter_context(proxy(settings_for(argo.url), limits, recorder))
            made = Recorded(running, argo, tmp_path / "flows", inner.close)
            stack.callback(made.client.close)
            return made

        yield begin
