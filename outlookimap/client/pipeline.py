"""Several commands in flight: they go out together when the block ends, and each result is there afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar, cast

from outlookimap.client.calls import Call, Calls, Columns, Into, Name, Uids
from outlookimap.client.conversation import Running
from outlookimap.client.results import Copied, Message
from outlookimap.errors import UsageError
from outlookimap.wire import commands as c

T = TypeVar("T")


class Pending(Generic[T]):
    """A result to come; `result()` gives it after the block has ended, or raises what the command failed with."""

    def __init__(self, call: Call[T]) -> None:
        """Wait for `call`."""
        self._call = call
        self._running: Running | None = None

    def result(self) -> T:
        """Return the result; UsageError while the pipeline has not been sent or when it was abandoned."""
        if self._running is None:
            raise UsageError("the pipeline was not sent: results are there after its `with` block has ended well")
        return self._call.result(self._running.completed())


class Pipeline:
    """Collects commands that do not depend on each other's results; sent at the end of its ``with`` block.

    Statements: O5:V0026
    """

    def __init__(self, calls: Calls, perform: Callable[[list[Call[object]]], list[Running]]) -> None:
        """Begin empty."""
        self._calls = calls
        self._perform = perform
        self._pending: list[Pending[object]] = []

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._pending:
            calls = [pending._call for pending in self._pending]  # noqa: SLF001 - one pair of classes
            for pending, running in zip(self._pending, self._perform(calls), strict=True):
                pending._running = running  # noqa: SLF001

    def _add(self, call: Call[T]) -> Pending[T]:
        pending = Pending(call)
        self._pending.append(cast("Pending[object]", pending))
        return pending

    def noop(self) -> Pending[None]:
        """Add NOOP."""
        return self._add(self._calls.plain(c.Noop()))

    def status_unseen(self, name: Name) -> Pending[int | None]:
        """Add STATUS (UNSEEN); see `Session.status_unseen`."""
        return self._add(self._calls.status_unseen(name))

    def fetch_uids(self, seqs: Uids) -> Pending[list[Message]]:
        """Add FETCH (UID); see `Session.fetch_uids`."""
        return self._add(self._calls.fetch("uids", seqs, uid=False, into=None))

    def fetch_flags(
        self, uids: Uids, *, into: Into | None = None, columns: Columns | None = None
    ) -> Pending[list[Message]]:
        """Add UID FETCH (UID FLAGS); see `Session.fetch_flags`."""
        return self._add(self._calls.fetch_flags(uids, into, columns))

    def fetch_headers(self, uids: Uids, *, into: Into | None = None) -> Pending[list[Message]]:
        """Add the FETCH of headers; see `Session.fetch_headers`."""
        return self._add(self._calls.fetch(self._calls.headers_purpose(), uids, uid=True, into=into))

    def fetch_bodies(self, uids: Uids, *, into: Into | None = None) -> Pending[list[Message]]:
        """Add the FETCH of whole messages; see `Session.fetch_bodies`."""
        return self._add(self._calls.fetch(self._calls.bodies_purpose(mark_read=False), uids, uid=True, into=into))

    def store(self, purpose: str, uids: Uids) -> Pending[list[Message]]:
        """Add UID STORE for a purpose of `profiles.schema.STORE_PURPOSES`: ``"delete"``, ``"queued_read"``."""
        return self._add(self._calls.store(purpose, uids))

    def replace_flags(self, uids: Uids, flags: Iterable[str]) -> Pending[list[Message]]:
        """Add UID STORE FLAGS; see `Session.replace_flags`."""
        return self._add(self._calls.replace_flags(uids, flags))

    def copy(self, uids: Uids, name: Name) -> Pending[Copied]:
        """Add UID COPY; see `Session.copy`."""
        return self._add(self._calls.copy(uids, name))
