"""The Messages endpoint's checks in their order: shape, beta headers, then every rule. Knows no HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from argo_addon.simulator import catalogue
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import anthropic_rules, anthropic_shapes, anthropic_tuning, voices
from argo_addon.simulator.rules.anthropic_view import Body, turns
from argo_addon.simulator.rules.shapes import Problem
from argo_addon.simulator.usage import tokens_of

VERSIONS = ("2023-06-01", "2023-01-01")
_DATE = re.compile(r"-?(20\d\d-\d\d-\d\d|20\d{6})$")
_ONE_MILLION = "context-1m-"


def check(body: JsonObject, headers: Mapping[str, str]) -> tuple[Body, Model]:
    """Raises Refusal."""
    betas = _betas(headers)
    _version(headers)
    name = body.get("model")
    model = catalogue.find(name, "claude") if isinstance(name, str) else None
    if model is None and isinstance(name, str):
        raise Refusal(f"model: {name}", 404)
    _system_role(body.get("messages"))
    try:
        anthropic_shapes.REQUEST.check(body, ())
    except Problem as problem:
        raise voices.anthropic(problem) from problem
    assert model is not None  # the shape has a model
    _beta_members(body, betas)
    view = msgspec.convert(body, Body)
    for rule in (*anthropic_rules.RULES, *anthropic_tuning.RULES):
        rule(view, model)
    _context(body, view, model, betas)
    return view, model


def _version(headers: Mapping[str, str]) -> None:
    version = headers.get("anthropic-version")
    if version is None:
        raise Refusal("anthropic-version: header is required")
    if version not in VERSIONS:
        raise Refusal(f'anthropic-version: "{version}" is not a valid version for this API')


def _betas(headers: Mapping[str, str]) -> tuple[str, ...]:
    sent = tuple(name.strip() for name in headers.get("anthropic-beta", "").split(",") if name.strip())
    for name in sent:
        if not _DATE.search(name) or _DATE.sub("", name) not in anthropic_shapes.BETAS:
            raise Refusal(
                f"Unexpected value(s) `{name}` for the `anthropic-beta` header. Please consult our documentation at "
                "docs.claude.com or try again without the header."
            )
    return sent


def _system_role(messages: Json) -> None:
    """Said before all else, in its own words (argo.md)."""
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "system":
            raise Refusal(
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
                '"system" as an input message role.'
            )


def _beta_members(body: JsonObject, betas: tuple[str, ...]) -> None:
    for name, prefixes in anthropic_shapes.BETA_MEMBERS.items():
        if body.get(name) is not None and not any(beta.startswith(prefixes) for beta in betas):
            raise Refusal(f"{name}: Extra inputs are not permitted")
    tools = body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        for name, prefixes in anthropic_shapes.BETA_TOOL_MEMBERS.items():
            if isinstance(tool, dict) and name in tool and not any(beta.startswith(prefixes) for beta in betas):
                raise Refusal(f"tools.{index}.custom.{name}: Extra inputs are not permitted")


def _context(body: JsonObject, view: Body, model: Model, betas: tuple[str, ...]) -> None:
    room = 1_000_000 if any(beta.startswith(_ONE_MILLION) for beta in betas) else model.context
    size = tokens_of(body)
    if size > room:
        raise Refusal(f"prompt is too long: {size} tokens > {room} maximum")
    if size + view.max_tokens > room:
        raise Refusal(
            f"input length and `max_tokens` exceed context limit: {size} + {view.max_tokens} > {room}, decrease input "
            "length or `max_tokens` and try again"
        )


def check_running_loop(view: Body, thoughtful: frozenset[str]) -> None:
    """With `enabled` thinking, the turn whose tools are running begins with the thinking that was given with it.

    `thoughtful` holds the ids of the calls that came with thinking. Raises Refusal.
    """
    conversation = turns(view.messages)
    if view.thinking is None or view.thinking.type != "enabled" or len(conversation) < 2:
        return
    answer, turn = conversation[-1], conversation[-2]
    if not any(block.type == "tool_result" for block in answer.blocks):
        return
    given = any(block.type == "tool_use" and block.id in thoughtful for block in turn.blocks)
    if given and turn.blocks[0].type not in ("thinking", "redacted_thinking"):
        raise Refusal(
            f"messages.{turn.first}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            f"`{turn.blocks[0].type}`. When `thinking` is enabled, a final `assistant` message must start with a "
            "thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). To avoid this "
            "requirement, disable `thinking`."
        )
