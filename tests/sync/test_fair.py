"""The lock of a line: who waits comes before whoever has just had it."""

from __future__ import annotations

import threading

from outlookimap.sync.fair import FairLock

PATIENCE = 20.0


def test_a_thread_in_a_loop_keeps_nobody_waiting() -> None:
    lock, over, came = FairLock(), threading.Event(), threading.Event()
    turns = 0

    def wait() -> None:
        with lock:
            came.set()

    waiter = threading.Thread(target=wait)
    with lock:
        waiter.start()
        while not lock._turnstile.locked():
            over.wait(0.001)  # until it stands in the turnstile
    while not came.is_set():
        with lock:
            turns += 1
    waiter.join(PATIENCE)
    assert turns <= 1  # only where it came between the two


def test_its_owner_may_take_it_again_while_another_waits() -> None:
    lock, came = FairLock(), threading.Event()
    waiter = threading.Thread(target=lambda: came.set() if lock.acquire(PATIENCE) else None)
    with lock:
        waiter.start()
        while not lock._turnstile.locked():
            came.wait(0.001)
        with lock:
            assert lock.acquire(0.0)
            lock.release()
        assert not came.is_set()
    assert came.wait(PATIENCE)
    waiter.join(PATIENCE)


def test_patience_ends() -> None:
    lock = FairLock()
    found: list[bool] = []
    with lock:
        waiter = threading.Thread(target=lambda: found.append(lock.acquire(0.01)))
        waiter.start()
        waiter.join(PATIENCE)
    assert found == [False]
    assert lock.acquire(0.0)
