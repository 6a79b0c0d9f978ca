"""What an installed argo-proxy consists of, as a CycloneDX document: `make sbom`.

    python -m tests.sbom CYCLONEDX_PY PYTHON FILE

Asks cyclonedx-py for all packages of the environment of PYTHON, makes argo-proxy the one that the document is about,
and takes out where on this machine it was built.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def about_argo_proxy(document: Json) -> Json:
    """The document with argo-proxy as its subject. StopIteration where it is not among the components."""
    root = next(one for one in document["components"] if one["name"] == "argo-proxy")
    others = [one for one in document["components"] if one is not root]
    places = [one for one in root.get("externalReferences", []) if not one["url"].startswith("file:")]
    subject = {**root, "type": "application", "externalReferences": places}
    return {**document, "metadata": {**document["metadata"], "component": subject}, "components": others}


def main() -> None:
    """Writes the file."""
    cyclonedx, python, file = sys.argv[1:]
    asked = [cyclonedx, "environment", "--output-reproducible", "--output-format", "JSON", "--validate", python]
    told = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout
    document = about_argo_proxy(json.loads(told))
    Path(file).write_text(json.dumps(document, indent=2) + "\n")
    subject = document["metadata"]["component"]
    print(f"{file}: argo-proxy {subject['version']} and {len(document['components'])} packages")


if __name__ == "__main__":
    main()
