"""What is told of a plug-in that was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
LONGEST = 600  # characters of a message
MOST = 500  # findings of one check


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong (`error`), or that should be better (`warning`), with what it is about."""

    severity: Severity
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.subject}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check: of which package, with its version, or module; what of it was looked at, in words; and
    what was found."""

    package: str
    checked: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_right(self) -> bool:
        return all(finding.severity != "error" for finding in self.findings)

    def as_json(self) -> Mapping[str, Any]:
        return {
            "package": self.package,
            "right": self.is_right,
            "checked": list(self.checked),
            "findings": [asdict(finding) for finding in self.findings],
        }
