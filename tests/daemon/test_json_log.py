"""The log as lines of JSON, for what collects logs."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from argo_addon.settings.model import Settings
from daemon.logs import Chosen, JsonFormatter, LogFile


def written(tmp_path: Path, level: int, message: str, extra: dict[str, object] | None = None) -> bytes:
    path = tmp_path / "log"
    handler = LogFile(str(path), "json")
    record = logging.LogRecord("x", level, __file__, 1, message, (), None)
    vars(record).update(extra or {})
    handler.handle(record)
    handler.close()
    return path.read_bytes()


def test_a_line_is_an_object_whatever_the_message_holds(tmp_path: Path) -> None:
    text = written(tmp_path, logging.WARNING, 'two\nlines, a "quote", \x1b[31m and \u202e')
    assert text.count(b"\n") == 1
    assert text.isascii()
    assert b"\x1b" not in text
    told = json.loads(text)
    assert told["level"] == "WARNING"
    assert told["message"].startswith("two\nlines")


def test_a_call_has_its_facts_as_members(tmp_path: Path) -> None:
    told = json.loads(written(tmp_path, logging.INFO, "x", {"call": {"model": "gpt54", "status": 200}}))
    assert (told["model"], told["status"]) == ("gpt54", 200)


def test_no_credential_gets_into_it(tmp_path: Path) -> None:
    secret = "sk-ant-api03-" + "a1B2" * 20
    text = written(tmp_path, logging.INFO, f"said {secret}", {"call": {"error": f"wrong key {secret}"}})
    assert secret.encode() not in text
    json.loads(text)


def test_an_exception_is_within_the_line() -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        record = logging.LogRecord("x", 40, __file__, 1, "broken", (), (ValueError, error, error.__traceback__))
    told = json.loads(JsonFormatter().format(record))
    assert "ValueError: no" in told["exception"]
    assert told["message"] == "broken"


def test_lines_are_chosen_by_time_and_weight_as_those_of_text_are(tmp_path: Path) -> None:
    line = written(tmp_path, logging.WARNING, "late")
    assert Chosen(time.time() - 60, 30)(line)
    assert not Chosen(time.time() + 60, 30)(line)
    assert not Chosen(0, 40)(line)


def test_text_is_the_default() -> None:
    assert Settings(user="jdoe").log_format == "text"
