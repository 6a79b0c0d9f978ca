"""The wheel, installed into an environment of its own as pipx does it: nothing of the checkout is behind the command.

What it depends on is that of the environment of these tests; `make howtos` and `make release-check` install all of it
anew, and name their command in ARGO_PROXY_COMMAND.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def installed(folder: Path) -> Path:
    """The `argo-proxy` of a wheel that is built and installed below this folder, or that of ARGO_PROXY_COMMAND."""
    if command := os.environ.get("ARGO_PROXY_COMMAND"):
        return Path(command).absolute()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=True, with_pip=False)
    python = environment / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (own,) = environment.glob("lib/python*/site-packages")
    # A line that names a folder: the files there that name further ones, such as this checkout, are not read.
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin" / "argo-proxy"
