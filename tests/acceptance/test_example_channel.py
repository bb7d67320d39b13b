"""The tests of examples/channel, as whoever copies the example runs them in their own package."""

from __future__ import annotations

from tests.counterpart import example_tests

test_hooks_keep = example_tests().test_hooks_keep
test_without_its_settings_it_says_what_is_missing = example_tests().test_without_its_settings_it_says_what_is_missing
