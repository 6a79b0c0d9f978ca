"""What every dialect can do, whoever speaks it. It knows no vendor; each dialect's folder fills it in."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set

from ..errors import UNREADABLE, ContextOverflow, GatewayError, UpstreamError
from ..ir.events import Event, ReasoningDelta, TextDelta
from ..ir.parts import Extra
from ..ir.request import Request
from ..ir.response import Response
from ..sealing import Sealer
from .shared.dropped_fields import DroppedFields
from .shared.endpoints import Endpoint, Operation
from .shared.foreign_errors import NO_ANSWER, foreign_error
from .shared.listed_model import ListedModel
from .shared.outline import Outline
from .shared.response_context import ResponseContext as ResponseContext

Fields = Extra
"""A JSON object's members, the values still as they were written, byte for byte."""


class Recorded(ABC):
    """A wire format as recordings of it are recognised, whoever has made them."""

    name: str
    title: str
    """What people call it."""
    recorded_path: re.Pattern[str]
    """How the paths end at which a model is called in it, in any deployment."""
    response_sign: bytes
    """A pattern of what stands in its responses only; looked for before anything is read."""

    @abstractmethod
    def owns_response(self, members: Fields) -> bool:
        """Whether these are the members of its response, or of an event's data of one."""


class Dialect(Recorded):
    """A wire format as a client speaks it."""

    paths: Mapping[str, Operation] = {}
    """The paths of its own at which it is served, and what each asks for by POST."""
    listing_paths: tuple[str, ...] = ()
    """The paths of its own at which models are listed; `/v1/models` is everybody's."""
    example_path = ""
    """How a path is written that has a model's name in it."""
    conversation: str
    """The member of a request that holds the conversation."""

    def endpoint(self, path: str) -> Endpoint | None:
        """What a path asks for that has a model's name in it; None where it is no path of this dialect."""
        return None

    def owns_path(self, path: str) -> bool:
        """Whether whoever calls this path, served or not, speaks this dialect."""
        return False

    def owns_headers(self, headers: Mapping[str, str]) -> bool:
        """Whether these headers are of a client of this dialect."""
        return False

    def owns_request(self, members: Fields) -> bool:
        """Whether these are the members of its request, as far as their names tell."""
        return self.conversation in members

    def listed_names(self, names: Sequence[str]) -> Sequence[str]:
        """What a model is called in this dialect's list, given its names, the main one first."""
        return [f"argo:{name}" for name in names]

    @abstractmethod
    def transcript_reader(self) -> Reader:
        """A fresh reader of a response, streamed or plain, that is to be shown to a person."""

    @abstractmethod
    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        """The body of an error answer."""

    @abstractmethod
    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        """The body that answers a request for the list of models."""

    @abstractmethod
    def model_entry(self, model: ListedModel) -> bytes:
        """The body that answers a request for one model."""


class StreamObserver(ABC):
    """Reads a stream along as it passes, event by event, without changing it."""

    complete = False
    """True once the stream has said all that it had to say: an end after that is no cut."""
    ended_informally = False
    """True once only its formal end may be missing."""
    text = ""
    """The text that the model has said so far, its beginning at least."""
    has_acted = False
    """True once the model has done something besides saying text: it thinks, or calls a tool."""

    @property
    def missing_end(self) -> bytes:
        """The event that a stream ends with, where all else has come."""
        return b""

    @abstractmethod
    def observe(self, data: bytes) -> UpstreamError | None:
        """Takes an event's data; returns the error that it reports, if it reports one.

        Raises msgspec.MsgspecError if the data is not what the dialect has in its streams.
        """

    @abstractmethod
    def text_of(self, data: bytes) -> str:
        """The text that a delta's data says, be it a thought or a call's; none of what is none. `observe` has taken it.

        To take the same data once more, but for its text, leaves an observer as it was, but for its own `text`.
        """


class StreamRepairer(ABC):
    """Mends calls that leaked into a stream's text, in a stream that goes on as it came (argo.md)."""

    @abstractmethod
    def frame(self, frame: bytes, data: bytes) -> bytes:
        """The frames that go out for one that came, given its data: itself, where nothing needs mending."""

    @abstractmethod
    def rest(self) -> bytes:
        """The frames that were held back, as they came: the stream has broken off."""


class Assembler(ABC):
    """Puts a stream together into the body that a plain call would have brought."""

    @abstractmethod
    def add(self, data: bytes) -> None:
        """Takes an event's data. Raises msgspec.MsgspecError if it does not fit."""

    @abstractmethod
    def body(self) -> bytes:
        """The whole body, once the stream is complete."""


class Reader(ABC):
    """Reads a stream into the neutral form, event by event."""

    complete = False
    """True once the answer has been told to its end: what comes after that is nobody's."""

    @abstractmethod
    def read(self, data: bytes) -> Sequence[Event]:
        """What an event's data tells. Raises msgspec.MsgspecError if it is not what the dialect has in its streams."""

    @abstractmethod
    def close(self) -> Sequence[Event]:
        """The upstream has ended its stream: the rest of the answer, if it was told but for its formal end.

        `complete` stays False where the answer was cut off.
        """

    def repeated(self, event: TextDelta | ReasoningDelta) -> Sequence[Event]:
        """What the data of the last `read`, which told such an event and no other, tells with this one's text.

        To read the same data once more, but for its text, leaves a reader as it was.
        """
        return (event,)


class Writer(ABC):
    """Writes a stream in a dialect, event by event."""

    repeats = False
    """Whether two deltas of one part in a row are told alike but for their text."""

    @abstractmethod
    def write(self, event: Event) -> bytes:
        """The frames that tell an event, which may be none."""

    def note(self, event: TextDelta | ReasoningDelta) -> None:  # noqa: B027 # most have nothing to note
        """Notes a delta that is told as the one before, but for its text: what `write` does besides writing."""

    @abstractmethod
    def fail(self, error: GatewayError, request_id: str) -> bytes:
        """The frames that tell that the answer ends in an error."""

    @abstractmethod
    def keep_alive(self) -> bytes:
        """A sign of life that changes nothing, in the form that the dialect's clients hear (pitfalls 9.2)."""

    def go_on_after(self, before: Writer) -> None:  # noqa: B027 # most signs of life leave nothing to go on from
        """Goes on with a stream to which another writer, for another model, has given no more than signs of life."""


class Renamer(ABC):
    """Gives an answer's model the name that the client asked for."""

    @abstractmethod
    def event(self, frame: bytes) -> bytes | None:
        """The frame of a stream with the name changed; None if it holds no name."""

    @abstractmethod
    def body(self, body: bytes) -> bytes:
        """The plain answer with the name changed."""


class EmbeddingDialect(Dialect):
    """A dialect in which texts can be embedded."""

    @abstractmethod
    def embedding_request(self, fields: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
        """OpenAI's body for a request in one of its forms, but for model and user, and the paths of what it has no word
        for. Raises ClientError that names the place of what does not fit."""

    @abstractmethod
    def embedding_response(self, body: bytes, vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
        """The answer's body, made of OpenAI's and of the vectors in it, as numbers or base64."""


class CountingDialect(Dialect):
    """A dialect in which tokens can be counted."""

    @abstractmethod
    def token_count(self, fields: Fields) -> bytes:
        """The body that answers how many tokens a request's prompt has. Raises ClientError."""


class ModelDialect(Dialect):
    """A dialect in which a model can be called."""

    field_names: Mapping[str, str] = {}
    """What this dialect's clients call the places that others name: how a path begins, and how it does here."""

    @abstractmethod
    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        """A request's body; `keep_extra` keeps what only this dialect's upstreams know. Raises ClientError."""

    def opened(self, fields: Fields, operation: Operation, sealer: Sealer, user: str) -> Fields:
        """A request's body with what was sealed for this user made legible. Raises ClientError for what cannot be."""
        return fields

    def truncated(self, fields: Fields, context: int | None) -> tuple[Fields, int]:
        """A body that fits into so many tokens, if its client wishes so, and how many items it lost. May raise."""
        return fields, 0

    def refuse_stored(self, fields: Fields, *, kept: bool) -> None:
        """Raises ClientError for what needs what is not here; `kept` says that earlier answers are."""

    def idle_answer(self, fields: Fields, created: int) -> bytes | None:
        """The answer to a call that asks nothing of its model, `created` in seconds since 1970; None to any other."""
        return None

    @abstractmethod
    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> ResponseContext:
        """What the answer depends on, with what only this dialect's requests say of it."""

    def user_turn(self, text: str) -> dict[str, object] | None:
        """An item of the conversation in which the user says this text; None where a request has a bare prompt."""
        return {"role": "user", "content": text}

    def not_found_status(self, client: Mapping[str, str]) -> int:
        """The status that tells a client, given its headers, that ARGO does not have the model."""
        return 404

    def stream_type(self, context: ResponseContext) -> str:
        """The content type of a stream."""
        return "text/event-stream; charset=utf-8"

    @abstractmethod
    def writer(self, context: ResponseContext) -> Writer:
        """A fresh writer for one answer's stream."""

    @abstractmethod
    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        """A plain answer's body."""

    def knows_overflow(self, error: ContextOverflow) -> bool:
        """Whether this dialect's clients know a prompt that is too long by the body that came from upstream."""
        return False


class UpstreamHeaders(ABC):
    """A dialect in which ARGO is called."""

    name: str

    @abstractmethod
    def credentials(self, user: str) -> dict[str, str]:
        """The headers that tell ARGO who asks (argo.md, endpoints)."""

    @abstractmethod
    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """The dialect's own headers as they must be, given the client's, and what was replaced, in words."""


class UpstreamDialect(ModelDialect, UpstreamHeaders):
    """A dialect that ARGO serves natively."""

    @abstractmethod
    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        """The event that tells a streaming client of an error."""

    @abstractmethod
    def encode_request(
        self, request: Request, dropped: DroppedFields, *, max_tokens: int, stream: bool, outline: Outline | None = None
    ) -> Fields:
        """The body's members, all but model and user; what could not be said goes to `dropped`.

        `max_tokens` is what an answer may have where the request does not say; `outline` takes what becomes known.
        """

    @abstractmethod
    def reader(self, *, keep_extra: bool) -> Reader:
        """A fresh reader for one answer's stream; `keep_extra` says that it goes to a client of this dialect."""

    def transcript_reader(self) -> Reader:
        return self.reader(keep_extra=True)

    @abstractmethod
    def decode_response(self, body: bytes, *, keep_extra: bool) -> Response:
        """A plain answer, which `check_body` has passed. Raises msgspec.MsgspecError."""

    path: str
    """Where calls go, below the dialect's base URL."""
    other_layouts: tuple[str, ...] = ()
    """The dialects in which its endpoint has been seen answering all the same."""
    max_tool_name_length: int
    """Characters that a tool's name may have."""
    ping: bytes
    """A sign of life within a stream that changes nothing (pitfalls 9.2)."""

    @abstractmethod
    def seal(self, fields: Fields, *, model: str, user: str, stream: bool) -> Fields:
        """The body's members with model, identity and streaming set as ARGO wants them, the others untouched."""

    @abstractmethod
    def decode_error(self, status: int, body: bytes) -> tuple[str, UpstreamError]:
        """The message of an error body as it is written there, and the error that it reports, unwrapped.

        Raises msgspec.MsgspecError if the body is no error of this dialect.
        """

    @abstractmethod
    def classify_body(self, body: bytes) -> tuple[bool, bool]:
        """Whether a plain answer's body holds an error, and whether it holds an answer. Raises msgspec.MsgspecError."""

    def is_response(self, data: bytes) -> bool:
        """Whether this is an answer's body in this dialect, or data of an event of one."""
        try:
            return self.classify_body(data)[1]
        except UNREADABLE:
            return False

    def read_error(self, status: int, body: bytes) -> UpstreamError | None:
        """The error that an upstream body reports, unwrapped; None if it is none of this dialect. `status` may be 0."""
        try:
            body.decode()  # it may go to the client as it is
            written, error = self.decode_error(status, body)
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
            failed, answered = self.classify_body(body)
            foreign = None if failed or answered else foreign_error(body)
        except UNREADABLE as error:
            return UpstreamError(502, f"ARGO answered with something that is no answer: {error}")
        if failed:
            return self.read_error(0, body) or UpstreamError(502, "ARGO answered 200 with an unreadable error")
        return None if answered else foreign or UpstreamError(502, NO_ANSWER)

    def renamer(self, client: Mapping[str, str], context: str) -> Renamer | None:
        """Given the client's headers: a renamer, if this client cannot do with the upstream's own name."""
        return None

    def choices(self, fields: Fields) -> int:
        """How many answers a body asks for."""
        return 1

    @abstractmethod
    def observer(self, choices: int) -> StreamObserver:
        """A fresh watch for one stream of so many answers."""

    def stream_repairer(self, names: Set[str]) -> StreamRepairer | None:
        """A fresh mender for one stream, given the names of the tools on offer; None where nothing is known to leak."""
        return None

    def assembler(self) -> Assembler | None:
        """A fresh assembler where ARGO wants plain calls streamed (pitfalls 1.34); None where they may go plain."""
        return None
