"""The mailbox a connection has selected: which messages a set names, and what the client has not been told yet.

The client's picture is the connection's `MailboxView`; it changes only when the client is told. Knows no command.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.server.store import Mailbox, Watch
from outlookimap.wire.sequence import SequenceSet


class Named(NamedTuple):
    """A message that a set names: its sequence number and its UID in the client's picture."""

    seq: int
    uid: int


@dataclass(frozen=True, slots=True)
class Selected:
    """The selected mailbox, opened for reading only by EXAMINE."""

    mailbox: Mailbox
    view: MailboxView
    watch: Watch
    read_only: bool

    @classmethod
    def open(cls, mailbox: Mailbox, watch: Watch, *, read_only: bool) -> Selected:
        """Begin to watch `mailbox`; the client's picture is what is there now."""
        return cls(mailbox, MailboxView(mailbox.watch(watch)), watch, read_only)

    def close(self) -> None:
        """Watch no more."""
        self.mailbox.unwatch(self.watch)

    def named(self, messages: SequenceSet, *, uid: bool) -> list[Named] | None:
        """Return the messages of a set, ascending; None when it names a sequence number that does not exist.

        A UID that does not exist is no error (RFC 3501 section 6.4.8); a range that ends in ``*`` holds at least the
        last message.
        """
        uids = [known or 0 for known in self.view.uids()]  # a server knows every UID
        if uid:
            return [Named(index + 1, uids[index]) for index in _with_uids(messages, uids)]
        if any(None not in span and max(number or 0 for number in span) > len(uids) for span in messages.ranges):
            return None
        return [Named(seq, uids[seq - 1]) for seq in messages.numbers(len(uids))]


def _with_uids(messages: SequenceSet, uids: list[int]) -> Iterator[int]:
    """Yield the positions in `uids`, which ascend, of those in the set: ascending and each once."""
    largest = uids[-1] if uids else 0
    spans = [tuple(largest if number is None else number for number in span) for span in messages.ranges]
    following = 0
    for span in sorted((min(span), max(span)) for span in spans):
        end = bisect_right(uids, span[1])
        yield from range(max(bisect_left(uids, span[0]), following), end)
        following = max(following, end)
