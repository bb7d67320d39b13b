"""Settings out of a process's environment: variables `WIZARD_…`, one for each setting."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from wizard.definitions.reading.complaints import Complaint, complaints, quoted
from wizard.errors import SettingsError
from wizard.settings import Settings

PREFIX = "WIZARD_"


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings that the variables give; one that is empty counts as not set.

    Raises SettingsError naming every variable that can't be used.
    """
    given = {name: value for variable, name in variables().items() if (value := environ.get(variable, "").strip())}
    if "log_level" in given:
        given["log_level"] = given["log_level"].lower()
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        # The messages never show the value: somebody may have put a password into a store's URL.
        problems = complaints(error, lambda place: Settings.model_fields, given)
        lines = (_sentence(f"{PREFIX}{str(problem.path[0]).upper()}", problem) for problem in problems)
        raise SettingsError("\n".join(lines)) from None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """The variables `WIZARD_…` that are no settings: most likely misspelt, and worth a warning."""
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in variables())


def variables() -> dict[str, str]:
    """The settings by their variables."""
    return {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}


def _sentence(variable: str, complaint: Complaint) -> str:
    message = complaint.message.replace(quoted(complaint.path[0]), "it", 1)
    return f"{variable} can't be used: {message.removesuffix('.')}."
