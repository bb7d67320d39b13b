"""What `wizard test` tells of how far its scripts, or its walks, come: lines, files, and whether it is enough."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.outputs import check_file
from wizard.cli.shared import clean

if TYPE_CHECKING:
    from wizard.model import Workflow
    from wizard.scripts.coverage import Covered

CoverageOption = Annotated[
    bool, typer.Option("--coverage", help="Say what the scripts come to: nodes, edges, fields, messages.")
]
CoverageJsonOption = Annotated[
    Path | None, typer.Option("--coverage-json", metavar="FILE", help="Write the coverage there, as JSON.")
]
GraphOption = Annotated[
    Path | None,
    typer.Option("--graph", metavar="FILE", help="Draw the coverage there: FILE.svg, FILE.mmd or FILE.dot."),
]
FailUnderOption = Annotated[
    float | None,
    typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="Fail where the coverage is less."),
]


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What is to be told of the coverage."""

    text: bool
    as_json: Path | None
    graph: Path | None
    least: float | None

    def check(self) -> None:
        """Raises BadParameter for a drawing that there is no way to make, and for a file that can't be written."""
        from wizard.scripts.coverage_report import DRAWINGS

        if self.graph is not None and self.graph.suffix.lower() not in DRAWINGS:
            raise typer.BadParameter(f"name a file that ends in {', '.join(DRAWINGS)}.", param_hint="--graph")
        check_file(self.graph, "--graph")
        check_file(self.as_json, "--coverage-json")

    def tell(self, workflows: Sequence[Workflow], covered: Covered) -> bool:
        """Whether it is enough. Raises OSError."""
        if not self.text and self.as_json is None and self.graph is None and self.least is None:
            return True
        from wizard.scripts import coverage_report
        from wizard.scripts.coverage import coverage_of, percent

        coverages = coverage_of(workflows, covered)
        if self.text:
            for line in coverage_report.lines_of(coverages):
                print(clean(line))
        if self.as_json is not None:
            text = json.dumps(coverage_report.as_json(coverages), indent=2, ensure_ascii=False)
            self.as_json.write_text(f"{text}\n", encoding="utf-8")
        if self.graph is not None:
            for file, text in coverage_report.drawings(coverages, self.graph).items():
                file.write_text(text, encoding="utf-8")
        reached = percent(coverages)
        if self.least is None or reached >= self.least:
            return True
        print(f"The coverage is {reached:.1f} %, less than {self.least:g} %; --coverage names what is missing.")
        return False
