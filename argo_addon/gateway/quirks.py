"""What a model's endpoint wants otherwise: the only reader of a profile's quirks.

Quirks are applied to the body as it goes upstream, member by member, so that one implementation serves bodies that a
client wrote and bodies that translation made, and what need not change keeps its bytes
(docs/decisions/0003-quirks-on-the-wire.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec

from ..dialects.anthropic import adjust_betas, adjust_history, adjust_server_tools, adjust_thinking
from ..dialects.anthropic import adjust_request as adjust_claude
from ..dialects.base import Fields
from ..dialects.openai_chat import adjust_request as adjust_chat
from ..dialects.openai_chat import adjust_schemas, adjust_tool_choice
from ..dialects.shared import member_paths
from ..dialects.shared.call_ids import ids_fit
from ..errors import UNREADABLE
from ..models.catalogue import Profile
from ..pieces import pause
from ..recent import Recent

_NUMBER = msgspec.json.Decoder(float)
_NULL = msgspec.Raw(b"null")
_LEAST_TOP_P = 0.95


class Amended(msgspec.Struct, frozen=True):
    """A body as the model takes it, and the paths of what was left out."""

    fields: Fields
    dropped: tuple[str, ...] = ()


def apply(profile: Profile, fields: Fields) -> Amended:
    """The body as the model takes it. Raises ClientError where the body is not of the form that it must have."""
    steps = _CHAT_STEPS if profile.dialect == "openai_chat" else _ANTHROPIC_STEPS
    dropped: list[str] = []
    for step in steps:
        pause()
        fields, left_out = step(profile, fields)
        dropped += left_out
    return Amended(fields, tuple(dropped))


def without_betas(
    profile: Profile, fields: Fields, headers: Mapping[str, str]
) -> tuple[Fields, dict[str, str], list[str]]:
    """Body and headers without the beta features that the model refuses, and what was left out."""
    return adjust_betas.without_betas(fields, headers, profile.refused_betas)


def must_stream(profile: Profile, fields: Fields) -> bool:
    """Whether a plain call of this body would be refused for its length."""
    return profile.longest_plain is not None and _number(fields.get("max_tokens", _NULL)) >= profile.longest_plain


def streaming_this(profile: Profile, fields: Fields) -> Profile:
    """The profile of a model that has refused to answer this body other than in a stream."""
    known = math.inf if profile.longest_plain is None else profile.longest_plain
    return msgspec.structs.replace(profile, longest_plain=min(known, _number(fields.get("max_tokens", _NULL))))


Step = Callable[[Profile, Fields], tuple[Fields, list[str]]]


def _messages(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    """All that is changed in messages one by one, in one pass: a conversation may be a megabyte."""
    dropped: dict[str, None] = {}
    changes = _message_changes(profile, fields.get("messages", _NULL), dropped)
    if not changes:
        return fields, []

    def change(message: Fields) -> Fields:
        for one in changes:
            message = one(message)
        return message

    return adjust_chat.each_message(fields, change), list(dropped)


Change = Callable[[Fields], Fields]


def _message_changes(profile: Profile, written: msgspec.Raw, dropped: dict[str, None]) -> list[Change]:
    """The changes of messages that this model wants, in their order; paths of what they leave out go to `dropped`."""
    longest = profile.longest_id
    wanted: tuple[tuple[bool, Change], ...] = (
        (profile.renames_developer and _says(written, b"developer"), adjust_chat.developer_as_system),
        (bool(profile.refused_message_fields), lambda message: _without_members(profile, message, dropped)),
        (
            _has_misfit_ids(written, longest),
            lambda message: _with_ids(message, longest),
        ),
        (not profile.structured_system, adjust_chat.system_as_text),
        (not profile.null_content, adjust_chat.content_not_null),
        (not profile.signed_calls and _says(written, b'"extra_content"'), lambda message: _unsigned(message, dropped)),
        (profile.object_arguments and _says(written, b"tool_calls"), adjust_chat.object_arguments),
    )
    return [change for is_wanted, change in wanted if is_wanted]


def _says(raw: msgspec.Raw, word: bytes) -> bool:
    return word in bytes(raw)


def _has_misfit_ids(raw: msgspec.Raw, longest: int | None) -> bool:
    return longest is not None and b"_call" in (written := bytes(raw)) and not ids_fit(written, longest)


def _without_members(profile: Profile, message: Fields, dropped: dict[str, None]) -> Fields:
    unknown = profile.refused_message_fields & message.keys()
    dropped.update((f"messages[].{name}", None) for name in sorted(unknown))
    return {name: value for name, value in message.items() if name not in unknown} if unknown else message


def _with_ids(message: Fields, longest: int | None) -> Fields:
    return message if longest is None else adjust_chat.with_fitting_ids(message, longest)


def _unsigned(message: Fields, dropped: dict[str, None]) -> Fields:
    changed = adjust_chat.without_signatures(message)
    if changed is not message:
        dropped["messages[].tool_calls[].extra_content"] = None
    return changed


def _asked(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields if profile.system_alone else adjust_chat.last_by_the_user(fields)), []


def _calls(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields if profile.parallel_results else adjust_chat.one_call_at_a_time(fields)), []


def _token_limit(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if profile.old_token_limit:
        return adjust_chat.token_limit_by_old_name(fields), []
    if not profile.one_token_limit:
        return fields, []
    both = "max_tokens" in fields and "max_completion_tokens" in fields
    return adjust_chat.token_limit_by_new_name(fields), ["max_tokens"] if both else []


def _choice(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields, []) if profile.allowed_tools else adjust_tool_choice.with_allowed_tools_only(fields)


def _schemas(profile: Profile, fields: Fields) -> Fields:
    """The body with the schemas in it as the model takes them."""
    if profile.object_schema_root:
        fields = adjust_schemas.schemas_with_object_roots(fields)
    if profile.listed_properties:
        fields = adjust_schemas.schemas_with_properties(fields)
    if profile.refused_schema_keywords:
        fields = adjust_schemas.schemas_without(fields, profile.refused_schema_keywords)
    if profile.single_types:
        fields = adjust_schemas.schemas_with_single_types(fields)
    if profile.array_items:
        fields = adjust_schemas.schemas_with_items(fields)
    return fields


def _chat_tools(written: bytes, profile: Profile) -> msgspec.Raw:
    return _schemas(profile, {"tools": msgspec.Raw(written)})["tools"]


def _claude_tools_of(written: bytes, profile: Profile) -> msgspec.Raw:
    fields: Fields = {"tools": msgspec.Raw(written)}
    if profile.refused_schema_keywords and b'"$ref"' in written:
        fields = adjust_claude.schemas_without(fields, profile.refused_schema_keywords)
    return (adjust_claude.schemas_with_object_roots(fields) if profile.object_schema_root else fields)["tools"]


_ADJUSTED_TOOLS = {"openai_chat": Recent(_chat_tools), "anthropic": Recent(_claude_tools_of)}
"""A coding tool sends the same tools with each call."""


def _with_tools(profile: Profile, fields: Fields) -> Fields:
    if "tools" not in fields:
        return fields
    written = bytes(fields["tools"])
    made = _ADJUSTED_TOOLS[profile.dialect](written, profile)
    return fields if made == written else {**fields, "tools": made}


def _tools(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    fields = _with_tools(profile, fields)
    if "response_format" in fields:
        fields = {**fields, **_schemas(profile, {"response_format": fields["response_format"]})}
    if profile.max_tool_description is not None:
        fields = adjust_chat.descriptions_within(fields, profile.max_tool_description)
    return fields, []


def _counts(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if profile.max_tools is not None:
        adjust_chat.refuse_more_tools(fields, profile.max_tools)
    if profile.max_images is None:
        return fields, []
    return adjust_chat.images_within(fields, profile.max_images)


def _claude_tools(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return _with_tools(profile, fields), []


def _sampling(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    given: list[str] = [name for name in ("temperature", "top_p") if name in fields]
    refused: list[str]
    match profile.sampling:
        case "free":
            refused = []
        case "one":
            refused = ["top_p"] if len(given) == 2 else []
        case "default":
            refused = [name for name in given if name == "top_p" or not _is_one(fields[name])]
        case "none":
            refused = [*given, *(["top_k"] if "top_k" in fields else [])]
    return _without(fields, refused), refused


DEFAULT_MAX_TOKENS = 32_000
"""Tokens that an answer may have where neither the request nor the catalogue says."""
LONGEST_PLAIN = 21_000
"""The same for a Claude that is not to stream: what Anthropic's SDKs take for ten minutes' worth."""


def longest_answer(profile: Profile, *, streams: bool) -> int:
    """Tokens to allow an answer whose client names no limit; more could be refused ("streaming is required")."""
    most = profile.max_output or DEFAULT_MAX_TOKENS
    return most if streams or profile.dialect != "anthropic" else min(most, LONGEST_PLAIN)


def _members(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    dropped: list[str] = []
    for path in sorted(profile.refused_members):
        fields, told = member_paths.without(fields, path)
        dropped += [told] if told else []
    if profile.refuses_unknown:  # whoever refuses one would refuse the next, and there is one second try
        unknown = [name for name in fields if name not in _DOCUMENTED[profile.dialect]]
        return _without(fields, unknown), dropped + unknown
    return fields, dropped


_DOCUMENTED = {"anthropic": adjust_claude.DOCUMENTED, "openai_chat": adjust_chat.DOCUMENTED}


def _parameters(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    refused = [name for name in fields if name in profile.refused_parameters]
    return _without(fields, refused), refused


def _limits(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    most = profile.max_output
    changed: list[str] = []
    for name in ("max_tokens", "max_completion_tokens"):
        if most is not None and name in fields and _number(fields[name]) > most:
            changed.append(f"{name}: {_number(fields[name]):.0f} (sent: {most})")
            fields = {**fields, name: msgspec.Raw(b"%d" % most)}
    return fields, changed


def _temperature(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if "temperature" not in fields or _number(fields["temperature"]) not in profile.fatal_temperatures:
        return fields, []
    if _is_one(fields["temperature"]):  # what it is anyway
        return _without(fields, ["temperature"]), []
    return {**fields, "temperature": msgspec.Raw(b"1.99")}, []


def _effort(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if "reasoning_effort" not in fields or bytes(fields["reasoning_effort"]) == b"null":
        return fields, []
    silent = bytes(fields["reasoning_effort"]) == b'"none"'
    if not profile.efforts:  # what does not think need not be told not to
        return _without(fields, ["reasoning_effort"]), [] if silent else ["reasoning_effort"]
    fields, changed = adjust_chat.effort_within(fields, profile.efforts)
    with_tools = bytes(fields.get("tools", b"null")) not in (b"null", b"[]")
    silent = bytes(fields["reasoning_effort"]) == b'"none"'
    refused = ["reasoning_effort"] if with_tools and not (profile.effort_with_tools or silent) else []
    return _without(fields, refused), refused or changed


def _server_tools(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return adjust_server_tools.without_tools(fields, profile.refused_tools, basic=profile.basic_search)


def _system(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields if profile.system_in_conversation else adjust_claude.system_into_user_turns(fields)), []


def _thinking(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    fields, dropped = adjust_thinking.in_a_form_of(fields, profile.thinking)
    if not adjust_thinking.thinks(fields):
        return fields, dropped
    if not adjust_thinking.fits_history(fields):
        return _without(fields, ["thinking"]), [*dropped, "thinking"]
    fields, freed = adjust_thinking.with_free_choice(fields)
    refused = [] if profile.sampling_with_thinking else [name for name in fields if _spoils_thinking(name, fields)]
    return _without(fields, refused), dropped + freed + refused


def _spoils_thinking(name: str, fields: Fields) -> bool:
    """Whether Claude refuses this parameter while it thinks (pitfalls 5.2)."""
    match name:
        case "temperature":
            return not _is_one(fields[name])
        case "top_p":
            return _number(fields[name]) < _LEAST_TOP_P
    return name == "top_k"


def _history(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if profile.any_history:
        return fields, []
    return adjust_history.without_empty_text(adjust_history.without_foreign_thinking(fields)), []


def _claude_ids(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields if profile.longest_id is None else adjust_history.with_fitting_ids(fields, profile.longest_id)), []


def _last_word(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if profile.any_history:
        return fields, []
    return adjust_history.with_last_word(fields, profile.prefill and not adjust_thinking.thinks(fields)), []


def _breakpoints(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    return (fields, []) if profile.any_history else adjust_history.with_few_breakpoints(fields)


def _claude_effort(profile: Profile, fields: Fields) -> tuple[Fields, list[str]]:
    if (
        not profile.effort_with_thinking
        and adjust_thinking.thinks(fields)
        and adjust_thinking.effort_of(fields) is not None
    ):
        return adjust_thinking.without_effort(fields), ["output_config.effort"]
    if not profile.efforts and adjust_thinking.effort_of(fields) is not None:
        return adjust_thinking.without_effort(fields), ["output_config.effort"]
    return adjust_thinking.effort_within(fields, profile.efforts)


def _without(fields: Fields, names: list[str]) -> Fields:
    return {name: value for name, value in fields.items() if name not in names} if names else fields


def _number(value: msgspec.Raw) -> float:
    """A number; one that no rule is about, where it is none."""
    try:
        return _NUMBER.decode(value)
    except UNREADABLE:
        return float("nan")


def _is_one(value: msgspec.Raw) -> bool:
    return _number(value) == 1


# Messages before calls: a message that is taken apart must be in order already. Descriptions go into a system message.
_CHAT_STEPS: tuple[Step, ...] = (
    *(_members, _messages, _asked, _calls, _token_limit, _limits, _choice, _tools, _sampling, _temperature),
    *(_parameters, _effort, _counts),
)
_ANTHROPIC_STEPS: tuple[Step, ...] = (
    *(_members, _server_tools, _system, _claude_ids, _history, _breakpoints, _claude_tools, _limits, _thinking),
    *(_last_word, _claude_effort, _sampling),
)
