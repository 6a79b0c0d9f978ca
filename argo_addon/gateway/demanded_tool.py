"""A call that must use a tool which its provider runs and ARGO does not have: answered at once, as one that failed.

Claude Code's WebSearch is such a call of its own, with the one tool and (seen on 2.1.197) a free choice, which it makes
for nothing else: what it reads here becomes the tool's result, and its turn goes on.
Sans-IO; what was decided and why: docs/decisions/0031.
"""

from __future__ import annotations

import logging
import re

import msgspec

from ..dialects.anthropic.dialect import CLAUDE_CODE
from ..dialects.base import ModelDialect
from ..dialects.shared.endpoints import Operation
from ..ir.fold import unfold
from ..translation import missing_tools
from . import native_call
from .call_steps import Environment
from .exchange import header_text
from .messages import Reply
from .parsing import ParsedCall

logger = logging.getLogger(__name__)
_NULL = msgspec.Raw(b"null")
_SERVERS = re.compile(rb'"type"\s*:\s*"[a-z_]+_20\d{6}"')
_LEAVES_OPEN = (b'"auto"', b'"none"')


def reply(parsed: ParsedCall, environment: Environment) -> Reply | None:
    """The answer to such a call; None to any other. Raises ClientError."""
    client = parsed.client
    if parsed.operation is not Operation.GENERATE or not isinstance(client, ModelDialect) or not _chooses(parsed):
        return None
    routed = native_call.route(parsed, environment)
    fields = routed.parsed.upstream_fields
    own = routed.route.upstream is client and not environment.settings.use_legacy_argo
    request = client.decode_request(fields, keep_extra=own)
    tool = missing_tools.demanded(request) or (missing_tools.only(request) if _is_claude_code(parsed) else None)
    if tool is None or (own and tool.name not in environment.learned.profile(routed.route).refused_tools):
        return None
    context = native_call.new_context(routed, parsed.model, same_dialect=True)
    context = client.response_context(fields, request, context)
    answer = missing_tools.answer(tool, context.id)
    headers = {"argo-proxy-dropped": header_text(f"tools[].{tool.kind}")}
    logger.info("%s is asked for, which ARGO does not have: answered here", header_text(tool.kind))
    if parsed.stream:
        still = {"content-type": client.stream_type(context), "cache-control": "no-cache"}
        return Reply(200, b"".join(map(client.writer(context).write, unfold(answer))), {**headers, **still})
    return Reply(200, client.encode_response(answer, context), headers)


def _is_claude_code(parsed: ParsedCall) -> bool:
    return parsed.request.headers.get("user-agent", "").startswith(CLAUDE_CODE)


def _chooses(parsed: ParsedCall) -> bool:
    """Whether a request may leave nothing but a tool of the provider's, as far as a look at it tells."""
    if _is_claude_code(parsed) and _SERVERS.search(bytes(parsed.members.get("tools", _NULL))) is not None:
        return True
    choice = bytes(parsed.members.get("tool_choice", _NULL))
    return choice != b"null" and "tools" in parsed.members and not any(word in choice for word in _LEAVES_OPEN)
