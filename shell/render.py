"""Shell code that sets and unsets variables and functions, for each shell.

It is right quoted and unquoted: `eval $(argo-proxy env claude)` has the shell join the lines with blanks and expand
globs before it reads them, so each statement ends with `;`, there are no comments, and no blank, quote or glob of a
value stands bare. It knows shells and nothing of tools, and loads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

SHELLS = ("bash", "zsh", "fish", "powershell", "sh", "tcsh")
OTHERS = ("nu", "elvish", "xonsh")
"""Shells for which there is no code, and which would misread that of another."""


class Unsayable(ValueError):
    """A value that a shell cannot hold. The text says which, and what to do."""


_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+,-")


def assign(shell: str, name: str, value: str) -> str:
    """A statement that gives an exported variable a value."""
    return _ASSIGN[shell](name, value)


def unset(shell: str, name: str) -> str:
    """A statement that takes a variable away."""
    return {
        # A universal variable is the user's for good, kept in a file: it is not erased, but made empty in this shell.
        # One that is not exported would not hide it from programs (fish 3.6).
        "fish": f"set -e -g {name}; set -q {name}; and set -g -x {name} '';",
        "powershell": f"Remove-Item Env:{name} -ErrorAction SilentlyContinue;",
        "tcsh": f"unsetenv {name};",
    }.get(shell, f"unset {name};")


def define(shell: str, name: str, options: Iterable[str]) -> str:
    """A statement that has a command always get these options first; they are plain words."""
    words = " ".join(options)
    return {
        "fish": f"function {name}; command {name} {words} $argv; end;",
        "powershell": f"function {name} {{ & (Get-Command {name} -CommandType Application)[0] {words} @args }};",
        "sh": f'{name}() {{ command {name} {words} "$@"; }};',
        "tcsh": f"alias {name} {name} {words};",  # what follows it on the line goes behind
    }.get(shell, f'function {name} {{ command {name} {words} "$@"; }};')


def undefine(shell: str, name: str) -> str:
    """A statement that takes such a function away."""
    return {
        "fish": f"functions -e {name};",
        "powershell": f"Remove-Item Function:{name} -ErrorAction SilentlyContinue;",
        "tcsh": f"unalias {name};",
    }.get(shell, f"unset -f {name};")


def stop(shell: str, why: str) -> str:
    """A statement that fails, so that what stands behind `&&` is not done."""
    return f"throw '{why}';" if shell == "powershell" else "false;"


def done(shell: str) -> list[str]:
    """What stands at the end of all that went well: fish's `set` keeps the status of whatever was before it."""
    return ["true;"] if shell == "fish" else []


def whole(shell: str, statements: list[str]) -> list[str]:
    """The same, of which nothing is done behind what fails, and then all has failed.

    bash goes on behind a variable that is readonly, and the tool would ask whoever that leads to; the others end there.
    """
    if shell != "bash":
        return [*statements, *done(shell)]
    return [*(f"{statement.removesuffix(';')} &&" for statement in statements), "true;"]


def _plain(value: str) -> bool:
    return bool(value) and _SAFE.issuperset(value)


def _bytes(value: str) -> bytes:
    """As the environment has them, which need not be UTF-8."""
    return value.encode("utf-8", "surrogateescape")


def _octal(value: str) -> str:
    """Every byte that is not plain as `\\ooo`, which no shell splits, expands or takes for a quote."""
    safe = {ord(char) for char in _SAFE}
    return "".join(chr(byte) if byte in safe else f"\\{byte:03o}" for byte in _bytes(value))


def _ansi(name: str, value: str) -> str:
    return f"export {name}={value};" if _plain(value) else f"export {name}=$'{_octal(value)}';"


def _posix(name: str, value: str) -> str:
    """dash has no $'…', but a printf that reads octal numbers; `.` keeps line ends that $(…) would take off."""
    if _plain(value):
        return f"export {name}={value};"
    if not value.endswith("\n"):
        return f"export {name}=\"$(printf '{_octal(value)}')\";"
    return f'{name}="$(printf \'{_octal(value)}.\')"; export {name}="${{{name}%.}}";'


def _fish(name: str, value: str) -> str:
    if _plain(value):
        return f"set -gx {name} {value};"
    if not value:
        return f"set -gx {name} '';"
    safe = {ord(char) for char in _SAFE}
    return f"set -gx {name} " + "".join(chr(byte) if byte in safe else f"\\X{byte:02x}" for byte in _bytes(value)) + ";"


def _tcsh(name: str, value: str) -> str:
    """csh has no $'…' either; a line end would be the end of a word, in quotes as well."""
    if "\n" in value:
        raise Unsayable(f"{name} holds a line end, which tcsh cannot: use argo-proxy run, or another shell")
    if _plain(value):
        return f"setenv {name} {value};"
    return f"setenv {name} \"`printf '{_octal(value)}'`\";" if value else f'setenv {name} "";'


def _powershell(name: str, value: str) -> str:
    return "$env:" + name + " = '" + value.replace("'", "''") + "';"


_ASSIGN: dict[str, Callable[[str, str], str]] = {
    "bash": _ansi,
    "zsh": _ansi,
    "fish": _fish,
    "powershell": _powershell,
    "sh": _posix,
    "tcsh": _tcsh,
}
