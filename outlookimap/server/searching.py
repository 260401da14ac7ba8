"""SEARCH (RFC 3501 section 6.4.4) by flags, numbers, sizes and the day of arrival.

What looks into a message (its fields, its text, the day it was sent) is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from outlookimap.server.behaviour import Reply
from outlookimap.server.replies import completed, selected_in
from outlookimap.server.selection import Named, Selected
from outlookimap.server.session import Handlers, Session
from outlookimap.server.store import Message
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire import search as s

Test: TypeAlias = Callable[[Named, Message], bool]
"""Tells whether a key holds for a message."""

_CHARSETS = frozenset((b"US-ASCII", b"UTF-8"))


def _flagged(flag: bytes) -> Test:
    return lambda _, message: message.has(flag)


def _unflagged(flag: bytes) -> Test:
    return lambda _, message: not message.has(flag)


_BARE: Mapping[bytes, Test] = {
    b"ALL": lambda _one, _message: True,
    b"ANSWERED": _flagged(f.ANSWERED),
    b"DELETED": _flagged(f.DELETED),
    b"DRAFT": _flagged(f.DRAFT),
    b"FLAGGED": _flagged(f.FLAGGED),
    b"NEW": lambda _one, _message: False,  # no message is ever \Recent here
    b"OLD": lambda _one, _message: True,
    b"RECENT": lambda _one, _message: False,
    b"SEEN": _flagged(f.SEEN),
    b"UNANSWERED": _unflagged(f.ANSWERED),
    b"UNDELETED": _unflagged(f.DELETED),
    b"UNDRAFT": _unflagged(f.DRAFT),
    b"UNFLAGGED": _unflagged(f.FLAGGED),
    b"UNSEEN": _unflagged(f.SEEN),
}


def _test(key: s.SearchKey, session: Session, selected: Selected) -> Test | Reply:
    """Return the test for `key`, or why there is none; sequence sets are looked up once, not for each message."""
    match key:
        case s.Flagging():
            return _BARE[key.key]
        case s.Keyworded():
            return _flagged(key.keyword) if key.key == b"KEYWORD" else _unflagged(key.keyword)
        case s.Dated():
            return _dated(key, session)
        case s.Sized():
            larger, size = key.key == b"LARGER", key.octets
            return lambda _, message: len(message.octets) > size if larger else len(message.octets) < size
        case s.Numbered():
            return _numbered(key, session, selected)
        case s.Not():
            negated = _test(key.key, session, selected)
            return negated if isinstance(negated, Reply) else lambda one, message: not negated(one, message)
        case s.Either():
            return _any((key.left, key.right), session, selected)
        case s.Every():
            return _all(key.keys, session, selected)
        case _:
            return session.behaviour.refusals.not_yet


def _numbered(key: s.Numbered, session: Session, selected: Selected) -> Test | Reply:
    named = selected.named(key.numbers, uid=key.uid)
    if named is None:
        return session.behaviour.refusals.message_set
    inside = frozenset(named)
    return lambda one, _: one in inside


def _tests(keys: tuple[s.SearchKey, ...], session: Session, selected: Selected) -> list[Test] | Reply:
    """Return the tests for all `keys`, or why there is none for one of them."""
    tests: list[Test] = []
    for key in keys:
        test = _test(key, session, selected)
        if isinstance(test, Reply):
            return test
        tests.append(test)
    return tests


def _all(keys: tuple[s.SearchKey, ...], session: Session, selected: Selected) -> Test | Reply:
    tests = _tests(keys, session, selected)
    return tests if isinstance(tests, Reply) else lambda one, message: all(test(one, message) for test in tests)


def _any(keys: tuple[s.SearchKey, ...], session: Session, selected: Selected) -> Test | Reply:
    tests = _tests(keys, session, selected)
    return tests if isinstance(tests, Reply) else lambda one, message: any(test(one, message) for test in tests)


def _dated(key: s.Dated, session: Session) -> Test | Reply:
    """Compare the day of arrival, without regard to time and zone."""
    day = key.day
    match key.key:
        case b"BEFORE":
            return lambda _, message: message.internaldate.date() < day
        case b"ON":
            return lambda _, message: message.internaldate.date() == day
        case b"SINCE":
            return lambda _, message: message.internaldate.date() >= day
        case _:
            return session.behaviour.refusals.not_yet


def _search(session: Session, command: c.Search) -> Reply:
    """Send the numbers of the messages for which all keys hold."""
    if command.charset is not None and command.charset.upper() not in _CHARSETS:
        return session.behaviour.refusals.charset
    selected = selected_in(session)
    test = _all(command.keys, session, selected)
    if isinstance(test, Reply):
        return test
    there = {message.uid: message for message in selected.mailbox.messages()}
    found = [
        uid if command.uid else seq
        for seq, uid in enumerate(selected.view.uids(), 1)
        if uid in there and test(Named(seq, uid), there[uid])
    ]
    session.send(r.SearchData(tuple(found)))
    return completed(session)


HANDLERS: Handlers = {c.Search: _search}
"""Which function serves which command."""
