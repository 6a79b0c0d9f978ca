"""Shell code in the shells themselves, quoted and unquoted, in a folder where every glob would match."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from shell import render

VALUES = [
    "plain", "", "two words", " around ", "a*b?c[1m]", "claude-opus-4-6[1m]", '{"a": ["b c", \'d\']}', "back\\slash",
    "$HOME `id` $(id) !x", "semi;colon & | < >", "tab\tline\nend", "ends in a line\n",
    "ünïcödé 語 😀", "~", "-n", "100%s %d",
    "a=b", "#no comment", "'", '"',
]  # fmt: skip
REAL = [shell for shell in ("bash", "zsh", "fish", "dash", "ksh", "tcsh") if shutil.which(shell)]
EVAL = {
    "quoted": 'eval "$(cat code)"',
    "unquoted": "eval $(cat code)",
}


def render_name(shell: str) -> str:
    return {"dash": "sh", "ksh": "sh"}.get(shell, shell)


def sayable(shell: str) -> list[str]:
    """The values that a shell can hold: csh takes a line end for the end of a word, whatever is done."""
    return [value for value in VALUES if shell != "tcsh" or "\n" not in value]


def done(shell: str, code: str, way: str, after: str, folder: Path) -> str:
    """What `after` prints in a shell that has evaluated the code."""
    for name in ("a1c", "axbxc1", "claude-opus-4-61", "x", "1", "m"):
        (folder / name).touch()
    (folder / "code").write_text(code)
    words = EVAL[way]
    if shell == "fish" and way == "unquoted":
        words = "eval (cat code)"
    if shell == "tcsh":
        words = 'eval "`cat code`"' if way == "quoted" else "eval `cat code`"
    (folder / "script").write_text(f"{words}\n{after}\n")
    run = subprocess.run(
        [shell, *(["-f"] if shell == "tcsh" else []), "script"], cwd=folder, capture_output=True, timeout=20,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr == b""
    return run.stdout.decode()


@pytest.mark.parametrize("way", EVAL)
@pytest.mark.parametrize("shell", REAL)
def test_every_value_arrives_as_it_is(tmp_path: Path, shell: str, way: str) -> None:
    name = render_name(shell)
    values = sayable(shell)
    code = "\n".join(render.assign(name, f"V{number}", value) for number, value in enumerate(values)) + "\n"
    got = done(shell, code, way, "env -0", tmp_path)
    variables = dict(entry.split("=", 1) for entry in got.split("\0") if "=" in entry)
    assert [variables[f"V{number}"] for number in range(len(values))] == values


def test_a_line_end_in_csh_is_refused_and_not_changed() -> None:
    with pytest.raises(render.Unsayable, match=r"MINE.*line end"):
        render.assign("tcsh", "MINE", "a\nb")


@pytest.mark.parametrize("way", EVAL)
@pytest.mark.parametrize("shell", REAL)
def test_a_function_gets_its_options_first_and_goes_again(tmp_path: Path, shell: str, way: str) -> None:
    name = render_name(shell)
    program = tmp_path / "bin" / "tool"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    program.chmod(0o755)
    path = render.assign(name, "PATH", f"{program.parent}:{os.environ['PATH']}")
    if shell == "fish":  # where PATH is a list
        path = f"set -gx PATH {program.parent} $PATH;"
    code = f"{path}\n{render.define(name, 'tool', ('--profile', 'argo'))}\n"
    after = "tool 'a b' '*'"
    assert done(shell, code, way, after, tmp_path) == "<--profile><argo><a b><*>"
    assert done(shell, f"{code}{render.undefine(name, 'tool')}\n", way, after, tmp_path) == "<a b><*>"


@pytest.mark.parametrize("shell", render.SHELLS)
def test_there_is_nothing_that_an_unquoted_eval_would_change(shell: str) -> None:
    if shell == "powershell":
        return  # it reads text
    for value in sayable(shell):
        statement = render.assign(shell, "NAME", value)
        assert statement.endswith(";")
        assert not set("*?[\t\n") & set(statement), statement
        assert "  " not in statement


def test_powershell_gets_single_quotes() -> None:
    assert render.assign("powershell", "A", "it's $x") == "$env:A = 'it''s $x';"
