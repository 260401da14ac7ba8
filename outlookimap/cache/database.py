"""One SQLite file: opening it safely, its migrations, its transactions, and its errors in our words.

Knows no table of the cache: those are in the migrations and in the modules that use them. What a file promises: after
the process dies at any moment it opens and is consistent. After a loss of power it is consistent too, and everything
committed by a durable transaction is there; what others committed in the last seconds may be missing (synchronous FULL
and NORMAL of SQLite's write-ahead log), and the next sync fetches it again.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

from outlookimap.errors import CacheBusy, CacheError, CacheTooNew

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""For ``?``, or by name for ``:name``; not for ``?1``, of which Python 3.12.0 and 3.12.1 warn."""

APPLICATION_ID = 0x4F494D43  # "OIMC"
BUSY_SECONDS = 10.0
PAGE_OCTETS = 16384
SMALLEST_PAGE = 512
PIECE_OCTETS = 1 << 20
"""Octets of a BLOB that are written at once; one that is no longer needs no pieces."""
PRIVATE = 0o600

_BESIDE = ("-wal", "-shm")
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full, or the file may not grow: make room and try again",
    sqlite3.SQLITE_READONLY: "it may not be written: look at the rights of the file and of its directory",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: look at the rights of the file and of its directory",
    sqlite3.SQLITE_CORRUPT: "it is damaged: move it away, a sync makes it anew",
    sqlite3.SQLITE_NOTADB: "it is not a cache: name another file, it was left as it is",
}


def shipped_migrations() -> list[str]:
    """Return the numbered migrations of this package in their order, 0001.sql first."""
    directory = resources.files("outlookimap.cache") / "migrations"
    scripts = {entry.name: entry.read_text("utf-8") for entry in directory.iterdir() if entry.name.endswith(".sql")}
    return [scripts[name] for name in sorted(scripts)]


class Database:
    """One connection to one SQLite file, or to memory where `path` is None, with one lock: any thread may call.

    `migrations` are scripts; the number of those a file has been through is its version.

    Raises CacheTooNew for a file of a newer version, CacheBusy where another process keeps it locked, and CacheError
    for a file that is not ours or that the system refuses; none of these changes the file.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, migrations: Sequence[str] | None = None) -> None:
        self.path = None if path is None else Path(os.path.realpath(path))
        self._lock = threading.RLock()
        self._depth = 0
        self._durable = False
        scripts = shipped_migrations() if migrations is None else list(migrations)
        if self.path is not None:
            if not _made(self.path):
                self._look(self.path, len(scripts))
            _narrow(self.path)
        self._connection = self._connect("rw")
        try:
            self._prepare()
            self._migrate(scripts)
            # Only now: a migration that makes a table anew would cascade.
            self.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            self._connection.close()
            raise

    # ------------------------------------------------------------ reading and writing

    def query(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return all rows of a SELECT.

        Raises CacheError, as every method here does where SQLite or the system refuses.
        """
        with self._lock, self._errors():
            return self._connection.execute(sql, parameters).fetchall()

    def each(self, sql: str, parameters: Parameters = ()) -> Iterator[Any]:
        """Yield the rows of a SELECT one by one, none of them kept; other threads wait until the last was taken."""
        with self._lock, self._errors():
            yield from self._connection.execute(sql, parameters)

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement; `lastrowid` and `rowcount` are on what is returned."""
        with self._lock, self._errors():
            return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> int:
        """Run one statement for each of `rows`; return the number of rows changed."""
        with self._lock, self._errors():
            return max(0, self._connection.executemany(sql, rows).rowcount)

    def write_blob(self, table: str, column: str, rowid: int, octets: bytes) -> None:
        """Write `octets` over a BLOB of as many zeros, piece by piece: as a parameter they would be copied, twice."""
        with self._lock, self._errors(), self._connection.blobopen(table, column, rowid) as blob:
            view = memoryview(octets)
            for start in range(0, len(view), PIECE_OCTETS):
                blob.write(view[start : start + PIECE_OCTETS])

    def stamp(self) -> tuple[int, int]:
        """Return how much was written here, and a number that changes with what others write."""
        with self._lock:
            [(others,)] = self.query("PRAGMA data_version")
            return self._connection.total_changes, int(others)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Commit what is written inside all together, or nothing of it where it ends by an exception.

        Others wait meanwhile, threads and processes. One inside another joins it: only the outermost commits; an inner
        one that fails takes back its own writes. Where one of them is `durable`, the disk has it all on return.

        Raises CacheBusy where another process writes for longer than BUSY_SECONDS.
        """
        with self._lock:
            self._durable |= durable
            with self._inner() if self._depth else self._outermost(durable=durable):
                yield

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock, self._errors():
            self._connection.close()

    # ------------------------------------------------------------ transactions

    @contextlib.contextmanager
    def _outermost(self, *, durable: bool) -> Iterator[None]:
        self._roll_back()  # what a signal may have left between a BEGIN and its try
        try:
            if durable:
                self.execute("PRAGMA synchronous = FULL")
            self.execute("BEGIN IMMEDIATE")
            self._depth = 1
            yield
            self.execute("COMMIT")
            if self._durable and not durable:
                self._sync_log()
        finally:
            self._depth, self._durable = 0, False
            self._roll_back()
            if durable:
                self.execute("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def _inner(self) -> Iterator[None]:
        level = f"level{self._depth}"
        self.execute(f"SAVEPOINT {level}")
        self._depth += 1
        try:
            yield
        except BaseException:
            # Not where SQLite has rolled back the whole of it already, as it does when the disk is full.
            if self._connection.in_transaction:
                self.execute(f"ROLLBACK TO {level}")
            raise
        finally:
            self._depth -= 1
            if self._connection.in_transaction:
                self.execute(f"RELEASE {level}")

    def _roll_back(self) -> None:
        with self._errors():
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _sync_log(self) -> None:
        """Bring to the disk what was committed by NORMAL; `synchronous` cannot be changed within a transaction."""
        if self.path is not None:
            # Closing this descriptor drops no lock of SQLite's: those are on the other two files.
            with self._errors(), contextlib.suppress(FileNotFoundError), Path(f"{self.path}-wal").open("rb") as log:
                os.fsync(log.fileno())

    # ------------------------------------------------------------ opening

    def _connect(self, mode: str) -> sqlite3.Connection:
        name = "file::memory:" if self.path is None else f"{self.path.as_uri()}?mode={mode}"
        with self._errors():
            return sqlite3.connect(name, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def _look(self, path: Path, newest: int) -> None:
        """Refuse a file that is not ours or too new, without a write to it, not even of what its log holds."""
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CacheError(f"cache {path}: this is not a file: name one, it is made where there is none")
        if status.st_size == 0:
            return
        if status.st_size < SMALLEST_PAGE:  # SQLite would take it for an empty one and write over it
            raise CacheError(f"cache {path}: {_REASONS[sqlite3.SQLITE_NOTADB]}")
        # A reader leaves a log beside the file alone; a writer leaves nothing behind where there was none.
        mode = "ro" if Path(f"{path}-wal").exists() else "rw"
        with contextlib.closing(self._connect(mode)) as connection, self._errors():
            connection.execute("BEGIN")  # one moment for all three: another process may be making it
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION_ID and (application or tables):
            raise CacheError(f"cache {path}: another application made it: name another file, it was left as it is")
        self._refuse_newer(version, newest)

    def _refuse_newer(self, version: int, newest: int) -> None:
        if version > newest:
            raise CacheTooNew(
                f"cache {self.path}: a newer version of this package made it (its version is {version}, this package"
                f" reads up to {newest}): update the package, or name another file; it was left as it is"
            )

    def _prepare(self) -> None:
        self.execute(f"PRAGMA page_size = {PAGE_OCTETS}")
        deadline = time.monotonic() + BUSY_SECONDS
        while self.path is not None:
            try:
                self.query("PRAGMA journal_mode = WAL")
                break
            except CacheBusy:  # SQLite does not always wait here while another process does the same
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.execute("PRAGMA synchronous = NORMAL")

    def _migrate(self, scripts: Sequence[str]) -> None:
        while self._version() < len(scripts):
            with self.transaction(durable=True):
                version = self._version()  # again: another process may have been first
                if version < len(scripts):
                    for statement in _statements(scripts[version]):
                        self.execute(statement)
                    self.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    self.execute(f"PRAGMA user_version = {version + 1}")
        self._refuse_newer(self._version(), len(scripts))

    def _version(self) -> int:
        return int(self.query("PRAGMA user_version")[0][0])

    # ------------------------------------------------------------ errors

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._in_our_words(error) from error
        except OSError as error:
            raise CacheError(f"{self._named()}: {error.strerror}") from error

    def _in_our_words(self, error: sqlite3.Error) -> CacheError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _BUSY:
            return CacheBusy(f"{self._named()}: another process writes to it: try again; nothing was lost")
        return CacheError(f"{self._named()}: {_REASONS.get(code, error)}")

    def _named(self) -> str:
        return "the cache in memory" if self.path is None else f"cache {self.path}"


def _made(path: Path) -> bool:
    """Make the file, for its owner only, and tell whether it was made: where there is one, it stays as it is."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE))
    except FileExistsError:
        return False
    except OSError as error:
        raise CacheError(f"cache {path}: it cannot be made: {error.strerror}") from error
    return True


def _narrow(path: Path) -> None:
    """Take the rights of everyone but the owner away, of the files beside it too."""
    for name in (path, *(Path(f"{path}{suffix}") for suffix in _BESIDE)):
        with contextlib.suppress(FileNotFoundError):
            mode = stat.S_IMODE(name.stat().st_mode)
            if mode & ~PRIVATE:
                try:
                    name.chmod(mode & PRIVATE)
                except PermissionError as error:
                    raise CacheError(f"cache {name}: others may read it, and its mode cannot be changed") from error


def _statements(script: str) -> Iterator[str]:
    """Cut a script into its statements: `executescript` would commit in between."""
    statement = ""
    for piece in re.split("(?<=;)", script):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
