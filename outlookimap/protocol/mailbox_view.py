"""What both ends of a connection hold in common of the selected mailbox: which UID stands at which sequence number.

One class for both roles: the client learns UIDs from FETCH, the server knows them beforehand. Sequence numbers start at
1 and move when a message goes. Knows no command and keeps no flags.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.sequence import MAX_NUMBER

LEARNT = 1 << 22
"""UIDs that are learnt are kept up to this sequence number: what a server claims must not take our memory."""


class MailboxView:
    """The UIDs by sequence number; None where the UID is not known yet.

    Memory grows with the UIDs known, not with what EXISTS says.

    Statements: O5:V0001, O5:V0023, O5:V0024
    """

    __slots__ = ("_count", "_uids")

    def __init__(self, uids: Iterable[int | None] = ()) -> None:
        """Begin with the messages of `uids` in their order."""
        self._uids: list[int | None] = list(uids)
        self._count = len(self._uids)  # the messages beyond the list have no known UID

    def __len__(self) -> int:
        return self._count

    def uid(self, seq: int) -> int | None:
        """Return the UID at sequence number `seq`, None when it is unknown or there is no such message."""
        return self._uids[seq - 1] if 1 <= seq <= len(self._uids) else None

    def uids(self) -> tuple[int | None, ...]:
        """Return the UIDs in the order of their sequence numbers; those of messages beyond the last are unknown."""
        return tuple(self._uids)

    def seq(self, uid: int) -> int | None:
        """Return the sequence number of `uid`, or None."""
        try:
            return self._uids.index(uid) + 1
        except ValueError:
            return None

    def exists(self, count: int) -> int:
        """Take EXISTS: grow to `count` messages of unknown UID, or shrink; return how many came (negative: went).

        A mailbox shrinks by EXPUNGE only (RFC 3501 section 7.3.1); where a server forgets that, nobody knows which
        messages went, and no UID is known any more. Raises RemoteProtocolError above 4,294,967,295.
        """
        if count > MAX_NUMBER:
            raise RemoteProtocolError(f"EXISTS of {count} messages: no number names them all")
        change = count - self._count
        self._count = count
        if change < 0:
            self._uids.clear()
        return change

    def append(self, uid: int) -> None:
        """Add a message at the end."""
        self._fill(self._count)
        self._uids.append(uid)
        self._count += 1

    def learn(self, seq: int, uid: int) -> None:
        """Note the UID at `seq`; a sequence number beyond the mailbox, or beyond `LEARNT`, teaches nothing."""
        if 1 <= seq <= min(self._count, LEARNT):
            self._fill(seq)
            self._uids[seq - 1] = uid

    def learn_run(self, seqs: Sequence[int], uids: Sequence[int]) -> None:
        """Note the UIDs at `seqs`, one after the other."""
        first, last = seqs[0], seqs[-1]
        if first >= 1 and last <= min(self._count, LEARNT) and list(seqs) == list(range(first, last + 1)):
            self._fill(first - 1)
            self._uids[first - 1 : last] = uids
            return
        for seq, uid in zip(seqs, uids, strict=True):
            self.learn(seq, uid)

    def expunge(self, seq: int) -> int | None:
        """Take EXPUNGE: remove the message at `seq` and return its UID, or None where it was unknown.

        Raises RemoteProtocolError when there is no such message: every later sequence number would be a guess.
        """
        if not 1 <= seq <= self._count:
            raise RemoteProtocolError(f"EXPUNGE of message {seq} in a mailbox of {self._count}")
        self._count -= 1
        return self._uids.pop(seq - 1) if seq <= len(self._uids) else None

    def _fill(self, count: int) -> None:
        self._uids.extend([None] * (count - len(self._uids)))
