"""The rule that says which command an untagged response answers.

IMAP does not mark it (RFC 3501 section 7), so the rule is ours and stands here alone:

* FETCH answers the earliest command in flight whose message set holds the message and that asked for what came: a
  FETCH for more than UID and FLAGS, when the response has at least one of the other items it asked for; a FETCH for
  only these, when the response has them all; a STORE that is not silent, when the response has FLAGS. For a UID command
  the message is in the set by its UID (and a UID FETCH asks for UID), and a response to a STORE, or one with other
  items, may leave the UID out where the view knows it. A command behind a SELECT or EXAMINE in flight is not answered
  before that is. Any other FETCH is unasked: flags changed elsewhere, or an echo of a silent STORE.
* LIST, LSUB, XLIST, SEARCH, CAPABILITY, NAMESPACE, ID, ENABLED answer the earliest command of that name in flight; LIST
  data also answer an XLIST (that is how Dovecot answers it). STATUS answers a STATUS for that mailbox.
* EXISTS, RECENT, FLAGS and OK with a code answer a SELECT or EXAMINE when it is the earliest command in flight.
* Nothing else answers a command.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire import responses as r
from outlookimap.wire.mailbox import is_inbox
from outlookimap.wire.sequence import SeqRange, SequenceSet

_UID = f.FetchAtt(f.UID)
_FLAGS = f.FetchAtt(f.FLAGS)
_FAST = (_FLAGS, f.FetchAtt(f.INTERNALDATE), f.FetchAtt(f.RFC822_SIZE))
_MACROS = {
    b"FAST": _FAST,
    b"ALL": (*_FAST, f.FetchAtt(f.ENVELOPE)),
    b"FULL": (*_FAST, f.FetchAtt(f.ENVELOPE), f.FetchAtt(f.BODY)),
}

_BY_NAME: dict[type[r.Response], type[c.Command]] = {
    r.SearchData: c.Search,
    r.CapabilityData: c.Capability,
    r.NamespaceData: c.Namespace,
    r.IdData: c.Id,
    r.EnabledData: c.Enable,
}

_BY_KIND: dict[bytes, tuple[type[c.Command], ...]] = {
    b"LIST": (c.List, c.Xlist),
    b"XLIST": (c.Xlist,),
    b"LSUB": (c.Lsub,),
}


class Asked:
    """What a FETCH or a STORE asked for, prepared so that no response costs more than a look at a sorted list."""

    __slots__ = ("_any", "_came", "_endless", "_every", "_firsts", "_fits", "_lasts", "_open", "_uid")

    def __init__(self, command: c.Fetch | c.Store) -> None:
        """Keep the message set, and the items of which any, or every one, has to come."""
        self._uid = command.uid
        self._any: tuple[f.FetchAtt, ...] = ()
        self._every: tuple[f.FetchAtt, ...] = ()
        if isinstance(command, c.Store):
            self._any = () if command.silent else (_FLAGS,)
        else:
            items = _MACROS[command.macro.upper()] if command.macro is not None else command.items
            self._any = tuple(item for item in items if item.name not in (f.FLAGS, f.UID))
            if not self._any:
                self._every = (*items, _UID) if command.uid else items
        self._came: tuple[f.FetchAtt, ...] = ()
        self._fits = False
        self._firsts, self._lasts = _merged(command.messages)
        open_ranges = tuple(part for part in command.messages.ranges if None in part)
        self._open = SequenceSet(open_ranges) if open_ranges else None
        self._endless = min((first for first, last in open_ranges if first is not None), default=None)

    def answered_by(self, data: r.FetchData, uid: int | None, view: MailboxView) -> bool:
        """Tell whether `data`, of a message with `uid` in `view`, is an answer."""
        if not self._wanted(tuple(item for item, _ in data.items)):
            return False
        if self._uid:
            return uid is not None and self._holds(uid, view.uid(len(view)))
        return self._holds(data.seq, len(view))

    def answered_by_run(self, run: r.FetchRun, view: MailboxView) -> bool | None:
        """Tell the same of a run before `view` has learnt from it: of all its responses, or None where it is not sure.

        False is sure as well: none is an answer.
        """
        if not self._wanted(run.items):
            return False
        numbers = run.uids if self._uid else run.seqs
        low, high = min(numbers), max(numbers)
        place = bisect_right(self._firsts, low) - 1
        if place >= 0 and high <= self._lasts[place]:
            return True
        if self._endless is not None and low >= self._endless:
            largest = self._largest(run, view) if self._uid else len(view)
            return True if largest is None or high <= largest else None
        return True if self._hold_all(numbers) else None

    def _wanted(self, came: tuple[f.FetchAtt, ...]) -> bool:
        """Tell whether `came` are items that were asked for; most often they are the ones that came last."""
        if came is not self._came:
            self._came = came
            if self._every:
                self._fits = all(any(asked.answered_by(item) for item in came) for asked in self._every)
            else:
                self._fits = any(asked.answered_by(item) for asked in self._any for item in came)
        return self._fits

    @staticmethod
    def _largest(run: r.FetchRun, view: MailboxView) -> int | None:
        """Return the lowest of what ``*`` stands for while `view` learns from `run`; None where it stays unknown."""
        last = len(view)
        known = [uid for seq, uid in zip(run.seqs, run.uids, strict=True) if seq == last] if last in run.seqs else []
        before = view.uid(last)
        return min(known if before is None else [*known, before], default=None)

    def _hold_all(self, numbers: Iterable[int]) -> bool:
        firsts, lasts = self._firsts, self._lasts
        for number in numbers:
            place = bisect_right(firsts, number) - 1
            if place < 0 or number > lasts[place]:
                return False
        return True

    def _holds(self, number: int, largest: int | None) -> bool:
        place = bisect_right(self._firsts, number) - 1
        if place >= 0 and number <= self._lasts[place]:
            return True
        return self._open is not None and self._open.contains(number, largest)


def _merged(messages: SequenceSet) -> tuple[list[int], list[int]]:
    """Return the ends of the ranges without ``*``, ascending and apart from each other."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(_closed(messages.ranges)):
        if lasts and first <= lasts[-1]:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


def _closed(ranges: Iterable[SeqRange]) -> Iterable[tuple[int, int]]:
    for first, last in ranges:
        if first is not None and last is not None:
            yield min(first, last), max(first, last)


def asked(command: c.Command) -> Asked | None:
    """Return what FETCH data `command` asked for, None where it is no command that they answer."""
    return Asked(command) if isinstance(command, c.Fetch | c.Store) else None


def answers_data(command: c.Command, response: r.Response) -> bool:
    """Tell whether `response`, that is no FETCH, answers `command` by its kind."""
    if isinstance(response, r.ListData):
        return isinstance(command, _BY_KIND[response.kind])
    if isinstance(response, r.StatusData):
        return isinstance(command, c.Status) and _same_mailbox(command.mailbox, response.mailbox)
    kind = _BY_NAME.get(type(response))
    return kind is not None and isinstance(command, kind)


def find(in_flight: Iterable[tuple[bytes, c.Command]], response: r.Response) -> bytes | None:
    """Return the tag of the earliest command that `response`, which is no FETCH, answers."""
    return next((tag for tag, command in in_flight if answers_data(command, response)), None)


def _same_mailbox(one: bytes, other: bytes) -> bool:
    return one == other or (is_inbox(one) and is_inbox(other))
