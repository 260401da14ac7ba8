"""Turns a server profile into a `Behaviour`: dotted keys on one side, fields on the other.

Knows no product and decides nothing: which value a version has, and why, stands in its profile. What a profile says in
words (a condition before a text, 0 for no limit) becomes the type the server wants.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from outlookimap.errors import ProfileError
from outlookimap.profiles import Profile
from outlookimap.profiles.schema import REFUSALS
from outlookimap.server.behaviour import (
    Behaviour,
    Naming,
    Parsing,
    Refusals,
    Reply,
    Searching,
    Sizing,
    Telling,
    Texts,
)
from outlookimap.wire.building import Style
from outlookimap.wire.responses import Condition

T = TypeVar("T", Naming, Parsing, Searching, Sizing, Telling, Texts)


def behaviour_of(profile: Profile) -> Behaviour:
    """Return how the server of `profile` behaves; raises ProfileError for a value that no server can have.

    Statements: X10:2.1.4, X10:V0021, X10:V0022, X10:V0025, X10:E0001, X10:E0003, X10:V0005, X10:V0015
    """
    if profile.kind != "server":
        raise ProfileError(f"{profile.id} is a {profile.kind} profile: a server behaves as a server profile says")
    return Behaviour(
        capabilities_before_tls=_capabilities(profile, encrypted=False),
        capabilities_after_tls=_capabilities(profile, encrypted=True),
        mechanisms=profile.words("auth.mechanisms"),
        texts=_part(profile, "texts", Texts),
        refusals=_refusals(profile),
        flags=_words(profile, "flags.applicable"),
        permanent_flags=_words(profile, "flags.permanent"),
        root_attributes=_words(profile, "naming.root_attributes"),
        identity=_identity(profile),
        style=Style(
            quote_always=profile.flag("sending.quote_always"), quoted_limit=_size(profile, "sending.quoted_limit")
        ),
        append_limit=_size(profile, "limits.append"),
        literal_limit=_size(profile, "limits.literal"),
        sign_in_time=float(_size(profile, "timers.sign_in")),
        inactivity=float(_size(profile, "timers.inactivity")),
        handshake_time=float(_size(profile, "timers.handshake")),
        send_silence=float(_size(profile, "timers.send_silence")),
        command_time=float(_size(profile, "timers.command")),
        sign_in_restarts=profile.flag("timers.sign_in_restarts"),
        failed_sign_ins=_limit(profile, "auth.failed_sign_ins"),
        plaintext=profile.flag("auth.plaintext_insecure"),
        eight_bit=profile.flag("sending.eight_bit"),
        delegates=profile.flag("auth.delegates"),
        empty_as_nil=profile.flag("sending.empty_as_nil"),
        naming=_part(profile, "naming", Naming),
        parsing=_part(profile, "parsing", Parsing),
        searching=_part(profile, "searching", Searching),
        sizing=_part(profile, "sizing", Sizing),
        telling=_part(profile, "telling", Telling),
    )


def departures_of(profile: Profile) -> tuple[str, ...]:
    """Return the named faults in which responses depart from the grammar; ProfileError where they are strict.

    The writer itself is always strict.

    Statements: X10:2.1.5, X3:2.1.6
    """
    departures = profile.words("sending.departures")
    if departures and profile.flag("sending.strict"):
        raise ProfileError(f"{profile.id}: sending.strict, and yet there is sending.departures {', '.join(departures)}")
    return departures


# ---------------------------------------------------------------- what CAPABILITY lists


def _capabilities(profile: Profile, *, encrypted: bool) -> tuple[bytes, ...]:
    """Put the pieces together: protocols, mechanisms, LOGINDISABLED, STARTTLS, extensions.

    Statements: X10:2.1.4, X10:E0003, X10:V0020
    """
    where = "" if encrypted else "_insecure"
    pieces = [*_words(profile, "capability.protocols")]
    pieces += [b"AUTH=" + name for name in _words(profile, f"auth.listed{where}")]
    if profile.flag(f"auth.login_disabled{where}"):
        pieces.append(b"LOGINDISABLED")
    if profile.flag("capability.starttls") and not encrypted:
        pieces.append(b"STARTTLS")
    return (*pieces, *_words(profile, "capability.extensions"))


# ---------------------------------------------------------------- parts


def _part(profile: Profile, group: str, kind: type[T]) -> T:
    """Fill a dataclass from the values of a group, each field by its name; one without a key stays as it is."""
    given: dict[str, Any] = {
        one.name: _field(profile, key, one)
        for one in dataclasses.fields(kind)
        if (key := f"{group}.{one.name}") in profile.values
    }
    return kind(**given)


def _field(profile: Profile, key: str, one: dataclasses.Field[Any]) -> Any:
    """Return a value in the type of its field: where no limit and no list is the default, 0 and no member are None."""
    optional = one.default is None
    match profile.value(key):
        case bool(flag):
            return flag
        case int():
            return _limit(profile, key) if optional else _size(profile, key, least=0)
        case tuple():
            return (_words(profile, key) or None) if optional else _words(profile, key)
        case str():
            return _octets(profile, key)


def _refusals(profile: Profile) -> Refusals:
    known: dict[str, Any] = {name: _reply(profile, f"refusals.{name}") for name in REFUSALS}
    return Refusals(**known)


def _reply(profile: Profile, key: str) -> Reply:
    condition, _, text = profile.text(key).partition(" ")
    if condition not in ("NO", "BAD") or not text:
        raise ProfileError(f"{profile.id}: {key} is {profile.text(key)!r}, not NO or BAD and a text")
    return Reply(Condition[condition], _octets(profile, key)[len(condition) + 1 :])


def _identity(profile: Profile) -> tuple[tuple[bytes, bytes | None], ...] | None:
    """Read ``name=value``; no field at all is NIL (RFC 2971)."""
    fields = []
    for word in _words(profile, "telling.identity"):
        name, equals, value = word.partition(b"=")
        if not equals or not name:
            raise ProfileError(f"{profile.id}: telling.identity has {word!r}, not name=value")
        fields.append((name, value))
    return tuple(fields) or None


# ---------------------------------------------------------------- from a profile's types to the wire's


def _octets(profile: Profile, key: str) -> bytes:
    return _ascii(profile, key, profile.text(key))


def _words(profile: Profile, key: str) -> tuple[bytes, ...]:
    return tuple(_ascii(profile, key, word) for word in profile.words(key))


def _ascii(profile: Profile, key: str, text: str) -> bytes:
    if not text.isascii() or not text.isprintable():
        raise ProfileError(f"{profile.id}: {key} has {text!r}: only printable ASCII is sent")
    return text.encode("ascii")


def _size(profile: Profile, key: str, *, least: int = 1) -> int:
    number = profile.number(key)
    if number < least:
        raise ProfileError(f"{profile.id}: {key} is {number}, less than {least}")
    return number


def _limit(profile: Profile, key: str) -> int | None:
    """Return a limit, None where the profile says 0."""
    return _size(profile, key, least=0) or None
