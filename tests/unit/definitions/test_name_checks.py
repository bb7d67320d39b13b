"""Names that are read where something else is meant by them."""

from __future__ import annotations

from tests.unit.checked import told


def test_what_an_item_is_handed() -> None:
    """`Person {{ input.index }}` reads “Person ” for each of them: `input` there is that of the definition around."""
    assert told(
        """\
        id: family
        nodes:
          - id: people
            type: workflow
            workflow: person
            with: {heading: "Person {{ input.index }}"}
            repeat: {times: 2}
        ---
        id: person
        nodes: [{id: who, type: form, title: "Person {{ input.index }}", fields: [{name: name, label: Name}]}]
        """
    ) == [
        "6 warning: `input.index` is null here, where `input` is what `family` itself is handed; each item gets its "
        "own, so read `input.index` inside `person`"
    ]


def test_a_repeat_sees_the_items_before() -> None:
    """The list page asks “Another person?” by how many there are, and items are handed those before them."""
    assert (
        told(
            """\
            id: family
            nodes:
              - id: people
                type: workflow
                workflow: person
                with: {others: "{{ [p.who.name for p in people] }}"}
                repeat: {min: 0, max: 3, add_another: "{% if len(people) == 0 %}A person?{% else %}Another?{% endif %}"}
            ---
            id: person
            nodes: [{id: who, type: form, fields: [{name: name, label: Name}]}]
            """
        )
        == []
    )
