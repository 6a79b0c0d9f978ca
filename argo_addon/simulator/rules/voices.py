"""A body's problem in the words of each vendor. Knows their wording, and no rule."""

from __future__ import annotations

from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules.shapes import Kind, Miss, Path, Problem, Tag

_ANTHROPIC: dict[Miss, str] = {
    "missing": "Field required",
    "unknown": "Extra inputs are not permitted",
    "type": "Input should be {kind}",
    "value": "Input should be {values}",
    "tag": "Input tag {got!r} found using 'type' does not match any of the expected tags: {listed}",
    "pattern": "String should match pattern '^{wanted}$'",
    "short": "String should have at least {wanted} character",
    "long": "String should have at most {wanted} characters",
    "few": "List should have at least {wanted} item after validation, not {got}",
    "many": "List should have at most {wanted} items after validation, not {got}",
    "low": "Input should be greater than or equal to {wanted:g}",
    "high": "Input should be less than or equal to {wanted:g}",
}
_ANTHROPIC_KINDS: dict[Kind, str] = {
    "string": "a valid string",
    "integer": "a valid integer",
    "number": "a valid number",
    "boolean": "a valid boolean",
    "array": "a valid array",
    "object": "an object",
    "null": "null",
}
_OPENAI: dict[Miss, tuple[str, str]] = {
    "missing": ("missing_required_parameter", "Missing required parameter: '{path}'."),
    "unknown": ("unknown_parameter", "Unknown parameter: '{path}'."),
    "type": ("invalid_type", "Invalid type for '{path}': expected {kind}, but got {got_kind} instead."),
    "value": ("invalid_value", "Invalid value: {got!r}. Supported values are: {values}."),
    "tag": ("invalid_value", "Invalid value: {got!r}. Supported values are: {values}."),
    "pattern": (
        "invalid_value",
        "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^{wanted}$'.",
    ),
    "short": (
        "string_below_min_length",
        "Invalid '{path}': string too short. Expected a string with minimum length {wanted}, but got an empty string "
        "instead.",
    ),
    "long": (
        "string_above_max_length",
        "Invalid '{path}': string too long. Expected a string with maximum length {wanted}, but got a string with "
        "length {got} instead.",
    ),
    "few": (
        "empty_array",
        "Invalid '{path}': empty array. Expected an array with minimum length {wanted}, but got an empty array "
        "instead.",
    ),
    "many": (
        "array_above_max_length",
        "Invalid '{path}': array too long. Expected an array with maximum length {wanted}, but got an array with "
        "length {got} instead.",
    ),
    "low": (
        "integer_below_min_value",
        "Invalid '{path}': integer below minimum value. Expected a value >= {wanted:g}, but got {got} instead.",
    ),
    "high": (
        "integer_above_max_value",
        "Invalid '{path}': integer above maximum value. Expected a value <= {wanted:g}, but got {got} instead.",
    ),
}
_OPENAI_KINDS: dict[Kind, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a decimal",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def _listed(values: object, last: str) -> str:
    names = [repr(value) for value in values] if isinstance(values, tuple) else []
    return f"{', '.join(names[:-1])}{last}{names[-1]}" if len(names) > 1 else "".join(names)


def dotted(path: Path) -> str:
    """A place as Anthropic names it: `messages.0.content.1.text.text`."""
    return ".".join(str(step) for step in path)


def bracketed(path: Path) -> str:
    """A place as OpenAI names it: `messages[0].content[1].text`."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path if not isinstance(step, Tag))
    return shown.removeprefix(".")


def anthropic(problem: Problem) -> Refusal:
    """In Anthropic's words."""
    path = problem.path[:-1] if problem.miss == "tag" else problem.path
    wanted: tuple[Kind, ...] = problem.wanted if problem.miss == "type" else ("null",)  # type: ignore[assignment]
    told = _ANTHROPIC[problem.miss].format(
        wanted=problem.wanted,
        got=problem.got,
        kind=_ANTHROPIC_KINDS[[kind for kind in wanted if kind != "null"][-1] if wanted != ("null",) else "null"],
        values=_listed(problem.wanted, " or "),
        listed=_listed(problem.wanted, ", "),
    )
    return Refusal(f"{dotted(path)}: {told}")


def openai(problem: Problem) -> Refusal:
    """In OpenAI's words."""
    code, template = _OPENAI[problem.miss]
    path = bracketed(problem.path)
    wanted: tuple[Kind, ...] = problem.wanted if problem.miss == "type" else ()  # type: ignore[assignment]
    kinds = [_OPENAI_KINDS[kind] for kind in dict.fromkeys(wanted) if kind != "null"]
    got = _OPENAI_KINDS.get(problem.got) if problem.miss == "type" else None  # type: ignore[call-overload]
    told = template.format(
        path=path,
        wanted=problem.wanted,
        got=problem.got,
        kind=f"one of {' or '.join(kinds)}" if len(kinds) > 1 else "".join(kinds),
        got_kind=got,
        values=_listed(problem.wanted, ", and "),
    )
    return Refusal(told, param=path, code=code)
