"""A configuration file to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from .asking import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_bytes(text.encode())
        return path

    return write
