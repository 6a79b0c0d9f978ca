"""`make mutants`: so many mutants of the code that translates, and whether a test falls for each.

    python -m tests.mutation.run [COUNT] [SEED]

Which tests reach a line is found once, by coverage. A mutant lives in a copy of the tree; the survivors are printed and
kept in .cache/mutants.txt.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "mutation"
MUTATED = ("argo_addon/gateway", "argo_addon/translation")
AND_FILES = tuple(
    f"argo_addon/dialects/openai_chat/{name}.py"
    for name in ("encode_request", "encode_messages", "encode_response", "stream_reader", "stream_writer")
)
_LAWS = ("round_trips", "streams", "requests", "legacy")
REACHING = (
    *("tests/gateway", "tests/translation", "tests/dialects", "tests/transcript"),
    *(f"tests/laws/test_{name}.py" for name in _LAWS),
)
MOST_TESTS = 250
"""Tests that are run for a mutant: those of the most files first."""
WORKERS = int(os.environ.get("JOBS", "2"))


def modules() -> list[Path]:
    """The modules that are mutated."""
    found = [path for folder in MUTATED for path in sorted((ROOT / folder).rglob("*.py")) if path.stem != "__init__"]
    return [*found, *(ROOT / file for file in AND_FILES)]


def tests_by_line() -> dict[str, dict[int, list[str]]]:
    """The tests that reach each line of each module, by its path below the root."""
    CACHE.mkdir(parents=True, exist_ok=True)
    data, report = CACHE / "coverage", CACHE / "reached.json"
    if not report.exists():
        settings = CACHE / "coveragerc"
        settings.write_text("[run]\ndynamic_context = test_function\n[json]\nshow_contexts = True\n")
        run = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", f"--data-file={data}"]
        source = f"--source={','.join((*MUTATED, 'argo_addon/dialects/openai_chat'))}"
        subprocess.run([*run, source, "-m", "pytest", "-q", "-p", "no:cacheprovider", *REACHING], cwd=ROOT, check=True)
        tell = [sys.executable, "-m", "coverage", "json", f"--rcfile={settings}", f"--data-file={data}"]
        subprocess.run([*tell, "-o", str(report)], cwd=ROOT, check=True)
    files = json.loads(report.read_text())["files"]
    return {
        name: {int(line): [one for one in tests if one] for line, tests in about["contexts"].items()}
        for name, about in files.items()
    }


def node_of(context: str) -> str:
    """A test's id for pytest, given how coverage names it: `tests.gateway.test_x.test_y`."""
    module, _, function = context.rpartition(".")
    return f"{module.replace('.', '/')}.py::{function}"


def chosen(tests: list[str]) -> list[str]:
    """The tests to run: one of each file, then the others, in no order but the same each time."""
    by_file: dict[str, list[str]] = {}
    for node in sorted({node_of(test) for test in tests}):
        by_file.setdefault(node.split("::")[0], []).append(node)
    rows = [[nodes[turn] for nodes in by_file.values() if turn < len(nodes)] for turn in range(MOST_TESTS)]
    return [node for row in rows for node in row][:MOST_TESTS]


def killed(mutant: Mutant, tests: list[str], tree: Path) -> bool:
    """Whether a test falls for the mutant."""
    target = tree / mutant.path.relative_to(ROOT)
    target.write_bytes(mutant.source())
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
        return subprocess.run(command, cwd=tree, env=env, capture_output=True, timeout=240).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_bytes(mutant.path.read_bytes())


def main(count: int, seed: int) -> None:
    reached = tests_by_line()
    pairs = []
    for path in modules():
        lines = reached.get(str(path.relative_to(ROOT)), {})
        of_file = sorted(
            {test for tests in lines.values() for test in tests}
        )  # for what is run on import: tables, names
        pairs += [(mutant, chosen(lines.get(mutant.line) or of_file)) for mutant in mutants_of(path)]
    random.Random(seed).shuffle(pairs)
    pairs = pairs[:count]
    trees = [CACHE / f"tree{number}" for number in range(WORKERS)]
    for tree in trees:
        shutil.rmtree(tree, ignore_errors=True)
        for folder in ("argo_addon", "daemon", "shell", "tests"):
            shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)

    def work(number: int) -> list[str]:
        lived = []
        for mutant, tests in pairs[number::WORKERS]:
            where = f"{mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.what}"
            if not tests:
                lived.append(f"not reached  {where}")
            elif not killed(mutant, tests, trees[number]):
                lived.append(f"survived     {where} ({len(tests)} tests)")
        return lived

    with ThreadPoolExecutor(WORKERS) as pool:
        lived = sorted(line for lines in pool.map(work, range(WORKERS)) for line in lines)
    told = f"{len(pairs)} mutants, {len(pairs) - len(lived)} killed, {len(lived)} not (seed {seed})"
    (ROOT / ".cache" / "mutants.txt").write_text("\n".join([*lived, told, ""]))
    print("\n".join([*lived, told]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 300, int(sys.argv[2]) if sys.argv[2:] else 1)
