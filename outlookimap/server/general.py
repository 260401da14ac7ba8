"""CAPABILITY, NOOP, LOGOUT, ID, NAMESPACE and IDLE: what has nothing to do with a certain mailbox."""

from __future__ import annotations

from outlookimap.protocol import events as e
from outlookimap.server.behaviour import Reply
from outlookimap.server.replies import account_of, completed
from outlookimap.server.session import Handlers, Session
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.responses import Condition


def _capability(session: Session, _: c.Capability) -> Reply:
    """List the capabilities (RFC 3501 section 6.1.1)."""
    session.send(r.CapabilityData(session.capabilities))
    return completed(session)


def _noop(session: Session, _: c.Noop) -> Reply:
    """Do nothing; what changed is told before every completion (RFC 3501 section 6.1.2)."""
    return completed(session)


def _logout(session: Session, _: c.Logout) -> Reply:
    """Say goodbye (RFC 3501 section 6.1.3)."""
    session.deselect()
    session.notice(Condition.BYE, session.behaviour.texts.goodbye)
    return completed(session)


def _id(session: Session, _: c.Id) -> Reply:
    """Say who serves (RFC 2971)."""
    session.send(r.IdData(session.behaviour.identity))
    return completed(session)


def _namespace(session: Session, _: c.Namespace) -> Reply:
    """Name the one personal namespace (RFC 2342)."""
    session.send(r.NamespaceData(personal=((b"", account_of(session).delimiter),)))
    return completed(session)


def _idle(session: Session, _: c.Idle) -> None:
    """Accept IDLE and tell what changes from now on, until the client says DONE (RFC 2177)."""

    def ended(event: e.Answered | e.DoneReceived) -> Reply:
        if isinstance(event, e.DoneReceived) and event.is_done:
            return completed(session)
        return session.behaviour.refusals.not_done

    session.connection.begin_idle(session.behaviour.texts.idling)
    session.dialogue = ended
    session.idling = True
    session.announce(removals=True)


HANDLERS: Handlers = {
    c.Capability: _capability,
    c.Noop: _noop,
    c.Logout: _logout,
    c.Id: _id,
    c.Namespace: _namespace,
    c.Idle: _idle,
}
"""Which function serves which command."""
