"""Makes the filter of OpenAI's vocabulary that tokens are estimated with.

npm install tiktoken
python -m tests.translation.vocabulary node_modules/tiktoken/encoders/o200k_base.json
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from argo_addon.translation.vocabulary import BITS, FILE, places


def pieces(file: Path) -> list[bytes]:
    """The pieces of a vocabulary as tiktoken's package for JavaScript has it."""
    lines = json.loads(file.read_text())["bpe_ranks"].split("\n")
    return [base64.b64decode(piece) for line in lines for piece in line.split(" ")[2:]]


def main() -> None:
    """Writes the file."""
    made = bytearray(BITS // 8)
    for piece in pieces(Path(sys.argv[1])):
        for place in places(piece):
            made[place >> 3] |= 1 << (place & 7)
    FILE.write_bytes(made)


if __name__ == "__main__":
    main()
