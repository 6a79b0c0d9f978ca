"""Real coding tools, headless, through the proxy to the simulator: an agent's loop with two parallel shell calls.

ARGO_PROXY_TOOLS is the npm prefix that has them (default .cache/tools). `make e2e-ten` runs this file ten times.
"""

from __future__ import annotations

from .processes import Proxy, Simulator
from .tools import CodingTool, on_every_pair
from .upstream import assert_the_calls_gave, bodies, fullest
from .workshop import Workshop

PROMPT = (
    "Run `printf 'alpha-%s\\n' $((6*7)) > one.txt; cat one.txt` and "
    "`printf 'beta-%s\\n' $((6*9)) > two.txt; cat two.txt`, both at once, then tell me what they printed."
)


@on_every_pair(forced="every pair", other_names=True)
def test_two_parallel_calls(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    answer = tool(workshop, gateway.url, model).ask(PROMPT)
    files = {path.name: path.read_text() for path in workshop.work.glob("*.txt")}
    assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}
    assert "alpha-42" in answer
    assert "beta-54" in answer
    assert_the_calls_gave(fullest(bodies(simulator, model)), {"one.txt": "alpha-42", "two.txt": "beta-54"})
