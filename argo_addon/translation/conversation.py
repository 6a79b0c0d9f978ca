"""A conversation as any upstream takes it: every call with its result right behind it. It knows no dialect.

Clients leave calls without results (a user pressed Esc), results without calls (a compaction cut them off) and both out
of order; an upstream refuses such a conversation for ever after (pitfalls 1.20, 4.5, 4.6). Same in, same out, so that a
prompt cache still fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from ..ir.parts import GEMINI_MARK, FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ..ir.request import Message, Role
from ..pieces import MANY, pause

_replace = msgspec.structs.replace
_INTERRUPTED = "[The call was interrupted: there is no result.]"


def paired(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation with each turn's calls followed by their results, one for each, in the order of the calls."""
    return _Pairing(messages).made()


def shown_by_users(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with images and files in users' messages: what another had goes into one right behind it.

    Gemini and Ollama's models show images as well, and a system text may come with some; GPT and Claude refuse both.
    """
    if not _others_show(messages):
        return messages
    made: list[Message] = []
    for message in messages:
        shown = _shown(message) if message.role != "user" else ()
        rest = tuple(part for part in message.parts if not isinstance(part, _SHOWN)) if shown else message.parts
        made += [_replace(message, parts=rest)] if rest or not shown else []
        made += [Message("user", shown)] if shown else []
    return tuple(made)


_SHOWN = (ImagePart, FilePart)


def _others_show(messages: tuple[Message, ...]) -> bool:
    """Whether anyone but a user shows something; nearly never, so that it is looked for in the plainest way."""
    for message in messages:
        if message.role != "user":
            for part in message.parts:
                if type(part) in _SHOWN:
                    return True
    return False


def _shown(message: Message) -> tuple[Part, ...]:
    return tuple(part for part in message.parts if isinstance(part, _SHOWN))


class _Pairing:
    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = list(messages)
        self._made: list[Message] = []
        self._ids: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last that an id was given, of those that came more than once

    def made(self) -> tuple[Message, ...]:
        position = 0
        pauses = len(self._messages) >= MANY
        while position < len(self._messages):
            if pauses:
                pause()
            if self._messages[position].role != "assistant":
                self._made += _without_results(self._messages[position])
                position += 1
            elif end := self._usual_turn(position):
                position = end
            else:
                end = self._end_of_turn(position)
                self._turn(self._messages[position:end])
                position = end
        return tuple(self._made)

    def _usual_turn(self, start: int) -> int:
        """Takes a turn that is only to be put together, as nearly all are. Where it ends; 0 if it may need more."""
        messages = self._messages
        said, answered, count = messages[start], start + 1, len(messages)
        if answered < count and messages[answered].role == "assistant":
            answered = _end_of_role(messages, start, "assistant")
            said = _together(messages[start:answered])
        calls = _calls_at_end(said.parts)
        if calls is None:
            return 0
        if not calls:
            self._made.append(said)
            return answered
        if answered == count or messages[answered].role != "user":
            return 0
        told: Message | None = messages[answered]
        heard = answered + 1
        if heard < count and messages[heard].role != "assistant":
            heard = _end_of_role(messages, heard, "user")
            if heard < count and messages[heard].role != "assistant":
                return 0
            told = _results_together(messages[answered:heard], len(calls))
        if told is None or not (_begins_with_results_of(told, calls) and self._are_new(calls)):
            return 0
        self._ids.update(calls)
        self._made += said, told
        return heard

    def _are_new(self, ids: list[str]) -> bool:
        """Whether no call before has one of these ids, nor two of them the same."""
        if len(ids) == 1:
            return ids[0] not in self._ids and ids[0] != ""
        return all(ids) and self._ids.isdisjoint(ids) and len(set(ids)) == len(ids)

    def _end_of_turn(self, start: int) -> int:
        """Where a turn ends: behind the last message before the model speaks again after hearing something."""
        position = start + 1
        heard = False
        while position < len(self._messages):
            message = self._messages[position]
            if message.role == "assistant" and heard and not self._open(start, position):
                break
            heard = heard or message.role != "assistant"
            position += 1
        return position

    def _open(self, start: int, end: int) -> bool:
        """Whether calls of these messages have results only later: the words between do not end the turn."""
        calls: list[str] = []
        for message in self._messages[start:end]:
            calls += [part.id for part in message.parts if isinstance(part, ToolCallPart)]
        seen = {part.call_id for message in self._messages[start:end] for part in _results(message)}
        missing = set(calls) - seen
        if not missing:
            return False
        following = self._messages[end]
        if any(isinstance(part, ToolCallPart) for part in following.parts):
            return False
        later = self._messages[end + 1] if end + 1 < len(self._messages) else None
        return later is not None and any(part.call_id in missing for part in _results(later))

    def _turn(self, messages: list[Message]) -> None:
        said = [message for message in messages if message.role == "assistant"]
        heard = [message for message in messages if message.role != "assistant"]
        calls = [part for message in said for part in message.parts if isinstance(part, ToolCallPart)]
        if not calls:
            parts = tuple(part for message in said for part in message.parts)
            self._made.append(_replace(said[0], parts=parts))
            for message in heard:
                self._made += _without_results(message)
            return
        renamed = self._renamed(calls)
        results = _results_of(calls, renamed, heard)
        told = [renamed.pop(0) if isinstance(part, ToolCallPart) else part for one in said for part in one.parts]
        self._made.append(_replace(said[0], parts=tuple(_calls_last(told))))
        known = {call.id for call in calls}
        rest = [left for message in heard for left in _without_results(message, known)]
        first = rest.pop(0) if rest and rest[0].role == "user" else Message("user", ())
        self._made.append(_replace(first, parts=(*results, *first.parts)))
        self._made += rest

    def _renamed(self, calls: list[ToolCallPart]) -> list[ToolCallPart]:
        """The calls with ids that no call before them has."""
        renamed = []
        for call in calls:
            identifier = call.id or "call"
            name, number = identifier, self._numbers.get(identifier, 1)
            while name in self._ids:
                number += 1
                name = f"{identifier}_{number}"
            self._ids.add(name)
            self._numbers[identifier] = number
            renamed.append(call if name == call.id else _replace(call, id=name))
        return renamed


def _results_of(calls: list[ToolCallPart], renamed: list[ToolCallPart], heard: list[Message]) -> list[ToolResultPart]:
    """A result for each call: the last that came, where several did; one that says so, where none did."""
    came: dict[str, list[ToolResultPart]] = {}
    for message in heard:
        for result in _results(message):
            came.setdefault(result.call_id, []).append(result)
    twins = Counter(call.id for call in calls)
    found = []
    for call, new in zip(calls, renamed, strict=True):
        left = came.get(call.id, [])
        twins[call.id] -= 1
        take = 0 if twins[call.id] else -1
        result = left.pop(take) if left else ToolResultPart(call.id, (TextPart(_INTERRUPTED),), is_error=True)
        found.append(_replace(result, call_id=new.id))
    return found


def _end_of_role(messages: list[Message], start: int, role: Role) -> int:
    """Where the messages of one role end that begin here."""
    end = start
    while end < len(messages) and messages[end].role == role:
        end += 1
    return end


def _together(messages: list[Message]) -> Message:
    """What the model said in several messages as one."""
    return Message("assistant", tuple([part for message in messages for part in message.parts]), messages[0].extra)


def _results_together(messages: list[Message], count: int) -> Message | None:
    """The results that come a message each as one message; None where they are not so many, or more is said."""
    parts = tuple([part for message in messages for part in message.parts])
    return Message("user", parts) if len(parts) == count and len(messages) == count else None


def _results(message: Message) -> list[ToolResultPart]:
    return [part for part in message.parts if isinstance(part, ToolResultPart)]


def _calls_at_end(parts: tuple[Part, ...]) -> list[str] | None:
    """The ids of a turn's calls; None if something else stands behind one."""
    calls: list[str] = []
    begun = False
    for part in parts:
        if type(part) is ToolCallPart:
            calls.append(part.id)
            begun = True
        elif type(part) is ReasoningPart and _of_a_call(part):
            begun = True
        elif begun:
            return None
    return calls


def _begins_with_results_of(message: Message, calls: list[str]) -> bool:
    """Whether a message has a result for each of the calls, in their order, and whatever it says behind them."""
    parts, count = message.parts, len(calls)
    if count == 1 and len(parts) == 1:  # as nearly always
        only = parts[0]
        return type(only) is ToolResultPart and only.call_id == calls[0] and not message.extra
    if len(parts) < count or (len(parts) == count and message.extra):
        return False
    for number, part in enumerate(parts):
        if isinstance(part, ToolResultPart):
            if number >= count or part.call_id != calls[number]:
                return False
        elif number < count:
            return False
    return True


def _calls_last(parts: list[Part]) -> list[Part]:
    return [part for part in parts if not _of_a_call(part)] + [part for part in parts if _of_a_call(part)]


def _of_a_call(part: Part) -> bool:
    """Whether a part is a call, or the signature of the call behind it."""
    if isinstance(part, ReasoningPart):
        return part.signature is not None and part.signature.startswith(GEMINI_MARK)
    return isinstance(part, ToolCallPart)


def _without_results(message: Message, known: set[str] | None = None) -> list[Message]:
    """The message with results of no call as words of the user's; those of `known` calls are left out, told already."""
    if not _results(message):
        return [message]
    parts: list[Part] = []
    for part in message.parts:
        if not isinstance(part, ToolResultPart):
            parts.append(part)
        elif part.call_id not in (known or ()):
            parts += [TextPart(f"[Result of an earlier tool call, {part.call_id}:]"), *part.content]
    return [_replace(message, parts=tuple(parts))] if parts else []
