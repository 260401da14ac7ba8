"""The file under the cache: whom it belongs to, its versions, transactions and errors, several processes at once."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outlookimap.cache import database as database_module
from outlookimap.cache.database import APPLICATION_ID, Database, shipped_migrations
from outlookimap.errors import CacheBusy, CacheError, CacheTooNew

ONE = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); -- the first; of two\n"
TWO = """
-- a trigger has semicolons of its own
CREATE TABLE log (text TEXT);
CREATE TRIGGER kept AFTER DELETE ON notes BEGIN
    INSERT INTO log VALUES (old.text);
END;
ALTER TABLE notes ADD COLUMN more TEXT
"""
BROKEN = "ALTER TABLE notes ADD COLUMN more TEXT; DELETE FROM notes; CREATE TABLE notes (id INTEGER);"

PRELUDE = """
import os, signal, sys
from outlookimap.cache.database import Database
from outlookimap.errors import CacheError
path = sys.argv[1]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache.sqlite"


@pytest.fixture
def notes(file: Path) -> Iterator[Database]:
    database = Database(file, migrations=[ONE])
    yield database
    database.close()


def begin(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a script in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", PRELUDE + script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str], status: int = 0) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    return out


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def texts(database: Database) -> list[Any]:
    return [text for (text,) in database.query("SELECT text FROM notes ORDER BY id")]


def write(database: Database, text: str) -> None:
    database.execute("INSERT INTO notes (text) VALUES (?)", (text,))


class TestWhoMayRead:
    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
    def test_a_new_file_is_its_owners(self, file: Path, umask: int) -> None:
        before = os.umask(umask)
        try:
            database = Database(file, migrations=[ONE])
            write(database, "a")
            beside = sorted(path.name for path in file.parent.iterdir())
            modes = {mode(path) for path in file.parent.iterdir()}
            database.close()
        finally:
            os.umask(before)
        assert beside == ["cache.sqlite", "cache.sqlite-shm", "cache.sqlite-wal"]
        assert modes == {0o600}

    def test_a_wider_file_is_narrowed_and_what_lies_beside_it(self, file: Path) -> None:
        first = Database(file, migrations=[ONE])
        write(first, "a")
        for path in file.parent.iterdir():
            path.chmod(0o644)
        second = Database(file, migrations=[ONE])
        assert {mode(path) for path in file.parent.iterdir()} == {0o600}
        assert texts(second) == ["a"]
        first.close()
        second.close()

    def test_one_that_cannot_be_narrowed_is_refused(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Database(file, migrations=[ONE]).close()
        file.chmod(0o644)

        def refused(path: Path, mode: int) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

        monkeypatch.setattr(Path, "chmod", refused)
        with pytest.raises(CacheError, match="others may read it, and its mode cannot be changed"):
            Database(file, migrations=[ONE])

    def test_an_empty_file_becomes_a_cache_of_its_owners(self, file: Path) -> None:
        file.touch(0o644)
        with_it = Database(file, migrations=[ONE])
        assert mode(file) == 0o600
        assert with_it.query("PRAGMA user_version") == [(1,)]
        with_it.close()

    def test_a_file_that_only_its_owner_may_read_does_not_become_writable(self, file: Path) -> None:
        Database(file, migrations=[ONE]).close()
        file.chmod(0o444)
        Database(file, migrations=[ONE]).close()
        assert mode(file) == 0o400


def other_application(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


def with_application_id(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 252006674")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


def in_wal_mode(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


def some_text(path: Path) -> None:
    path.write_bytes(b"Dear diary,\n" * 500)


def short_text(path: Path) -> None:
    path.write_bytes(b"x")


def nothing_but_zeros(path: Path) -> None:
    path.write_bytes(bytes(4096))


class TestFilesOfOthers:
    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (other_application, "another application made it: name another file"),
            (with_application_id, "another application made it: name another file"),
            (in_wal_mode, "another application made it: name another file"),
            (some_text, "it is not a cache: name another file"),
            (short_text, "it is not a cache: name another file"),
            (nothing_but_zeros, "it is not a cache: name another file"),
        ],
    )
    def test_they_are_refused_and_left_as_they_are(self, file: Path, make: Callable[[Path], None], said: str) -> None:
        make(file)
        file.chmod(0o644)
        before = file.read_bytes()
        with pytest.raises(CacheError, match=said) as caught:
            Database(file)
        assert str(file) in str(caught.value)
        assert file.read_bytes() == before
        assert mode(file) == 0o644
        assert list(file.parent.iterdir()) == [file]

    def test_a_directory_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(CacheError, match="this is not a file"):
            Database(tmp_path)

    @pytest.mark.parametrize("parent", ["missing", "file"])
    def test_a_place_where_no_file_can_be(self, tmp_path: Path, parent: str) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(CacheError, match=r"it cannot be made: (No such file|Not a directory)") as caught:
            Database(tmp_path / parent / "cache.sqlite")
        assert isinstance(caught.value.__cause__, OSError)

    def test_ours_says_so(self, file: Path) -> None:
        Database(file).close()
        connection = sqlite3.connect(file)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        connection.close()


class TestVersions:
    def test_a_newer_file_is_left_as_it_is(self, file: Path) -> None:
        Database(file, migrations=[ONE, TWO]).close()
        file.chmod(0o640)
        before = file.read_bytes()
        with pytest.raises(CacheTooNew, match=r"its version is 2, this package reads up to 1.*update the package"):
            Database(file, migrations=[ONE])
        assert file.read_bytes() == before
        assert mode(file) == 0o640
        assert list(file.parent.iterdir()) == [file]

    def test_also_where_its_writer_was_killed(self, file: Path) -> None:
        script = """
database = Database(path, migrations=["CREATE TABLE a (b)", "CREATE TABLE c (d)"])
database.execute("INSERT INTO a VALUES (1)")
os.kill(os.getpid(), signal.SIGKILL)
"""
        ended(begin(script, file), -signal.SIGKILL)
        contents = {path: path.read_bytes() for path in (file, Path(f"{file}-wal"))}
        assert contents[Path(f"{file}-wal")]
        with pytest.raises(CacheTooNew):
            Database(file, migrations=["CREATE TABLE a (b)"])
        assert {path: path.read_bytes() for path in contents} == contents

    def test_an_older_file_is_brought_up(self, file: Path) -> None:
        first = Database(file, migrations=[ONE])
        write(first, "a")
        first.close()
        second = Database(file, migrations=[ONE, TWO])
        second.execute("UPDATE notes SET more = 'b'")
        second.execute("DELETE FROM notes")
        assert second.query("SELECT text FROM log") == [("a",)]
        assert second.query("PRAGMA user_version") == [(2,)]
        second.close()

    def test_a_migration_that_fails_leaves_the_version_before(self, file: Path, notes: Database) -> None:
        write(notes, "a")
        notes.close()
        with pytest.raises(CacheError, match="table notes already exists"):
            Database(file, migrations=[ONE, BROKEN])
        again = Database(file, migrations=[ONE])
        assert texts(again) == ["a"]
        assert [name for _, name, *_ in again.query("PRAGMA table_info(notes)")] == ["id", "text"]
        assert again.query("PRAGMA user_version") == [(1,)]
        again.close()

    def test_those_before_one_that_fails_stay(self, file: Path) -> None:
        with pytest.raises(CacheError):
            Database(file, migrations=[ONE, TWO, BROKEN])
        database = Database(file, migrations=[ONE, TWO])
        assert database.query("PRAGMA user_version") == [(2,)]
        database.close()

    def test_making_a_table_anew_does_not_cascade(self, file: Path) -> None:
        tables = """
            CREATE TABLE folder (id INTEGER PRIMARY KEY);
            CREATE TABLE message (folder INTEGER REFERENCES folder ON DELETE CASCADE);
            INSERT INTO folder VALUES (1);
            INSERT INTO message VALUES (1);
        """
        anew = """
            CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT);
            INSERT INTO other SELECT id, '' FROM folder;
            DROP TABLE folder;
            ALTER TABLE other RENAME TO folder;
        """
        database = Database(file, migrations=[tables, anew])
        assert database.query("SELECT folder FROM message") == [(1,)]
        database.execute("DELETE FROM folder")
        assert database.query("SELECT folder FROM message") == []
        database.close()

    def test_the_shipped_ones_are_numbered_without_a_gap(self) -> None:
        names = sorted(path.name for path in (Path(database_module.__file__).parent / "migrations").iterdir())
        scripts = [name for name in names if name.endswith(".sql")]
        assert scripts == [f"{number:04}.sql" for number in range(1, len(scripts) + 1)]
        assert len(shipped_migrations()) == len(scripts)


def failing(
    database: Database, text: str, *, inner: str | None = None, error: type[BaseException] = ZeroDivisionError
) -> None:
    with database.transaction():
        write(database, text)
        if inner is not None:
            with database.transaction():
                write(database, inner)
        raise error


class TestTransactions:
    def test_all_of_it_or_nothing(self, notes: Database) -> None:
        with pytest.raises(ZeroDivisionError):
            failing(notes, "a")
        assert texts(notes) == []
        with notes.transaction():
            write(notes, "b")
            write(notes, "c")
        assert texts(notes) == ["b", "c"]

    def test_an_inner_one_joins(self, notes: Database) -> None:
        with pytest.raises(ZeroDivisionError), notes.transaction():
            failing(notes, "a", inner="b")
        assert texts(notes) == []

    def test_an_inner_one_that_fails_takes_back_its_own(self, notes: Database) -> None:
        with notes.transaction():
            write(notes, "a")
            with pytest.raises(ZeroDivisionError):
                failing(notes, "b", inner="c")
            with notes.transaction():
                write(notes, "d")
        assert texts(notes) == ["a", "d"]

    def test_an_interrupt_takes_it_back(self, notes: Database) -> None:
        with pytest.raises(KeyboardInterrupt):
            failing(notes, "a", error=KeyboardInterrupt)
        with notes.transaction():
            write(notes, "b")
        assert texts(notes) == ["b"]

    @pytest.mark.parametrize("fails", [False, True])
    def test_a_durable_one_is_synchronous(self, notes: Database, fails: bool) -> None:
        levels = []
        try:
            with notes.transaction(durable=True):
                levels += notes.query("PRAGMA synchronous")
                if fails:
                    raise ZeroDivisionError  # noqa: TRY301
        except ZeroDivisionError:
            levels.append("failed")
        levels += notes.query("PRAGMA synchronous")
        assert levels == [(2,), *(["failed"] if fails else []), (1,)]  # FULL, then NORMAL again

    @pytest.mark.parametrize(
        ("outer", "inner", "synced"), [(False, False, 0), (False, True, 1), (True, False, 0), (True, True, 0)]
    )
    def test_a_durable_one_inside_another_reaches_the_disk_too(
        self, notes: Database, monkeypatch: pytest.MonkeyPatch, outer: bool, inner: bool, synced: int
    ) -> None:
        files: list[str] = []
        monkeypatch.setattr(os, "fsync", lambda number: files.append(str(Path(f"/proc/self/fd/{number}").readlink())))
        for _ in range(2):
            with notes.transaction(durable=outer), notes.transaction(durable=inner):
                write(notes, "a")
        assert files == [f"{notes.path}-wal"] * 2 * synced

    def test_threads_wait_for_each_other(self, notes: Database) -> None:
        inside = threading.Event()
        seen: list[list[str]] = []

        def look() -> None:
            inside.wait()
            seen.append(texts(notes))

        thread = threading.Thread(target=look)
        thread.start()
        with notes.transaction():
            write(notes, "a")
            inside.set()
            write(notes, "b")
        thread.join()
        assert seen == [["a", "b"]]

    def test_many_threads_write(self, notes: Database) -> None:
        def add() -> None:
            for _ in range(50):
                with notes.transaction():
                    ((count,),) = notes.query("SELECT count(*) FROM notes")
                    write(notes, str(count))

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert texts(notes) == [str(number) for number in range(200)]

    def test_in_memory(self) -> None:
        database = Database(migrations=[ONE])
        with database.transaction(), database.transaction(durable=True):
            write(database, "a")
        assert database.path is None
        assert texts(database) == ["a"]
        database.close()


class TestErrors:
    def test_a_full_disk(self, notes: Database) -> None:
        with notes.transaction():
            write(notes, "a")
        ((pages,),) = notes.query("PRAGMA page_count")
        notes.query(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(CacheError, match=r"the disk is full.*make room") as caught:
            failing(notes, "b", inner="c" * 1_000_000)
        assert isinstance(caught.value.__cause__, sqlite3.Error)
        assert not isinstance(caught.value, CacheBusy)
        assert texts(notes) == ["a"]
        notes.query("PRAGMA max_page_count = 1000000")
        with notes.transaction():
            write(notes, "d" * 1_000_000)
        assert len(texts(notes)) == 2

    def test_a_damaged_file(self, file: Path, notes: Database) -> None:
        for _ in range(200):
            write(notes, "a" * 1000)
        notes.close()
        octets = bytearray(file.read_bytes())
        octets[16384:-1] = b"\xa5" * (len(octets) - 16385)
        file.write_bytes(octets)
        database = Database(file, migrations=[ONE])
        with pytest.raises(CacheError, match="it is damaged: move it away"):
            texts(database)
        database.close()

    def test_a_file_that_may_not_be_written(self, notes: Database) -> None:
        notes.query("PRAGMA query_only = ON")
        with pytest.raises(CacheError, match="it may not be written: look at the rights"):
            write(notes, "a")

    def test_a_closed_one(self, notes: Database) -> None:
        notes.close()
        notes.close()
        with pytest.raises(CacheError, match="closed database"):
            texts(notes)
        with pytest.raises(CacheError, match="closed database"), notes.transaction():
            write(notes, "a")

    def test_another_process_that_writes_for_too_long(
        self, file: Path, notes: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.02)
        other = Database(file, migrations=[ONE])
        with notes.transaction():
            write(notes, "a")
            with pytest.raises(CacheBusy, match="another process writes to it"), other.transaction():
                write(other, "b")
            assert texts(other) == []  # reading is never kept waiting
        with other.transaction():
            write(other, "c")
        assert texts(notes) == ["a", "c"]
        other.close()

    def test_a_file_that_is_too_busy_to_be_opened(
        self, file: Path, notes: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.02)
        with notes.transaction(), pytest.raises(CacheBusy):
            Database(file, migrations=[ONE, TWO])
        assert notes.query("PRAGMA user_version") == [(1,)]

    @pytest.mark.parametrize("ends", [True, False])
    def test_another_that_makes_the_same_file(self, file: Path, monkeypatch: pytest.MonkeyPatch, ends: bool) -> None:
        monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.02)
        file.touch()
        maker = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        maker.execute("BEGIN EXCLUSIVE")
        if ends:
            # The other gets on in the pause between two looks, and time is not up before.
            monkeypatch.setattr(time, "monotonic", lambda: 0.0)
            monkeypatch.setattr(time, "sleep", lambda _: maker.in_transaction and maker.execute("COMMIT"))
            database = Database(file, migrations=[ONE])
            assert database.query("PRAGMA journal_mode") == [("wal",)]
            database.close()
        else:
            with pytest.raises(CacheBusy):
                Database(file, migrations=[ONE])
            assert file.read_bytes() == b""
        maker.close()

    def test_a_disk_that_cannot_be_reached(self, notes: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(number: int) -> None:
            raise OSError(errno.EIO, "Input/output error", str(number))

        monkeypatch.setattr(os, "fsync", broken)
        with (
            pytest.raises(CacheError, match="Input/output error"),
            notes.transaction(),
            notes.transaction(durable=True),
        ):
            write(notes, "a")
        monkeypatch.undo()
        with notes.transaction():
            write(notes, "b")

    def test_what_is_read_while_another_goes_on_writing(self, file: Path, notes: Database) -> None:
        write(notes, "a")
        reader = Database(file, migrations=[ONE])
        for number in range(3):
            assert len(texts(reader)) == number + 1
            write(notes, "b")
        reader.close()


class TestProcesses:
    def test_many_open_and_migrate_at_once(self, file: Path) -> None:
        script = """
migrations = [
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
    "CREATE TABLE times (number INTEGER); INSERT INTO times VALUES (2);",
    "INSERT INTO times VALUES (3);",
]
sys.stdin.read()
database = Database(path, migrations=migrations)
with database.transaction():
    database.execute("INSERT INTO notes (text) VALUES ('here')")
print(database.query("SELECT number FROM times"))
database.close()
"""
        processes = [begin(script, file) for _ in range(6)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        assert [ended(process) for process in processes] == ["[(2,), (3,)]\n"] * 6
        database = Database(file, migrations=["", "", ""])
        assert texts(database) == ["here"] * 6
        database.close()

    def test_another_makes_it_between_two_looks(self, file: Path) -> None:
        class Watched(Database):
            def _connect(self, mode: str) -> sqlite3.Connection:
                connection = super()._connect(mode)
                connection.set_trace_callback(
                    lambda sql: None if "user_version" not in sql else Database(file, migrations=[ONE]).close()
                )
                return connection

        Database(file, migrations=[]).close()
        database = Watched(file, migrations=[ONE])
        assert database.query("PRAGMA user_version") == [(1,)]
        database.close()

    def test_two_write_at_once(self, file: Path, notes: Database) -> None:
        script = """
database = Database(path, migrations=[""])
for number in range(100):
    with database.transaction(durable=number % 10 == 0):
        ((count,),) = database.query("SELECT count(*) FROM notes")
        database.execute("INSERT INTO notes (text) VALUES (?)", (str(count),))
database.close()
"""
        for process in [begin(script, file) for _ in range(2)]:
            ended(process)
        assert texts(notes) == [str(number) for number in range(200)]

    def test_one_is_killed_while_it_writes(self, file: Path, notes: Database) -> None:
        notes.close()
        script = """
database = Database(path, migrations=[""])
with database.transaction():
    database.execute("INSERT INTO notes (text) VALUES ('kept')")
with database.transaction():
    database.executemany("INSERT INTO notes (text) VALUES (?)", [("lost" * 5000,)] * 500)
    os.kill(os.getpid(), signal.SIGKILL)
"""
        ended(begin(script, file), -signal.SIGKILL)
        again = Database(file, migrations=[ONE])
        assert texts(again) == ["kept"]
        assert again.query("PRAGMA integrity_check") == [("ok",)]
        again.close()

    def test_one_is_killed_while_it_migrates(self, file: Path) -> None:
        script = """
class Killed(Database):
    def execute(self, sql, parameters=()):
        if "killed" in sql:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, parameters)

first = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)"
Killed(path, migrations=[first, "CREATE TABLE half (a); SELECT 'killed';"])
"""
        ended(begin(script, file), -signal.SIGKILL)
        again = Database(file, migrations=[ONE, TWO])
        assert again.query("PRAGMA user_version") == [(2,)]
        assert again.query("SELECT name FROM sqlite_master WHERE name = 'half'") == []
        again.close()

    def test_both_names_of_a_link_are_one_file(self, file: Path, notes: Database) -> None:
        link = file.parent / "link.sqlite"
        link.symlink_to(file)
        by_link = Database(link, migrations=[ONE])
        write(by_link, "a")
        assert by_link.path == file
        assert texts(notes) == ["a"]
        by_link.close()

    @pytest.mark.parametrize("name", ["a b?c#d%20.sqlite", "caf\u00e9.sqlite", "x:memory:"])
    def test_names_that_need_care(self, tmp_path: Path, name: str) -> None:
        database = Database(tmp_path / name, migrations=[ONE])
        write(database, "a")
        assert (tmp_path / name).exists()
        database.close()


def test_a_stamp_is_another_after_each_write_here_or_elsewhere(tmp_path: Path) -> None:
    one, other = Database(tmp_path / "cache"), Database(tmp_path / "cache")
    try:
        before = one.stamp()
        assert one.stamp() == before
        for number, database in enumerate((one, other)):
            database.execute("INSERT INTO account VALUES (?, 'value')", (str(number),))
            after = one.stamp()
            assert after != before
            before = after
    finally:
        one.close()
        other.close()
