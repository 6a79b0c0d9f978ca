"""Changes the text of a configuration in place: a key set, a key retired; comments and all else stay as they are.

It must not know what a key means. Only the top level of the file is changed.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from pathlib import Path

import msgspec
import yaml


class _Span(msgspec.Struct, frozen=True):
    """Where a key's value stands: offsets into the text, and lines from 0; `last` is the line after its last."""

    start: int
    end: int
    first: int
    last: int


class ConfigText:
    """The text of a file, and the places of its keys. Raises yaml.YAMLError for what is no YAML."""

    def __init__(self, text: str) -> None:
        root = yaml.compose(text, yaml.SafeLoader)
        if isinstance(root, yaml.MappingNode) and root.flow_style:  # all in braces: it has no lines to change
            text = yaml.safe_dump(yaml.safe_load(text), sort_keys=False, allow_unicode=True)
            root = yaml.compose(text, yaml.SafeLoader)
        self.text = text
        self._spans: dict[str, _Span] = {}
        self.values: dict[str, object] = {}
        if not isinstance(root, yaml.MappingNode):
            return
        loader = yaml.SafeLoader(text)
        for key, value in root.value:
            start, end = value.start_mark, value.end_mark
            # A block's end mark is where the next thing begins; comments in between belong to that.
            last = _last_line(text, key.start_mark.line, end.index)
            self._spans[str(key.value)] = _Span(start.index, end.index, key.start_mark.line, last)
            self.values[str(key.value)] = loader.construct_object(value, deep=True)

    def set(self, key: str, value: object) -> ConfigText:
        """The text with this value, in the key's own line, or in a line of its own at the end."""
        written = _as_yaml(value)
        span = self._spans.get(key)
        if span is None:
            text = self.text if not self.text or self.text.endswith("\n") else self.text + "\n"
            return ConfigText(f"{text}{key}: {written}\n")
        if span.last > span.first + 1 or "\n" in self.text[span.start : span.end]:
            lines = self.text.splitlines(keepends=True)
            return ConfigText("".join([*lines[: span.first], f"{key}: {written}\n", *lines[span.last :]]))
        blank = " " if self._bare(span) else ""
        return ConfigText(self.text[: span.start] + blank + written + self.text[span.end :])

    def _bare(self, span: _Span) -> bool:
        """Whether the key has no value at all, not even a blank for one."""
        return self.text[span.start - 1 : span.start] == ":"

    def retire(self, key: str, why: str) -> ConfigText:
        """The text with a key's lines made comments, which say why."""
        span = self._spans[key]
        lines = self.text.splitlines(keepends=True)
        kept = [f"# {why}\n", *(f"# {line.rstrip()}\n" for line in lines[span.first : span.last])]
        return ConfigText("".join([*lines[: span.first], *kept, *lines[span.last :]]))


def _last_line(text: str, first: int, end: int) -> int:
    """The line after the last that a key has, without blank lines and comments that follow it."""
    lines = text[:end].splitlines()
    last = len(lines)
    if (end and text[end - 1 : end] == "\n") or end >= len(text):
        while last > first + 1 and re.fullmatch(r"\s*(#.*)?", lines[last - 1]):
            last -= 1
    return last


def _as_yaml(value: object) -> str:
    """A value as YAML writes it, in one line; a text that YAML would read as something else, in quotes."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = re.fullmatch(r"[A-Za-z][\w./:@+-]*", value, re.ASCII) and yaml.safe_load(value) == value
    if plain:
        return value
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**9).strip()


def replace(path: Path, text: str, *, backup: bool) -> Path | None:
    """Writes a file whole or not at all, with the mode that it has; returns the copy of the old one. Raises OSError."""
    real = Path(os.path.realpath(path))  # a link goes on to lead there
    if real.exists() and not real.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    copy = None
    if backup and real.exists():
        copy = next(name for name in _backups(real) if not name.exists())
        try:
            shutil.copy2(real, copy)
        except OSError:
            copy.unlink(missing_ok=True)  # half a copy would be taken for one
            raise
    real.parent.mkdir(parents=True, exist_ok=True)
    draft = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        # It keeps the line ends that it has.
        ends = "\r\n" if real.exists() and b"\r\n" in real.read_bytes() else "\n"
        draft.write_text(text, encoding="utf-8", newline=ends)
        draft.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o600)
        draft.replace(real)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return copy


def _backups(path: Path) -> list[Path]:
    return [path.with_name(path.name + ".bak"), *(path.with_name(f"{path.name}.bak{n}") for n in range(1, 1000))]
