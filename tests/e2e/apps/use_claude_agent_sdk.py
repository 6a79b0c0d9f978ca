"""Claude Agent SDK, with the Claude Code that it brings along: a model, then what it is asked."""

from __future__ import annotations

import asyncio
import json
import sys

from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, create_sdk_mcp_server, query, tool


@tool("shout", "Runs a command.", {"command": str})
async def shout(args):  # type: ignore[no-untyped-def]
    return {"content": [{"type": "text", "text": f"ALPHA-42 of {args['command']}"}]}


async def ask(prompt: str, **more: object) -> str:
    options = ClaudeAgentOptions(
        model=sys.argv[1],
        permission_mode="bypassPermissions",
        env={"IS_SANDBOX": "1"},  # without it root may not
        tools=["Bash"],  # the simulator tries every tool, and an agent's would start agents without end
        **more,
    )
    said = ""
    async for message in query(prompt=prompt, options=options):
        if isinstance(message, ResultMessage):
            said = message.result or ""
    return said


async def main() -> None:
    server = create_sdk_mcp_server("mine", tools=[shout])
    told = {
        "plain": await ask("Say hello.", allowed_tools=[]),
        "tool": await ask("Run `echo alpha-42 | tr a-z A-Z`, then tell me.", allowed_tools=["Bash"]),
        "mcp": await ask("Say hello.", mcp_servers={"mine": server}, allowed_tools=["mcp__mine__shout"]),
    }
    print(json.dumps(told))  # noqa: T201 # it is what the test reads


asyncio.run(main())
