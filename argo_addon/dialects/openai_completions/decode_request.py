"""A request of the legacy Completions API, read into the neutral form: its prompt is what the user says.

Source: the OpenAI API reference ("Completions").
"""

from __future__ import annotations

import msgspec

from ...errors import ClientError
from ...ir.parts import TextPart
from ...ir.request import Message, Request
from ..base import Fields
from ..shared.raw_members import Positive, optional

_NULL = msgspec.Raw(b"null")
_PROMPT = msgspec.json.Decoder(str | list[str] | None)
_NUMBER = msgspec.json.Decoder(float | None)
_WHOLE = msgspec.json.Decoder(int | None)
_POSITIVE = msgspec.json.Decoder(Positive | None)
_FLAG = msgspec.json.Decoder(bool | None)
_TEXT = msgspec.json.Decoder(str | None)
_WORDS = msgspec.json.Decoder(str | list[str] | None)
_KNOWN = frozenset(
    {"model", "stream", "stream_options", "user",  # read elsewhere
     "prompt", "echo", "n", "best_of", "suffix", "max_tokens", "temperature", "top_p", "stop", "seed",
     "presence_penalty", "frequency_penalty"}
)  # fmt: skip


def decode_request(fields: Fields) -> Request:
    """The request. Raises ClientError that names the place of what does not fit."""
    for name in ("n", "best_of"):
        if (optional(fields, name, _WHOLE) or 1) > 1:
            raise ClientError(400, f"{name}: one answer a call is given here: call it so many times", param=name)
    if optional(fields, "suffix", _TEXT):
        message = "suffix: models that fill in a middle are not served: put it into the prompt's words"
        raise ClientError(400, message, param="suffix")
    stop = optional(fields, "stop", _WORDS)
    return Request(
        dialect="openai_completions",
        messages=(Message("user", (TextPart(prompt_of(fields)),)),),
        max_tokens=optional(fields, "max_tokens", _POSITIVE),
        temperature=optional(fields, "temperature", _NUMBER),
        top_p=optional(fields, "top_p", _NUMBER),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        seed=optional(fields, "seed", _WHOLE),
        presence_penalty=optional(fields, "presence_penalty", _NUMBER),
        frequency_penalty=optional(fields, "frequency_penalty", _NUMBER),
        extra={name: value for name, value in fields.items() if name not in _KNOWN and value != _NULL},
    )


def prompt_of(fields: Fields) -> str:
    """The prompt. Raises ClientError where there is none, or more than one."""
    given = optional(fields, "prompt", _PROMPT)
    prompts = given if isinstance(given, list) else [given or ""]
    if len(prompts) > 1:
        raise ClientError(400, f"prompt: one a call is answered here, as text: found {len(prompts)}", param="prompt")
    if not any(prompts):
        raise ClientError(400, "prompt: missing, or empty", param="prompt")
    return str(prompts[0])


def echoed(fields: Fields) -> str:
    """What the answer is to begin with: the prompt, where that is asked for."""
    return prompt_of(fields) if optional(fields, "echo", _FLAG) else ""
