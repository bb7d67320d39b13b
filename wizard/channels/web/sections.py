"""A list of answers as it is read: below headings for the parts of the form and for its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from wizard.locale.sentences import sentence
from wizard.model import Item

_NO_ANSWER = sentence("No answer")


@dataclass(slots=True)
class Section:
    """Answers that stand below one heading. `part` is the heading of the part of the form that begins with it
    ("Person 2"), `heading` that of its page, either may be "". `inside` says that the page belongs to a part, `unseen`
    that only who listens needs its heading. With each of the `rows` comes what tells it from others of its label, or
    ""."""

    part: str
    heading: str
    inside: bool
    unseen: bool
    rows: list[tuple[Item, str]]


def sections(lines: Iterable[Item]) -> list[Section]:
    """Lines of answers by the parts of the form and its pages, in order. A page whose only question is its title needs
    no heading, unless it would stand below another page's; nor does one that is called as the part that it begins."""
    pages = [tuple(items) for _, items in groupby(lines, key=attrgetter("group", "page", "step"))]
    if len(pages) == 1:
        return [Section("", "", False, False, [(item, "") for item in pages[0]])]
    made: list[Section] = []
    group, below_heading = "", False
    for items, name in zip(pages, _names(pages), strict=True):
        first = items[0]
        begins = bool(first.group) and first.group != group
        below_heading = not begins and (below_heading or bool(group and not first.group))
        said = (len(items) == 1 and first.page == first.label) or (begins and first.page == first.group)
        own = bool(first.page) and not said
        rows = [(item, ", ".join(part for part in (first.group, name if own else "") if part)) for item in items]
        if own or begins or below_heading or not made:
            heading = name if own else first.label if below_heading else ""
            made.append(Section(first.group if begins else "", heading, bool(first.group), not own, rows))
        else:
            made[-1].rows += rows
            if made[-1].unseen and made[-1].heading:  # that of one page alone isn't true of others
                made[-1].heading += f", {first.label}"
        group, below_heading = first.group, own
    return made


def as_text(title: str, lines: Iterable[Item], language: str = "en") -> str:
    """A copy to keep as a file, in the run's language: the headings, and an answer a line; those of several lines are
    indented."""
    written, none = [title], _NO_ANSWER.in_language(language)
    for section in sections(lines):
        heading = "" if section.unseen else section.heading
        written += ["", *(line for line in (section.part, heading) if line)]
        for line, _ in section.rows:
            value = "\n  ".join((line.value or none).splitlines())
            written.append(f"{line.label}: {value}")
    return "\n".join(written) + "\n"


def _names(pages: Sequence[Sequence[Item]]) -> list[str]:
    """What each page is called: the second one of an equal name in the same part is "Contact 2"."""
    count: Counter[tuple[str, str]] = Counter()
    names = []
    for first, *_ in pages:
        count[first.group, first.page] += 1
        number = count[first.group, first.page]
        names.append(f"{first.page} {number}" if first.page and number > 1 else first.page)
    return names
