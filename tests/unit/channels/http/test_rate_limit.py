"""How often runs may be started: bursts are fine, floods aren't, and nobody is kept out for another's sake."""

from __future__ import annotations

import pytest

from wizard.channels.http.rate_limit import Rate, Turns, network_of


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_may_come_at_once_and_then_as_time_goes_by() -> None:
    """A class of thirty that begins together must get in; a script in a loop mustn't for long."""
    watch = Watch()
    rate = Rate(60, watch)
    assert [rate.wait("192.0.2.1") for _ in range(61)] == [0] * 60 + [1]
    watch.now += 2.5
    assert [rate.wait("192.0.2.1") for _ in range(3)] == [0, 0, 1]
    watch.now += 3600
    assert [rate.wait("192.0.2.1") for _ in range(61)][-2:] == [0, 1]


def test_the_wait_is_how_long_it_takes() -> None:
    """Retry-After that is too short makes clients come back in vain."""
    watch = Watch()
    rate = Rate(2, watch)
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 30]
    watch.now += 29
    assert rate.wait("a") == 1
    watch.now += 1
    assert rate.wait("a") == 0


def test_each_address_has_its_own() -> None:
    """One flood mustn't keep others out."""
    rate = Rate(1, Watch())
    assert [rate.wait(each) for each in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [0, 0, 60]


def test_no_limit_is_no_limit() -> None:
    """0 turns it off, for whoever limits elsewhere."""
    rate = Rate(0, Watch())
    assert not any(rate.wait("192.0.2.1") for _ in range(1000))


def test_a_bounded_number_of_addresses_is_remembered() -> None:
    """A flood from many addresses must not fill the memory; who asked longest ago is forgotten."""
    rate = Rate(1, Watch(), most_addresses=2)
    assert [rate.wait(each) for each in ("a", "b", "c")] == [0, 0, 0]
    assert [rate.wait("c"), rate.wait("b"), rate.wait("a")] == [60, 60, 0]


def test_what_comes_beyond_the_burst_waits_for_its_turn() -> None:
    """A thousand answers that waited and come at once would be the flood, a second later."""
    watch = Watch()
    turns = Turns(60, 10, watch)
    assert [turns.wait("a") for _ in range(24)] == [0] * 12 + [*range(1, 11), 10, 10]
    watch.now += 5
    assert [turns.wait("b"), turns.wait("a")] == [0, 6]
    watch.now += 3600
    assert [turns.wait("a") for _ in range(13)] == [0] * 12 + [1]


def test_the_first_one_never_waits() -> None:
    """Whoever allows very few refusals a minute still tells people at once what they did wrong."""
    turns = Turns(1, 10, Watch())
    assert [turns.wait("a"), turns.wait("a"), turns.wait("b")] == [0, 10, 0]


def test_no_limit_on_turns_is_no_limit() -> None:
    """0 turns it off here too."""
    turns = Turns(0, 10, Watch())
    assert not any(turns.wait("a") for _ in range(1000))


def test_turns_of_a_bounded_number_of_addresses_are_remembered() -> None:
    """A flood from many addresses must not fill the memory here either."""
    turns = Turns(1, 10, Watch(), most_addresses=2)
    assert [turns.wait(each) for each in ("a", "b", "c", "c", "b", "a")] == [0, 0, 0, 10, 10, 0]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unknown", "unknown"),
        ("x" * 5000, "x" * 100),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    """One customer has billions of IPv6 addresses; and a proxy may say anything."""
    assert network_of(address) == network
