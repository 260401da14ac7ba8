"""What all handlers need: the replies they end with, and what the states promise them."""

from __future__ import annotations

from outlookimap.errors import LocalProtocolError
from outlookimap.server.behaviour import Reply
from outlookimap.server.selection import Selected
from outlookimap.server.session import Session
from outlookimap.server.store import Account, Problem
from outlookimap.wire.responses import Code, Condition


def completed(session: Session, code: Code | None = None) -> Reply:
    """Return OK in the words of the server."""
    return Reply(Condition.OK, session.behaviour.texts.completed, code)


def failed(session: Session, code: Code | None = None) -> Reply:
    """Return NO in the words of the server."""
    return Reply(Condition.NO, session.behaviour.texts.failed, code)


def answer_to(session: Session, problem: Problem | None) -> Reply:
    """Return what a store's problem, or success, is in the words of the server."""
    return completed(session) if problem is None else session.behaviour.refusals.problems[problem]


def account_of(session: Session) -> Account:
    """Return the account of who signed in; LocalProtocolError before that, which the states do not let happen."""
    if session.account is None:
        raise LocalProtocolError("nobody has signed in")
    return session.account


def selected_in(session: Session) -> Selected:
    """Return what is selected; LocalProtocolError where nothing is, which the states do not let happen."""
    if session.selected is None:
        raise LocalProtocolError("no mailbox is selected")
    return session.selected
