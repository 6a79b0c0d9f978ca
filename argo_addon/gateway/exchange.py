"""One call on its way: the upstream request, and the client's answer made of whatever comes back. Sans-IO.

Whoever carries it out sends `upstream`, then calls `start_response` with the response's head; if that returns headers,
the body is fed to `relay` as it comes, else it is handed to `complete_response` once it is there. What goes wrong on
the way goes to `fail`.
"""

from __future__ import annotations

import itertools
import logging
import math
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping

import msgspec

from .. import surrogates
from ..dialects.base import Dialect, ModelDialect
from ..dialects.shared.dropped_fields import in_client_words
from ..errors import GatewayError, UpstreamError
from ..images.fitting import FittedImages
from ..rate_limits.base import BYTES_OF_TEXT, Lease, spent_tokens
from ..translation import not_a_number
from ..translation.relay import Relay
from .call_steps import Environment, SealedCall, TranslatedCall
from .messages import Reply, UpstreamRequest
from .token_counts import AnswerEnds, added_tokens, tokens_in
from .unknown_model import add_closest
from .upstream_retries import OVERLOADED, is_retry, wait_after

logger = logging.getLogger(__name__)

# What of an upstream answer's head is about its bytes or its hop, and no longer true of ours.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "content-encoding",
     "content-type", "trailer", "upgrade", "te", "set-cookie", "alt-svc", "strict-transport-security",
     "proxy-authenticate", "proxy-authentication-info"}
)  # fmt: skip
COMPACTED = "compacted"
"""What is told of a call before which another was made."""
LONGEST_HEADER = 4000
"""Characters that a header of ours may have: clients and proxies refuse heads of more than some kilobytes."""


def request_id() -> str:
    """A new id for an error answer."""
    return f"req_{uuid.uuid4().hex[:24]}"


def error_reply(dialect: Dialect, error: GatewayError) -> Reply:
    """An error as the dialect's callers expect it."""
    return Reply(error.status, dialect.error_body(error, request_id()), dict(error.headers))


class Exchange(ABC):
    """A call that goes upstream, and its way back."""

    relay: Relay | None = None
    """Set by `start_response` for a response that is streamed."""
    retried_for = ""
    """The kind of refusal after which the call was corrected and sent once more."""
    translates = True
    """Whether bodies are converted, rather than handed on as they are."""
    answer_ends: AnswerEnds | None = None
    """The two ends of ARGO's answer, as it came, by whoever carries it out."""
    retries = 0
    """How often the call was sent once more since ARGO was overloaded."""
    wait = 0.0
    """Seconds to wait before it is sent once more."""
    refused = ""
    """What the error says that ARGO answered with, read to its end."""
    lease: Lease | None = None
    """The place that the call takes of its user's limits."""
    expected_tokens = 0
    """What its prompt was taken to have when it got that place."""
    bytes_per_token = BYTES_OF_TEXT
    """Bytes of ARGO's answer for a token of it, where it does not tell how many it has; 0: it has none."""
    earlier_tokens: Mapping[str, int | None] = {}
    """What a call before this one, made for it, has used."""
    failure: GatewayError | None = None
    """That error."""
    _first: Exchange | None = None
    _then: Callable[[bytes], Exchange]
    _failed: tuple[Reply, GatewayError | None] | None = None  # how the call before came to nothing
    resend = False
    """Set by `should_retry`: `upstream` is to be sent, and `start_response` called anew. Whoever sends it unsets it."""
    substitutes: Iterator[Exchange] = iter(())
    """The same call for other models, each made when it is wanted, to be asked in turn where this one is overloaded."""
    substitute: Exchange | None = None
    """Set with `resend`: the call that takes this one's place."""
    overloaded: tuple[str, ...] = ()
    """ARGO's ids of the models in whose place this one is asked."""

    def __init__(self, call: TranslatedCall, sealed: SealedCall, environment: Environment) -> None:
        self._registry = environment.registry
        self._retries = environment.retries
        self._vain_fallbacks = environment.vain_fallbacks
        self._most_retries = 0 if is_retry(call.headers) else environment.settings.upstream_retries
        self._begun = time.monotonic()
        self._images: FittedImages | None = None
        self.call = call
        self.route = call.route
        self.asked = call.route.requested
        """The model as the client named it."""
        self.streams = call.parsed.stream
        """Whether the client asked for a stream."""
        self.timeout = call.parsed.timeout
        """Seconds that the client gives the whole call; None where it does not say."""
        self.upstream = sealed.request
        self.dropped = sealed.dropped
        """The paths of what the upstream does not take and was left out, for the client to be told."""

    def end_lease(self, tokens: Mapping[str, int | None], *, failed: bool, whole: bool = True) -> None:
        """Gives the call's place back, once it is over and has used these tokens, as far as ARGO tells them."""
        if self.lease is not None:
            answered = 0 if self.answer_ends is None else self.answer_ends.total
            guessed = math.ceil(answered / self.bytes_per_token) if self.bytes_per_token else 0
            self.lease.end(spent_tokens(tokens, self.expected_tokens, guessed, failed=failed, whole=whole))

    @property
    def tokens(self) -> dict[str, int | None]:
        """The tokens that the call and those made for it have used, as far as ARGO has told by now."""
        told = {} if self.answer_ends is None else tokens_in(self.answer_ends.bytes)
        return added_tokens(self.earlier_tokens, told)

    def set_images(self, images: FittedImages) -> None:
        """Has the call go upstream with these images, and once more with them if it is retried."""
        self._images = images
        self.replace_request(self.upstream, self.dropped)

    def replace_request(self, request: UpstreamRequest, dropped: tuple[str, ...]) -> None:
        """Takes what is to be sent, and what is to be told of it."""
        if self._images is None:
            self.upstream, self.dropped = request, dropped
            return
        self.upstream = msgspec.structs.replace(request, body=self._images.within(request.body))
        client = self.call.client
        names = client.field_names if isinstance(client, ModelDialect) else {}
        self.dropped = (*dropped, *(in_client_words(names, path, ()) for path in self._images.done))

    def begin_with(self, first: Exchange, then: Callable[[bytes], Exchange]) -> None:
        """Has another call made before; `then` gives this one with what the first was answered. Raises GatewayError."""
        self._first, self._then = first, then
        self.upstream = first.upstream

    def start_response(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        """Takes the response's head. Returns the client's headers if the body is to be streamed, else None."""
        return None if self._first is not None else self.start_own_response(status, headers)

    def start_own_response(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        """The same for the call itself."""
        return None

    def should_retry(self, error: GatewayError) -> bool:
        """Takes an error that came in place of an answer. Whether the call is to be sent once more, mended."""
        return False

    def should_retry_response(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """The same for an answer that was read to its end, if it is an error.

        `complete_response` or `finish_stream` follow where it is none.
        """
        if self._first is None:
            return self.should_retry_own_response(status, headers, body)
        first = self._first
        if first.should_retry_response(status, headers, body):
            self.wait, self.resend, self.upstream, self.retries = first.wait, True, first.upstream, first.retries
            return True
        reply = first.complete_response(status, headers, body)
        if reply.status != 200:
            if first.failure is not None and first.failure.status in OVERLOADED and self._gives_way():
                return True
            self._failed = reply, first.failure
            return False
        try:
            second = self._then(reply.body)
        except GatewayError as error:
            self._failed = self.fail(error), error
            return False
        self._first, self.resend, self.retried_for = None, True, COMPACTED
        self.earlier_tokens = tokens_in(body)
        self.replace_request(second.upstream, second.dropped)
        return True

    def should_retry_own_response(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """The same for the call itself."""
        return self.should_wait(status, headers)

    def should_wait(self, status: int, headers: Mapping[str, str]) -> bool:
        """Takes a refusal's status and headers. Whether the call is sent once more: as it is, after `wait` seconds, or
        to another model.
        """
        return status in OVERLOADED and (self._waits(headers) or self._gives_way())

    def _waits(self, headers: Mapping[str, str]) -> bool:
        if self.retries >= self._most_retries:
            return False
        wait = wait_after(headers, self.retries)
        if wait is None or (self.timeout is not None and time.monotonic() - self._begun + wait >= self.timeout):
            return False
        if not self._retries.spend():
            return False
        self.retries, self.wait, self.resend = self.retries + 1, wait, True
        return True

    def _gives_way(self) -> bool:
        """Has the next model asked, if there is one, and if asking others has not been in vain too often."""
        if self.overloaded:
            self._vain_fallbacks.charge()
        if self._vain_fallbacks.is_spent or (other := next(self.substitutes, None)) is None:
            return False
        other.take_over(self)
        self.substitute, self.resend, self.wait = other, True, 0.0
        logger.info("%s is overloaded: %s is asked", self.route.internal_id, other.route.internal_id)
        return True

    def take_over(self, before: Exchange) -> None:
        """Goes on in the place of a call that has asked another model, and has not been answered."""
        self.asked, self.overloaded = before.asked, (*before.overloaded, before.route.internal_id)
        self.substitutes, self._begun = before.substitutes, before._begun
        self.retries, self._most_retries = before.retries, before._most_retries
        self.lease, self.expected_tokens = before.lease, before.expected_tokens
        self.earlier_tokens = before.earlier_tokens
        if before._images is not None:
            self.set_images(before._images)

    def start_early(self) -> dict[str, str]:
        """The client's headers of a stream that begins before the upstream's does, since that takes its time.

        Whatever the upstream's head says then, its answer goes to `relay`, or whole to `finish_stream`.
        """
        raise NotImplementedError("only calls that stream are begun early")

    def stream_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The client's headers of a stream, given the upstream's."""
        still = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        return {**forwarded_headers(headers), **self.content_type(headers), **still, **self.report_headers()}

    def finish_stream(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """What the client gets of an answer that was read to its end, in the stream that it has been given already."""
        assert self.relay is not None  # `start_early` has made it
        if self._failed is not None:
            return self.relay.fail(self._failed[1] or GatewayError(502, "The conversation could not be compacted."))
        try:
            return self.response_body(status, headers, body)
        except UpstreamError as error:
            add_closest(error, self.route, self._registry)
            error.headers = {**forwarded_headers(headers), **error.headers}
            return self.relay.fail(error)

    def complete_response(self, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
        """The client's answer, made of an upstream answer that was read to its end. `body` is decompressed."""
        if self._failed is not None:
            return self._failed[0]
        try:
            made = self.response_body(status, headers, not_a_number.without(surrogates.whole(body)))
        except UpstreamError as error:
            add_closest(error, self.route, self._registry)
            error.headers = {**forwarded_headers(headers), **error.headers}
            self.refused, self.failure = error.message, error
            return self.fail(error)
        return Reply(200, made, {**forwarded_headers(headers), **self.content_type(headers), **self.report_headers()})

    @abstractmethod
    def response_body(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """The body of the client's answer, without its head. Raises UpstreamError."""

    def content_type(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The content type of the client's answer, where it is not JSON."""
        return {}

    @abstractmethod
    def fail(self, error: GatewayError) -> Reply:
        """The client's answer when there is none from upstream, or a bad one."""

    def report_headers(self) -> dict[str, str]:
        """The headers that tell the client what became of its request."""
        notes = {"argo-proxy-model": header_text(self.route.internal_id)}
        if self.route.replaced:
            notes["argo-proxy-replaced"] = header_text(self.route.requested)
        if self.retried_for:
            notes["argo-proxy-mended"] = self.retried_for
        if self.overloaded:
            notes["argo-proxy-fallback"] = header_text(", ".join(self.overloaded))
        if self.retries:
            notes["argo-proxy-retries"] = str(self.retries)
        if self.dropped:
            notes["argo-proxy-dropped"] = header_text(_listed(self.dropped))
        return notes


def header_text(text: str) -> str:
    """Text fit for a header's value: printable ASCII, of bounded length."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:LONGEST_HEADER]


def _listed(paths: tuple[str, ...]) -> str:
    """The paths in a row, and how many more there are than fit into a header."""
    ends = itertools.accumulate(len(path) + len(", ") for path in paths)
    fit = sum(end <= LONGEST_HEADER - 50 for end in ends)
    more = [f"and {len(paths) - fit} more"] if fit < len(paths) else []
    return ", ".join([*paths[:fit], *more])


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What of an upstream answer's headers goes on to the client; which pages may read it is not ARGO's to say."""
    return {
        name: value for name, value in headers.items() if name not in _HOP and not name.startswith("access-control-")
    }
