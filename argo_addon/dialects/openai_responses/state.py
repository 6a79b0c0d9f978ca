"""Responses and conversations as they are kept, and what a request says that refers to them.

A response is kept with all of its input, so that it depends on no other: any may be deleted. Items get an id where they
have none, and the whole form that lists of items have. Source: the OpenAI API reference ("Responses", "Conversations").
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar
from urllib.parse import parse_qsl

import msgspec

from ...errors import UNREADABLE, ClientError, GatewayError
from ...pieces import in_pieces
from ..base import Fields
from ..shared.raw_members import member, object_in, optional, text_of_member
from .compaction import since_summary
from .decode_messages import check_items
from .wire import ItemType, Json, Metadata

_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw] | None)
_ID = msgspec.json.Decoder(str | None)
_FLAG = msgspec.json.Decoder(bool | None)
_METADATA = msgspec.json.Decoder(Metadata | None)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_ITEM = msgspec.json.Decoder(ItemType)
_OF_RESPONSE = re.compile(r"[a-z]+_([0-9a-f]{24})_\d+")
_REFERENCE = "item_reference"
_BARE_ID = re.compile(rb'\{\s*(?:"type"\s*:\s*null\s*,\s*)?"id"\s*:\s*"[^"\\]*"\s*(?:,\s*"type"\s*:\s*null\s*)?\}')
"""An item of an id alone, which is a reference."""
_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "function_call_output": "fco"}
NOT_FOUND = "previous_response_not_found"
"""The code of the error where the response that a request goes on from is not there."""
MOST_LISTED = 100
MOST_ADDED = 20
"""Items that one request may add to a conversation, as the API has it."""


class KeptResponse(msgspec.Struct):
    """A response, and all items that it answers."""

    response: msgspec.Raw
    input: list[msgspec.Raw]


class KeptConversation(msgspec.Struct):
    """A conversation, and its items."""

    id: str
    created_at: int
    metadata: dict[str, str]
    items: list[msgspec.Raw]

    @property
    def resource(self) -> Json:
        """As the API shows it."""
        about = {"id": self.id, "created_at": self.created_at, "metadata": self.metadata}
        return {"object": "conversation", **about}


class _Ended(msgspec.Struct):
    output: list[msgspec.Raw] = []


class _Named(msgspec.Struct):
    id: str


_RESPONSE = msgspec.json.Decoder(KeptResponse)
_CONVERSATION = msgspec.json.Decoder(KeptConversation)
_ENDED = msgspec.json.Decoder(_Ended)
_CONVERSATION_ID = msgspec.json.Decoder(str | _Named | None)


Kind = Literal["response", "conversation"]
_KEYS: dict[Kind, re.Pattern[str]] = {"response": re.compile(r"resp_\w+"), "conversation": re.compile(r"conv_\w+")}


def _read(decoder: msgspec.json.Decoder[_T], document: bytes) -> _T:
    try:
        return decoder.decode(document)
    except UNREADABLE as problem:
        message = f"What is kept of this is damaged ({problem}): DELETE it, or go on without it."
        raise GatewayError(500, message) from problem


def names_a(kind: Kind, key: str) -> bool:
    """Whether an id is one of this kind's."""
    return _KEYS[kind].fullmatch(key) is not None


class Reference(msgspec.Struct, frozen=True):
    """What a request goes on from: the key that it is kept by."""

    kind: Kind
    key: str


def reference_in(fields: Fields) -> Reference | None:
    """What a request goes on from. Raises ClientError for both at once, or no id."""
    previous = optional(fields, "previous_response_id", _ID)
    conversation = optional(fields, "conversation", _CONVERSATION_ID)
    if previous is not None and conversation is not None:
        message = "previous_response_id: cannot be used together with conversation: send one of them"
        raise ClientError(400, message, param="previous_response_id", code="mutually_exclusive_parameters")
    if conversation is not None:
        return Reference("conversation", conversation if isinstance(conversation, str) else conversation.id)
    return None if previous is None else Reference("response", previous)


def is_kept(fields: Fields) -> bool:
    """Whether a response is to be kept: the API's default is that it is."""
    return optional(fields, "store", _FLAG) is not False


def in_background(fields: Fields) -> bool:
    """Whether a response is to be made in the background. Raises ClientError."""
    return bool(optional(fields, "background", _FLAG))


def missing(reference: Reference) -> ClientError:
    """What is told where the thing that is referred to is not there."""
    if reference.kind == "conversation":
        return ClientError(404, f"Conversation with id '{reference.key}' not found.", param="conversation")
    message = f"Previous response with id '{reference.key}' not found: send the whole conversation as input."
    return ClientError(400, message, param="previous_response_id", code=NOT_FOUND)


def unfinished(reference: Reference) -> ClientError:
    """What is told where the response that is referred to is still being made."""
    message = f"Previous response with id '{reference.key}' is still in progress: go on from it once it is completed."
    return ClientError(400, message, param="previous_response_id", code="previous_response_not_completed")


def followed_after(query: str) -> int | None:
    """Behind the event of which number a response is to be streamed; None if it is not to be. Raises ClientError."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if asked.get("stream", "").lower() not in ("true", "1"):
        return None
    number = asked.get("starting_after")
    if number is None:
        return -1
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        message = f"starting_after: expected the sequence_number of an event, found '{number}'"
        raise ClientError(400, message, param="starting_after")
    return int(number)


def items_before(reference: Reference, document: bytes) -> list[msgspec.Raw]:
    """The items that a request goes on from."""
    if reference.kind == "conversation":
        return since_summary(_read(_CONVERSATION, document).items)
    return since_summary(items_of(document))


def new_items(fields: Fields) -> list[msgspec.Raw]:
    """The items of a request's input, as they are kept. Raises ClientError."""
    given = member(fields.get("input", _NULL), _INPUT, "input")
    if given is None:
        return []
    if isinstance(given, str):
        return [whole_item(msgspec.Raw(_encode({"role": "user", "content": given})), set())]
    taken: set[str] = set()
    return [whole_item(item, taken) for item in in_pieces(given)]


def refers(fields: Fields) -> bool:
    """Whether a request's input may have references to items."""
    given = bytes(fields.get("input", _NULL))
    return given[:1] == b"[" and (b"item_reference" in given or _BARE_ID.search(given) is not None)


def referred_to(fields: Fields) -> list[str]:
    """The keys of the responses whose items a request's input refers to: an item's id has its response's in it."""
    if not refers(fields):
        return []
    members = [object_in(item) for item in in_pieces(member(fields["input"], _INPUT, "input") or ())]
    ids = [text_of_member(item, "id") for item in members if _kind_of(item) == _REFERENCE]
    return list(dict.fromkeys(f"resp_{found[1]}" for found in map(_OF_RESPONSE.fullmatch, ids) if found is not None))


def items_of(document: bytes) -> list[msgspec.Raw]:
    """All items of a response that is kept."""
    kept = _read(_RESPONSE, document)
    return [*kept.input, *_ENDED.decode(kept.response).output]


def names_in_items(document: bytes) -> set[str]:
    """The keys that are in the ids of what a response says: its own, or that of the call by which it was made."""
    output = _ENDED.decode(_read(_RESPONSE, document).response).output
    return {f"resp_{found[1]}" for found in map(_OF_RESPONSE.fullmatch, map(_id_of, output)) if found is not None}


def continued(fields: Fields, before: Sequence[msgspec.Raw], others: Sequence[msgspec.Raw] = ()) -> Fields:
    """A request whose input has what it goes on from before it, references to items of it, or of others, resolved.

    What is in it once more, by its id, stands where it was said last. Raises ClientError.
    """
    items = new_items(fields)
    earlier = {_id_of(item): item for item in in_pieces(before)}
    known = {_id_of(item): item for item in in_pieces(others)} | earlier
    again: set[int] = set()
    for number, item in enumerate(in_pieces(items)):
        members = object_in(item)
        identifier = text_of_member(members, "id")
        if _kind_of(members) == _REFERENCE:
            found = known.get(identifier)
            if found is None:
                where = f"input[{number}].id"
                message = f"{where}: there is no item '{identifier}' that could be referred to: send the item itself"
                raise ClientError(404, message, param=where)
            items[number] = found
            again.add(id(found))
        elif identifier in earlier:
            found = earlier[identifier]
            if _OF_RESPONSE.fullmatch(identifier) or object_in(found) == members:
                again.add(id(found))
            else:
                items[number] = whole_item(item, {identifier})
    whole = [*(item for item in before if id(item) not in again), *items]
    return {**fields, "input": msgspec.Raw(_encode(whole))}


def _id_of(item: msgspec.Raw) -> str:
    return text_of_member(object_in(item), "id")


def _kind_of(members: Fields) -> str:
    """An item's type, where it may be left out: of what has nothing but an id, and of messages."""
    if kind := text_of_member(members, "type"):
        return kind
    if "role" in members:
        return "message"
    return _REFERENCE if text_of_member(members, "id") and members.keys() <= {"id", "type"} else ""


def whole_item(item: msgspec.Raw, taken: set[str]) -> msgspec.Raw:
    """An item as lists of items have it, under an id that is none of those `taken`, and is then one of them."""
    members = object_in(item)
    kind, identifier = _kind_of(members), text_of_member(members, "id")
    whole: dict[str, object] = {"type": kind, **members} if kind else dict(members)
    if kind:
        whole["type"] = kind  # where it is null
    if kind != _REFERENCE:
        if not identifier or identifier in taken:
            whole["id"] = identifier = f"{_PREFIXES.get(kind, 'item')}_{uuid.uuid4().hex}"
        taken.add(identifier)
    if kind == "message":
        whole.setdefault("status", "completed")
        content = members.get("content", _NULL)
        if bytes(content)[:1] == b'"':
            said = "output_text" if text_of_member(members, "role") == "assistant" else "input_text"
            part: Json = {"type": said, "text": content}
            whole["content"] = [{**part, "annotations": [], "logprobs": []} if said == "output_text" else part]
    return msgspec.Raw(_encode(whole))


def response_document(response: bytes, items: list[msgspec.Raw]) -> bytes:
    """A response as it is kept."""
    return _encode(KeptResponse(msgspec.Raw(response), items))


def response_in(document: bytes) -> KeptResponse:
    """A response that was kept."""
    return _read(_RESPONSE, document)


def conversation_in(document: bytes) -> KeptConversation:
    """A conversation that was kept."""
    return _read(_CONVERSATION, document)


def conversation_document(conversation: KeptConversation) -> bytes:
    """A conversation as it is kept."""
    return _encode(conversation)


def with_turn(document: bytes, response: bytes, items: Sequence[msgspec.Raw]) -> bytes:
    """A conversation with what was said in a call, and its answer."""
    kept = _read(_CONVERSATION, document)
    said = set(map(_id_of, items))
    kept.items = [item for item in kept.items if _id_of(item) not in said]
    kept.items += [*items, *_ENDED.decode(response).output]
    return _encode(kept)


def new_conversation(fields: Fields) -> KeptConversation:
    """The conversation that a request makes. Raises ClientError."""
    identifier = f"conv_{uuid.uuid4().hex}"
    return KeptConversation(identifier, int(time.time()), metadata_in(fields) or {}, added_items(fields))


def metadata_in(fields: Fields) -> dict[str, str] | None:
    """A request's `metadata`. Raises ClientError."""
    metadata: dict[str, str] | None = optional(fields, "metadata", _METADATA)
    return metadata


def added_items(fields: Fields) -> list[msgspec.Raw]:
    """The items that a request adds to a conversation. Raises ClientError."""
    items = optional(fields, "items", _ITEMS) or []
    if len(items) > MOST_ADDED:
        raise ClientError(400, f"items: {len(items)}, where {MOST_ADDED} may be added at once", param="items")
    for number, item in enumerate(items):
        where = f"items[{number}]"
        about = member(item, _ITEM, where)
        if not about.type and not about.role:
            raise ClientError(400, f"{where}.type: missing", param=f"{where}.type")
    check_items(items, "items")
    taken: set[str] = set()
    return [whole_item(item, taken) for item in items]


def with_items(conversation: KeptConversation, added: Sequence[msgspec.Raw]) -> None:
    """Adds items to a conversation. Raises ClientError for one that is there."""
    taken = set(map(_id_of, conversation.items))
    for number, item in enumerate(added):
        if _id_of(item) in taken:
            where = f"items[{number}].id"
            message = f"{where}: '{_id_of(item)}' is in this conversation already: leave the id out"
            raise ClientError(400, message, param=where)
    conversation.items += added


def page_of(items: Sequence[msgspec.Raw], query: str, order: str = "desc") -> Json:
    """A page of a list of items, as the query asks for it. Raises ClientError."""
    asked: Mapping[str, str] = dict(parse_qsl(query))
    order = asked.get("order", order)
    if order not in ("asc", "desc"):
        raise ClientError(400, f"order: expected asc or desc, found '{order}'", param="order")
    number = asked.get("limit", "20")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= MOST_LISTED:
        raise ClientError(400, f"limit: expected a number from 1 to {MOST_LISTED}, found '{number}'", param="limit")
    listed = list(items) if order == "asc" else list(items)[::-1]
    ids = [text_of_member(object_in(item), "id") for item in listed]
    start, end = 0, len(listed)
    if "after" in asked:
        start = len(ids) - _place(ids[::-1], asked["after"], "after")
    if "before" in asked:
        end = _place(ids, asked["before"], "before")
    shown, names = listed[start:end][: int(number)], ids[start:end][: int(number)]
    first, last = (names[0], names[-1]) if names else ("", "")
    more = len(listed[start:end]) > len(shown)
    return {"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": more}


def _place(ids: list[str], identifier: str, name: str) -> int:
    if identifier not in ids:
        raise ClientError(400, f"{name}: there is no item '{identifier}' in this list", param=name)
    return ids.index(identifier)
