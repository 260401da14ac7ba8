"""What lint asks of a server that only a whole conversation shows: what follows what, and how long it waits.

Knows no profile by name: every rule reads its value, and cites by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from outlookimap.conformance.finding import Finding, Kept, Moment, Wrong
from outlookimap.conformance.server_following import Answered
from outlookimap.protocol.states import State
from outlookimap.server.names import DELIMITER
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.responses import Condition

_GRACE = 10.0
"""Seconds that the end of a connection may be late: clocks of logs count whole seconds."""


def counts_after(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge what follows the answer to EXPUNGE, and to APPEND to the selected mailbox: EXISTS with what there is now.

    Statements: X10:V0035, X10:V0055, X3:V0033, X3:V0053
    """
    found, due, shown = at.step.found, at.step.shown.due, at.step.shown
    if due is None or found is None:
        return
    key = "telling.exists_after_expunge" if isinstance(due, c.Expunge) else "telling.exists_after_append"
    if not at.profile.flag(key):
        return
    ids, count = at.profile.cites(key), shown.exists
    if isinstance(found, r.Exists):
        least = count if count is None or isinstance(due, c.Expunge) else count + 1
        if least is not None and found.count < least:
            yield Wrong(ids, f"* {least} EXISTS")
        else:
            yield Kept(ids)
    elif isinstance(found, r.Continuation) or (isinstance(found, r.StatusResponse) and found.tag is not None):
        yield Wrong(ids, f"EXISTS first, right after {c.keyword(due).decode()} succeeded")


def lists_levels(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge a whole list of names: each level above one is there too, for CREATE makes it.

    Statements: X10:V0026, X3:V0025
    """
    found, of = at.step.found, at.step.of
    if of is None or not isinstance(found, r.StatusResponse) or found.condition is not Condition.OK:
        return
    if not isinstance(of.command, c.List) or (of.command.reference, of.command.pattern) != (b"", b"*"):
        return
    if not at.connection.ordered or not at.profile.flag("naming.superiors_created"):
        return
    there, ids = {name.upper() for name in at.step.shown.listed}, at.profile.cites("naming.superiors_created")
    superiors = {name.rpartition(DELIMITER)[0] for name in there} - {b""}
    lacking = sorted(superiors - there)
    if lacking:
        yield Wrong(ids, f"{lacking[0].decode('latin-1')} listed as well: it has mailboxes below it")
    elif superiors:
        yield Kept(ids)


def waves(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge the go-ahead for a literal in UID SEARCH, which not every version gives.

    Statements: X10:V0058
    """
    found, profile = at.step.found, at.profile
    key = "searching.go_ahead_in_uid_search"
    if isinstance(found, r.Continuation):
        # the command is not complete before its literal has come, so nothing that awaits its answer explains it
        begun = at.step.begun
        if begun is not None and begun.split(b" ")[1:3] == [b"UID", b"SEARCH"]:
            yield Kept(profile.cites(key)) if profile.flag(key) else Wrong(profile.cites(key), "no +: it reads on")
        return
    of = at.step.of
    if of is None or not of.unasked or not at.connection.ordered or not isinstance(of.command, c.Search):
        return
    if of.command.uid and profile.flag(key) and not at.step.shown.waved:
        yield Wrong(profile.cites(key), "+ before the literal")


def ends_in_time(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge how long a server bears with a client: one that has not signed in, and one that is silent.

    Statements: X10:E0002, X10:V0015, X3:E0002, X3:V0015
    """
    found, shown, profile = at.step.found, at.step.shown, at.profile
    if isinstance(found, r.StatusResponse) and found.condition is Condition.BYE:
        return
    longest = profile.number("timers.inactivity")
    if shown.silence > longest + _GRACE:
        yield Wrong(profile.cites("timers.inactivity"), f"BYE after {longest} seconds of silence")
    if at.connection.state is not State.NOT_AUTHENTICATED or not at.connection.ordered:
        return
    most, ids = profile.number("timers.sign_in"), profile.cites("timers.sign_in")
    if profile.flag("timers.sign_in_restarts"):
        if shown.silence > most + _GRACE:
            yield Wrong(ids, f"BYE: nobody signed in for {most} seconds after the last command")
    elif shown.before <= most + _GRACE < shown.elapsed:
        yield Wrong(ids, f"BYE: nobody signed in for {most} seconds")
