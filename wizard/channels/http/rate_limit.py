"""How often an address may ask for what costs something: a burst is fine and a flood isn't.

`Rate` refuses what is too much (a token bucket for each address). `Turns` lets it wait: each request beyond the burst
has a turn of its own, at even distances, so that what waits never comes all at once (GCRA, the leaky bucket as a meter:
ITU-T I.371).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from time import monotonic

from wizard.model.recent import Recent

MOST_ADDRESSES = 20_000  # remembered at once; the one that asked longest ago is forgotten first


class Rate:
    """`a_minute` requests a minute for each address, at once or one after another; 0 is no limit.
    `clock` gives seconds that never go back."""

    def __init__(
        self, a_minute: int, clock: Callable[[], float] = monotonic, most_addresses: int = MOST_ADDRESSES
    ) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._left: Recent[str, tuple[float, float]] = Recent(most_addresses)  # (requests left, as of when)

    def wait(self, address: str) -> int:
        """Counts a request: 0 if it may be made, else the whole seconds after which the next one may."""
        if self._a_minute == 0:
            return 0
        now, key = self._clock(), network_of(address)
        left, since = self._left.get(key) or (float(self._a_minute), now)
        left = min(float(self._a_minute), left + (now - since) * self._a_minute / 60)
        granted = left >= 1
        self._left.put(key, (left - 1 if granted else left, now))
        return 0 if granted else max(1, math.ceil((1 - left) * 60 / self._a_minute))


class Turns:
    """`a_minute` requests a minute for each address, a fifth of them (at least one) at once; 0 is no limit. `longest`
    is how many seconds one may wait: where more ask than can have a turn by then, they have it then. `clock` gives
    seconds that never go back."""

    def __init__(
        self,
        a_minute: int,
        longest: float,
        clock: Callable[[], float] = monotonic,
        most_addresses: int = MOST_ADDRESSES,
    ) -> None:
        self._apart = 60 / a_minute if a_minute else 0.0
        self._burst = (max(1, a_minute // 5) - 1) * self._apart
        self._longest = longest
        self._clock = clock
        self._next: Recent[str, float] = Recent(most_addresses)  # when the next request would be on time

    def wait(self, address: str) -> float:
        """Counts a request: the seconds until its turn, 0 where it is now."""
        if not self._apart:
            return 0.0
        now, key = self._clock(), network_of(address)
        due = max(now, self._next.get(key) or now)
        waits = min(max(0.0, due - self._burst - now), self._longest)
        self._next.put(key, min(due, now + self._burst + self._longest) + self._apart)
        return waits


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, since one customer gets all of these."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
    return str(known)
