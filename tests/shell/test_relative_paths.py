"""Paths that are not whole: the daemon works in another folder than its starter, and means the same files."""

from __future__ import annotations

import json
from pathlib import Path

from .person import Person


def test_options_and_variables_are_from_where_the_command_is_given_and_the_files_from_where_it_is(
    person: Person,
) -> None:
    (here := person.home / "here").mkdir()
    (there := person.home / "there").mkdir()
    config = {"config_version": "3", "user": "jdoe", "port": 0, "argo_base_url": "demo"}
    paths = {"responses_store": "store.sqlite", "dump_dir": "dumps", "socket": "file.sock"}
    (there / "c.yaml").write_text(json.dumps({**config, **paths}))

    def places() -> dict[str, str | None]:
        settings = person.status["settings"]
        return {name: settings[name] for name in ("responses_store", "dump_dir", "socket", "responses_key_file")}

    person.run(
        "start", "../there/c.yaml", "--socket", "option.sock", cwd=here, ARGO_PROXY_RESPONSES_KEY_FILE="variable.key"
    )
    assert places() == {
        "responses_store": str(there / "store.sqlite"),
        "dump_dir": str(there / "dumps"),
        "socket": str(here / "option.sock"),
        "responses_key_file": str(here / "variable.key"),
    }
    assert (here / "variable.key").exists()
    assert (here / "option.sock").exists()
    person.run("restart", str(there / "c.yaml"), cwd=person.home)
    assert places()["socket"] == str(there / "file.sock")
    assert not any((Path("/") / name).exists() for name in ("option.sock", "file.sock", "store.sqlite", "variable.key"))


def test_a_service_gets_whole_paths_and_may_write_where_they_lead(person: Person) -> None:
    person.config(argo_base_url="demo", socket="x/argo.sock")
    said = person.run("service", "install", "--print", ARGO_PROXY_RESPONSES_KEY_FILE="keys/ours.key")
    if "ReadWritePaths" in said:  # systemd's
        written = next(line for line in said.splitlines() if line.startswith("ReadWritePaths"))
        assert str(person.home / "keys") in written
        assert str(person.home / ".config" / "argoproxy" / "x") in written
    assert str(person.home / "keys" / "ours.key") in said
