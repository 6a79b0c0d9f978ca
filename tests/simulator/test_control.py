"""The control endpoints, and the simulator as a process."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import httpx
import pytest

from tests.simulator.asking import CHAT, MESSAGES, Running, chat, claude, user

WRONG = [
    ([{"frobnicate": 1}], "Object contains unknown field `frobnicate` - at `$[0]`"),
    ([{"match": {"modle": "x"}, "hang": True}], "unknown field `modle`"),
    ([{"status": "x"}], "Expected `int | null`, got `str` - at `$[0].status`"),
    ([{"garbage": "xml"}], "Invalid enum value 'xml'"),
    ({"hang": True}, "Expected `array`, got `object`"),
    ([{}], "it does nothing - at `$[0]`"),
    ([{"hang": True, "times": 0}], "times must be at least 1"),
    ([{"cut_mid_event": True}], "cut_mid_event needs cut_after"),
    ([{"status": 204}], "status must be an error"),
    ([{"status": 999}], "status must be 200 to 599"),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
def test_wrong_behaviours(argo: Running, body: object, message: str) -> None:
    answer = argo.control("POST", "behaviours", body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert argo.post(CHAT, chat()).status_code == 200


def test_log_and_its_end(argo: Running) -> None:
    argo.behave({"hang": True})
    assert argo.control("DELETE", "behaviours").status_code == 204
    raw = json.dumps(chat(messages=[user("né")]), ensure_ascii=False)
    argo.post(CHAT, raw.encode(), {"Authorization": "Bearer jdoe", "X-Some": "thing"})
    argo.client.get(f"{argo.base_url}/v1/models")
    argo.post(MESSAGES, claude(foo=1))
    first, second = argo.log()
    assert (first["method"], first["path"], first["body"]) == ("POST", "/argoapi/v1/chat/completions", raw)
    assert (first["headers"]["authorization"], first["headers"]["x-some"]) == ("Bearer jdoe", "thing")
    assert (first["status"], first["refusal"]) == (200, None)
    assert (second["status"], second["refusal"]) == (400, "foo: Extra inputs are not permitted")
    assert argo.control("DELETE", "log").status_code == 204
    assert argo.log() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "argo_addon.simulator", "--port", "0", "--pace", "0", "--users", "jdoe,asmith"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.fullmatch(r"simulator listening on (http://127\.0\.0\.1:\d+/argoapi)\n", process.stdout.readline())
        assert found is not None
        body = chat(user="nobody")
        answer = httpx.post(f"{found[1]}{CHAT}", json=body, headers={"authorization": "Bearer nobody"}, trust_env=False)
        assert "AUTHENTICATION NOTICE" in answer.text
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_port_that_is_taken(argo: Running) -> None:
    port = argo.base_url.split(":")[2].split("/")[0]
    command = [sys.executable, "-m", "argo_addon.simulator", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode == 1
    assert "cannot listen on" in done.stderr
