"""The recordings: where they lie, what each is, and the answers that one of them holds.

They are no part of the project: they are looked for in ARGO_PROXY_RECORDINGS, else beside the project. A recording
of a stream may hold several answers one after the other (a client that called again); each is judged on its own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

BESIDE = Path(__file__).parents[3] / "shared" / "recordings"
FOLDER = Path(os.environ.get("ARGO_PROXY_RECORDINGS") or BESIDE)

Name = Literal["anthropic", "openai_chat"]
"""A dialect that upstreams speak."""
NewName = Literal["openai_responses", "google"]
"""A dialect that only clients speak."""
_DIALECTS: dict[str, Name] = {"anthropic": "anthropic", "chat": "openai_chat"}


class Recording(msgspec.Struct, frozen=True):
    """A row of the index. `kind` is side, dialect and, for an answer, its form: `upstream-chat-stream`."""

    file: str
    kind: str
    status: int
    dialect: str
    """`compat` marks another vendor's look-alike."""

    @property
    def name(self) -> Name:
        return _DIALECTS[self.kind.split("-")[1]]

    def read(self) -> bytes:
        return (FOLDER / self.file).read_bytes()


@dataclass(frozen=True)
class Answer:
    """One answer of an upstream, as it came: a stream (`streamed`) or a JSON body."""

    label: str
    name: Name
    streamed: bool
    body: bytes
    recording: Recording

    @property
    def kind(self) -> str:
        return "text/event-stream" if self.streamed else "application/json"


def _recorded() -> list[Recording]:
    index = FOLDER / "index.json"
    return msgspec.json.decode(index.read_bytes(), type=list[Recording]) if index.exists() else []


RECORDED = _recorded()
_STOP = re.compile(rb"(?<=\n)data: *\{\"type\": *\"message_stop\"[^\n]*\n\s*\n")
_START = re.compile(rb"(?:event: *message_start\r?\n)?data: *\{\"type\": *\"message_start\"")


def clients(name: Name) -> list[Recording]:
    """What clients of a dialect sent."""
    kind = {"anthropic": "client-anthropic", "openai_chat": "client-chat"}[name]
    return [recording for recording in RECORDED if recording.kind == kind]


def new_clients(name: NewName) -> list[Recording]:
    """What clients of a dialect sent that no upstream speaks."""
    kind = {"openai_responses": "client-responses", "google": "client-google"}[name]
    return [recording for recording in RECORDED if recording.kind == kind]


def errors() -> list[Recording]:
    """What upstreams answered with a status of 400 or more."""
    return [recording for recording in RECORDED if recording.status >= 400 and recording.kind.startswith("upstream")]


def answers() -> list[Answer]:
    """What upstreams answered with 200, answer by answer."""
    kinds = ("upstream-anthropic", "upstream-chat")
    good = [row for row in RECORDED if row.status == 200 and row.kind.startswith(kinds)]
    return [answer for recording in good for answer in _answers(recording)]


def _answers(recording: Recording) -> list[Answer]:
    streamed = recording.kind.endswith("-stream")
    whole = recording.read()
    pieces = [whole]
    if streamed and recording.name == "anthropic":
        ends = [match.end() for match in _STOP.finditer(whole)]
        starts = [0, *ends]
        pieces = [whole[start:end] for start, end in zip(starts, ends, strict=False)] or [whole]
    labels = [recording.file] if len(pieces) == 1 else [f"{recording.file}#{n}" for n in range(1, len(pieces) + 1)]
    return [
        Answer(label, recording.name, streamed, piece, recording) for label, piece in zip(labels, pieces, strict=True)
    ]


def begins_again(stream: bytes) -> bool:
    """Whether an Anthropic stream has a second message_start in the middle of its answer."""
    return len(_START.findall(stream)) > 1


def from_last_start(stream: bytes) -> bytes:
    """The stream from its last message_start on: what counts where an upstream began again (a fallback within it)."""
    starts = [match.start() for match in _START.finditer(stream)]
    return stream[starts[-1] :] if starts else stream
