"""Coverage for a person at a terminal, for programs, and as a drawing: what was come to is solid and green, what
wasn't is dashed and red."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wizard.definitions.graph import END, Tested, edges_of, mermaid, svg
from wizard.model import Workflow
from wizard.scripts.coverage import KINDS, Part, WorkflowCoverage, edge_name, percent

MOST_NAMED = 20  # parts of one kind that nothing came to
DRAWINGS = (".svg", ".mmd", ".dot")


def lines_of(coverages: Sequence[WorkflowCoverage]) -> Iterator[str]:
    """The figures of each workflow, and what nothing came to."""
    for coverage in coverages:
        figures = ", ".join(
            f"{kind}s {coverage.figures[kind].covered} of {coverage.figures[kind].all}" for kind in KINDS
        )
        yield f"{coverage.workflow.id}: {figures} ({percent([coverage]):.0f} %)"
        for kind in KINDS:
            missing = coverage.figures[kind].missing
            yield from (f"  no {kind} {name}" for name in missing[:MOST_NAMED])
            if len(missing) > MOST_NAMED:
                yield f"  and {len(missing) - MOST_NAMED:,} more {kind}s"
    yield f"Coverage: {percent(coverages):.1f} %"


def as_json(coverages: Sequence[WorkflowCoverage]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "percent": round(percent(coverages), 1),
        "workflows": {
            coverage.workflow.id: {
                "percent": round(percent([coverage]), 1),
                **{
                    f"{kind}s": {
                        "covered": coverage.figures[kind].covered,
                        "all": coverage.figures[kind].all,
                        "missing": list(coverage.figures[kind].missing),
                    }
                    for kind in KINDS
                },
            }
            for coverage in coverages
        },
    }


def drawings(coverages: Sequence[WorkflowCoverage], file: Path) -> Mapping[Path, str]:
    """A drawing of each workflow, in the form that the file's name says; of several, each name has the workflow's id in
    it."""
    draw = {".svg": svg, ".mmd": mermaid, ".dot": dot}[file.suffix.lower()]
    return {_file(file, coverage, coverages): draw(coverage.workflow, _tested(coverage)) for coverage in coverages}


def _file(file: Path, coverage: WorkflowCoverage, coverages: Sequence[WorkflowCoverage]) -> Path:
    return file if len(coverages) == 1 else file.with_name(f"{file.stem}-{coverage.workflow.id}{file.suffix}")


def _tested(coverage: WorkflowCoverage) -> Tested:
    workflow, covered = coverage.workflow, coverage.covered
    nodes = frozenset(name for name in workflow.nodes if Part(workflow.id, "node", name) in covered)
    edges = (
        edge
        for edge in edges_of(workflow)
        if Part(workflow.id, "edge", edge_name(edge.source, edge.target, edge.label)) in covered
    )
    return Tested(nodes, frozenset(edges))


def dot(workflow: Workflow, tested: Tested) -> str:
    """The workflow in Graphviz's language."""
    lines = [f"digraph {_text(workflow.id)} {{", f"  label={_text(workflow.title)}; node [shape=box];"]
    edges = edges_of(workflow)
    for name in (*workflow.nodes, *([END] if any(edge.target == END for edge in edges) else [])):
        label = "End" if name == END else name
        lines.append(f"  {_text(label)} [{_look(tested.node(name))}];")
    for edge in edges:
        target = "End" if edge.target == END else edge.target
        label = f"label={_text(edge.label)}, " if edge.label else ""
        lines.append(f"  {_text(edge.source)} -> {_text(target)} [{label}{_look(edge in tested.edges)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _look(known: bool) -> str:
    return 'color="#1b6e3c", penwidth=2' if known else 'color="#a3231c", style=dashed'


def _text(text: str) -> str:
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
