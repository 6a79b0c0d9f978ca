"""Known vulnerabilities of what an installed argo-proxy consists of: `make audit`.

    python -m tests.audit PIP_AUDIT SITE_PACKAGES

pip-audit ends well where an index knows nothing of the packages, so its report is read: the exit code is 0 where all
were looked up and none has a vulnerability, 1 where one has, 3 where it could not be found out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

FOUND, NOT_KNOWN = 1, 3
OWN = "argo-proxy"
"""Not looked up: an index may not have it yet."""
REMEDY = "It needs a network in which pypi.org (or osv.dev, with `pip-audit -s osv`) can be reached."


def verdict(report: dict[str, Any]) -> tuple[int, str]:
    """Exit code and what to say of a report of pip-audit's."""
    packages = [one for one in report["dependencies"] if one["name"] != OWN]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in packages
        for flaw in one.get("vulns", [])
    ]
    said = [*found, f"{len(packages) - len(skipped)} of {len(packages)} packages were looked up."]
    if skipped or not packages:
        said.append(f"NOT AUDITED: {', '.join(skipped) or 'there is nothing to look up'}. {REMEDY}")
    return FOUND if found else NOT_KNOWN if skipped or not packages else 0, "\n".join(said)


def main() -> int:
    """Prints what was found, and what was not."""
    pip_audit, site_packages = sys.argv[1:]
    asked = [pip_audit, "--progress-spinner", "off", "--format", "json", "--path", site_packages]
    done = subprocess.run(asked, capture_output=True, text=True)
    try:
        code, said = verdict(json.loads(done.stdout))
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        code, said = NOT_KNOWN, f"NOT AUDITED: {reason}\n{REMEDY}"
    print(said)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
