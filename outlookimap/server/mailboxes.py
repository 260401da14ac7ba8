"""The hierarchy of names: LIST, LSUB, XLIST, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and STATUS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from outlookimap.server.behaviour import Reply
from outlookimap.server.names import compared, shown, superiors
from outlookimap.server.patterns import matches
from outlookimap.server.replies import account_of, answer_to, completed
from outlookimap.server.session import Handlers, Session
from outlookimap.server.store import Listed, Mailbox, Problem
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire.mailbox import is_inbox

_MARKED = b"\\Marked"
_HAS_CHILDREN = b"\\HasChildren"
_HAS_NO_CHILDREN = b"\\HasNoChildren"

XLIST_USES = {b"\\Junk": b"\\Spam", b"\\Flagged": b"\\Starred", b"\\All": b"\\AllMail"}
"""Special uses of RFC 6154 that XLIST, its precursor, calls otherwise."""

_OPTIONS = frozenset((b"SPECIAL-USE",))
_RETURNS = frozenset((b"SPECIAL-USE", b"CHILDREN"))


# ---------------------------------------------------------------- lists


def _list(session: Session, command: c.List) -> Reply:
    """List names (RFC 3501 section 6.3.8, RFC 3348, RFC 6154); none is hidden from a wildcard.

    Statements: X10:V0030, X10:V0032, X3:V0028, X3:V0030, X1:2.2.4
    """
    if not command.pattern:
        return _root(session, command)
    if not _OPTIONS.issuperset(command.select) or not _RETURNS.issuperset(command.returns):
        return session.behaviour.refusals.unreadable
    wanted = bool(command.select)
    return _names(session, command, (name for name in account_of(session).names() if name.use or not wanted))


def _lsub(session: Session, command: c.Lsub) -> Reply:
    r"""List subscribed names; one that is not there, or stands for inferiors of ``%``, is \Noselect (6.3.9).

    Statements: X10:V0033, X10:V0034, X3:V0031, X3:V0032, X3:2.1.4, X1:2.2.5
    """
    if not command.pattern:
        return _root(session, command)
    account = account_of(session)
    known = {name.name: name for name in account.names()}
    wanted = _wanted(session, command)
    with_superiors = command.pattern.endswith(b"%") and session.behaviour.naming.lsub_shows_superiors
    found: dict[bytes, Listed] = {}
    for name in account.subscriptions():
        if wanted(name):
            found[name] = known.get(name, Listed(name, selectable=False))
        elif with_superiors:
            for superior in superiors(name):
                found.setdefault(superior, Listed(superior, selectable=False, children=True))
    return _names(session, command, found.values())


def _xlist(session: Session, command: c.Xlist) -> Reply:
    """List names with their uses, as RFC 6154's precursor called them; an empty pattern asks for the delimiter."""
    if not command.pattern:
        return _root(session, command)

    def renamed(name: Listed) -> Listed:
        use = (b"\\Inbox",) if is_inbox(name.name) else tuple(XLIST_USES.get(use, use) for use in name.use)
        return replace(name, use=use)

    return _names(session, command, map(renamed, account_of(session).names()))


def _root(session: Session, command: c.ListCommand) -> Reply:
    """Answer an empty pattern with the delimiter and the root of the reference, which is none."""
    attributes, delimiter = session.behaviour.root_attributes, account_of(session).delimiter
    session.send(r.ListData(command.name, attributes, delimiter, b""))
    return completed(session)


def _names(session: Session, command: c.ListCommand, names: Iterable[Listed]) -> Reply:
    delimiter, wanted = account_of(session).delimiter, _wanted(session, command)
    for name in names:
        if wanted(name.name):
            spelt = shown(name.name, session.behaviour.naming)
            session.send(r.ListData(command.name, _attributes(session, name), delimiter, spelt))
    return completed(session)


def _wanted(session: Session, command: c.ListCommand) -> Callable[[bytes], bool]:
    """Return whether a name is one that reference and pattern ask for.

    Statements: X10:V0008, X10:V0031, X3:V0029
    """
    naming, account = session.behaviour.naming, account_of(session)
    level = command.reference.removesuffix(account.delimiter)
    if command.reference and not naming.any_reference:
        is_level = level != command.reference and account.find(level) is not Problem.NO_SUCH_MAILBOX
        if not is_level:
            return lambda _: False
    pattern = compared(command.reference + command.pattern, naming)
    return lambda name: matches(pattern, compared(name, naming), account.delimiter)


def _attributes(session: Session, name: Listed) -> tuple[bytes, ...]:
    r"""Return the attributes of a name: of RFC 3501's none but \Noselect and \Marked.

    Statements: X10:V0053, X3:V0051, X1:2.3.6
    """
    attributes: tuple[bytes, ...] = () if name.selectable else (f.NOSELECT,)
    if session.behaviour.naming.marked and name.marked:
        attributes += (_MARKED,)
    if b"CHILDREN" in session.capabilities:
        attributes += (_HAS_CHILDREN if name.children else _HAS_NO_CHILDREN,)
    return attributes + name.use


# ---------------------------------------------------------------- changes


def _create(session: Session, command: c.Create) -> Reply:
    """Create a mailbox (RFC 3501 section 6.3.3)."""
    return answer_to(session, account_of(session).create(command.mailbox, command.use))


def _delete(session: Session, command: c.Delete) -> Reply:
    """Delete a mailbox (RFC 3501 section 6.3.4)."""
    return answer_to(session, account_of(session).delete(command.mailbox))


def _rename(session: Session, command: c.Rename) -> Reply:
    """Rename a mailbox (RFC 3501 section 6.3.5); the new name is a whole one, not that of the lowest level.

    Statements: X10:V0028
    """
    account = account_of(session)
    if account.delimiter in command.to and not session.behaviour.naming.rename_across_levels:
        return session.behaviour.refusals.rename_levels
    return answer_to(session, account.rename(command.mailbox, command.to))


def _subscribe(session: Session, command: c.Subscribe) -> Reply:
    """Subscribe a name (RFC 3501 section 6.3.6)."""
    return answer_to(session, account_of(session).subscribe(command.mailbox))


def _unsubscribe(session: Session, command: c.Unsubscribe) -> Reply:
    """Forget a subscription (RFC 3501 section 6.3.7)."""
    account_of(session).unsubscribe(command.mailbox)
    return completed(session)


# ---------------------------------------------------------------- STATUS


def _recent(mailbox: Mailbox) -> int:
    r"""Return how many messages would be \Recent for a session that selects the mailbox now."""
    first = mailbox.first_recent
    return sum(message.uid >= first for message in mailbox.messages())


STATUS: dict[bytes, Callable[[Mailbox], int]] = {
    b"MESSAGES": lambda mailbox: len(mailbox.messages()),
    b"RECENT": _recent,
    b"UIDNEXT": lambda mailbox: mailbox.uidnext,
    b"UIDVALIDITY": lambda mailbox: mailbox.uidvalidity,
    b"UNSEEN": lambda mailbox: sum(not message.has(f.SEEN) for message in mailbox.messages()),
}
"""How each status item is found out."""


def _status(session: Session, command: c.Status) -> Reply:
    """Say how a mailbox stands without selecting it (RFC 3501 section 6.3.10)."""
    mailbox = account_of(session).find(command.mailbox)
    if isinstance(mailbox, Problem):
        return answer_to(session, mailbox)
    session.send(r.StatusData(mailbox.name, tuple((item, STATUS[item](mailbox)) for item in command.items)))
    return completed(session)


HANDLERS: Handlers = {
    c.List: _list,
    c.Lsub: _lsub,
    c.Xlist: _xlist,
    c.Create: _create,
    c.Delete: _delete,
    c.Rename: _rename,
    c.Subscribe: _subscribe,
    c.Unsubscribe: _unsubscribe,
    c.Status: _status,
}
"""Which function serves which command."""
