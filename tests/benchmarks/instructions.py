"""What reading and writing cost, in instructions: a guard against what makes them dearer.

    make instructions                                  # count, and fail where a work has become a tenth dearer
    python -m tests.benchmarks.instructions --write    # take what is counted for what is to be kept

Callgrind counts, so a busy machine changes nothing. What is kept (instructions.json) is the ratio to a reference work
that is counted in the same run, for each version of Python: machines and builds differ, and mostly do so in both.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).parent / "instructions.json"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MOST = 1.10
"""How much dearer a work may become; what has become as much cheaper is to be kept anew, or the guard goes to sleep."""
REFERENCE = "reference"
_TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


def counted(folder: Path) -> dict[str, int]:
    """Instructions of each work. Raises RuntimeError where callgrind does not tell."""
    command = [
        *("valgrind", "--tool=callgrind", "--instr-atstart=no", "--toggle-collect=ffi_call"),
        *(f"--callgrind-out-file={folder / 'out'}", sys.executable, "-m", "tests.benchmarks.works", str(folder)),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"callgrind failed: {done.stderr[-2000:]}")
    found = {}
    for number, name in enumerate((folder / "names").read_text().split("\n"), 1):
        totals = _TOTALS.search((folder / f"out.{number}").read_text())
        if totals is None or not int(totals[1]):
            raise RuntimeError(f"callgrind tells nothing of {name}")
        found[name] = int(totals[1])
    return found


def ratios(instructions: dict[str, int]) -> dict[str, float]:
    """Each work's instructions as a multiple of the reference's."""
    return {name: round(count / instructions[REFERENCE], 4) for name, count in instructions.items()}


def misfits(found: dict[str, float], kept: dict[str, float]) -> list[str]:
    """What is wrong with what was counted, a line each: dearer, much cheaper, new, or gone."""
    told = [f"{name}: not kept yet" for name in found if name not in kept]
    told += [f"{name}: kept, but not there" for name in kept if name not in found]
    for name in sorted(found.keys() & kept.keys()):
        change = found[name] / kept[name]
        if change > MOST:
            told.append(f"{name}: {change - 1:+.1%}")
        elif change < 1 / MOST:
            told.append(f"{name}: {change - 1:+.1%}, which is to be kept")
    return told


def main() -> int:
    """Counts, and compares or writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep what is counted")
    write = parser.parse_args().write
    kept: dict[str, dict[str, float]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        instructions = counted(Path(folder))
    found = ratios(instructions)
    for name, count in instructions.items():
        before = kept.get(VERSION, {}).get(name)
        change = "" if before is None else f" ({found[name] / before - 1:+.1%})"
        print(f"{name}: {count / 1000:.0f} thousand instructions{change}")
    if write:
        KEPT.write_text(json.dumps({**kept, VERSION: found}, indent=1, sort_keys=True) + "\n")
        return 0
    if VERSION not in kept:
        print(f"nothing is kept for Python {VERSION}: python -m tests.benchmarks.instructions --write")
        return 1
    wrong = misfits(found, kept[VERSION])
    print("\n".join(wrong) or "as it was")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
