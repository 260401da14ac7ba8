from __future__ import annotations

import pytest

from outlookimap.transport.clock import FakeClock, SystemClock


def test_the_systems_clock_never_goes_back() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)


def test_a_fake_clock_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(100.0)
    assert (clock.now(), clock.now()) == (100.0, 100.0)
    clock.advance(0.5)
    clock.advance(0)
    assert clock.now() == 100.5
    assert FakeClock().now() == 0.0


def test_a_fake_clock_does_not_go_back() -> None:
    clock = FakeClock()
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    assert clock.now() == 0.0


def test_watchers_are_called_after_each_advance_and_see_the_new_time() -> None:
    clock = FakeClock()
    seen: list[float] = []

    def watcher() -> None:
        seen.append(clock.now())

    clock.watch(watcher)
    clock.advance(1)
    clock.advance(2)
    clock.unwatch(watcher)
    clock.unwatch(watcher)
    clock.advance(3)
    assert seen == [1.0, 3.0]
