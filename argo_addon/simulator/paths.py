"""Turns a validation error into the refusal that the provider words, with the place in its way of writing."""

from __future__ import annotations

import re

import msgspec

from .refusal import Refused

_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_PLACE = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")


def refusal_of(error: msgspec.MsgspecError, on_system: str) -> Refused:
    """`messages.0.content.1.type: …`; `on_system` is said of a role that is not for a message here."""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Refused(f"The request body is not valid JSON: {text}")
    found = _PLACE.search(text)
    place = re.sub(r"\[(\d+)\]", r".\1", found[1]) if found else ""
    what = _PLACE.sub("", text)
    if "'system'" in what and place.endswith(".role"):
        return Refused(f"{place}: {on_system}")
    if unknown := _UNKNOWN.match(what):
        return Refused(f"{f'{place}.' if place else ''}{unknown[1]}: Extra inputs are not permitted")
    if missing := _MISSING.match(what):
        return Refused(f"{f'{place}.' if place else ''}{missing[1]}: Field required")
    return Refused(f"{place or 'body'}: {what}")


def chat_refusal_of(error: msgspec.MsgspecError) -> Refused:
    """The same as OpenAI words it: `Unknown parameter: 'messages[0].foo'.`"""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Refused(f"We could not parse the JSON body of your request. ({text})")
    found = _PLACE.search(text)
    place = found[1].removeprefix(".") if found else ""
    what = _PLACE.sub("", text)
    if unknown := _UNKNOWN.match(what):
        return Refused(f"Unknown parameter: '{f'{place}.' if place else ''}{unknown[1]}'.", code="unknown_parameter")
    if missing := _MISSING.match(what):
        name = f"{f'{place}.' if place else ''}{missing[1]}"
        return Refused(f"Missing required parameter: '{name}'.", code="missing_required_parameter")
    return Refused(f"Invalid type or value for '{place or 'body'}': {what}.", code="invalid_type")
