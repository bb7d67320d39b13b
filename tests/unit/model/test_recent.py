"""What is remembered has an end, in number and in size; what was used longest ago goes first."""

from __future__ import annotations

import threading

from wizard.model.recent import Recent


def test_what_was_used_longest_ago_makes_room() -> None:
    """A process that lives for weeks would otherwise hold everything that it ever saw, or drop what is busy."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    assert recent.put("c", 3) == 1
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.forget("a")
    assert "a" not in recent
    assert len(recent) == 1


def test_sizes_count_together_and_the_newest_stays() -> None:
    """One that is larger than all room is needed all the same: it was put there to be used."""
    recent: Recent[str, str] = Recent(100, room=10)
    for key in "abc":
        recent.put(key, key, 4)
    assert [key for key in "abc" if key in recent] == ["b", "c"]
    recent.put("b", "another b", 1)
    assert (recent.size, recent.values()) == (5, ["c", "another b"])
    assert recent.put("d", "large", 50) == 2
    assert (recent.size, recent.values()) == (50, ["large"])
    recent.put("a", "a", 1)
    assert (recent.size, recent.values()) == (1, ["a"])


def test_what_has_to_stay_stays_beyond_the_bounds() -> None:
    """A compiled definition that a run in memory needs would be compiled again at once."""
    recent: Recent[str, str] = Recent(2, stays=lambda: {"a", "b"})
    for key in "abcd":
        recent.put(key, key)
    assert recent.values() == ["a", "b", "d"]


def test_sizes_are_right_whatever_threads_do_at_once() -> None:
    """A size that drifts would empty the memory, or fill it without an end."""
    recent: Recent[int, int] = Recent(5, room=40)

    def use(seed: int) -> None:
        for each in range(2000):
            key = (each * seed) % 9
            recent.put(key, each, key)
            recent.get((key + 1) % 9)
            recent.forget((key + 2) % 9)

    threads = [threading.Thread(target=use, args=(seed,)) for seed in (1, 2, 4, 5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert recent.size == sum(key for key in range(9) if key in recent)
