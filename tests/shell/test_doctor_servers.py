"""`argo-proxy doctor` on servers that gateways share: real ones, that run and do not."""

from __future__ import annotations

import json
from pathlib import Path

from ..ports import free_port
from ..servers import redis_server
from .person import Person

KEYS = ("responses_store", "usage_ledger", "limits_store")


def told(person: Person) -> dict[str, dict[str, str]]:
    return {
        row["check"]: row for row in person.data("doctor", "--json", "--no-calls", code=None) if row["check"] in KEYS
    }


def test_a_server_that_is_away_is_found_for_each_key_that_names_it(person: Person, tmp_path: Path) -> None:
    with redis_server(tmp_path) as (url, process):
        secret = url.replace("redis://", "redis://default:pLaNtEd@")  # which a server without a password takes
        limits = {"requests_per_minute": 9}
        person.config(argo_base_url="demo", limits=limits, **dict.fromkeys(KEYS, url))
        assert {key: row["state"] for key, row in told(person).items()} == dict.fromkeys(KEYS, "ok")
        process.kill()
        process.wait(20)
        person.config(argo_base_url="demo", limits=limits, **dict.fromkeys(KEYS, secret))
        away = told(person)
    assert {key: row["state"] for key, row in away.items()} == dict.fromkeys(KEYS, "fails")
    for key, row in away.items():
        assert url.partition("//")[2] in row["found"], row
        assert "refused" in row["found"]
        assert key in row["remedy"]
    assert "pLaNtEd" not in json.dumps(away)


def test_so_is_one_of_postgresqls(person: Person) -> None:
    away = f"postgresql://argo@127.0.0.1:{free_port()}/argo"
    person.config(argo_base_url="demo", responses_store=away, usage_ledger=away)
    rows = told(person)
    assert {key: row["state"] for key, row in rows.items()} == {"responses_store": "fails", "usage_ledger": "fails"}
    assert all("refused" in row["found"] for row in rows.values())


def test_a_file_is_no_server(person: Person) -> None:
    person.config(argo_base_url="demo", responses_store=str(person.home / "responses.sqlite"))
    assert told(person) == {}
