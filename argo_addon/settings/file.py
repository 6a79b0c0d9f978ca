"""A YAML file as entries that know their lines, and its faults in plain words.

It must not know any key or what a setting means; it imports nothing of ours. YAML is read as version 1.1, as PyYAML has
it, and where that version misleads people (12345, no, 12:30, all meant as text) `Entry` still has what was written.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import select
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

_MAX_BYTES = 1_000_000  # a config has a few hundred; more is a wrong file
_LONGEST = 200  # characters of a value that are told
_PATIENCE = 5  # seconds
_LINES = "lines of `key: value`, with a blank after the colon"

_PLAIN_WORDS = (
    # What PyYAML says, as people say it; the first that matches counts.
    (r"'\\t'", "a tab; indent and separate with blanks"),
    (r"character '[@`%]'", "a value that begins with @, ` or %; put it in quotes"),
    (r"could not find expected ':'", f"a missing colon; expected {_LINES}"),
    (
        r"mapping values",
        f"a colon too many, or none in the line above; expected {_LINES}, and quotes around a value with `: `",
    ),
    (r"end of stream|stream end", "a quote or a bracket that is never closed"),
    (r"<block end>|document start", "something that does not fit the lines above; check indentation and quotes"),
    (r"another document", "a second document; remove the line `---`"),
    (r"for the tag", "a tag (`!…`); write plain values"),
    (r"recursive node", "an alias (`*…`) inside of what it stands for"),
)


class SettingsError(Exception):
    """The configuration cannot be used. Its text is complete and meant for a terminal."""


class Entry(msgspec.Struct, frozen=True):
    """One value as given. `place` is file and line, or the command line; `written` is the YAML text of a scalar."""

    place: str
    value: object
    written: str | None = None


def problem(place: str, found: str, expected: str, remedy: str) -> str:
    """One fault as a paragraph for a terminal."""
    return f"{place}\n    found:    {found}\n    expected: {expected}\n    remedy:   {remedy}"


def without_passwords(text: str) -> str:
    """A text whose URLs have four digits of a digest for a password: two can be told apart, and none is told."""

    def digest(found: re.Match[str]) -> str:
        return f"{found[1]}[removed {hashlib.sha256(found[2].encode(errors='replace')).hexdigest()[:4]}]"

    return _PASSWORD.sub(digest, text)


_PASSWORD = re.compile(r"(://[^/@\s:]*:|[?&]password=)([^@\s&]+(?=@)|(?<=password=)[^&\s\"']+)", re.IGNORECASE)


def describe(entry: Entry) -> str:
    """What was found, with what YAML made of it where that differs from what was written."""
    value = entry.value
    if isinstance(value, str):
        value = without_passwords(value)
        value = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
        return f'the text "{value}"' if value.isprintable() else f"the text {value[:80]!r}"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping (lines of `key: value`)"
    if isinstance(value, bool):
        told = "true" if value else "false"
    else:
        told = "nothing" if value is None else f"the {'number' if isinstance(value, int | float) else 'date'} {value}"
    if entry.written in (None, "", str(value)) or told == entry.written:
        return told
    return f"{entry.written}, which YAML reads as {told}"


def read(path: Path, minimum: str) -> tuple[dict[str, Entry], list[str]]:
    """The top-level keys of a file and the problems that are seen without knowing what the keys mean.

    `minimum` is shown to whoever has no file or an empty one. Raises SettingsError where nothing can be read at all.
    """
    text = _text(path, minimum)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None or root.tag == "tag:yaml.org,2002:null":
            raise SettingsError(f"{path} is empty. Write at least:\n\n{minimum}")
        if not isinstance(root, yaml.MappingNode):
            shape = "a list" if isinstance(root, yaml.SequenceNode) else f'the text "{str(root.value)[:60]}"'
            place = f"{path}, line {root.start_mark.line + 1}"
            raise SettingsError(f"{place}: found {shape}, expected {_LINES}. Write at least:\n\n{minimum}")
        return _entries(path, loader, root), list(_repeated(path, root, ""))
    except yaml.YAMLError as error:
        raise SettingsError(_broken(path, text, error)) from None
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply; expected {_LINES}.") from None


def _text(path: Path, minimum: str) -> str:
    try:
        data = _bytes(path)
    except IsADirectoryError:
        raise SettingsError(f"{path} is a folder. Name the file in it: {path / 'config.yaml'}") from None
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist. Write it, with at least:\n\n{minimum}") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}. Look at its owner and mode: ls -l {path}"
        ) from None
    if len(data) > _MAX_BYTES:
        raise SettingsError(f"{path} has over {_MAX_BYTES:,} bytes: this is not a configuration. Name another file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        raise SettingsError(f"{path}, line {line}: found the byte {byte}, expected UTF-8. Save it as UTF-8.") from None


def _bytes(path: Path) -> bytes:
    """The file, as far as it is needed. A pipe, as `<(…)` of a shell is one, is not waited for longer than _PATIENCE.

    Raises OSError.
    """
    if not stat.S_ISFIFO(path.stat().st_mode):
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = b""
        while len(data) <= _MAX_BYTES:
            if not select.select([pipe], [], [], _PATIENCE)[0]:
                raise OSError(errno.ETIMEDOUT, f"it is a pipe, and nobody wrote to it for {_PATIENCE} s", str(path))
            more = os.read(pipe, _MAX_BYTES)
            if not more:
                break
            data += more
        return data
    finally:
        os.close(pipe)


def _entries(path: Path, loader: yaml.SafeLoader, root: yaml.MappingNode) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        try:
            built = loader.construct_object(value, deep=True)
        except ValueError:  # looks like a date or a number, and is none: 2026-13-45
            built = value.value
        place = f"{path}, line {key.start_mark.line + 1}"
        entry = Entry(place, built, value.value if isinstance(value, yaml.ScalarNode) else None)
        entries.setdefault(_name(key), entry)
    return entries


def _name(key: yaml.Node) -> str:
    return key.value if isinstance(key, yaml.ScalarNode) else "?"


def _repeated(path: Path, node: yaml.Node, prefix: str) -> Iterator[str]:
    """Keys that stand twice in a mapping, at any depth: YAML would silently take the last."""
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = _name(key), key.start_mark.line + 1
        if name in first:
            found = f"a second `{name}`; the first is in line {first[name]}"
            yield problem(f"{path}, line {line}: {prefix}{name}", found, "each key once", "remove one of the two lines")
        first.setdefault(name, line)
        yield from _repeated(path, value, f"{prefix}{name}.")


def _broken(path: Path, text: str, error: yaml.YAMLError) -> str:
    """Where the YAML breaks and why, with the line itself. A missing colon is told at its own line, not at the next."""
    if isinstance(error, yaml.MarkedYAMLError):
        told = f"{error.context or ''} {error.problem or ''}".strip()
        early = error.context_mark if re.search(r"simple key|end of stream|stream end", told) else None
        mark = early or error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    else:  # ReaderError: a character that may not stand in YAML
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        told = f"the character U+{getattr(error, 'character', 0):04X}, which YAML does not allow; remove it"
    words = next((words for pattern, words in _PLAIN_WORDS if re.search(pattern, told)), told)
    lines = text.splitlines()
    shown = f"\n\n    {lines[line - 1]}\n    {' ' * (column - 1)}^" if line <= len(lines) else ""
    return f"{path}, line {line}, column {column}: this is not YAML: found {words}{shown}"
