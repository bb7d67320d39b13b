"""What a caller would rather be answered: `Prefer: return=minimal` (RFC 7240)."""

from __future__ import annotations

import re
from collections.abc import Iterable

HEADER = "Prefer"
APPLIED = "Preference-Applied"
MINIMAL = "return=minimal"

_PREFERENCE = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')


def wants_minimal(headers: Iterable[str]) -> bool:
    """Whether the values of the header ask for the least. Of a preference that is there twice the first one counts;
    those that aren't known are passed over."""
    for header in headers:
        for preference in _PREFERENCE.findall(header):
            name, _, value = preference.partition(";")[0].partition("=")
            if name.strip().lower() == "return":
                return bool(value.strip().strip('"') == "minimal")
    return False
