"""Writes OK, NO, BAD, PREAUTH and BYE with their response codes, strictly by `resp-text` of RFC 3501 section 9.

A text that a reader would take for something else, as one that begins like a code, is refused. Knows nothing of the
other responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.building import Builder
from outlookimap.wire.flags import RECENT
from outlookimap.wire.responses import AppendUid, Code, CodeValue, Condition, CopyUid, StatusResponse
from outlookimap.wire.sequence import SequenceSet

CodeWriter: TypeAlias = Callable[[Builder, CodeValue], None]

_TEXT = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]+")
_TEXT_LIKE_CODE = re.compile(rb"[ \t]*\[")
_CODE_OCTETS = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x5c\x5e-\x7f]+")
_TAGGED = frozenset((Condition.OK, Condition.NO, Condition.BAD))


def write_status(builder: Builder, response: StatusResponse) -> None:
    """Append a status response without its line end; the grammar wants a text."""
    if response.tag is None:
        builder.raw(b"*")
    elif response.condition in _TAGGED:
        builder.tag(response.tag)
    else:
        raise LocalProtocolError(f"{response.condition.name} has no tag, not {response.tag!r}")
    builder.raw(b" " + response.condition.value + b" ")
    if response.code is not None:
        builder.raw(b"[")
        _code(builder, response.code)
        builder.raw(b"] ")
    elif _TEXT_LIKE_CODE.match(response.text):
        raise LocalProtocolError(f"the text {response.text!r} would be read as a response code")
    write_text(builder, response.text)


def write_text(builder: Builder, text: bytes) -> None:
    """Append a `text`: at least one octet, none above 127, no NUL, CR or LF."""
    if not _TEXT.fullmatch(text):
        raise LocalProtocolError(f"{text!r} cannot be written as text: it is empty, or has NUL, CR, LF or 8-bit octets")
    builder.raw(text)


def write_capabilities(builder: Builder, capabilities: tuple[bytes, ...]) -> None:
    """Append capabilities, a space before each; whether IMAP4rev1 is among them is the caller's business."""
    for capability in capabilities:
        if capability.upper() == b"AUTH=":
            raise LocalProtocolError("AUTH= without a mechanism")
        builder.raw(b" ").atom(capability, "a capability")


def check_flags(flags: tuple[bytes, ...], *, forbidden: tuple[bytes, ...]) -> None:
    r"""Refuse flags that stand in other responses only: ``\*``, ``\Recent``."""
    for flag in flags:
        if flag in forbidden:
            raise LocalProtocolError(f"{flag!r} does not stand in this list of flags")


# ---------------------------------------------------------------- codes


def _code(builder: Builder, code: Code) -> None:
    builder.atom(code.name, "a response code")
    _CODES.get(code.name.upper(), _octets)(builder, code.value)


def _wrong(what: str, value: CodeValue) -> LocalProtocolError:
    return LocalProtocolError(f"{value!r} cannot be written as the argument of a response code: {what}")


def _octets(builder: Builder, value: CodeValue) -> None:
    if value is None:
        return
    if not isinstance(value, bytes) or not _CODE_OCTETS.fullmatch(value):
        raise _wrong("octets without NUL, CR, LF, ] and 8-bit octets", value)
    builder.raw(b" ").raw(value)


def _nothing(_: Builder, value: CodeValue) -> None:
    if value is not None:
        raise _wrong("it has none", value)


def _nz_number(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, int) or value < 1:
        raise _wrong("a number above 0", value)
    builder.raw(b" ").number(value)


def _flags(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, tuple):
        raise _wrong("flags", value)
    check_flags(value, forbidden=(RECENT,))
    builder.raw(b" ").flags(value)


def _charsets(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, tuple):
        raise _wrong("charsets", value)
    for index, charset in enumerate(value):
        builder.raw(b" " if index else b" (").astring(charset)
    builder.raw(b")" if value else b"")


def _capabilities(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, tuple) or not value:
        raise _wrong("one capability at least", value)
    write_capabilities(builder, value)


def _append_uid(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, AppendUid):
        raise _wrong("an AppendUid", value)
    _nz_number(builder, value.uidvalidity)
    _uid_set(builder, value.uids)


def _copy_uid(builder: Builder, value: CodeValue) -> None:
    if not isinstance(value, CopyUid):
        raise _wrong("a CopyUid", value)
    _nz_number(builder, value.uidvalidity)
    _uid_set(builder, value.source)
    _uid_set(builder, value.target)


def _uid_set(builder: Builder, uids: SequenceSet) -> None:
    octets = bytes(uids)
    if b"*" in octets:
        raise LocalProtocolError(f"a uid-set names UIDs, not *: {octets!r}")
    builder.raw(b" ").raw(octets)


_CODES: dict[bytes, CodeWriter] = {
    b"ALERT": _nothing,
    b"APPENDUID": _append_uid,
    b"BADCHARSET": _charsets,
    b"CAPABILITY": _capabilities,
    b"COPYUID": _copy_uid,
    b"PARSE": _nothing,
    b"PERMANENTFLAGS": _flags,
    b"READ-ONLY": _nothing,
    b"READ-WRITE": _nothing,
    b"TRYCREATE": _nothing,
    b"UIDNEXT": _nz_number,
    b"UIDNOTSTICKY": _nothing,
    b"UIDVALIDITY": _nz_number,
    b"UNSEEN": _nz_number,
}
