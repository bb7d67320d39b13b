"""`python -m tests.conformance FILE…` plays vectors and ends with `N of M vectors agree`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.player import play_all, read_vectors

SHOWN = 10


def main(arguments: list[str]) -> int:
    if not arguments:
        print("usage: python -m tests.conformance FILE…  (.jsonl or .jsonl.gz)", file=sys.stderr)
        return 2
    vectors = (vector for name in arguments for vector in read_vectors(Path(name)))
    with TemporaryDirectory() as folder:
        played, mismatches = asyncio.run(play_all(vectors, Path(folder)))
    for mismatch in mismatches[:SHOWN]:
        print(mismatch)
    print(f"{played - len(mismatches)} of {played} vectors agree")
    return 0 if played and not mismatches else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
