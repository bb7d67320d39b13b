"""Whether a configuration is right, by itself: what is wrong is said by its place. Whether what it names is there, only
a whole definition can tell (wizard.definitions.checks).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wizard.actions.action import Action
from wizard.actions.configuration_form import normalised
from wizard.actions.inputs import Asked
from wizard.definitions.reading import source
from wizard.definitions.reading.complaints import complaints, whole
from wizard.definitions.schema import known_keys
from wizard.errors import ConfigurationRefused, DefinitionError
from wizard.model.workflow import Path
from wizard.node.keys import keys_of
from wizard.node.plugins import reason_of
from wizard.process.isolation import contained


def validate(action: Action, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as it is written (`normalised`). Raises ConfigurationRefused with everything that is wrong with
    it."""
    try:
        data = source.from_data(config, action.type).data
    except DefinitionError as error:
        raise ConfigurationRefused({(): error.problems[0].message}) from None
    if errors := _errors(action, data):
        raise ConfigurationRefused(errors)
    return normalised(action, data)


def _errors(action: Action, data: Mapping[str, Any]) -> dict[Path, str]:
    node_type, fields = action.node_type, action.fields
    errors: dict[Path, str] = {}
    for key in data:
        if key in keys_of(node_type) - known_keys(node_type.Config):
            errors[key,] = f"`{key}` isn't a part of the configuration: it stands beside it, in the node"
    own = {key: value for key, value in data.items() if (key,) not in errors}
    try:
        config = node_type.Config.model_validate(own, context=fields)
        for place, message in node_type.check(config):
            errors.setdefault(place, whole(place, message))
    except ValidationError as error:

        def known(place: Path) -> frozenset[str]:
            return known_keys(node_type.Config, place, fields)

        for complaint in complaints(error, known, own):
            place = (*complaint.path, complaint.missing) if complaint.missing else complaint.path
            errors.setdefault(place, complaint.message)
    except BaseException as raised:
        failure = contained(raised)
        errors[()] = f"the node type `{action.type}` can't say whether this is right: {reason_of(failure)}"
    return errors


def by_name(errors: Mapping[Path, str]) -> dict[str, str]:
    """Errors by place, each place as one text: `cases.0.when`. That of the whole is ""."""
    return {".".join(map(str, path)): message for path, message in errors.items()}


def by_field(action: Asked, errors: Mapping[Path, str]) -> tuple[dict[str, str], list[str]]:
    """Errors by the name of the form's field in which their place is, and those that are about none."""
    inputs = sorted((made for made in action.inputs if made.field), key=lambda made: -len(made.path))
    told: dict[str, str] = {}
    others: list[str] = []
    for path, message in errors.items():
        made = next((made for made in inputs if made.path and made.path == path[: len(made.path)]), None)
        if made is None:
            others.append(message)
        else:
            inside = ".".join(map(str, path[len(made.path) :]))
            more = f"{inside}: {message}" if inside else message
            told[made.name] = "; ".join(filter(None, (told.get(made.name), more)))
    return told, others
