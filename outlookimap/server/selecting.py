"""What opens and closes a mailbox: SELECT, EXAMINE, CHECK, CLOSE, UNSELECT and EXPUNGE."""

from __future__ import annotations

from outlookimap.server.behaviour import Reply
from outlookimap.server.replies import account_of, answer_to, completed, selected_in
from outlookimap.server.session import Handlers, Session
from outlookimap.server.store import Message, Problem
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire.responses import Code, Condition


def _select(session: Session, command: c.Select) -> Reply:
    r"""Open a mailbox; one that was open is left, also when this fails (RFC 3501 section 6.3.1).

    What is \Recent is so for this session only.
    """
    return _open(session, command.mailbox, read_only=False)


def _examine(session: Session, command: c.Examine) -> Reply:
    r"""Open a mailbox for reading only; what is \Recent stays so for others (RFC 3501 section 6.3.2)."""
    return _open(session, command.mailbox, read_only=True)


def _open(session: Session, name: bytes, *, read_only: bool) -> Reply:
    session.deselect()
    mailbox = account_of(session).find(name)
    if isinstance(mailbox, Problem):
        return answer_to(session, mailbox)
    selected = session.select(mailbox, read_only=read_only)
    messages = {message.uid: message for message in mailbox.messages()}
    there = [messages.get(uid or 0) for uid in selected.view.uids()]
    texts, behaviour = session.behaviour.texts, session.behaviour
    session.send(r.Exists(len(there)), r.Recent(selected.count_recent()))
    session.send(r.FlagsData(_applicable(behaviour.flags, there)))
    session.notice(
        Condition.OK, texts.permanent_flags, Code(b"PERMANENTFLAGS", () if read_only else behaviour.permanent_flags)
    )
    unseen = next((seq for seq, message in enumerate(there, 1) if message and not message.has(f.SEEN)), None)
    if unseen is not None:
        session.notice(Condition.OK, texts.unseen, Code(b"UNSEEN", unseen))
    session.notice(Condition.OK, texts.uidvalidity, Code(b"UIDVALIDITY", mailbox.uidvalidity))
    session.notice(Condition.OK, texts.uidnext, Code(b"UIDNEXT", mailbox.uidnext))
    return completed(session, Code(b"READ-ONLY" if read_only else b"READ-WRITE"))


def _applicable(flags: tuple[bytes, ...], messages: list[Message | None]) -> tuple[bytes, ...]:
    """Return `flags` and the keywords that messages have.

    Statements: X10:V0054, X3:V0052
    """
    return f.in_order([*flags, *(flag for message in messages if message for flag in message.flags)])


def _check(session: Session, _: c.Check) -> Reply:
    """Do nothing, as NOOP does: all is kept at once (RFC 3501 section 6.4.1).

    Statements: X10:V0036, X3:V0034, X1:2.3.2
    """
    return completed(session)


def _close(session: Session, _: c.Close) -> Reply:
    r"""Remove the messages with \Deleted without a word, and leave the mailbox (RFC 3501 section 6.4.2)."""
    selected = selected_in(session)
    if not selected.read_only:
        selected.mailbox.expunge()
    session.deselect()
    return completed(session)


def _unselect(session: Session, _: c.Unselect) -> Reply:
    """Leave the mailbox (RFC 3691)."""
    session.deselect()
    return completed(session)


def _expunge(session: Session, command: c.Expunge) -> Reply:
    r"""Remove the messages with \Deleted, of `uids` only when given (RFC 3501 section 6.4.3, RFC 4315 section 2.1).

    The connection hears of them as all others do: what went is told before the completion.
    """
    selected = selected_in(session)
    if selected.read_only:
        return session.behaviour.refusals.read_only
    if command.uids is None:
        selected.mailbox.expunge()
    else:
        named = selected.named(command.uids, uid=True) or []
        selected.mailbox.expunge(one.uid for one in named)
    return completed(session)


HANDLERS: Handlers = {
    c.Select: _select,
    c.Examine: _examine,
    c.Check: _check,
    c.Close: _close,
    c.Unselect: _unselect,
    c.Expunge: _expunge,
}
"""Which function serves which command."""
