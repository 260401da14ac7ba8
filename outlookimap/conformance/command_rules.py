"""What lint asks of a command by itself: that it can be read, that its product sends it, and that it is spelled so.

Knows nothing of the commands before it; `conversation_rules` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from outlookimap.conformance.finding import Finding, Kept, Moment, Wrong
from outlookimap.conformance.said import Uttered, shown_text
from outlookimap.conformance.spelling import misspelled
from outlookimap.profiles import Context, Policy, Profile, exercised, permits
from outlookimap.profiles.forms import fetch_items, store_form
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names
from outlookimap.wire import search
from outlookimap.wire.command_items import BadCommand, ReceivedCommand

_TAG = "logout.tag"  # the value that makes the tag of LOGOUT a constant
_FORMS = {
    "FETCH": ("fetch.to_imap4rev1", "fetch.to_all"),
    "UID FETCH": ("fetch.to_imap4rev1", "fetch.to_all"),
    "STORE": ("store.forms",),
    "UID STORE": ("store.forms",),
    "STATUS": ("status.items",),
}
"""The values that say which forms of a command there are, by keyword."""

_UNENCODED = re.compile(rb"^Content-Transfer-Encoding:[ \t]*(?:8bit|binary)\b", re.IGNORECASE | re.MULTILINE)


def readable(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge a command that cannot be read, or is not all there, by its keyword.

    Statements: O5:2.1.3, O5:V0061
    """
    if at.step.item is not None and not isinstance(at.step.item, BadCommand):
        return
    keyword = (at.step.keyword or b"").decode("ascii", "replace")
    ids = _unused(keyword, at.profile) if keyword else ()
    if ids:
        yield Wrong(ids, f"no {keyword}")
    elif isinstance(at.step.item, BadCommand):
        forms = [at.profile.words(key) for key in _FORMS.get(keyword, ())]
        expected = " ".join(word for words in forms for word in words)
        yield Wrong(("O5:2.1.3",), f"one of {expected}" if forms else f"a command of the grammar: {at.step.item.error}")


def _unused(keyword: str, profile: Profile) -> tuple[str, ...]:
    """Return the statements by which the product does not use a command."""
    key = f"commands.{keyword.replace(' ', '_')}"
    if key not in profile.values:
        return () if keyword == "UID" else ("O5:V0061",)
    return () if profile.flag(key) else profile.cites(key)


def permitted(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge what the command says by the one place that knows what a product sends; its rules cite."""
    command = at.step.command
    if command is None:
        return
    breaches = min((permits(command, context) for context in _contexts(command, at)), key=len)
    seen = _seen(command, at.profile)
    yield from (Wrong(breach.ids, breach.expected, seen) for breach in breaches)
    if not breaches:
        yield Kept(exercised(command, at.profile))


def _contexts(command: c.Command, at: Moment[Uttered]) -> Iterator[Context]:
    """Yield what may have been known: where no capabilities are shown, the server may lack IMAP4rev1."""
    known = at.connection
    context = Context(
        at.profile,
        at.policy or Policy(),
        known.state or State.AUTHENTICATED,
        known.capabilities,
        known.delimiter,
    )
    yield context
    if isinstance(command, c.Fetch) and known.capabilities is None:
        yield replace(context, capabilities=frozenset())


def _seen(command: c.Command, profile: Profile) -> str | None:
    """Return the value that says where the product was seen to send such a command against its documents."""
    if isinstance(command, c.Store) and command.parenthesized and command.uid:
        forms = map(store_form, profile.words("observed.store_forms"))
        return "observed.store_forms" if (command.action, command.silent, command.flags) in forms else None
    if isinstance(command, c.Fetch) and command.parenthesized and command.uid:
        wanted = map(fetch_items, profile.words("observed.fetch_forms"))
        return "observed.fetch_forms" if command.items in wanted else None
    if isinstance(command, c.Search) and command.uid and profile.flag("observed.offline_window"):
        match command.keys:
            case (search.Numbered(), search.Dated(key=b"SINCE")):
                return "observed.offline_window"
    return None


def spelled(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge how the command is written: once more by the profile's style, and the octets must be the same.

    Statements: O5:2.1.3, O5:2.1.4, O5:V0017
    """
    if not isinstance(at.step.item, ReceivedCommand) or isinstance(at.step.item.command, c.UnknownCommand):
        return
    found = False
    for ids, written in misspelled(at.step.item, at.step.octets, at.profile):
        found = True
        tag = b"" if at.step.tag is not None else at.step.written_tag
        yield Wrong(ids, shown_text(b"$tag" + written[len(tag) :] if tag else written) or "the octets of the grammar")
    if not found:
        yield Kept(("O5:2.1.3", "O5:2.1.4"))
        if b'"' in at.step.octets:
            yield Kept(at.profile.cites("strings.quote_always"))


def _seen_at_logout(profile: Profile, tag: str) -> str | None:
    """Return the reading by which a tag of LOGOUT was seen, ``ALTERNATIVE:KEY``."""
    readings = profile.alternatives.items()
    return next(
        (f"{name}:{_TAG}" for name, one in readings if _TAG in one.values and one.values[_TAG].value == tag), None
    )


def tagged(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the tag: of its length and letters, and drawn anew, so neither repeated nor counted.

    Statements: O5:C0001
    """
    if at.step.tag is None:
        return
    profile = at.profile
    ids, length = profile.cites("tag.alphabet"), profile.number("tag.length")
    tag = at.step.tag.decode("ascii", "replace")
    right = len(tag) == length and set(tag) <= set(profile.text("tag.alphabet"))
    goodbye = at.step.keyword == b"LOGOUT"
    if goodbye and tag == profile.text(_TAG):
        return
    if not right:
        seen = _seen_at_logout(profile, tag) if goodbye else None
        yield Wrong(ids, f"a tag of {length} lower-case letters or digits", seen)
    elif at.step.tag in at.connection.in_flight or at.step.tag == at.connection.previous_tag:
        yield Wrong(ids, "a tag of its own for each command")
    elif at.connection.previous_tag is not None and _next(at.connection.previous_tag) == at.step.tag:
        yield Wrong(
            ids, f"a tag drawn at random, not the one after {at.connection.previous_tag.decode('ascii', 'replace')}"
        )
    else:
        yield Kept(ids)


def _next(tag: bytes) -> bytes | None:
    """Return the tag that counting reaches after `tag`, None where it is not counted."""
    found = re.fullmatch(rb"(.*?)([0-9]+)", tag)
    return found[1] + b"%0*d" % (len(found[2]), int(found[2]) + 1) if found else None


def encoded(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge the name of a folder that is made: text in modified UTF-7, in which ``#`` is itself and ``&`` is ``&-``.

    Statements: O5:V0021
    """
    command = at.step.command
    raw = command.to if isinstance(command, c.Rename) else command.mailbox if isinstance(command, c.Create) else b""
    if not raw.isascii() or names.control_character(names.decode(raw)) is not None:
        return  # that is another matter
    if names.encode(names.decode(raw)) != raw:
        yield Wrong(("O5:V0021",), "the name in modified UTF-7: & as &-, # as it is")
    elif b"&" in raw or b"#" in raw:
        yield Kept(("O5:V0021",))


def seven_bit(at: Moment[Uttered]) -> Iterator[Finding]:
    """Judge a message that is uploaded: what is binary in it is base64, so no part says it is 8-bit or binary.

    Statements: O5:V0014
    """
    if isinstance(at.step.command, c.Append) and _UNENCODED.search(at.step.command.message):
        yield Wrong(("O5:V0014",), "a message whose binary parts are base64")
