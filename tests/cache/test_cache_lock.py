"""The right to work on a cache: one process and one thread at a time, and none when its holder is dead."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outlookimap.cache.lock import WorkingLock
from outlookimap.errors import CacheBusy, CacheError

HOLDER = """
import sys
from pathlib import Path
from outlookimap.cache.lock import WorkingLock
with WorkingLock(Path(sys.argv[1])).held(30):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.sqlite"


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let a process of its own hold the lock, until its input ends."""
    command = [sys.executable, "-W", "error", "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def taken(lock: WorkingLock, timeout: float = 0) -> bool:
    try:
        with lock.held(timeout):
            return True
    except CacheBusy:
        return False


def taken_by_another_thread(lock: WorkingLock, timeout: float = 0) -> bool:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(taken(lock, timeout)))
    thread.start()
    thread.join()
    return found[0]


def test_another_process_is_named(path: Path) -> None:
    with holder(path) as process:
        with pytest.raises(CacheBusy, match=rf"another process \(number {process.pid}\).*{path}-lock.*try again"):
            WorkingLock(path).held(0).__enter__()
        assert not taken(WorkingLock(path), timeout=0.05)


def test_a_process_that_is_done_leaves_it_free(path: Path) -> None:
    with holder(path) as process:
        process.communicate("")
    assert process.returncode == 0
    assert taken(WorkingLock(path))


def test_a_process_that_is_killed_leaves_it_free(path: Path) -> None:
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert taken(WorkingLock(path))


def test_it_is_waited_for(path: Path) -> None:
    with holder(path) as process:
        assert process.stdin is not None
        threading.Timer(0.1, process.stdin.close).start()
        assert taken(WorkingLock(path), timeout=30)


def test_one_process_at_a_time(path: Path, tmp_path: Path) -> None:
    """Each counts in a file, without which nothing would keep them apart."""
    counter = tmp_path / "counter"
    counter.write_text("0", encoding="ascii")
    script = """
import sys
from pathlib import Path
from outlookimap.cache.lock import WorkingLock
lock, counter = WorkingLock(Path(sys.argv[1])), Path(sys.argv[2])
for _ in range(50):
    with lock.held(60):
        counter.write_text(str(int(counter.read_text()) + 1))
"""
    command = [sys.executable, "-c", script, str(path), str(counter)]
    for process in [subprocess.Popen(command) for _ in range(3)]:
        assert process.wait(60) == 0
    assert counter.read_text(encoding="ascii") == "150"


@pytest.mark.parametrize("in_memory", [False, True])
class TestThreads:
    @pytest.fixture
    def lock(self, path: Path, in_memory: bool) -> WorkingLock:
        return WorkingLock(None if in_memory else path)

    def test_a_thread_may_take_it_again(self, lock: WorkingLock) -> None:
        with lock.held(0):
            with lock.held(0):
                assert not taken_by_another_thread(lock)
            assert not taken_by_another_thread(lock)
        assert taken_by_another_thread(lock)

    def test_another_waits(self, lock: WorkingLock) -> None:
        order: list[str] = []

        def second() -> None:
            with lock.held(30):
                order.append("second")

        thread = threading.Thread(target=second)
        with lock.held(0):
            thread.start()
            assert not taken_by_another_thread(lock, timeout=0.05)
            order.append("first")
        thread.join()
        assert order == ["first", "second"]

    def test_an_exception_gives_it_back(self, lock: WorkingLock) -> None:
        with pytest.raises(KeyboardInterrupt), lock.held(0):
            raise KeyboardInterrupt
        assert taken_by_another_thread(lock)


def test_two_caches_of_one_process_share_it(path: Path) -> None:
    first, second = WorkingLock(path), WorkingLock(path)
    with first.held(0):
        assert not taken(second)
    with second.held(0):
        assert not taken(first)
    assert taken(first)


def test_a_lock_that_was_not_had_can_be_had_later(path: Path) -> None:
    lock = WorkingLock(path)
    with holder(path):
        assert not taken(lock)
    with lock.held(0):
        assert not taken(WorkingLock(path))


def test_a_child_that_inherits_it_does_not_keep_it(path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from outlookimap.cache.lock import WorkingLock
path = Path(sys.argv[1])
with WorkingLock(path).held(0):
    child = os.fork()
    if child == 0:
        signal.pause()
try:
    with WorkingLock(path).held(0):
        print("free")
finally:
    os.kill(child, signal.SIGKILL)
"""
    command = [sys.executable, "-c", script, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == "free\n"


def test_the_file_is_its_owners(path: Path) -> None:
    before = os.umask(0)
    try:
        with WorkingLock(path).held(0):
            (file,) = path.parent.iterdir()
    finally:
        os.umask(before)
    assert file.name == "cache.sqlite-lock"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_link_is_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"as it was")
    Path(f"{path}-lock").symlink_to(victim)
    with pytest.raises(CacheError, match="cannot be opened"):
        WorkingLock(path).held(0).__enter__()
    assert victim.read_bytes() == b"as it was"


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="cannot be opened: No such file or directory"):
        WorkingLock(tmp_path / "gone" / "cache.sqlite").held(0).__enter__()
