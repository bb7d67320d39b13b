"""What is wrong outside of runs: in an author's definitions, a host's settings and functions, a plug-in, a page."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.errors.base import WizardError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a definition, where it is (1-based line and column) and how bad."""

    file: str
    line: int
    column: int
    message: str
    severity: str = "error"  # or "warning"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


class DefinitionError(WizardError):
    """A workflow definition is wrong. `problems` lists everything that was found, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(WizardError):
    """An environment variable has a value that can't be used."""


class HostError(WizardError, TypeError):
    """A function of the application that the engine is built into gave what can't be used."""

    private = False  # types are named, and no values


class DoorMisused(WizardError):
    """The door can't be used here."""


class DoorCutOff(WizardError):
    """A function or node type cancelled what was under way, this call as well. What was stored stays: send it again."""


class DoorTimeout(WizardError, TimeoutError):
    """The call took longer than it may, and was stopped. What was stored stays: send it again."""


class PlugInRefused(WizardError):
    """The plug-in can't be installed, found, removed or written."""


class PageFailed(WizardError):
    """The page can't be shown: its template failed. The message quotes nothing that people answered."""

    private = False
