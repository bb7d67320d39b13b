"""The recorded vectors of the contract, played in a clone that stands alone."""

import random
from pathlib import Path

import pytest

from tests.conformance.player import play_all, read_vectors
from tests.drawing import RECORDED, drawn
from tests.fast import SHARE

VECTORS = sorted(Path(__file__).parent.glob("*.jsonl.gz"))
COUNTS = {"edits.jsonl.gz": 600, "traces.jsonl.gz": 842}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.name)
async def test_every_vector_agrees(path: Path, tmp_path: Path, fuzz_seed: int, pytestconfig: pytest.Config) -> None:
    """Whoever relies on the contract of moves (S1-S12) would see another path than it promises."""
    vectors = list(read_vectors(path))
    assert len(vectors) == COUNTS[path.name]
    option = pytestconfig.option
    if option.fast or option.draw:
        count = int(len(vectors) * SHARE) if option.fast else drawn(len(vectors), RECORDED)
        vectors = random.Random(f"{fuzz_seed} {path.name}").sample(vectors, k=count)
    played, mismatches = await play_all(vectors, tmp_path)
    assert not mismatches, "\n".join(str(mismatch) for mismatch in mismatches[:10])
    assert played == len(vectors) >= 30


def test_both_files_are_there() -> None:
    """A clone without the vectors would pass by playing nothing."""
    assert {path.name for path in VECTORS} == set(COUNTS)
