"""Whatever is planted where, no credential is in a recording, a log, an export or a collected archive."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx

from ..running import STREAM, Upstream, chunk, json_answer
from .person import Person

_numbers = count(1)
SIGN = "pLaNtEd"


def key() -> str:
    """A credential that can be found again."""
    return f"sk-{SIGN}-{next(_numbers):04}-abcdefghijkl"


def planted_in(folder: Path) -> Iterator[str]:
    """The files in which something that was planted can be read, archives and compressed ones opened."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as packed:
                data = b"".join(packed.extractfile(member).read() for member in packed)  # type: ignore[union-attr]
        if SIGN.encode() in data:
            yield f"{path}: {data[max(data.index(SIGN.encode()) - 60, 0) :][:140]!r}"


def test_no_credential_is_anywhere(person: Person, argo: Upstream) -> None:
    config = person.config(argo_base_url=argo.url, skip_url_validation=True, dump_requests=True)
    echoes = [key(), key()]
    error = json.dumps({"error": {"message": f"Incorrect API key provided: {echoes[0]}", "type": "x"}}).encode()
    event = b'data: {"error":{"message":"bad token %b"}}\n\n' % echoes[1].encode()
    answers = [
        [json_answer(error, "401 Unauthorized", f"set-cookie: s={key()}", f"x-request-key: {key()}")],
        [STREAM, chunk(event), b"0\r\n\r\n"],
        [json_answer(error, "429 Too Many Requests")],
    ]  # fmt: skip
    argo.answer = lambda seen: answers[len(argo.seen) % 3]
    proxy = f"http://someone:{key()}@127.0.0.1:9"
    person.env |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
    person.run("start")
    url = person.status["url"]
    calls = [
        ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [{"role": "user", "content": f"it is {key()}"}]}),
        ("/v1/chat/completions", {"model": "gpt-5.4", "stream": True, "messages": [], "api_key": key()}),
        (
            f"/v1beta/models/gpt-5.4:generateContent?key={key()}",
            {"contents": [{"parts": [{"text": f"Bearer {key()}"}]}]},
        ),
        (f"/v1/messages?api_key={key()}", {"model": key(), "max_tokens": 1, "messages": f"password: {key()}"}),
        (f"/nowhere/{key()}?token={key()}", {"secret": key()}),
    ]
    with httpx.Client(trust_env=False, timeout=20) as client:
        for path, body in calls:
            headers = {"authorization": f"Bearer {key()}", "x-api-key": key(), "x-goog-api-key": key(),
                       "api-key": key(), "cookie": f"a={key()}", "proxy-authorization": f"Basic {key()}",
                       "x-goog-iam-token": key(), "x-odd": f"Bearer {key()}"}  # fmt: skip
            client.post(url + path, json=body, headers=headers)
        client.post(url + "/v1/messages", content=gzip.compress(json.dumps({"model": "x", "api_key": key()}).encode()),
                    headers={"content-encoding": "gzip", "x-api-key": key()})  # fmt: skip
        client.post(url + "/v1/messages", content=key().encode(), headers={"x-api-key": key()})
    person.until(lambda: person.status["recording"]["written"] == 7)
    listed = person.data("flows", "list", "--json")
    assert len(listed) == 7
    said = [
        person.run("flows", "list"),
        person.run("status"),
        person.run("config", "show"),
        person.run("doctor", code=None),
    ]
    [part] = (person.home / ".local/state/argoproxy").glob("flows.*/*.flow")
    for form in ("flow", "har", "curl"):
        person.run("flows", "export", str(part), "--as", form, "-o", f"all.{form}")
    for number in ("1", "3"):
        person.run("flows", "export", number, "--fixture", "-o", f"{number}.json")
    said += [person.run("flows", "show", str(part), "--full"), person.run("flows", "show", str(part), "--raw")]
    person.run("logs", "collect", "--bodies", "-o", "report.tar.gz")
    said.append(person.run("logs", "-n", "1000"))
    person.run("stop")
    assert SIGN not in "".join(said), [one[max(one.index(SIGN) - 80, 0) :][:160] for one in said if SIGN in one]
    assert list(planted_in(person.home)) == []
    assert config.exists()
