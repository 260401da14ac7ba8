r"""The mailbox a connection has selected: which messages a set names, which are \Recent, what is not told yet.

The client's picture is the connection's `MailboxView`; it changes only when the client is told. Knows no command.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.server.store import Mailbox, Message, Watch
from outlookimap.wire import flags as f
from outlookimap.wire.sequence import SequenceSet


class Named(NamedTuple):
    """A message that a set names: its sequence number and its UID in the client's picture."""

    seq: int
    uid: int


@dataclass(frozen=True, slots=True)
class Selected:
    r"""The selected mailbox, opened for reading only by EXAMINE.

    `recent` are the UIDs that are \Recent in this session, as ranges that ascend and do not touch each other; those of
    messages that are gone may be among them.
    """

    mailbox: Mailbox
    view: MailboxView
    watch: Watch
    read_only: bool
    recent: list[range] = field(default_factory=list)

    @classmethod
    def open(cls, mailbox: Mailbox, watch: Watch, *, read_only: bool) -> Selected:
        """Begin to watch `mailbox`; the client's picture is what is there now."""
        uids = mailbox.watch(watch)
        selected = cls(mailbox, MailboxView(uids), watch, read_only)
        selected._notified(uids)
        return selected

    def close(self) -> None:
        """Watch no more."""
        self.mailbox.unwatch(self.watch)

    def arrived(self, uids: Sequence[int]) -> None:
        """Take messages, ascending, into the client's picture."""
        for uid in uids:
            self.view.append(uid)
        self._notified(uids)

    def _notified(self, uids: Sequence[int]) -> None:
        r"""Note which of the messages the client is told of are \Recent: those that no session which may write claimed.

        One opened for reading only takes them from nobody (RFC 3501 sections 2.3.2 and 6.3.2).
        """
        end = uids[-1] + 1 if uids else 1
        first = self.mailbox.first_recent if self.read_only else self.mailbox.claim(end, self.watch)
        first = max(first, self.recent[-1].stop) if self.recent else first  # a reader took them before
        if first >= end:
            return
        if self.recent and self.recent[-1].stop == first:
            first = self.recent.pop().start
        self.recent.append(range(first, end))

    def is_recent(self, uid: int) -> bool:
        r"""Tell whether a message is \Recent in this session."""
        following = bisect_right(self.recent, uid, key=lambda span: span.start)
        return following > 0 and uid in self.recent[following - 1]

    def count_recent(self) -> int:
        r"""Return how many messages of the client's picture are \Recent, as RECENT says (RFC 3501 section 7.3.2)."""
        uids = self.view.uids()

        def below(end: int) -> int:
            return bisect_left(uids, end, key=lambda known: known or 0)

        return sum(below(span.stop) - below(span.start) for span in self.recent)

    def shown(self, message: Message) -> Message:
        r"""Return a message with its flags as they are in this session: \Recent is not kept with the others."""
        return replace(message, flags=(*message.flags, f.RECENT)) if self.is_recent(message.uid) else message

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
