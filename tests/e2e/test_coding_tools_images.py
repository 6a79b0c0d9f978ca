"""Real coding tools that read an image: what the tool returns reaches the model as an image.

Claude Code puts the image into the tool's result. OpenCode, whose dialect has only text there, returns "Image read
successfully" and has the image in a message of the user behind the results.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from .processes import Proxy, Simulator
from .tools import ClaudeCode, CodingTool, on_every_pair
from .upstream import Body, bodies, fullest, parts
from .workshop import Workshop

SIDE = 16


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def crimson_png() -> bytes:
    """A square of one colour, eight bits a channel."""
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes([220, 20, 60]) * SIDE) * SIDE
    ending = _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + ending


@on_every_pair(forced="same dialect")
def test_an_image_that_a_tool_returns(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = tool(workshop, gateway.url, model)
    square, data = workshop.work / "square.png", base64.b64encode(crimson_png()).decode()
    square.write_bytes(crimson_png())
    # Where the tool is on offer it is called; what shows the image is answered with its colour, and nothing else is.
    simulator.behave(
        text="I will read it.", tool_calls=[agent.call_to_read(square)], match={"text": f'"{tool.reader}"'}
    )
    simulator.behave(text="It is crimson.", match={"text": data})
    assert "It is crimson." in agent.ask("What colour is square.png?")
    body = fullest(bodies(simulator, model))
    if model.startswith("claude"):
        assert_a_result_has_the_image(body, data, inside=tool is ClaudeCode)
    else:
        assert_the_image_is_behind_the_results(body, data)


def assert_a_result_has_the_image(body: Body, data: str, *, inside: bool) -> None:
    """Anthropic's dialect: in the result, or `inside` being false behind it in the same turn."""
    turn = parts(body["messages"][-1])
    (result,) = [part for part in turn if part["type"] == "tool_result"]
    assert result["content"]
    where: list[Mapping[str, Any]] = result["content"] if inside else turn[turn.index(result) + 1 :]
    (image,) = [part for part in where if part["type"] == "image"]
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": data}


def assert_the_image_is_behind_the_results(body: Body, data: str) -> None:
    """OpenAI's dialect: in a message of the user that follows the tool's own."""
    result, shown = body["messages"][-2:]
    assert result["role"] == "tool"
    assert result["content"]
    assert shown["role"] == "user"
    (image,) = [part for part in parts(shown) if part["type"] == "image_url"]
    assert image["image_url"]["url"] == f"data:image/png;base64,{data}"
