"""Runs a line in a terminal of its own: presses Ctrl-C once it has said what it is to say, answers what it asks.

    python at_a_terminal.py LINE [--until PATTERN] [ANSWER ...]

The exit code is that of the line, or 0 where it was interrupted after it had said the pattern.
"""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time

SECONDS = 60


def main(line: str, *rest: str) -> int:
    """Runs it. Raises SystemExit where it does not say what it is to say in time."""
    pattern = rest[1] if rest[:1] == ("--until",) else None
    answers = list(rest[2:] if pattern else rest)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", "-c", line])
    said, asked, pressed, end = "", 0, False, time.monotonic() + SECONDS
    while select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0]:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux: nobody has the other side any more
            more = b""
        if not more:
            break
        said += more.decode("utf-8", "replace")
        os.write(1, more)
        if answers and re.search(r": $", said[asked:]):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
            asked = len(said)
        if pattern and not pressed and re.search(pattern, said):
            os.write(terminal, b"\x03")
            pressed = True
    else:
        os.kill(pid, 9)
        raise SystemExit(f"{line!r} neither ended nor said {pattern!r} in {SECONDS} s")
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if pattern and not pressed:
        raise SystemExit(f"{line!r} ended with {code} and never said {pattern!r}")
    return 0 if pressed else code


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
