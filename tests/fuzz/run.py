"""`make fuzz`: atheris drives each target by what code its inputs reach, for SECONDS in all, JOBS at a time.

What it finds is written to .cache/fuzz/found/TARGET-…; put it into tests/fuzz/found/TARGET/ under a name that says
what it is: the tests play it from then on. The inputs that reached something new stay in .cache/fuzz/TARGET for the
next run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CACHE = Path(".cache/fuzz")


def drive(name: str, arguments: list[str]) -> None:
    """Fuzzes one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["argo_addon"]):
        from .targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


def fuzz(name: str, seconds: int) -> tuple[str, bool, str]:
    """Fuzzes one target in a process of its own; its name, whether all was well, and what it said last."""
    from .seeds import seeds

    corpus, found = CACHE / name, CACHE / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(data)
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4000", "-max_len=20000"]
    arguments = [*limits, f"-artifact_prefix={found}/{name}-", "-print_final_stats=1", str(corpus)]
    command = [sys.executable, "-m", "tests.fuzz.run", "--drive", name, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return name, done.returncode == 0, done.stdout


def main() -> int:
    """Fuzzes all targets, or those that are named; the exit code."""
    if sys.argv[1:2] == ["--drive"]:
        drive(sys.argv[2], sys.argv[3:])
        return 0
    from .targets import TARGETS

    names = sys.argv[2:] or list(TARGETS)
    jobs = int(os.environ.get("JOBS", "2"))
    seconds = max(1, int(sys.argv[1]) * jobs // len(names))
    wrong = 0
    with ThreadPoolExecutor(jobs) as pool:
        for name, well, said in pool.map(lambda name: fuzz(name, seconds), names):
            stats = [line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line]
            print(f"{name}: {stats[0] if stats else '?'} inputs, {'nothing found' if well else 'FOUND'}", flush=True)
            if not well:
                wrong += 1
                print("\n".join(said.splitlines()[-40:]), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
