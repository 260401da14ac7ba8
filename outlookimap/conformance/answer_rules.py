"""What lint asks of a server's status responses: the greeting, response codes, and how commands are answered.

Knows no profile by name: every rule reads its value, and cites by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from outlookimap.conformance.finding import Finding, Kept, Moment, Noted, Wrong
from outlookimap.conformance.following import Epoch
from outlookimap.conformance.server_following import Answered
from outlookimap.profiles import Profile
from outlookimap.protocol.states import ALLOWED, State
from outlookimap.server.behaviour import NEEDS, Parsing
from outlookimap.server.searching import deepest, named_keys
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names
from outlookimap.wire import responses as r
from outlookimap.wire.command_items import BadCommand, ReceivedCommand
from outlookimap.wire.responses import Condition

_DELIMITER = b"/"
_UIDPLUS = (b"APPENDUID", b"COPYUID", b"UIDNOTSTICKY")
_SECURITY_LAYER = "X10:V0021"
"""A statement that stands beside the mechanisms and that no line shows."""


def _without(ids: tuple[str, ...], *others: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one not in others)


def greets(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge the greeting: OK and a text, never PREAUTH; the words are worth a remark.

    Statements: X10:V0051
    """
    found = at.step.found
    if not isinstance(found, r.StatusResponse):
        return
    if found.condition is Condition.PREAUTH:
        yield Wrong(("X10:V0051",), "OK, never PREAUTH")
    elif at.step.greets and found.condition is Condition.OK:
        yield Kept(("X10:V0051",))
        greeting = at.profile.text("texts.greeting")
        if not found.text.startswith(greeting.encode()):
            yield Noted(at.profile.cites("texts.greeting"), f"the greeting that was seen of it is {greeting!r}")


def codes(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge the response code: neither ALERT nor PARSE, no capabilities, and those of UIDPLUS only where it is listed.

    Statements: X10:V0023, X10:V0024, X10:V0047, X10:V0049, X10:V0052
    """
    found = at.step.found
    if not isinstance(found, r.StatusResponse):
        return
    name = found.code.name if found.code is not None else None
    command = at.step.of.command if at.step.of is not None else None
    told = {c.Authenticate: ("X10:V0023",), c.Login: ("X10:V0024",)}.get(type(command), ()) if command else ()
    if name in (b"ALERT", b"PARSE"):
        yield Wrong(("X10:V0049",), "no code ALERT or PARSE")
    elif name == b"CAPABILITY":
        yield Wrong((*told, "X10:V0052"), "no capabilities but in answer to CAPABILITY")
    elif name in _UIDPLUS and "UIDPLUS" not in at.profile.words("capability.extensions"):
        yield Wrong(at.profile.cites("capability.extensions"), f"no code {name.decode()}: UIDPLUS is not there")
    else:
        yield Kept(("X10:V0049", "X10:V0052", *told))


def served(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge that no command is served but those of RFC 3501 and of the extensions that are listed.

    Statements: X10:V0047
    """
    command = _answered_ok(at)
    if command is None:
        return
    extensions = [word.encode() for word in at.profile.words("capability.extensions")]
    needs = NEEDS.get(type(command))
    ids = at.profile.cites("capability.extensions")
    if isinstance(command, c.UnknownCommand):
        yield Wrong(ids, f"BAD: there is no command {command.keyword.decode('latin-1')}")
    elif needs is not None and needs not in extensions:
        yield Wrong(ids, f"BAD: {needs.decode()} is not there")
    elif needs is not None:
        yield Kept(ids)


def signed_in(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge who comes in: nobody without signing in or anonymously, nor in clear text, nor by another mechanism.

    Statements: X10:V0018, X10:V0019, X10:V0022, X10:V0025, X10:E0003, X3:V0022, X3:E0003, X1:2.2.3
    """
    command = _answered_ok(at)
    if command is None:
        return
    before = at.connection.state is State.NOT_AUTHENTICATED and at.connection.ordered
    if before and State.NOT_AUTHENTICATED not in ALLOWED.get(type(command), {State.NOT_AUTHENTICATED}):
        yield Wrong(("X10:V0018",), "BAD: nobody has signed in")
    if not isinstance(command, c.Login | c.Authenticate):
        return
    mechanism = command.mechanism.decode("latin-1").upper() if isinstance(command, c.Authenticate) else "LOGIN"
    clear = mechanism in ("LOGIN", "PLAIN")
    if clear and at.step.shown.encrypted is False and not at.profile.flag("auth.plaintext_insecure"):
        by_login = "X10:V0022" if mechanism == "LOGIN" else "X10:V0025"
        yield Wrong(_without(at.profile.cites("auth.plaintext_insecure"), by_login), f"NO: {mechanism} wants TLS")
    elif clear and at.step.shown.encrypted:
        yield Kept(at.profile.cites("auth.plaintext_insecure"))
    if mechanism == "ANONYMOUS":
        yield Wrong(("X10:V0019",), "NO: nobody signs in anonymously")
    elif mechanism not in ("LOGIN", *at.profile.words("auth.listed")):
        ids = _without(at.profile.cites("auth.mechanisms"), _SECURITY_LAYER)
        yield Wrong(ids, f"NO: the mechanisms are {', '.join(at.profile.words('auth.listed'))}")


def drops(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge that the connection ends after so many failed sign-ins.

    Statements: X10:V0061, X3:V0058
    """
    most, found = at.profile.number("auth.failed_sign_ins"), at.step.found
    if not most or not isinstance(found, r.StatusResponse) or at.step.shown.failures < most:
        return
    ids = at.profile.cites("auth.failed_sign_ins")
    if found.condition is Condition.BYE:
        yield Kept(ids)
    elif found.tag is not None:
        yield Wrong(ids, f"BYE, and the end of the connection, after {most} failed sign-ins")


def parses(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge that a command that cannot be read, or has spaces where none is due, is answered BAD.

    Statements: X10:2.1.6, X10:V0003, X3:V0003
    """
    found, of = at.step.found, at.step.of
    if not isinstance(found, r.StatusResponse) or of is None:
        return
    ids = at.profile.cites("parsing.any_spaces")
    taken = Parsing(at.profile.flag("parsing.any_spaces"), at.profile.flag("parsing.tab_after_command"))
    if isinstance(of.item, BadCommand):
        tolerance = _without(ids, "X10:2.1.6", "X3:2.1.7")
        yield Kept(tolerance) if found.condition is Condition.BAD else Wrong(tolerance, f"BAD: {of.item.error}")
    elif isinstance(of.item, ReceivedCommand) and not taken.takes(of.item.leniencies):
        if found.condition is Condition.BAD:
            yield Kept(ids)
        else:
            yield Wrong(ids, "BAD: one space is due where the grammar has one")


def names_mailboxes(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge the answers to CREATE, DELETE, RENAME and SUBSCRIBE.

    Statements: X10:C0002, X10:C0003, X10:V0027, X10:V0028, X10:V0029, X3:V0026, X3:V0027
    """
    found = at.step.found
    if not isinstance(found, r.StatusResponse) or at.step.of is None:
        return
    profile, done = at.profile, found.condition is Condition.OK
    longest, deepest = profile.number("naming.longest"), profile.number("naming.deepest")
    match at.step.of.command:
        case c.Create(mailbox) if longest and len(names.decode(mailbox)) > longest:
            yield from _due(not done, profile, "naming.longest", f"NO: a name has at most {longest} characters")
        case c.Create(mailbox) if deepest and mailbox.rstrip(_DELIMITER).count(_DELIMITER) >= deepest:
            yield from _due(not done, profile, "naming.deepest", f"NO: there are at most {deepest} levels")
        case c.Delete(mailbox) if mailbox in at.step.shown.parents and not profile.flag("naming.delete_with_inferiors"):
            yield from _due(not done, profile, "naming.delete_with_inferiors", "NO: there are mailboxes below it")
        case c.Rename(_, to) if _DELIMITER in to and not profile.flag("naming.rename_across_levels"):
            right = found.condition is Condition.BAD
            yield from _due(right, profile, "naming.rename_across_levels", "BAD: the new name has a slash")
        case c.Subscribe() if not profile.flag("naming.subscribe_validates"):
            right = found.condition is not Condition.NO
            yield from _due(right, profile, "naming.subscribe_validates", "OK: a mailbox need not be there")


def _due(right: bool, profile: Profile, key: str, expected: str) -> Iterator[Finding]:
    yield Kept(profile.cites(key)) if right else Wrong(profile.cites(key), expected)


def checks(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge CHECK: it does what NOOP does, and NOOP succeeds.

    Statements: X10:V0036
    """
    found = at.step.found
    if isinstance(found, r.StatusResponse) and at.step.of is not None and isinstance(at.step.of.command, c.Check):
        if found.condition is Condition.OK:
            yield Kept(("X10:V0036",))
        elif at.connection.state is State.SELECTED:
            yield Wrong(("X10:V0036",), "OK, as to NOOP")


# ---------------------------------------------------------------- SEARCH


def charset(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge the answer to SEARCH with a charset: a known one, else NO with the charsets there are, or without.

    Statements: X10:V0037, X10:V0038, X3:V0035, X3:V0036, X1:2.3.2a, X1:2.3.4
    """
    found, profile = at.step.found, at.profile
    if not isinstance(found, r.StatusResponse):
        return
    known = tuple(word.encode() for word in profile.words("searching.charsets"))
    code = found.code if found.code is not None and found.code.name == b"BADCHARSET" else None
    wanted = profile.flag("searching.badcharset")
    right = f"NO{f' [BADCHARSET ({_joined(known)})]' if wanted else ', without BADCHARSET'}"
    if code is not None and (not wanted or code.value != known):
        yield Wrong(profile.cites("searching.badcharset"), right)
        return
    command = at.step.of.command if at.step.of is not None else None
    if not isinstance(command, c.Search) or command.charset is None or command.charset.upper() in known:
        return
    if found.condition is Condition.OK:
        yield Wrong(profile.cites("searching.charsets"), right)
    elif found.condition is Condition.NO and wanted and code is None:
        yield Wrong(profile.cites("searching.badcharset"), right)
    else:
        yield Kept((*profile.cites("searching.charsets"), *profile.cites("searching.badcharset")))


def _joined(words: tuple[bytes, ...]) -> str:
    return b" ".join(words).decode()


def search_limits(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge that a search beyond the limits is not carried out.

    Statements: X10:V0043, X3:V0041, X1:2.3.2a
    """
    found, command = at.step.found, at.step.of.command if at.step.of is not None else None
    if not isinstance(found, r.StatusResponse) or not isinstance(command, c.Search):
        return
    for key, measure, what in (
        ("searching.deepest", deepest(command.keys), "levels of parentheses"),
        ("searching.most_keys", named_keys(command.keys), "search keys"),
    ):
        most = at.profile.number(key)
        if most and found.condition is Condition.OK and measure > most:
            yield Wrong(at.profile.cites(key), f"NO: more than {most} {what}")
        elif most and (measure > most) is (found.condition is not Condition.OK):
            yield Kept(at.profile.cites(key))


# ---------------------------------------------------------------- the order of answers


def in_turn(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge that commands are answered in the order in which they came.

    Statements: X10:V0016, X10:V0017
    """
    if at.step.of is None:
        return
    ids = ("X10:V0016", "X10:V0017")
    if at.step.running[0] is not at.step.of:
        yield Wrong(ids, f"first the answer to {at.step.running[0].text}")
    elif len(at.step.running) > 1:
        yield Kept(ids)


def unasked_capabilities(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge capabilities that nobody asked for, after STARTTLS or sign-in above all.

    Statements: X10:V0020, X10:V0023, X10:V0024, X10:V0052
    """
    if not isinstance(at.step.found, r.CapabilityData):
        return
    why: tuple[str, ...] = ()
    if at.connection.epoch is Epoch.ENCRYPTED and at.connection.fresh:
        why = ("X10:V0020",)
    elif at.step.runs(c.Login):
        why = ("X10:V0024",)
    elif at.step.runs(c.Authenticate):
        why = ("X10:V0023",)
    if at.step.runs(c.Capability):
        yield Kept(("X10:V0020", "X10:V0052") if at.connection.epoch is Epoch.ENCRYPTED else ("X10:V0052",))
    elif at.connection.ordered:
        yield Wrong((*why, "X10:V0052"), "no capabilities but in answer to CAPABILITY")


def _answered_ok(at: Moment[Answered]) -> c.Command | None:
    """Return the command that a step answers with OK."""
    found, of = at.step.found, at.step.of
    if isinstance(found, r.StatusResponse) and found.condition is Condition.OK and of is not None:
        return of.command
    return None
