"""Flags: each form of STORE does what it says and no more, and what is stored is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled, opened, same, words
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import Stage
from outlookimap.wire.sequence import SequenceSet

T = TypeVar("T")
_SEEN, _ANSWERED, _FLAGGED, _DELETED, _DRAFT = rb"\Seen", rb"\Answered", rb"\Flagged", rb"\Deleted", rb"\Draft"
_KEYWORD = b"$MDNSent"
_STORED = rb"(?i)\A\w+ OK .*STORE"
_LONG_SET = 29_000
"""Octets of a list of UIDs: of what Outlook sends in one command, the most that is known."""


def _has(stage: Stage, expected: dict[int, set[bytes]], doing: str) -> None:
    """Require that the observer sees these flags on these messages."""
    there = stage.observer.flags(stage.raw)
    for uid, flags in expected.items():
        found = there.get(uid)
        text = f"after {doing} the message with UID {uid} has to have the flags {words(flags)}, and "
        stage.require(found is not None, text + "is not there", said=_STORED)
        stage.require(same(found or (), flags), text + f"has {words(found or ())}", said=_STORED)


def _in_a_session(stage: Stage, act: Callable[[Session], T]) -> T:
    """Select the folder in a new session, do something there, and sign out."""
    session = opened(stage)
    done = act(session)
    session.logout()
    return done


def _to_and_fro(
    stage: Stage,
    there: Callable[[Session, list[int]], object],
    back: Callable[[Session, list[int]], object],
    flags: set[bytes],
    left: set[bytes] | None = None,
) -> None:
    """Set flags of the first and the third of three messages and take them away, each in a session of its own."""
    uids = filled(stage, 3)
    chosen = uids[::2]
    for doing, change, expected in (("setting them", there, flags), ("taking them away", back, left or set())):
        session = opened(stage)
        change(session, chosen)
        session.logout()
        _has(stage, {uid: expected if uid in chosen else set() for uid in uids}, f"{doing} and signing out")


# ---------------------------------------------------------------- each form


@steps("flag-kept")
def flag_kept(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Flagged) and -FLAGS.SILENT (\Flagged)."""
    _to_and_fro(stage, Session.flag, Session.unflag, {_FLAGGED})


@steps("answered-kept")
def answered_kept(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Answered) and -FLAGS.SILENT (\Answered)."""
    _to_and_fro(stage, Session.mark_answered, Session.unmark_answered, {_ANSWERED})


@steps("read-kept")
def read_kept(stage: Stage) -> None:
    r"""Send +FLAGS (\Seen) and -FLAGS (\Seen)."""
    _to_and_fro(stage, Session.mark_read, Session.mark_unread, {_SEEN})


@steps("read-silently-kept")
def read_silently_kept(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Seen) and -FLAGS.SILENT (\Seen)."""
    _to_and_fro(
        stage,
        lambda session, uids: session.mark_read(uids, queued=True),
        lambda session, uids: session.mark_unread(uids, queued=True),
        {_SEEN},
    )


@steps("deleted-kept")
def deleted_kept(stage: Stage) -> None:
    r"""Send +FLAGS (\Deleted \Seen) and -FLAGS (\Deleted), which leaves \Seen."""
    _to_and_fro(stage, Session.mark_deleted, Session.undelete, {_DELETED, _SEEN}, {_SEEN})


@steps("deleted-silently-kept")
def deleted_silently_kept(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Deleted) and -FLAGS.SILENT (\Deleted)."""
    _to_and_fro(
        stage,
        lambda session, uids: session.mark_deleted(uids, queued=True),
        lambda session, uids: session.undelete(uids, queued=True),
        {_DELETED},
    )


@steps("flags-replaced")
def flags_replaced(stage: Stage) -> None:
    r"""Send FLAGS (\Answered \Seen) and FLAGS ()."""
    _to_and_fro(
        stage,
        lambda session, uids: session.replace_flags(uids, ["\\Answered", "\\Seen"]),
        lambda session, uids: session.replace_flags(uids, []),
        {_ANSWERED, _SEEN},
    )


@steps("draft-kept")
def draft_kept(stage: Stage) -> None:
    r"""Send FLAGS (\Draft), sign out, sign in again and set \Seen: the message is a draft still."""
    _, uid, _ = filled(stage, 3)
    _in_a_session(stage, lambda session: session.replace_flags([uid], ["\\Draft"]))
    _has(stage, {uid: {_DRAFT}}, r"FLAGS (\Draft) and signing out")
    _in_a_session(stage, lambda session: session.mark_read([uid]))
    _has(stage, {uid: {_DRAFT, _SEEN}}, r"FLAGS (\Draft), signing in again and +FLAGS (\Seen)")


@steps("flags-seen-by-others")
def flags_seen_by_others(stage: Stage) -> None:
    """Set a flag loudly and another silently; while the session goes on the observer has to see them."""
    uids = filled(stage, 4)
    session = opened(stage)
    session.mark_read(uids[::3])
    session.flag(uids[::3])

    def seen() -> bool:
        there = stage.observer.flags(stage.raw)
        return all(same(there.get(uid, ()), [_SEEN, _FLAGGED]) for uid in uids[::3])

    text = f"messages were given {words([_SEEN, _FLAGGED])}, and while that session goes on another one does not see it"
    stage.require(stage.until(seen, 1.0), text, said=_STORED)


# ---------------------------------------------------------------- what a STORE leaves alone


@steps("other-flags-stay")
def other_flags_stay(stage: Stage) -> None:
    r"""Set \Seen on a message that has three other flags, and take it away."""
    others = {_ANSWERED, _FLAGGED, _DRAFT}
    [uid] = filled(stage, 1, flags=others)
    _in_a_session(stage, lambda session: session.mark_read([uid]))
    _has(stage, {uid: others | {_SEEN}}, r"+FLAGS (\Seen)")
    _in_a_session(stage, lambda session: session.mark_unread([uid]))
    _has(stage, {uid: others}, r"-FLAGS (\Seen)")


@steps("keywords-stay")
def keywords_stay(stage: Stage) -> None:
    r"""Set \Seen on a message that has a keyword, and flag it."""
    [uid] = filled(stage, 1, flags=[_DRAFT, _KEYWORD])
    if not same(stage.observer.flags(stage.raw)[uid], [_DRAFT, _KEYWORD]):
        stage.skip("this server keeps no keywords")
    session = opened(stage)
    session.mark_read([uid])
    session.flag([uid])
    session.logout()
    _has(stage, {uid: {_DRAFT, _KEYWORD, _SEEN, _FLAGGED}}, r"+FLAGS (\Seen) and +FLAGS.SILENT (\Flagged)")


# ---------------------------------------------------------------- what is said


@steps("loud-store-answered")
def loud_store_answered(stage: Stage) -> None:
    r"""Send +FLAGS (\Seen) for two messages, one of which has another flag, and compare the answers."""
    uids = stage.fill([mail("loud-store-answered 1")])
    uids = stage.fill([mail("loud-store-answered 2")], flags=[_FLAGGED])
    answers = _in_a_session(stage, lambda session: session.mark_read(uids))
    told = {message.uid: message.flags for message in answers if message.flags is not None}
    for uid, flags in stage.observer.flags(stage.raw).items():
        text = f"+FLAGS of the message with UID {uid} was not answered by FETCH with UID and FLAGS"
        stage.require(uid in told, text, said=_STORED)
        said = {flag.encode() for flag in told[uid] or ()}
        text = f"+FLAGS was answered with the flags {words(said)}, and the message has {words(flags)}"
        stage.require(same(said, flags), text, said=rb"FETCH .*UID %d\b" % uid)


@steps("flags-of-others")
def flags_of_others(stage: Stage) -> None:
    """Have flags changed by another client while the folder is selected; send NOOP and fetch all flags."""
    uids = filled(stage, 4)
    session = opened(stage)
    session.fetch_flags(SequenceSet.all())
    stage.observer.add_flags(stage.raw, uids[3:], [_ANSWERED, _DELETED])
    found: dict[int | None, frozenset[str]] = {}

    def shown() -> bool:
        session.noop()
        found.update({one.uid: one.flags or frozenset() for one in session.fetch_flags(SequenceSet.all())})
        return same((flag.encode() for flag in found.get(uids[3], ())), [_ANSWERED, _DELETED])

    if not stage.until(shown, 1.0):
        has = words(flag.encode() for flag in found.get(uids[3], ()))
        text = f"another client set {words([_ANSWERED, _DELETED])}; after NOOP FETCH says that the message has {has}"
        stage.fail(text, said=rb"FETCH .*UID %d\b" % uids[3])


# ---------------------------------------------------------------- which messages


@steps("range-stored")
def range_stored(stage: Stage) -> None:
    r"""Send +FLAGS (\Deleted \Seen) for a range, of which the first and the last message are no part."""
    uids = filled(stage, 6)
    _in_a_session(stage, lambda session: session.mark_deleted(uids[1:5]))
    _has(stage, {uid: {_DELETED, _SEEN} if uid in uids[1:5] else set() for uid in uids}, "STORE of a range")


@steps("long-set-stored")
def long_set_stored(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Answered) for as many UIDs as fit into 29,000 octets, of which two are there."""
    first, left, last = filled(stage, 3)
    beyond = range(last + 10_001, last + 90_000, 2)
    each = len(str(beyond[0])) + 1
    chosen = [first, last, *beyond[: _LONG_SET // each]]
    with stage.refused(f"a STORE of {len(chosen):,} UIDs was refused"):
        _in_a_session(stage, lambda session: session.mark_answered(chosen))
    _has(stage, {first: {_ANSWERED}, left: set(), last: {_ANSWERED}}, f"STORE of {len(chosen):,} UIDs")


@steps("gone-uid-ignored")
def gone_uid_ignored(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Seen) for two messages, one of which was removed before the folder was selected."""
    uids = filled(stage, 4)
    stage.observer.remove(stage.raw, uids[1:2])
    with stage.refused("a STORE was refused because one of its UIDs is not there any more"):
        _in_a_session(stage, lambda session: session.mark_read(uids[1::2], queued=True))
    _has(stage, {uids[0]: set(), uids[2]: set(), uids[3]: {_SEEN}}, "STORE of this one and one that is gone")
