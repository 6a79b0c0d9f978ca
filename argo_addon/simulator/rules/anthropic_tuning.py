"""What Claude refuses of thinking, effort, sampling and length, by model. A rule a function.

The list with the source of each: docs/reference/simulator.md.
"""

from __future__ import annotations

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import schemas
from argo_addon.simulator.rules.anthropic_rules import Rule
from argo_addon.simulator.rules.anthropic_view import Body

LONGEST_PLAIN = 21_333
"""max_tokens from which a plain call may run over ten minutes, by the Anthropic SDK's reckoning."""


def thinking_form(body: Body, model: Model) -> None:
    """Each model has its own forms of thinking."""
    asked = body.thinking
    if asked is None or asked.type in model.traits.thinking:
        return
    if asked.type == "enabled":
        raise Refusal(
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.'
        )
    raise Refusal("adaptive thinking is not supported on this model")


def thinking_budget(body: Body, model: Model) -> None:
    """The budget lies below max_tokens (that it is at least 1024 the shape says)."""
    budget = body.thinking.budget_tokens if body.thinking is not None else None
    if budget is not None and budget >= body.max_tokens:
        raise Refusal(
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
            "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
        )


def thinking_company(body: Body, model: Model) -> None:
    """What does not go together with thinking."""
    if not body.thinks:
        return
    if body.temperature is not None and body.temperature != 1:
        raise Refusal("`temperature` may only be set to 1 when thinking is enabled.")
    if body.top_p is not None and body.top_p < 0.95:
        raise Refusal("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.")
    if body.top_k is not None:
        raise Refusal("`top_k` must be unset when thinking is enabled.")
    if body.tool_choice is not None and body.tool_choice.type in ("any", "tool"):
        raise Refusal("Thinking may not be enabled when tool_choice forces tool use.")


def effort(body: Body, model: Model) -> None:
    """Each model has its own levels."""
    asked = body.output_config.effort if body.output_config is not None else None
    if asked is None:
        return
    if asked not in model.traits.efforts:
        raise Refusal(
            f"This model does not support effort level '{asked}'. Supported levels: "
            f"{', '.join(sorted(model.traits.efforts))}."
        )
    if model.traits.effort_alone and body.thinks:
        raise Refusal("output_config.effort: effort cannot be combined with `thinking` for this model.")


def sampling(body: Body, model: Model) -> None:
    """Old models take temperature and top_p, later ones one of them, the newest none."""
    sent = [name for name in ("temperature", "top_p", "top_k") if getattr(body, name) is not None]
    if model.traits.sampling == "none" and sent:
        raise Refusal(f"`{sent[0]}` is deprecated for this model.")
    if model.traits.sampling == "one of two" and {"temperature", "top_p"} <= set(sent):
        raise Refusal("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def length(body: Body, model: Model) -> None:
    """Every model has a most."""
    if body.max_tokens > model.output:
        raise Refusal(
            f"max_tokens: {body.max_tokens} > {model.output}, which is the maximum allowed number of output tokens "
            f"for {model.vendor}"
        )


def stops(body: Body, model: Model) -> None:
    """A stop sequence is more than blanks."""
    if any(not stop.strip() for stop in body.stop_sequences):
        raise Refusal("stop_sequences: each stop sequence must contain non-whitespace")


def output_format(body: Body, model: Model) -> None:
    """The answer's schema is closed."""
    wanted = body.output_config.format if body.output_config is not None else None
    for form, place in ((wanted, "output_config.format.schema"), (body.output_format, "output_format.schema")):
        if form is not None:
            schemas.closed(form.schema, place)


def plain_and_long(body: Body, model: Model) -> None:
    """A long answer has to be streamed: ARGO's own client says so, before the vendor is asked."""
    if not body.stream and body.max_tokens > LONGEST_PLAIN:
        raise streaming_required()


def streaming_required(*, told: bool = False) -> Refusal:
    """The 500 of a plain call that may run over ten minutes."""
    return Refusal(
        "Streaming is required for operations that may take longer than 10 minutes. See "
        "https://github.com/anthropics/anthropic-sdk-python#long-requests for more details",
        500,
        plain=True,
        told=told,
    )


RULES: tuple[Rule, ...] = (
    plain_and_long,
    length,
    thinking_form,
    thinking_budget,
    thinking_company,
    effort,
    sampling,
    stops,
    output_format,
)
