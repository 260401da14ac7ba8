"""What lint asks of a client that only a whole conversation shows: order, timing, what is waited for.

Each rule judges one step by what was known before it. Knows no profile by name: every rule reads its value.
"""

from __future__ import annotations

from collections.abc import Iterator

from outlookimap.conformance.finding import Finding, Kept, Moment, Noted, Wrong
from outlookimap.conformance.following import Epoch, Line, Waited
from outlookimap.conformance.said import Uttered
from outlookimap.profiles import Policy
from outlookimap.protocol.states import LAST, names_numbers, renumbers
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names

GRACE = 10.0
"""Seconds that a NOOP may be late: clocks of logs count whole seconds, and a busy machine takes its time."""


def asks_first(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the first command: CAPABILITY, whatever the greeting volunteered.

    Statements: O5:V0032, O5:V0065
    """
    yield from _asks(at, Epoch.GREETED, "capability.first", "the greeting")


def asks_under_tls(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the first command under TLS: CAPABILITY again.

    Statements: O5:V0032, O5:V0065
    """
    yield from _asks(at, Epoch.ENCRYPTED, "capability.after_tls", "the TLS handshake")


def _asks(at: Moment[Uttered], epoch: Epoch, key: str, after: str) -> Iterator[Finding]:
    if at.connection.epoch is epoch and at.connection.fresh and at.profile.flag(key):
        ids = at.profile.cites(key)
        yield Kept(ids) if at.step.keyword == b"CAPABILITY" else Wrong(ids, f"CAPABILITY first, after {after}")


def asks_again(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the first command after sign-in: CAPABILITY, also where the server volunteered it.

    Statements: O5:V0033, O5:V0035, O5:V0065
    """
    connection, sign_in = at.connection, at.connection.sign_in
    if sign_in is None or connection.epoch is not Epoch.SIGNED_IN or not connection.fresh or connection.asked:
        return
    if at.profile.flag("capability.after_sign_in"):
        by_login = sign_in.way == "LOGIN"
        others = {"O5:V0033" if by_login else "O5:V0035", "O5:V0065" if not connection.volunteered else ""}
        ids = tuple(one for one in at.profile.cites("capability.after_sign_in") if one not in others)
        if at.step.keyword == b"CAPABILITY":
            yield Kept(ids)
        else:
            seen = (
                "observed.capability_skipped" if by_login and at.profile.flag("observed.capability_skipped") else None
            )
            yield Wrong(ids, f"CAPABILITY after {'LOGIN' if by_login else 'AUTHENTICATE'}", seen)


def weakens(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the order of mechanisms: ever weaker ones, LOGIN last.

    Which of them the account's settings allow a recording does not tell, so one left out is worth a remark, and wrong
    only where the settings are given.

    Statements: O5:V0027, O5:V0032, O5:V0034
    """
    order = (*at.profile.words("auth.mechanisms"), "LOGIN")
    way = "LOGIN"
    if isinstance(at.step.command, c.Authenticate):
        way = at.step.command.mechanism.decode("ascii", "replace").upper()
    if not isinstance(at.step.command, c.Authenticate | c.Login) or way not in order:
        return
    ids = at.profile.cites("auth.mechanisms")
    stronger = order[: order.index(way)]
    weaker = [one for one in at.connection.attempts if one in order and one not in (way, *stronger)]
    if weaker:
        yield Wrong(("O5:V0034",), f"{way} before {weaker[0]}: ever weaker, until one works")
        return
    listed = at.connection.capabilities or frozenset()
    tried = {*at.connection.attempts, *at.connection.failed}
    skipped = [one for one in stronger if b"AUTH=" + one.encode() in listed and one not in tried]
    if way == "LOGIN" and skipped == ["PLAIN"]:
        skipped = []
        yield Noted(("O5:V0034", "O5:E0001", "O5:V0027"), "LOGIN although AUTH=PLAIN is listed: both are the product's")
    allowed = _allowed(at.policy)
    forbidden = [one for one in skipped if allowed is None or one in allowed]
    if forbidden and at.policy is not None:
        yield Wrong(ids, f"AUTHENTICATE {forbidden[0]}: the server lists it, and it is stronger than {way}")
    elif skipped and at.policy is None:
        yield Noted(ids, f"{way} although AUTH={skipped[0]} is listed: as long as the account's settings rule that out")
    else:
        yield Kept(("O5:V0034",))


def _allowed(policy: Policy | None) -> set[str] | None:
    return None if policy is None or policy.mechanisms is None else {name.upper() for name in policy.mechanisms}


def keeps_alive(at: Moment[Waited]) -> Iterator[Finding]:
    """Judge how long nothing of the client's own comes; what it receives does not count.

    Statements: O5:V0025, O5:V0028
    """
    longest = at.profile.number("keepalive.longest")
    if at.step.before <= longest + GRACE < at.step.after:
        ids = at.profile.cites("keepalive.longest")
        yield Wrong(ids, f"NOOP after {longest} seconds at the latest, not {at.step.after:g} seconds of silence")


def leaves_idle(at: Moment[Line]) -> Iterator[Finding]:
    """Judge what ends IDLE: DONE, and nothing but that.

    Statements: O5:2.1.3, O5:2.1.4
    """
    if at.step.octets == b"DONE\r\n":
        yield Kept(("O5:2.1.3",))
    elif at.step.ends_idle and at.step.octets.strip(b" \t\r\n") == b"DONE" and at.step.octets.endswith(b"\r\n"):
        yield Wrong(("O5:2.1.4",), "DONE")
    else:
        yield Wrong(("O5:2.1.3",), "DONE")


def waits_for_go_ahead(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge a literal that came before the server asked for it, where the recording shows the order of both sides.

    Statements: O5:2.1.3
    """
    if at.step.unasked and at.connection.ordered and at.connection.server_shown:
        yield Wrong(("O5:2.1.3",), "the literal after the server's +, not before")


def waits_for_answers(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge commands in flight together: as many as one likes, unless one of them lets nothing follow.

    Nothing follows AUTHENTICATE, STARTTLS, LOGOUT or IDLE before it has ended, and message numbers wait for what may
    change them (RFC 3501 section 5.5).

    Statements: O5:V0026
    """
    if not (at.connection.ordered and at.connection.server_shown) or at.step.command is None:
        return
    ids = at.profile.cites("command.pipelining")
    others = [one.command for one in at.connection.in_flight.values() if one.command is not None]
    blocking = [one for one in others if type(one) in LAST and not isinstance(one, c.Idle)]
    if blocking:
        yield Wrong(ids, f"nothing before {blocking[0].name.decode()} is answered")
    elif names_numbers(at.step.command) and any(map(renumbers, others)):
        yield Wrong(ids, "message numbers only when what may change them is answered")
    elif others:
        yield Kept(ids)


def ignores_try_create(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge CREATE right after a refusal that suggested it: the product does not take the hint.

    Statements: O5:V0047, O5:V0058
    """
    if at.connection.refused is None or not isinstance(at.step.command, c.Create):
        return
    mailbox, refused = at.connection.refused
    if "TRYCREATE" in at.profile.words("answers.codes_ignored") and at.step.command.mailbox == mailbox:
        ids = ("O5:V0047",) if isinstance(refused, c.Append) else ("O5:V0058",)
        keyword = c.keyword(refused).decode()
        yield Wrong(ids, f"no CREATE {names.decode(mailbox)!r} because {keyword} was refused with TRYCREATE")
