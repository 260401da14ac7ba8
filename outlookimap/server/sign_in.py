"""STARTTLS, AUTHENTICATE and LOGIN.

What a mechanism says is `auth`'s; here is which ones are offered, and what their outcome means. A password is taken
without TLS only where the service allows it.
"""

from __future__ import annotations

from outlookimap.auth import MECHANISMS, Done, ServerMechanism, server_mechanism
from outlookimap.errors import MechanismError
from outlookimap.protocol import events as e
from outlookimap.server.behaviour import Reply
from outlookimap.server.delegates import parted
from outlookimap.server.replies import completed, failed
from outlookimap.server.session import Handlers, Session
from outlookimap.wire import commands as c
from outlookimap.wire.responses import Condition


def _starttls(session: Session, _: c.StartTls) -> Reply:
    """Begin TLS after this answer (RFC 3501 section 6.2.1); what is listed then the client has to ask for.

    Statements: X10:V0020, X3:V0020
    """
    if session.encrypted:
        return session.behaviour.refusals.encrypted
    if session.service.start_tls is None:
        return session.behaviour.refusals.unknown
    return Reply(Condition.OK, session.behaviour.texts.begin_tls)


def _login(session: Session, command: c.Login) -> Reply:
    """Compare the password in constant time (RFC 3501 section 6.2.3); the answer says nothing of capabilities.

    Statements: X10:2.1.4, X10:V0018, X10:V0019, X10:V0022, X10:V0024, X10:V0025, X3:2.1.5, X3:V0018, X3:V0019,
    X3:V0022, X3:V0024
    """
    service = session.service
    if not session.takes_plaintext or b"LOGINDISABLED" in session.capabilities:
        return session.behaviour.refusals.plaintext
    user = principal = command.user.decode("utf-8", "replace")  # a name with U+FFFD in it is nobody's
    two = parted(user, service.users) if session.behaviour.delegates else None
    if two is not None:
        user, principal = two
    known = service.users.get(user)
    if known is None or known != command.password:
        return failed(session)
    if user != principal and user not in service.delegations.get(principal, ()):
        return failed(session)
    return _signed_in(session, principal)


def _authenticate(session: Session, command: c.Authenticate) -> Reply | None:
    """Begin a SASL exchange (RFC 3501 section 6.2.2); no mechanism here negotiates a security layer.

    One that is listed and cannot be served is refused like one that is not listed.

    Statements: X10:V0018, X10:V0019, X10:V0021, X10:V0022, X10:V0023, X10:E0003, X10:E0004, X3:V0021, X3:V0022,
    X3:V0023, X3:E0003, X3:E0004, X1:2.2.3
    """
    refusals = session.behaviour.refusals
    name = command.mechanism.decode("ascii")
    row = MECHANISMS.get(name)
    if row is None or name not in session.behaviour.mechanisms or not _listed(session, command.mechanism):
        return refusals.mechanism
    if row.plaintext and not session.takes_plaintext:
        return refusals.plaintext
    if command.initial is not None and b"SASL-IR" not in session.capabilities:
        return refusals.initial
    service = session.service
    try:
        mechanism = server_mechanism(name, lookup=service.users.get, host=service.host, aliases=service.aliases)
        challenge = mechanism.challenge()
    except MechanismError:
        return failed(session)
    session.dialogue = lambda event: _answered(session, mechanism, event)
    if command.initial is not None and not challenge:
        return _stepped(session, mechanism, command.initial.reveal())
    session.connection.challenge(challenge)
    return None


def _listed(session: Session, mechanism: bytes) -> bool:
    return b"AUTH=" + mechanism in session.capabilities


def _answered(session: Session, mechanism: ServerMechanism, event: e.Answered | e.DoneReceived) -> Reply | None:
    if not isinstance(event, e.Answered) or not event.readable:
        return session.behaviour.refusals.base64
    if event.octets is None:
        return session.behaviour.refusals.cancelled
    return _stepped(session, mechanism, event.octets)


def _stepped(session: Session, mechanism: ServerMechanism, answer: bytes) -> Reply | None:
    """Hand `answer` to the mechanism: another challenge goes out, or the sign-in is over."""
    try:
        step = mechanism.step(answer)
    except MechanismError:
        return failed(session)
    if not isinstance(step, Done):
        session.connection.challenge(step.data)
        return None
    if step.authzid not in (None, step.authcid):
        return failed(session)  # nobody acts as somebody else here
    return _signed_in(session, step.authcid)


def _signed_in(session: Session, user: str) -> Reply:
    session.account = session.service.store.account(user)
    return completed(session) if session.account is not None else failed(session)


HANDLERS: Handlers = {c.StartTls: _starttls, c.Login: _login, c.Authenticate: _authenticate}
"""Which function serves which command."""
