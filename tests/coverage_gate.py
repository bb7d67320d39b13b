"""`python -m tests.coverage_gate FILE` reads what `coverage json` wrote and fails where too little is tested.

The rules and what checks a person's input are covered whole, every branch; all of it to 95 %.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

WHOLE = (
    "wizard/machine/machine.py",
    "wizard/machine/background.py",
    "wizard/machine/showing.py",
    "wizard/expressions/",
    "forms/",
)
LEAST = 95.0  # per cent of lines and branches, of everything


def main(arguments: list[str]) -> int:
    report = json.loads(Path(arguments[0]).read_text())
    failures = []
    files = {name.replace("wizard/forms/", "forms/"): file for name, file in report["files"].items()}
    for inside, file in sorted(files.items()):
        if inside.startswith(WHOLE) and file["summary"]["percent_covered"] < 100:
            failures.append(
                f"{inside}: lines {file['missing_lines']}, branches {file['missing_branches']} aren't covered"
            )
    unmeasured = [start for start in WHOLE if not any(name.startswith(start) for name in files)]
    failures += [f"{start} isn't in the report: it wasn't measured" for start in unmeasured]
    total = report["totals"]["percent_covered"]
    if total < LEAST:
        failures.append(f"{total:.1f} % of everything is covered; {LEAST} % is the least")
    print("\n".join(failures) or f"coverage: {total:.1f} % of everything, the core whole")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
