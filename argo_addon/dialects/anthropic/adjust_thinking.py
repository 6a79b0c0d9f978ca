"""Thinking, effort and what goes with them, in the form that a model takes (argo.md, "What each model takes").

Like amend.py: the body's members in, the same with one change out, and the paths of what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..base import Fields
from ..shared.raw_members import member, optional

_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""From least to most."""
_BUDGETS = {"none": 1024, "minimal": 1024, "low": 4096, "medium": 10000, "high": 24000, "xhigh": 32000, "max": 48000}
"""Tokens to think with, where a model wants a number and the client named an effort."""
LEAST_BUDGET = 1024


class _Thinking(msgspec.Struct):
    type: str = ""
    budget_tokens: int | None = None


class _OutputConfig(msgspec.Struct):
    effort: str | None = None


_NUMBER = msgspec.json.Decoder(int | None)
_THINKING = msgspec.json.Decoder(_Thinking)
_OUTPUT_CONFIG = msgspec.json.Decoder(_OutputConfig | None)


def in_a_form_of(fields: Fields, forms: frozenset[str]) -> tuple[Fields, list[str]]:
    """`thinking` as one of these forms, `enabled` with a budget that fits between 1024 and `max_tokens`.

    Where there is no room to think, or the model cannot, thinking is left out.
    """
    raw = fields.get("thinking")
    if raw is None or bytes(raw) == b"null":
        return fields, []
    members = _members(raw, "thinking")
    wanted = member(raw, _THINKING, "thinking")
    if wanted.type not in ("enabled", "adaptive"):
        return fields, []
    form = wanted.type if wanted.type in forms else next(iter(sorted(forms - {wanted.type})), None)
    if form is None:
        return _without(fields, "thinking"), ["thinking"]
    rest = {name: value for name, value in members.items() if name not in ("type", "budget_tokens")}
    if form == "adaptive":
        dropped = ["thinking.budget_tokens"] if wanted.budget_tokens is not None else []
        changed = wanted.type != form or dropped
        return (_with(fields, {"type": "adaptive", **rest}) if changed else fields), dropped
    budget = _budget(fields, wanted.budget_tokens)
    if budget is None:
        return _without(fields, "thinking"), ["thinking"]
    if wanted.type == form and wanted.budget_tokens == budget:
        return fields, []
    return _with(fields, {"type": "enabled", "budget_tokens": budget, **rest}), []


def _budget(fields: Fields, context: int | None) -> int | None:
    """The tokens to think with; None if `max_tokens` leaves less than the least."""
    limit = optional(fields, "max_tokens", _NUMBER)
    wanted = context if context is not None else _BUDGETS.get(effort_of(fields) or "high", _BUDGETS["high"])
    room = (
        None if limit is None else limit - 1 if context is not None else limit * 4 // 5
    )  # ours leaves the answer a share
    most = wanted if room is None else min(wanted, room)
    most = max(most, LEAST_BUDGET) if room is None or room >= LEAST_BUDGET else most
    return most if most >= LEAST_BUDGET else None


def effort_of(fields: Fields) -> str | None:
    """`output_config.effort`, if it is given."""
    config = optional(fields, "output_config", _OUTPUT_CONFIG)
    return config.effort if config is not None else None


def effort_within(fields: Fields, allowed: Sequence[str]) -> tuple[Fields, list[str]]:
    """`output_config.effort` as the nearest of these: the next lower one, else the lowest (pitfalls 5.4)."""
    effort = effort_of(fields)
    if effort is None or effort in allowed or effort not in EFFORTS:
        return fields, []
    rank = EFFORTS.index(effort)
    nearest = ([name for name in allowed if EFFORTS.index(name) < rank] or allowed[:1])[-1]
    members = _members(fields["output_config"], "output_config")
    changed = {**fields, "output_config": msgspec.Raw(_encode({**members, "effort": nearest}))}
    return changed, [f"output_config.effort: {effort} (sent: {nearest})"]


def without_effort(fields: Fields) -> Fields:
    """`output_config` without its effort, left out altogether if nothing else is in it."""
    members = _members(fields["output_config"], "output_config")
    rest = {name: value for name, value in members.items() if name != "effort"}
    return {**fields, "output_config": msgspec.Raw(_encode(rest))} if rest else _without(fields, "output_config")


def thinks(fields: Fields) -> bool:
    """Whether the body asks for thinking."""
    raw = fields.get("thinking")
    if raw is None or bytes(raw) == b"null":
        return False
    return member(raw, _THINKING, "thinking").type in ("enabled", "adaptive")


def _members(raw: msgspec.Raw, name: str) -> Fields:
    return member(raw, _OBJECT, name) or {}


def _with(fields: Fields, thinking: dict[str, object]) -> Fields:
    return {**fields, "thinking": msgspec.Raw(_encode(thinking))}


def _without(fields: Fields, name: str) -> Fields:
    return {member: value for member, value in fields.items() if member != name}


class _Block(msgspec.Struct):
    type: str = ""


class _Turn(msgspec.Struct):
    role: str = ""
    content: str | list[_Block] = ""


class _Choice(msgspec.Struct):
    type: str = ""


_TURNS = msgspec.json.Decoder(list[_Turn])
_CHOICE = msgspec.json.Decoder(_Choice | None)


def fits_history(fields: Fields) -> bool:
    """Whether the model may think, given where the conversation stands.

    In the middle of a tool loop that began without thinking, or whose thinking was lost, `enabled` is refused
    ("Expected `thinking`"); with `adaptive` the model goes on as it likes (Anthropic's guide to thinking).
    """
    if member(fields["thinking"], _THINKING, "thinking").type != "enabled":
        return True
    turns = member(fields.get("messages", msgspec.Raw(b"[]")), _TURNS, "messages")
    last = [turn for turn in turns[-2:] if not isinstance(turn.content, str)]
    if len(last) < 2 or turns[-2].role != "assistant" or not _has(turns[-1], "tool_result"):
        return True
    first = last[0].content[0] if last[0].content else _Block()
    return isinstance(first, _Block) and first.type in ("thinking", "redacted_thinking")


def _has(turn: _Turn, kind: str) -> bool:
    return not isinstance(turn.content, str) and any(block.type == kind for block in turn.content)


def with_free_choice(fields: Fields) -> tuple[Fields, list[str]]:
    """A forced tool as one that may be called: a model that thinks chooses for itself (pitfalls 4.12)."""
    raw = fields.get("tool_choice", msgspec.Raw(b"null"))
    choice = member(raw, _CHOICE, "tool_choice")
    if choice is None or choice.type not in ("any", "tool"):
        return fields, []
    rest = {name: value for name, value in _members(raw, "tool_choice").items() if name not in ("type", "name")}
    return {**fields, "tool_choice": msgspec.Raw(_encode({"type": "auto", **rest}))}, ["tool_choice"]
