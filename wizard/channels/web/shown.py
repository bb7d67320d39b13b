"""What a page that asks says of itself when it is sent: what was shown there, and when."""

from __future__ import annotations

from typing import NamedTuple

from wizard.channels.web.posted import SEEN, Posted

_LONGEST = 100  # characters


class Shown(NamedTuple):
    """`mark` is that of the page's step, `page` tells it apart from all others that show this step, and `revision` is
    that of the run. What a page doesn't say is ""."""

    mark: str
    page: str = ""
    revision: str = ""

    @classmethod
    def read(cls, posted: Posted) -> Shown:
        """Whatever is sent, cut short where it is too long."""
        mark, _, others = posted.text(SEEN)[:_LONGEST].partition("-")
        page, _, revision = others.partition("-")
        return cls(mark, page, revision)

    @property
    def written(self) -> str:
        return "-".join(self)
