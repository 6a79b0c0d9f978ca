"""What is done with responses and conversations that are kept: asked for, gone on from, added to, removed. Sans-IO.

Nothing here waits for the store: a `Lookup` says what is to be done there and what becomes of it, and whoever carries
it out calls back (store/worker.py). It knows the Responses API, which alone keeps anything.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, NoReturn, TypeVar

import msgspec

from ..dialects.base import Fields
from ..dialects.openai_responses import background, state
from ..dialects.shared.raw_members import object_in, text_of_member
from ..errors import ClientError
from ..store.base import Store
from . import under_way
from .exchange import Exchange
from .keeping import Keeper
from .messages import ClientRequest, Reply
from .parsing import parse_body
from .under_way import Follow, InBackground

T = TypeVar("T")
Answer = Reply | Exchange | InBackground | Follow
Work = Callable[[Store], object]
Submit = Callable[[Work], "Future[object]"]
"""How work is given to the store."""
_encode = msgspec.json.Encoder().encode
_KINDS: dict[str, state.Kind] = {"responses": "response", "conversations": "conversation"}
_PATH = re.compile(
    r"/v1/(?P<kind>responses|conversations)(?:/(?P<key>[^/]+))?(?:/(?P<part>input_items|items|cancel)(?:/(?P<item>.+))?)?"
)


class Lookup(msgspec.Struct, Generic[T], frozen=True):
    """`work` is to be done by the store, and what comes of it given to `then`, which may raise ClientError."""

    work: Callable[[Store], T]
    then: Callable[[T], Answer]


def answer(request: ClientRequest, path: str, owner: str) -> Lookup[object]:
    """What is to be looked up to answer a request for what is kept. Raises ClientError."""
    found = _PATH.fullmatch(path)
    assert found is not None  # its dialect has found it to be one of these
    kind, key, part, item = found["kind"], found["key"] or "", found["part"], found["item"]
    if key and not state.names_a(_KINDS[kind], key):
        return _none(key, _KINDS[kind].title())
    if kind == "responses":
        return _of_response(request, key, part, owner)
    if not key:
        made = state.new_conversation(parse_body(request.body or b"{}"))
        document = state.conversation_document(made)
        return Lookup(lambda store: store.put(made.id, owner, document), lambda _: _reply(made.resource))
    return _of_conversation(request, key, part, item, owner)


def _of_response(request: ClientRequest, key: str, part: str | None, owner: str) -> Lookup[object]:
    query = request.target.partition("?")[2]
    if request.method == "DELETE":
        gone = {"id": key, "object": "response", "deleted": True}
        return Lookup(
            lambda store: under_way.remove(store, key, owner), lambda found: _reply(gone) if found else _none(key)
        )
    after = state.followed_after(query) if part is None else None

    def told(document: object) -> Answer:
        if not isinstance(document, bytes):
            return _none(key)
        if after is not None:
            return Follow(key, owner, after)
        kept = state.response_in(document)
        if part == "input_items":
            return _reply(state.page_of(kept.input, query))
        if part == "cancel" and not background.is_in_background(document):
            raise ClientError(400, "Cannot cancel a synchronous response.", param="response_id")
        return Reply(200, bytes(kept.response))

    if part == "cancel":
        return Lookup(lambda store: under_way.change(store, key, owner, background.cancelled), told)
    return Lookup(lambda store: under_way.seen(store, key, owner, time.time()), told)


def _none(key: str, kind: str = "Response") -> NoReturn:
    raise ClientError(404, f"{kind} with id '{key}' not found.", param=None)


def _of_conversation(
    request: ClientRequest, key: str, part: str | None, item: str | None, owner: str
) -> Lookup[object]:
    match request.method, part, item:
        case "DELETE", None, None:
            gone = {"id": key, "object": "conversation.deleted", "deleted": True}
            return Lookup(
                lambda store: store.delete(key, owner),
                lambda there: _reply(gone) if there else _none(key, "Conversation"),
            )
        case "GET", _, _:
            return Lookup(lambda store: store.get(key, owner), _shown(request, key, item, part))
        case _:
            return _changed(request, key, item, part, owner)


def _conversation(document: object, key: str) -> state.KeptConversation:
    if not isinstance(document, bytes):
        raise ClientError(404, f"Conversation with id '{key}' not found.", param="conversation_id")
    return state.conversation_in(document)


def _shown(request: ClientRequest, key: str, item: str | None, part: str | None) -> Callable[[object], Reply]:
    def shown(document: object) -> Reply:
        kept = _conversation(document, key)
        if part is None:
            return _reply(kept.resource)
        if item is None:
            return _reply(state.page_of(kept.items, request.target.partition("?")[2]))
        return Reply(200, bytes(kept.items[_place(kept, item)]))

    return shown


def _place(kept: state.KeptConversation, item: str) -> int:
    ids = [text_of_member(object_in(one), "id") for one in kept.items]
    if item not in ids:
        raise ClientError(404, f"Item with id '{item}' not found in conversation '{kept.id}'.", param="item_id")
    return ids.index(item)


def _changed(request: ClientRequest, key: str, item: str | None, part: str | None, owner: str) -> Lookup[object]:
    fields: Fields = {} if request.method == "DELETE" else parse_body(request.body)
    added = state.added_items(fields) if part else []
    if part and not item and not added:
        raise ClientError(400, "items: missing: the items to add", param="items")
    metadata = state.metadata_in(fields)
    if not part and not item and metadata is None:
        raise ClientError(400, "metadata: missing: what the conversation is to have", param="metadata")

    def change(document: bytes | None) -> bytes:
        kept = _conversation(document, key)
        if item:
            del kept.items[_place(kept, item)]
        elif part:
            state.with_items(kept, added)
        else:
            kept.metadata = metadata or {}
        return state.conversation_document(kept)

    def told(document: object) -> Reply:
        if added:
            return _reply(state.page_of(added, f"limit={len(added)}", "asc"))
        return _reply(_conversation(document, key).resource)

    return Lookup(lambda store: store.change(key, owner, change), told)


def _reply(body: object) -> Reply:
    return Reply(200, _encode(body))


def _items_of(store: Store, keys: Sequence[str], owner: str) -> list[msgspec.Raw]:
    """The items of those of the responses that are there."""
    found = (under_way.named_in_item(store, key, owner) for key in keys)
    return [item for document in found if document is not None for item in state.items_of(document)]


def with_items(fields: Fields, owner: str, made: Callable[[Fields], Answer]) -> Lookup[list[msgspec.Raw]]:
    """What is to be looked up for a request that refers to items of responses; `made` gets it with them."""
    keys = state.referred_to(fields)
    return Lookup(lambda store: _items_of(store, keys, owner), lambda others: made(state.continued(fields, (), others)))


def with_history(
    fields: Fields, reference: state.Reference, owner: str, made: Callable[[Fields], Answer]
) -> Lookup[tuple[bytes | None, list[msgspec.Raw]]]:
    """What is to be looked up to go on from what a request refers to; `made` gets it with all of its input."""
    if not state.names_a(reference.kind, reference.key):
        raise state.missing(reference)
    keys = [key for key in state.referred_to(fields) if key != reference.key]

    def find(store: Store) -> tuple[bytes | None, list[msgspec.Raw]]:
        if reference.kind == "response":
            document = under_way.seen(store, reference.key, owner, time.time())
        else:
            document = store.get(reference.key, owner)
        return document, _items_of(store, keys, owner)

    def then(found: tuple[bytes | None, list[msgspec.Raw]]) -> Answer:
        document, others = found
        if document is None:
            raise state.missing(reference)
        if reference.kind == "response" and background.is_under_way(document):
            raise state.unfinished(reference)
        return made(state.continued(fields, state.items_before(reference, document), others))

    return Lookup(find, then)


def keeper(whole: Fields, asked: Fields, reference: state.Reference | None, owner: str, submit: Submit) -> Keeper:
    """What keeps the answer to a request once it is there. `asked` is the request as it came, `whole` with the items
    that it goes on from. Raises ClientError.
    """
    stored = state.is_kept(asked)
    conversation = reference.key if reference is not None and reference.kind == "conversation" else None
    items = state.new_items(whole) if stored or conversation is not None else []
    said = 0 if conversation is None else len(state.new_items(asked))
    turn = items[len(items) - said :]  # references among them resolved

    def keep(identifier: str, response: bytes, frames: Sequence[bytes]) -> Future[object] | None:
        last = None
        if stored:
            document = state.response_document(response, items)
            submit(lambda store: under_way.append(store, identifier, owner, 0, frames))
            last = submit(lambda store: store.put(identifier, owner, document))
        if conversation is not None:
            last = submit(lambda store: store.change(conversation, owner, lambda now: with_turn(now, response)))
        return last

    def with_turn(document: bytes | None, response: bytes) -> bytes | None:
        return None if document is None else state.with_turn(document, response, turn)

    return Keeper(keep)
