"""What changes messages: APPEND, STORE, COPY and MOVE."""

from __future__ import annotations

from collections.abc import Sequence

from outlookimap.errors import LocalProtocolError
from outlookimap.server.behaviour import Reply
from outlookimap.server.replies import account_of, answer_to, completed, selected_in
from outlookimap.server.session import Handlers, Session
from outlookimap.server.seven_bit import to_seven_bit
from outlookimap.server.store import Incoming, Mailbox, Problem
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.dates import parse_date_time, write_date_time
from outlookimap.wire.fetch import FLAGS, UID, FetchAtt
from outlookimap.wire.responses import Code, Condition
from outlookimap.wire.sequence import SequenceSet

_FLAGS = FetchAtt(FLAGS)
_UID = FetchAtt(UID)
_SMALL = 64  # octets of such a response, about


def _target(session: Session, name: bytes) -> Mailbox | Reply:
    """Return the mailbox that messages go to; one that could be created is refused with TRYCREATE."""
    found = account_of(session).find(name)
    if found is Problem.NO_SUCH_MAILBOX:
        return session.behaviour.refusals.try_create
    return answer_to(session, found) if isinstance(found, Problem) else found


def _kept(session: Session, flags: Sequence[bytes]) -> list[bytes] | Reply:
    """Return those of `flags` that a mailbox keeps; a flag that could never be written again is refused."""
    try:
        Builder(Style(), synchronizing=False).flags(flags)
    except LocalProtocolError:
        return session.behaviour.refusals.flags
    return [flag for flag in flags if session.behaviour.keeps(flag)]


# ---------------------------------------------------------------- APPEND


def _append(session: Session, command: c.Append) -> Reply:
    """Take a message in (RFC 3501 section 6.3.11, RFC 4315 section 3); re-encoded where only 7-bit goes out again.

    Statements: X10:V0007, X3:V0007
    """
    refusals = session.behaviour.refusals
    if len(command.message) > session.behaviour.append_limit:
        return refusals.too_large
    if b"\0" in command.message:
        return refusals.nul
    mailbox = _target(session, command.mailbox)
    if isinstance(mailbox, Reply):
        return mailbox
    flags = _kept(session, command.flags or ())
    if isinstance(flags, Reply):
        return flags
    date = parse_date_time(command.date) if command.date is not None else None
    try:
        write_date_time(date) if date is not None else None
    except LocalProtocolError:  # a year before 1000: it could never be shown again
        return refusals.date
    octets = command.message if session.behaviour.eight_bit else to_seven_bit(command.message)
    uids = mailbox.add([Incoming(octets, tuple(flags), date)])
    return completed(
        session, _code(session, Code(b"APPENDUID", r.AppendUid(mailbox.uidvalidity, SequenceSet.of(uids))))
    )


def _code(session: Session, code: Code) -> Code | None:
    """Return a code of UIDPLUS where that is listed."""
    return code if b"UIDPLUS" in session.capabilities else None


# ---------------------------------------------------------------- STORE


def _store(session: Session, command: c.Store) -> Reply:
    """Change flags, and show them unless asked to be silent (RFC 3501 section 6.4.6)."""
    refusals, selected = session.behaviour.refusals, selected_in(session)
    if selected.read_only:
        return refusals.read_only
    named = selected.named(command.messages, uid=command.uid)
    if named is None:
        return refusals.message_set
    flags = _kept(session, command.flags)
    if isinstance(flags, Reply):
        return flags
    seqs = {one.uid: one.seq for one in named}
    messages = selected.mailbox.change_flags(seqs, command.action, flags, by=selected.watch)
    for message in messages if not command.silent else ():
        items: list[tuple[FetchAtt, r.FetchValue]] = [(_UID, message.uid)] if command.uid else []
        items.append((_FLAGS, selected.shown(message).flags))
        session.send(r.FetchData(seqs[message.uid], tuple(items)), octets=_SMALL)
    # a UID that is gone is no error, a sequence number still stands for a message
    return completed(session) if command.uid or len(messages) == len(named) else refusals.gone


# ---------------------------------------------------------------- COPY and MOVE


def _copy(session: Session, command: c.Copy) -> Reply:
    r"""Copy messages with their flags and dates, all or none (RFC 3501 section 6.4.7, RFC 4315 section 3).

    The copies are \Recent as whatever arrives is.
    """
    copied = _copied(session, command)
    return copied if isinstance(copied, Reply) else completed(session, copied[1])


def _move(session: Session, command: c.Move) -> Reply:
    """Move messages: copy them, say where they are, and remove them here (RFC 6851 section 3.3)."""
    selected = selected_in(session)
    if selected.read_only:
        return session.behaviour.refusals.read_only
    copied = _copied(session, command)
    if isinstance(copied, Reply):
        return copied
    uids, code = copied
    if code is not None:
        session.notice(Condition.OK, session.behaviour.texts.copied, code)
    selected.mailbox.change_flags(uids, c.StoreAction.ADD, (f.DELETED,))
    selected.mailbox.expunge(uids)
    return completed(session)


def _copied(session: Session, command: c.Copy | c.Move) -> tuple[list[int], Code | None] | Reply:
    """Copy the messages of a command; return their UIDs and COPYUID, or why nothing was copied."""
    refusals, selected = session.behaviour.refusals, selected_in(session)
    named = selected.named(command.messages, uid=command.uid)
    if named is None:
        return refusals.message_set
    target = _target(session, command.mailbox)
    if isinstance(target, Reply):
        return target
    messages = [message for one in named if (message := selected.mailbox.get(one.uid)) is not None]
    if len(messages) < len(named) and not command.uid:
        return refusals.gone
    if not messages:
        return [], None
    copies = target.add([Incoming(message.octets, message.flags, message.internaldate) for message in messages])
    uids = [message.uid for message in messages]
    both = r.CopyUid(target.uidvalidity, SequenceSet.of(uids), SequenceSet.of(copies))
    return uids, _code(session, Code(b"COPYUID", both))


HANDLERS: Handlers = {c.Append: _append, c.Store: _store, c.Copy: _copy, c.Move: _move}
"""Which function serves which command."""
