"""What every dialect can do, whoever speaks it. It knows no vendor; each dialect's folder fills it in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import msgspec

from ..errors import UNREADABLE, GatewayError, UpstreamError

Fields = dict[str, msgspec.Raw]
"""A JSON object's members, the values still as they were written, byte for byte."""


class ListedModel(msgspec.Struct, frozen=True):
    """A model as a client's model list shows it. `created` is in seconds since 1970, 0 where unknown."""

    id: str
    display_name: str
    created: int = 0
    owned_by: str = "argo"


class Dialect(ABC):
    """A wire format as a client speaks it."""

    name: str

    @abstractmethod
    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        """The body of an error answer."""

    @abstractmethod
    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        """The body that answers a request for the list of models."""

    @abstractmethod
    def model_entry(self, model: ListedModel) -> bytes:
        """The body that answers a request for one model."""


class Watch(ABC):
    """Reads a stream along as it passes, event by event, without changing it."""

    complete = False
    """True once the stream has said all that it had to say: an end after that is no cut."""
    text = ""
    """The text that the model has said so far, its beginning at least."""
    acts = False
    """True once the model has done something besides saying text: it thinks, or calls a tool."""

    @abstractmethod
    def observe(self, data: bytes) -> UpstreamError | None:
        """Takes an event's data; returns the error that it reports, if it reports one.

        Raises msgspec.MsgspecError if the data is not what the dialect has in its streams.
        """


class Assembler(ABC):
    """Puts a stream together into the body that a plain call would have brought."""

    @abstractmethod
    def add(self, data: bytes) -> None:
        """Takes an event's data. Raises msgspec.MsgspecError if it does not fit."""

    @abstractmethod
    def body(self) -> bytes:
        """The whole body, once the stream is complete."""


class Renamer(ABC):
    """Gives an answer's model the name that the client asked for."""

    @abstractmethod
    def event(self, frame: bytes) -> bytes | None:
        """The frame of a stream with the name changed; None if it holds no name."""

    @abstractmethod
    def body(self, body: bytes) -> bytes:
        """The plain answer with the name changed."""


class UpstreamDialect(Dialect):
    """A dialect that ARGO serves natively."""

    path: str
    """Where calls go, below the dialect's base URL."""

    @abstractmethod
    def credentials(self, user: str) -> dict[str, str]:
        """The headers that tell ARGO who asks (argo.md, endpoints)."""

    @abstractmethod
    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """The dialect's own headers as they must be, given the client's, and what was replaced, in words."""

    @abstractmethod
    def stamp(self, fields: Fields, *, model: str, user: str, stream: bool) -> Fields:
        """The body's members with model, identity and streaming set as ARGO wants them, the others untouched."""

    @abstractmethod
    def reported(self, status: int, body: bytes) -> tuple[str, UpstreamError]:
        """The message of an error body as it is written there, and the error that it reports, unwrapped.

        Raises msgspec.MsgspecError if the body is no error of this dialect.
        """

    @abstractmethod
    def holds(self, body: bytes) -> tuple[bool, bool]:
        """Whether a plain answer's body holds an error, and whether it holds an answer. Raises msgspec.MsgspecError."""

    def read_error(self, status: int, body: bytes) -> UpstreamError | None:
        """The error that an upstream body reports, unwrapped; None if the body is no error of this dialect."""
        try:
            written, error = self.reported(status, body)
        except UNREADABLE:
            return None
        if error.message == written:
            error.body = body
        return error

    @abstractmethod
    def text_of(self, body: bytes) -> str:
        """The text that the model says in the body of a plain answer, which `check_body` has passed."""

    def check_body(self, body: bytes) -> UpstreamError | None:
        """What is wrong with the body of a 200, or None: no JSON, an error in disguise, no answer in it."""
        try:
            failed, answered = self.holds(body)
        except UNREADABLE as error:
            return UpstreamError(502, f"ARGO answered with something that is no answer: {error}")
        if failed:
            return self.read_error(500, body) or UpstreamError(502, "ARGO answered 200 with an unreadable error")
        return None if answered else UpstreamError(502, "ARGO answered 200 without an answer in it")

    @abstractmethod
    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        """The event that tells a streaming client of an error."""

    def renamer(self, client: Mapping[str, str], asked: str) -> Renamer | None:
        """Given the client's headers: a renamer, if this client cannot do with the upstream's own name."""
        return None

    def choices(self, fields: Fields) -> int:
        """How many answers a body asks for."""
        return 1

    @abstractmethod
    def watch(self, choices: int) -> Watch:
        """A fresh watch for one stream of so many answers."""

    def assembler(self) -> Assembler | None:
        """A fresh assembler where ARGO wants plain calls streamed (pitfalls 1.34); None where they may go plain."""
        return None
