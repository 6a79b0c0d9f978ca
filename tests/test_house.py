"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("argo_addon", "daemon", "shell") for path in (ROOT / folder).rglob("*.py")]


def test_no_dependency_ships_a_package_of_one_of_our_names() -> None:
    """`daemon` is what python-daemon installs, and `shell` is nobody's either (house rules)."""
    clashes = {
        distribution.name
        for distribution in metadata.distributions()
        if distribution.name != "argo-proxy"
        for file in distribution.files or ()
        if file.parts[0] in ("daemon", "shell", "argo_addon", "daemon.py", "shell.py")
    }
    assert clashes == set()


@pytest.mark.parametrize(
    "module", ["argo_addon", "argo_addon.settings.model", "argo_addon.gateway.gateway", "shell.cli"]
)
def test_what_need_not_load_mitmproxy_does_not(module: str) -> None:
    code = f"import sys, {module}; sys.exit('mitmproxy' in sys.modules or 'tornado' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


def test_importing_the_package_loads_nothing_else_of_ours() -> None:
    code = "import sys, argo_addon; sys.exit(len([name for name in sys.modules if name.startswith('argo_addon')]) - 1)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


def test_files_stay_small() -> None:
    sizes = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: size for path, size in sizes.items() if size > 400} == {}
    assert sorted(sizes.values())[len(sizes) * 9 // 10] <= 300


def test_every_module_says_what_it_is() -> None:
    assert [path for path in SOURCES if not path.read_text().startswith('"""')] == []


DIALECT_FILES = {
    "__init__", "dialect", "wire", "maps", "field_names", "errors", "embeddings", "tools", "citations", "passthrough",
    "wire_usual",
    "decode_request", "decode_messages", "decode_usual", "decode_members", "decode_schemas", "decode_response",
    "encode_request", "encode_messages", "encode_cache", "encode_response", "reduce_request",
    "adjust_request", "adjust_history", "adjust_thinking", "adjust_betas", "adjust_schemas", "adjust_tool_choice",
    "adjust_server_tools", "hosted_tools",
    "outline_history",
    "response_context", "response_parts", "background", "compaction", "compaction_writer",
    "context_management", "state", "truncation",
    "stream_reader", "stream_writer", "stream_observer", "stream_content", "stream_repairer",
}  # fmt: skip
"""What a dialect's folder is made of, the same step under the same name in each (docs/decisions/0018)."""


def test_dialects_have_the_same_files_for_the_same_steps() -> None:
    folders = (ROOT / "argo_addon" / "dialects").glob("*/dialect.py")
    files = {path.stem for folder in folders for path in folder.parent.glob("*.py")}
    assert files == DIALECT_FILES


def test_nothing_public_is_without_a_docstring() -> None:
    """Methods that override a documented one may go without."""
    bare = [f"{path.relative_to(ROOT)}: {name}" for path in SOURCES for name in _undocumented(path)]
    assert bare == []


def _undocumented(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    found: list[str] = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            found.append(node.name)
        if isinstance(node, ast.ClassDef) and not node.bases:
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found += [
                f"{node.name}.{one.name}"
                for one in methods
                if not one.name.startswith("_") and ast.get_docstring(one) is None
            ]
    return found


def test_the_words_of_the_glossary_are_in_the_code() -> None:
    glossary = (ROOT / "docs" / "architecture.md").read_text().partition("## Glossary")[2]
    rows = [line.split("|")[1].strip() for line in glossary.splitlines() if line.startswith("| ")][2:]
    words = [word.strip("` ") for row in rows for word in row.split(",")]
    code = "\n".join(path.read_text() for path in SOURCES)
    assert len(words) > 12
    assert [word for word in words if not re.search(rf"\b{word}", code)] == []


def test_each_decision_has_a_number_of_its_own_which_its_heading_says() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert len(set(numbers)) == len(numbers)
    assert [int(re.match(r"# (\d+)\. ", path.read_text())[1]) for path in decisions] == numbers  # type: ignore[index]
    links = {
        (int(said), int(name))
        for path in (ROOT / "docs").rglob("*.md")
        for said, name in re.findall(r"\[decision (\d+)\]\([./a-z]*?(\d{4})-", path.read_text())
    }
    assert {(said, name) for said, name in links if said != name} == set()
