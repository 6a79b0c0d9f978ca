"""What is said to do, for the gateway that is meant. It loads little: `argo-proxy status` and `env` wait for it."""

from __future__ import annotations

from daemon.paths import gateway_name

_ABOUT = "start|stop|restart|serve|status|env|run|web|logs|dump|doctor|replay"


def addressed(text: str) -> str:
    """The same with `--name` in each command that is named, where several gateways run side by side."""
    if not (called := gateway_name()):
        return text
    import re  # only here

    return re.sub(rf"argo-proxy ({_ABOUT})\b(?! --name)", rf"argo-proxy \1 --name {called}", text)
