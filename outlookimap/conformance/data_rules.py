"""What lint asks of the data a server sends: octets, grammar, names, flags, capabilities and messages.

Knows no profile by name: every rule reads its value, and cites by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from outlookimap.conformance.finding import Finding, Kept, Moment, Noted, Wrong
from outlookimap.conformance.server_following import Answered, digest, whole_message
from outlookimap.conformance.spelling import SPACING
from outlookimap.profiles import Profile
from outlookimap.protocol.states import State
from outlookimap.server.from_profile import behaviour_of
from outlookimap.server.names import DELIMITER, lowered
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire import mailbox as names
from outlookimap.wire import responses as r
from outlookimap.wire import search as s
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.structure import Body, Envelope, Multipart, Part, is_extended

_ELSEWHERE = frozenset((Leniency.EIGHT_BIT, Leniency.BARE_CONTINUATION, *SPACING))
"""Departures from the grammar that are other rules' matter, or documented: [MS-OXIMAP4] 2.2.1 has a + by itself."""

_SYSTEM = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent")
_UNUSED = (b"\\NOINFERIORS", b"\\UNMARKED")
_LITERAL = re.compile(rb"\{[0-9]+\+?\}\r?\n")
_OF_LSUB = {"X10:V0033", "X1:2.2.5", "X3:V0031"}
_OF_LIST = {"X10:V0030", "X1:2.2.4", "X3:V0028"}
_NEEDS: dict[type[r.Response], str] = {r.IdData: "ID", r.EnabledData: "ENABLE", r.NamespaceData: "NAMESPACE"}


# ---------------------------------------------------------------- octets


def seven_bit(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge every octet: none is above 127, in literals neither.

    Statements: X10:V0007, X3:V0007
    """
    ids = at.profile.cites("sending.eight_bit")
    if at.step.octets.isascii():
        yield Kept(ids)
    elif not at.profile.flag("sending.eight_bit"):
        yield Wrong(ids, "no octet above 127")


def grammatical(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge a response by the grammar of RFC 3501, of versions that keep to it.

    Where a recording is a fragment a response may be cut, or lack its literals, or only seem to be one.

    Statements: X10:2.1.5, X3:2.1.6
    """
    found, ids = at.step.found, at.profile.cites("sending.strict")
    doubtful = not at.connection.ordered and (not at.step.octets.strip() or _LITERAL.search(at.step.octets))
    if at.step.cut or doubtful or not at.profile.flag("sending.strict"):
        return
    if found is None:
        yield Wrong(ids, "a response of the grammar")
    elif isinstance(found, r.UnknownData):
        yield Wrong(ids, "no data that RFC 3501 does not have")
    elif departures := [one for one in found.leniencies if one not in _ELSEWHERE]:
        yield Wrong(ids, f"not {departures[0].value}")
    else:
        yield Kept(ids)


def spaced(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge spaces: exactly one where one is due; at the end of a line only strict versions have none.

    Statements: X10:2.1.6, X3:2.1.7
    """
    found = at.step.found
    if found is None:
        return
    ids = tuple(one for one in at.profile.cites("parsing.any_spaces") if not one.endswith(":V0003"))
    departures = SPACING.intersection(found.leniencies)
    if not at.profile.flag("sending.strict"):
        departures -= {Leniency.TRAILING_SPACE}
    yield Wrong(ids, "one space, and none at the end of the line") if departures else Kept(ids)


def extended(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge data of extensions: there are none but of those that are listed.

    Statements: X10:V0047
    """
    found, ids = at.step.found, at.profile.cites("capability.extensions")
    needs = _NEEDS.get(type(found)) if found is not None else None
    if needs is not None and needs not in at.profile.words("capability.extensions"):
        yield Wrong(ids, f"no such data: {needs} is not there")
    elif isinstance(found, r.ListData) and found.kind == b"XLIST":
        yield Wrong(ids, "no XLIST: there are no experimental commands")


# ---------------------------------------------------------------- capabilities


def capabilities(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge what CAPABILITY lists: nothing that is not the product's; what is missing is worth a remark.

    Statements: X10:2.1.4, X10:E0003, X10:V0019, X10:V0022, X10:V0047, X3:2.1.5, X3:E0003, X3:V0022, X1:2.2.3
    """
    found, profile = at.step.found, at.profile
    if not isinstance(found, r.CapabilityData):
        return
    encrypted, behaviour = at.step.shown.encrypted, behaviour_of(profile)
    where = (True, False) if encrypted is None else (encrypted,)
    listed = frozenset(found.capabilities)
    lists = {
        secure: frozenset(
            name.upper() for name in behaviour.capabilities(encrypted=secure, plaintext=behaviour.plaintext, tls=True)
        )
        for secure in where
    }
    secure = min(where, key=lambda one: len(listed ^ lists[one]))
    extra, missing = listed - lists[secure], lists[secure] - listed
    for ids, which in _by_ids(extra, profile, secure=secure):
        yield Wrong(ids, f"CAPABILITY without {which}", _seen(which, profile, secure=secure))
    for ids, which in _by_ids(missing, profile, secure=secure):
        if which == "STARTTLS" and at.connection.state in (None, State.NOT_AUTHENTICATED):
            yield Wrong(ids, "STARTTLS in CAPABILITY")
        else:
            yield Noted(ids, f"it is known to list {which} as well")
    if not extra:
        yield Kept(profile.cites("capability.extensions"))
        yield Kept(_mechanisms(profile, secure=secure))
        yield Kept(profile.cites("auth.login_disabled" if secure else "capability.starttls"))


def _by_ids(which: Iterable[bytes], profile: Profile, *, secure: bool) -> list[tuple[tuple[str, ...], str]]:
    """Group capabilities by the statements that rule them."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(one.decode("latin-1") for one in which):
        if name == "AUTH=ANONYMOUS":
            ids: tuple[str, ...] = ("X10:V0019",)
        elif name.startswith("AUTH="):
            ids = _mechanisms(profile, secure=secure)
        elif name == "LOGINDISABLED":
            ids = profile.cites("auth.login_disabled" if secure else "auth.login_disabled_insecure")
        elif name == "STARTTLS":
            ids = profile.cites("capability.starttls")
        else:
            ids = profile.cites("capability.extensions")
        grouped.setdefault(ids, []).append(name)
    return [(ids, " ".join(found)) for ids, found in grouped.items()]


def _seen(which: str, profile: Profile, *, secure: bool) -> str | None:
    """Return the value of an alternative by which these mechanisms were seen, ``NAME:KEY``; else None."""
    key = "auth.listed" if secure else "auth.listed_insecure"
    mechanisms = {name.removeprefix("AUTH=") for name in which.split()}
    for name, alternative in profile.alternatives.items():
        evidence = alternative.values.get(key)
        seen = evidence.value if evidence is not None and evidence.basis == "observed" else None
        if isinstance(seen, tuple) and mechanisms <= set(seen):
            return f"{name}:{key}"
    return None


def _mechanisms(profile: Profile, *, secure: bool) -> tuple[str, ...]:
    cites = profile.cites("auth.listed" if secure else "auth.listed_insecure")
    return tuple(one for one in cites if one != "X10:V0019")


# ---------------------------------------------------------------- mailbox names


def named(at: Moment[Answered]) -> Iterator[Finding]:
    r"""Judge a line of LIST or LSUB: separator, attributes, encoding, length and depth of the name.

    Statements: X10:C0002, X10:C0003, X10:V0011, X10:V0012, X10:V0053, X3:V0012, X3:V0051, X1:2.3.6
    """
    found, profile = at.step.found, at.profile
    if isinstance(found, r.NamespaceData):
        delimiters = {one for part in (found.personal, found.others, found.shared) for _, one in part}
        if delimiters - {DELIMITER}:
            yield Wrong(("X10:V0011",), 'the separator "/"')
    if not isinstance(found, r.ListData):
        return
    if found.delimiter == DELIMITER:
        yield Kept(("X10:V0011",))
    else:
        yield Wrong(("X10:V0011",), 'the separator "/"')
    unused = [one.decode("latin-1") for one in found.attributes if one.upper() in _UNUSED]
    if unused:
        yield Wrong(profile.cites("naming.marked"), f"no {' '.join(unused)}")
    else:
        yield Kept(profile.cites("naming.marked"))
    name, longest = found.mailbox, profile.number("naming.longest")
    if name.isascii() and names.encode(names.decode(name)) != name:
        yield Wrong(profile.cites("naming.encoded"), "a name in modified UTF-7: & as &-")
    elif b"&" in name:
        yield Kept(profile.cites("naming.encoded"))
    if longest and len(names.decode(name)) > longest:
        yield Wrong(profile.cites("naming.longest"), f"no more than {longest} characters of a name")
    deepest = profile.number("naming.deepest")
    if deepest and found.delimiter == DELIMITER and name.count(DELIMITER) >= deepest:
        yield Wrong(profile.cites("naming.deepest"), f"no more than {deepest} levels")


def name_spelled(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge how LIST and LSUB write a name: a literal where certain characters are in it, and only there.

    Statements: X10:V0009, X10:V0030, X10:V0033, X3:V0009, X3:V0028, X3:V0031, X1:2.2.4, X1:2.2.5
    """
    found, profile = at.step.found, at.profile
    if not isinstance(found, r.ListData) or found.kind not in (b"LIST", b"LSUB") or not found.mailbox.isascii():
        return
    special = profile.text("naming.literal_for").encode()
    due = any(octet in special for octet in found.mailbox)
    others = _OF_LSUB if found.kind == b"LIST" else _OF_LIST
    ids = tuple(one for one in profile.cites("naming.literal_for") if one not in others)
    if bool(_LITERAL.search(at.step.octets)) is due:
        if due or b'"' in found.mailbox:
            yield Kept(ids)
    else:
        yield Wrong(ids, "a literal, because of what is in the name" if due else "the name in quotes or as it is")


def listed(at: Moment[Answered]) -> Iterator[Finding]:
    r"""Judge which names are listed: none by a loose reference, none twice in other case, no superiors but in LIST.

    Statements: X10:V0008, X10:V0031, X10:V0034, X3:V0008, X3:V0029, X3:2.1.4
    """
    found, profile, shown = at.step.found, at.profile, at.step.shown
    if not isinstance(found, r.ListData) or not at.connection.ordered:
        return
    command = at.step.runs(c.List, c.Lsub)
    if profile.flag("naming.case_insensitive") and any(
        one != found.mailbox and lowered(one) == lowered(found.mailbox) for one in shown.listed
    ):
        yield Wrong(profile.cites("naming.case_insensitive"), "one mailbox, whatever the case of its name")
    if not isinstance(command, c.List | c.Lsub):
        return
    loose = command.pattern and command.reference and not command.reference.endswith(DELIMITER)
    if loose and not profile.flag("naming.any_reference"):
        yield Wrong(profile.cites("naming.any_reference"), "the completion alone: the reference ends in no separator")
    noselect = b"\\NOSELECT" in {one.upper() for one in found.attributes}
    superior = isinstance(command, c.Lsub) and command.pattern.endswith(b"%") and noselect
    unknown = shown.subscribed is not None and found.mailbox not in shown.subscribed
    if superior and unknown and not profile.flag("naming.lsub_shows_superiors"):
        yield Wrong(profile.cites("naming.lsub_shows_superiors"), "nothing for a name that is not subscribed itself")


# ---------------------------------------------------------------- flags


def flagged(at: Moment[Answered]) -> Iterator[Finding]:
    r"""Judge FLAGS, PERMANENTFLAGS and the flags of messages: no keyword but one, and none of a client's own.

    Statements: X10:E0001, X10:V0005, X10:V0054, X3:E0001, X1:2.2.2, X1:2.3.2a
    """
    found = at.step.found
    flags: tuple[bytes, ...] | None = None
    if isinstance(found, r.FlagsData | r.FetchData):
        flags = found.flags
    elif isinstance(found, r.StatusResponse) and found.code is not None and found.code.name == b"PERMANENTFLAGS":
        flags = found.code.value if isinstance(found.code.value, tuple) else None
    if flags is None:
        return
    ids = at.profile.cites("flags.applicable")
    if not isinstance(found, r.FlagsData):
        ids = tuple(one for one in ids if one != "X10:V0054")
    known = {one.lower() for one in (*_SYSTEM, *at.profile.words("flags.applicable"))}
    others = [one for one in (flag.decode("latin-1") for flag in flags) if one.lower() not in known]
    yield Wrong(ids, f"no {' '.join(others)}") if others else Kept(ids)


def foreign(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge flags that nobody asked for: what somebody else changed is not told.

    Statements: X10:V0046, X3:V0044
    """
    found = at.step.found
    if isinstance(found, r.FetchData) and at.connection.ordered and not at.profile.flag("telling.foreign_flags"):
        ids = at.profile.cites("telling.foreign_flags")
        if at.step.runs(c.Fetch, c.Store) is None:
            yield Wrong(ids, "no FETCH but in answer to FETCH and STORE")
        else:
            yield Kept(ids)


# ---------------------------------------------------------------- messages


def searched(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge what a search for a keyword finds: nothing, where no message can have it.

    Statements: X10:V0039, X3:V0037, X1:2.3.2a
    """
    found, command = at.step.found, at.step.runs(c.Search)
    if not isinstance(found, r.SearchData) or not isinstance(command, c.Search) or not at.connection.ordered:
        return
    known = {word.lower().encode() for word in at.profile.words("searching.keywords")}
    asked = [key for key in command.keys if isinstance(key, s.Keyworded) and key.key == b"KEYWORD"]
    ids = tuple(one for one in at.profile.cites("searching.keywords") if one not in ("X10:V0042", "X3:V0040"))
    unknown = [key.keyword.decode("latin-1") for key in asked if key.keyword.lower() not in known]
    if unknown and found.numbers:
        yield Wrong(ids, f"nothing found: no message has {unknown[0]}")
    elif asked:
        yield Kept(ids)


def structured(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge BODYSTRUCTURE, which has the extension data, and ENVELOPE, in which what is empty is NIL.

    Statements: X10:V0056, X10:V0057, X3:V0055
    """
    found = at.step.found
    if not isinstance(found, r.FetchData):
        return
    structure = found.get(f.BODYSTRUCTURE)
    if isinstance(structure, Part | Multipart):
        yield Kept(("X10:V0056",)) if is_extended(structure) else Wrong(("X10:V0056",), "the extension data as well")
    envelope = found.get(f.ENVELOPE)
    inside = [*_envelopes(structure)] if isinstance(structure, Part | Multipart) else []
    for one in ([envelope] if isinstance(envelope, Envelope) else []) + inside:
        ids = at.profile.cites("sending.empty_as_nil")
        empty = b"" in (one.date, one.subject, one.in_reply_to, one.message_id)
        if empty and at.profile.flag("sending.empty_as_nil"):
            yield Wrong(ids, "NIL for a field that is empty")
        else:
            yield Kept(ids)


def _envelopes(body: Body) -> Iterator[Envelope]:
    if isinstance(body, Multipart):
        for part in body.parts:
            yield from _envelopes(part)
    elif body.envelope is not None:
        yield body.envelope
        if body.body is not None:
            yield from _envelopes(body.body)


def unchanged(at: Moment[Answered]) -> Iterator[Finding]:
    """Judge a whole message that was sent before under the same UID: it never changes.

    Statements: X10:2.1.3
    """
    found, shown = at.step.found, at.step.shown
    if not isinstance(found, r.FetchData) or found.uid is None or shown.uidvalidity is None:
        return
    content, before = whole_message(found), shown.contents.get((shown.uidvalidity, found.uid))
    if content is not None and before is not None:
        same = digest(content) == before
        yield Kept(("X10:2.1.3",)) if same else Wrong(("X10:2.1.3",), "the same octets as before under this UID")
