"""Files and folders that keep the commands out, and a home that is none."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from .person import COMMAND, Person
from .test_doctor import as_other
from .test_what_runs import as_root_in_a_world_of_its_own


def said(person: Person, *words: str) -> tuple[int, str]:
    """What a command says to somebody who is not root, and its exit code."""
    done = subprocess.run(
        as_other(COMMAND, *words),
        env=person.env | {"EDITOR": "true"},
        cwd=person.home,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    return done.returncode, text


def test_a_folder_that_cannot_be_looked_into_is_not_one_without_a_configuration(person: Person) -> None:
    path = person.config()
    path.parent.chmod(0o000)
    try:
        for words, code in (
            (["start"], 2),
            (["config", "get", "user"], 2),
            (["config", "edit"], 2),
            (["config", "set", "port", "3"], 2),
            (["config", "migrate"], 2),
            (["config", "init", "--user", "jdoe", "--env", "demo", "--force"], 1),
            (["doctor", "--no-calls"], 1),
        ):
            ended, text = said(person, *words)
            assert (ended, "Permission denied" in text) == (code, True), (words, ended, text)
            assert str(path) in text, (words, text)
            assert "There is no configuration" not in text
        assert f"used             {path}" in said(person, "config", "list")[1]
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize("kind", ["dangling", "loop", "unreadable", "pipe", "folder", "anybody's"])
def test_what_cannot_say_that_it_is_ours_is_passed_over(person: Person, kind: str) -> None:
    person.config()
    here = person.home / "project" / "config.yaml"
    here.parent.mkdir()
    if kind in ("dangling", "loop"):
        here.symlink_to("nowhere" if kind == "dangling" else "config.yaml")
    elif kind == "pipe":
        os.mkfifo(here)
    elif kind == "folder":
        here.mkdir()
    else:
        here.write_text("host: 0.0.0.0\nport: 8080\n")  # as many a web application has it
        here.chmod(0o000 if kind == "unreadable" else 0o600)
    done = subprocess.run(
        as_other(COMMAND, "config", "get", "user"), env=person.env, cwd=here.parent, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "jdoe\n"), done


def test_a_pipe_is_read_and_not_waited_for_without_end(person: Person) -> None:
    pipe = person.home / "pipe.yaml"
    os.mkfifo(pipe)
    assert "nobody wrote to it" in person.run("config", "validate", "--offline", str(pipe), code=2)
    writer = threading.Thread(target=pipe.write_text, args=('config_version: "3"\nuser: jdoe\n',))
    writer.start()
    assert "is good" in person.run("config", "validate", "--offline", str(pipe))
    writer.join()


@pytest.mark.parametrize("home", ["", "a/b", "~", None])
def test_a_home_that_is_no_path_is_that_of_the_system(person: Person, home: str | None) -> None:
    """Else state, log and configuration would each be elsewhere, and a gateway that runs not found again."""
    del person.env["HOME"]
    person.env |= {"XDG_STATE_HOME": str(person.home / "state")} | ({} if home is None else {"HOME": home})
    told = person.run("config", "list")
    system = Path(os.path.expanduser(f"~{os.environ.get('USER', 'root')}"))
    assert str(system / ".config" / "argoproxy" / "config.yaml") in told
    assert all(Path(row["path"]).is_absolute() for row in person.data("config", "list", "--json")[1:])
    assert "does not run" in person.run("status", code=3)
    assert not (person.home / "~").exists()
    assert not (person.home / "a").exists()


def test_a_file_of_a_tool_that_cannot_be_written_is_named_with_what_to_do(at_demo: Person) -> None:
    folder = at_demo.home / "codex"
    folder.write_text("")
    for words in (["env", "codex"], ["run", "codex"]):
        program = at_demo.home / "bin" / "codex"
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        said = at_demo.run(*words, code=1, CODEX_HOME=str(folder), PATH=f"{program.parent}:{at_demo.env['PATH']}")
        assert f"{folder / 'argo.config.toml'} cannot be written: its folder is a file" in said
        assert "make its folder writable" in said
        assert ("false" in said) == (words[0] == "env")


def test_no_half_copy_is_left_of_a_configuration_on_a_full_disk(person: Person) -> None:
    state = person.home / ".config"
    state.mkdir()
    said = as_root_in_a_world_of_its_own(
        person,
        f"mount -t tmpfs -o size=64k none {state}; mkdir {state}/argoproxy; cd {state}/argoproxy; "
        "printf 'config_version: \"3\"\\nuser: me\\n' > config.yaml; cat /dev/zero > x 2>/dev/null; "
        "$argo config init --user you --env demo --force; ls -A; cat config.yaml",
    )
    assert "cannot be written: No space left on device" in said
    assert "user: me" in said
    assert ".bak" not in said
