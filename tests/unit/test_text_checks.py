"""Texts that their author took for something else."""

from __future__ import annotations

from tests.unit.checked import told


def test_a_name_without_its_braces() -> None:
    """`total: loss.total` sends people the words “loss.total” instead of an amount."""
    found = told(
        """\
        id: claim
        nodes:
          - {id: loss, type: form, fields: [{name: total, type: decimal, label: Total}]}
          - {id: sums, type: set, values: {total: loss.total, more: {deep: [loss.total]}, site: a.org, no: loss.x}}
        """
    )
    message = 'this is the text `loss.total`, and not the value that is called so; write "{{ loss.total }}" for that'
    assert found == [f"4 warning: {message}"] * 2


def test_a_template_where_none_is_read() -> None:
    """People would read the braces."""
    assert told(
        """\
        id: claim
        title: For {{ input.name }}
        input: {name: {type: text, default: "{{ profile.name }}"}}
        nodes:
          - {id: a, type: form, title: "For {{ input.name }}", fields: [{name: b, label: B, pattern: "[{]{2}x"}]}
        """
    ) == [
        "2 warning: `title` is no template, so that people would read `For {{ input.name }}` as it stands",
        "3 warning: `default` is no template, so that people would read `{{ profile.name }}` as it stands; "
        "`prefill` is one",
    ]
