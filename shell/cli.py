"""The command `argo-proxy`: what people and shells wait for is answered before click is loaded, all else by click.

click alone takes longer to load than `argo-proxy status`, `env` and `--help` may take. What is not understood here goes
to the commands in group.py, which know every option.
"""

from __future__ import annotations

import errno
import os
import sys

from daemon.paths import NAME, gateway_name, is_name

_COMPLETES = "_ARGO_PROXY_COMPLETE"  # click's: the shell asks how a line may go on


def main() -> None:
    """The entry point."""
    _open_standard_files()
    _find_home()
    try:
        code = _carried_out(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while it ends
        sys.exit(1)
    except OSError as error:
        _tell(error)
        sys.exit(1)


def _tell(error: OSError) -> None:
    """Says what a file or the output did not take, where no command knew better; raises what says nothing to a user."""
    if error.filename is not None and error.strerror:
        sys.stderr.write(
            f"argo-proxy: {error.filename}: {error.strerror}. Look at its owner and mode: ls -ld {error.filename}\n"
        )
    elif error.errno in (errno.ENOSPC, errno.EIO):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write(f"argo-proxy: what it says cannot be written: {error.strerror}.\n")
    else:
        raise error


def _carried_out(arguments: list[str]) -> int | None:
    """Carries a line out; returns its exit code, None for 0. Whatever keeps `env` from its end stops the shell."""
    try:
        _check_name()
        code = None if _COMPLETES in os.environ else _quick(arguments)
        if code is None:
            from .group import main

            main(arguments)
        return code
    except BrokenPipeError:
        raise
    except BaseException as end:
        if arguments[:1] == ["env"] and not (isinstance(end, SystemExit) and end.code in (0, None)):
            _stop_shell(arguments)
        raise


def _stop_shell(arguments: list[str]) -> None:
    try:
        from . import env
    except ImportError:  # nothing of ours can be relied on; but this is the word of most shells
        sys.stdout.write("false;\n")
    else:
        env.failed(1, env.shell_of(arguments), as_json="--json" in arguments)


def _open_standard_files() -> None:
    """Gives a process that was started without stdin, stdout or stderr the null device in their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for as long as the process runs


def _find_home() -> None:
    """Gives what follows, the gateway included, a home folder that is a path: the system's, where HOME has none.

    A number that has no user, as in a container, has `/`, as Docker gives it.
    """
    if os.path.isabs(os.environ.get("HOME", "")):
        return
    import pwd  # not at the top: hardly ever needed

    try:
        os.environ["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        os.environ["HOME"] = "/"


def _quick(arguments: list[str]) -> int | None:
    """Carries a line out if that needs no click; returns its exit code, or None where it does."""
    if arguments in ([], ["--help"], ["-h"], ["help"]):
        with open(os.path.join(os.path.dirname(__file__), "help.txt"), encoding="utf-8") as file:
            sys.stdout.write(file.read())
        return 0
    if arguments in (["--version"], ["-V"]):
        from argo_addon import __version__

        print(f"argo-proxy {__version__}")  # noqa: T201
        return 0
    if arguments[0] not in ("status", "env") or (words := _without_name(arguments[1:])) is None:
        return None
    if arguments[0] == "env":
        from . import env

        asked = env.parse(words)
        return None if asked is None else env.tell(asked)
    if words in ([], ["--json"]):
        from .status import tell

        return tell(as_json=bool(words))
    return None


def _without_name(words: list[str]) -> list[str] | None:
    """The words but `--name`, which is taken; None where click is to explain what is wrong with it."""
    left = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option != "--name":
            left.append(word)
            continue
        value = value if equals else next(rest, "")
        if not is_name(value):
            return None
        os.environ[NAME] = value
    return left


def _check_name() -> None:
    if (called := gateway_name()) and not is_name(called):
        from .named import WRONG
        from .terminal import BAD_CONFIG, fail

        fail(f"the variable {NAME}: {called!r} {WRONG}", BAD_CONFIG)
