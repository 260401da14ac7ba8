"""SEARCH (RFC 3501 section 6.4.4): what each key asks of a message, and which searches are refused.

How a message is read as text, and how large it is, others know.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from outlookimap.server.behaviour import Reply, Searching
from outlookimap.server.decoding import codec_of
from outlookimap.server.replies import completed, selected_in
from outlookimap.server.selection import Named, Selected
from outlookimap.server.session import Handlers, Session
from outlookimap.server.sizes import size_of
from outlookimap.server.text_search import Candidate, caseless
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire import search as s

Test: TypeAlias = Callable[[Candidate], bool]
"""Tells whether a key holds for a message."""


def _flagged(flag: bytes) -> Test:
    return lambda candidate: candidate.message.has(flag)


def _unflagged(flag: bytes) -> Test:
    return lambda candidate: not candidate.message.has(flag)


def _always(_: Candidate) -> bool:
    return True


def _never(_: Candidate) -> bool:
    return False


_BARE: Mapping[bytes, Test] = {
    b"ALL": _always,
    b"ANSWERED": _flagged(f.ANSWERED),
    b"DELETED": _flagged(f.DELETED),
    b"DRAFT": _flagged(f.DRAFT),
    b"FLAGGED": _flagged(f.FLAGGED),
    b"SEEN": _flagged(f.SEEN),
    b"UNANSWERED": _unflagged(f.ANSWERED),
    b"UNDELETED": _unflagged(f.DELETED),
    b"UNDRAFT": _unflagged(f.DRAFT),
    b"UNFLAGGED": _unflagged(f.FLAGGED),
    b"UNSEEN": _unflagged(f.SEEN),
}

_OF_SESSION = frozenset((b"NEW", b"OLD", b"RECENT"))  # they ask for \Recent, which a message does not know

_DAYS: Mapping[bytes, Callable[[dt.date, dt.date], bool]] = {
    b"BEFORE": operator.lt,
    b"ON": operator.eq,
    b"SINCE": operator.ge,
}


class _Search:
    """One SEARCH while its keys become tests; `refusal` says why there is no search, the first reason of several."""

    def __init__(self, session: Session, selected: Selected, codec: str) -> None:
        self._session = session
        self._searching = session.behaviour.searching
        self._selected = selected
        self._codec = codec
        self.refusal: Reply | None = None

    def test(self, key: s.SearchKey) -> Test:
        """Return the test for `key`; sequence sets are looked up once, not for each message."""
        match key:
            case s.Flagging():
                return self._recent(key.key) if key.key in _OF_SESSION else _BARE[key.key]
            case s.Keyworded():
                return self._keyworded(key)
            case s.Dated():
                return _dated(key)
            case s.Sized():
                return self._sized(key)
            case s.Numbered():
                return self._numbered(key)
            case s.Containing():
                return _containing(key.key, self._text(key.text))
            case s.HeaderContaining():
                name, text = key.field.lower(), self._text(key.text)
                return lambda candidate: candidate.holds(name, text)
            case s.Not():
                negated = self.test(key.key)
                return lambda candidate: not negated(candidate)
            case s.Either():
                left, right = self.test(key.left), self.test(key.right)
                return lambda candidate: left(candidate) or right(candidate)
            case s.Every():
                return self.every(key.keys)

    def every(self, keys: tuple[s.SearchKey, ...]) -> Test:
        """Return the test that all `keys` hold."""
        tests = [self.test(key) for key in keys]
        return lambda candidate: all(test(candidate) for test in tests)

    def _recent(self, key: bytes) -> Test:
        r"""Ask whether a message is \Recent in this session; NEW is \Recent and not \Seen."""
        is_recent = self._selected.is_recent
        match key:
            case b"OLD":
                return lambda candidate: not is_recent(candidate.named.uid)
            case b"NEW":
                return lambda candidate: is_recent(candidate.named.uid) and not candidate.message.has(f.SEEN)
            case _:
                return lambda candidate: is_recent(candidate.named.uid)

    def _keyworded(self, key: s.Keyworded) -> Test:
        """Compare keywords; one that is not supported is on no message, whatever a store may hold.

        The documents do not say what a search for another keyword answers. Where no other keyword can be set, no
        message has it: KEYWORD finds nothing and UNKEYWORD everything, which is also RFC 3501's answer.

        Statements: X10:V0039, X10:V0042, X3:V0037, X3:V0040, X1:2.3.2a
        """
        wanted = key.key == b"KEYWORD"
        known = self._searching.keywords
        if known is not None and all(key.keyword.lower() != keyword.lower() for keyword in known):
            return _never if wanted else _always
        return _flagged(key.keyword) if wanted else _unflagged(key.keyword)

    def _sized(self, key: s.Sized) -> Test:
        """Compare the size that RFC822.SIZE would say now.

        Statements: X10:V0040, X10:V0041, X3:V0038, X3:V0039, X1:2.3.2a
        """
        compare = operator.gt if key.key == b"LARGER" else operator.lt
        sizing, octets = self._session.behaviour.sizing, key.octets
        return lambda candidate: compare(size_of(candidate.message, sizing), octets)

    def _numbered(self, key: s.Numbered) -> Test:
        named = self._selected.named(key.numbers, uid=key.uid)
        if named is None:
            self._refuse(self._session.behaviour.refusals.message_set)
            return _never
        inside = frozenset(named)
        return lambda candidate: candidate.named in inside

    def _text(self, octets: bytes) -> str:
        try:
            return caseless(octets.decode(self._codec))
        except UnicodeError:
            self._refuse(_charset_refusal(self._session))
            return ""

    def _refuse(self, reply: Reply) -> None:
        self.refusal = self.refusal or reply


def _containing(key: bytes, text: str) -> Test:
    if key == b"BODY":
        return lambda candidate: text in candidate.body
    if key == b"TEXT":
        return lambda candidate: text in candidate.text
    field = key.lower()
    return lambda candidate: candidate.holds(field, text)


def _dated(key: s.Dated) -> Test:
    """Compare the day of arrival, or for SENT... that of the Date field, without regard to time and zone."""
    day, compare = key.day, _DAYS[key.key.removeprefix(b"SENT")]
    if key.key.startswith(b"SENT"):
        return lambda candidate: candidate.sent is not None and compare(candidate.sent, day)
    return lambda candidate: compare(candidate.message.internaldate.date(), day)


def deepest(keys: tuple[s.SearchKey, ...]) -> int:
    """Return how many levels of parentheses there are, one within the other."""
    return max((_levels(key) for key in keys), default=0)


def _levels(key: s.SearchKey) -> int:
    return (isinstance(key, s.Every)) + deepest(_inside(key))


def named_keys(keys: tuple[s.SearchKey, ...]) -> int:
    """Return how many search keys there are, NOT and OR among them; parentheses are none."""
    return sum((not isinstance(key, s.Every)) + named_keys(_inside(key)) for key in keys)


def _inside(key: s.SearchKey) -> tuple[s.SearchKey, ...]:
    match key:
        case s.Not():
            return (key.key,)
        case s.Either():
            return (key.left, key.right)
        case s.Every():
            return key.keys
        case _:
            return ()


def _within(keys: tuple[s.SearchKey, ...], searching: Searching) -> bool:
    """Tell whether a search stays below the limits.

    A level is a pair of parentheses, as the documents count them; the criteria outside all of them are on none.

    Statements: X10:V0043, X3:V0041, X1:2.3.2a
    """
    if searching.deepest is not None and deepest(keys) > searching.deepest:
        return False
    return searching.most_keys is None or named_keys(keys) <= searching.most_keys


def _charset_refusal(session: Session) -> Reply:
    """Return the answer to a charset that is not known, and to text that is not in its charset.

    Statements: X10:V0038, X3:V0036, X1:2.3.4
    """
    searching = session.behaviour.searching
    code = r.Code(b"BADCHARSET", searching.charsets) if searching.badcharset else None
    return replace(session.behaviour.refusals.charset, code=code)


def _codec(charset: bytes | None, searching: Searching) -> str | None:
    """Return the codec of the charset of a search, None for one that is not known.

    Statements: X10:V0037, X3:V0035, X1:2.3.2a
    """
    name = b"US-ASCII" if charset is None else charset.upper()
    known = charset is None or name in searching.charsets
    return codec_of(name.decode("latin-1")) if known else None


def _found(selected: Selected, test: Test) -> Iterator[Named]:
    there = {message.uid: message for message in selected.mailbox.messages()}
    for seq, uid in enumerate(selected.view.uids(), 1):
        if uid is not None and uid in there:
            named = Named(seq, uid)
            if test(Candidate(named, there[uid])):
                yield named


def _search(session: Session, command: c.Search) -> Reply:
    """Send the numbers of the messages for which all keys hold."""
    searching = session.behaviour.searching
    codec = _codec(command.charset, searching)
    if codec is None:
        return _charset_refusal(session)
    if not _within(command.keys, searching):
        return session.behaviour.refusals.criteria
    selected = selected_in(session)
    search = _Search(session, selected, codec)
    test = search.every(command.keys)
    if search.refusal is not None:
        return search.refusal
    found = _found(selected, test)
    session.send(r.SearchData(tuple(named.uid if command.uid else named.seq for named in found)))
    return completed(session)


HANDLERS: Handlers = {c.Search: _search}
"""Which function serves which command."""
