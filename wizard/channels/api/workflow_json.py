"""A workflow as the JSON interface lists it: what somebody needs to know to start a run of it."""

from __future__ import annotations

from wizard.channels.api import responses
from wizard.forms.form import Form, default_label
from wizard.model import Workflow


def workflow_json(workflow: Workflow) -> responses.Workflow:
    """`input` lists what the workflow can be handed; a field with a default needn't be."""
    return {
        "id": workflow.id,
        "title": workflow.title,
        "version": workflow.version,
        "text": workflow.text,
        "input": [
            {
                "name": question.name,
                "type": question.type.name,
                "label": question.label if isinstance(question.label, str) else default_label(question.name),
                "required": question.required and question.default is None,
                "default": question.default,
            }
            for question in Form(workflow.input).questions
        ],
    }
