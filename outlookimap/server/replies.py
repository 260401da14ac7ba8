"""The two replies every handler ends with."""

from __future__ import annotations

from outlookimap.server.behaviour import Reply
from outlookimap.server.session import Session
from outlookimap.wire.responses import Code, Condition


def completed(session: Session, code: Code | None = None) -> Reply:
    """Return OK in the words of the server."""
    return Reply(Condition.OK, session.behaviour.texts.completed, code)


def failed(session: Session, code: Code | None = None) -> Reply:
    """Return NO in the words of the server."""
    return Reply(Condition.NO, session.behaviour.texts.failed, code)
