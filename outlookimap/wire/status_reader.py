"""Reads what follows OK, NO, BAD, PREAUTH and BYE: `resp-text` of RFC 3501 section 9, with its response code.

A code whose arguments break their grammar keeps them as octets; a code that never closes is text. Knows the codes of
RFC 3501 and RFC 4315 and nothing of the other responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.flags import in_order
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.responses import AppendUid, Code, CodeValue, Condition, CopyUid, StatusResponse
from outlookimap.wire.sequence import SequenceSet
from outlookimap.wire.terminals import ATOM

CodeReader: TypeAlias = Callable[[Cursor], CodeValue]

_SPACES = re.compile(rb"[ \t]+")
_TO_BRACKET = re.compile(rb'(?:[^\]"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_TO_FIRST_BRACKET = re.compile(rb"[^\]]*+")
_CODE_NAME = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]=]+')
_WORD = re.compile(rb"AUTH=[ \t]++(?!AUTH=)[^ \t]+|[^ \t]+", re.IGNORECASE)
_WORD_IN_CODE = re.compile(rb"AUTH=[ \t]++(?!AUTH=)[^ \t\]]+|[^ \t\]]+", re.IGNORECASE)
_UID_SET = re.compile(rb"[0-9:,]+")


# ---------------------------------------------------------------- the response


def read_status(cursor: Cursor, tag: bytes | None, condition: Condition) -> StatusResponse:
    """Take what follows the condition of a status response."""
    if cursor.peek() != END and not _one_space(cursor):
        if cursor.peek() != ord("["):
            raise cursor.fail("a space")
        cursor.note(Leniency.MISSING_SPACE)
    here = cursor.mark()
    spaced = cursor.spaces()
    if cursor.peek() == ord("["):
        if spaced:
            cursor.note(Leniency.EXTRA_SPACE)
        return _with_code(cursor, tag, condition)
    cursor.back(here)
    return StatusResponse(tag, condition, None, _text(cursor))


def read_bare_code(cursor: Cursor) -> StatusResponse | None:
    """Take a response code that stands where a response should: it counts as an untagged OK; None if it is none."""
    code = _code(cursor)
    if code is None:
        return None
    cursor.note(Leniency.BARE_CODE)
    return StatusResponse(None, Condition.OK, code, _text_after_code(cursor) if cursor.peek() != END else b"")


def _text(cursor: Cursor) -> bytes:
    """Take the text that ends a status response; there should be some."""
    text = cursor.rest()
    if not text:
        cursor.note(Leniency.MISSING_TEXT)
    return text


def _one_space(cursor: Cursor) -> bool:
    """Take exactly one space, because a text may begin with others, or a TAB for it."""
    if cursor.take(b"\t"):
        cursor.note(Leniency.TAB)
        return True
    return cursor.take(b" ")


def _with_code(cursor: Cursor, tag: bytes | None, condition: Condition) -> StatusResponse:
    code = _code(cursor)
    if code is None:
        return StatusResponse(tag, condition, None, _text(cursor))
    return StatusResponse(tag, condition, code, _text_after_code(cursor))


def _text_after_code(cursor: Cursor) -> bytes:
    if not _one_space(cursor) and cursor.peek() != END:
        cursor.note(Leniency.MISSING_SPACE)
    return _text(cursor)


# ---------------------------------------------------------------- the code


def _code(cursor: Cursor) -> Code | None:
    """Take a code with its brackets; None, and nothing taken, where it has no name or no end."""
    code = cursor.attempt(lambda: _strict_code(cursor))
    if code is not None:
        return code
    here = cursor.mark()
    cursor.note(Leniency.MALFORMED_CODE)
    cursor.expect(b"[")
    name = cursor.match(_CODE_NAME)
    octets = _to_bracket(cursor) if name is not None else None
    if name is None or octets is None:
        cursor.back(here)
        cursor.note(Leniency.MALFORMED_CODE)
        return None
    cursor.expect(b"]")
    return Code(name.upper(), _argument(octets))


def _strict_code(cursor: Cursor) -> Code:
    cursor.expect(b"[")
    name = cursor.atom("the name of a response code").upper()
    read = _CODES.get(name)
    value = read(cursor) if read is not None else _octets(cursor)
    if cursor.spaces():
        cursor.note(Leniency.EXTRA_SPACE)
    cursor.expect(b"]")
    return Code(name, value)


def _octets(cursor: Cursor) -> bytes | None:
    """Take the arguments of a code that no table has, up to the bracket."""
    if cursor.peek() not in (ord(" "), ord("]")):
        raise cursor.fail("a space or ]")
    octets = _to_bracket(cursor)
    if octets is None:
        raise cursor.fail("the end of a response code")
    if b"]" in octets or b"\n" in octets:  # inside quotes, or in a literal: the grammar has neither here
        cursor.note(Leniency.MALFORMED_CODE)
    return _argument(octets)


def _argument(octets: bytes) -> bytes | None:
    return octets.removeprefix(b" ") or None


def _to_bracket(cursor: Cursor) -> bytes | None:
    """Take everything up to the bracket that ends a code; one inside quotes does not end it.

    None where there is no bracket.
    """
    here = cursor.mark()
    for pattern in (_TO_BRACKET, _TO_FIRST_BRACKET):
        cursor.match(pattern)
        while cursor.peek() == LITERAL:
            cursor.string()
            cursor.match(pattern)
        if cursor.peek() == ord("]"):
            return cursor.since(here)
        cursor.back(here)
    return None


def _nothing(_: Cursor) -> None:
    return None


def _nz_number(cursor: Cursor) -> int:
    cursor.space()
    return cursor.number(nonzero=True)


def _flags(cursor: Cursor) -> tuple[bytes, ...]:
    cursor.space()
    return read_flags(cursor)


def _charsets(cursor: Cursor) -> tuple[bytes, ...]:
    if cursor.peek() == ord("]"):
        return ()
    cursor.space()
    charsets = cursor.parenthesized(cursor.astring)
    if not charsets:
        cursor.note(Leniency.MALFORMED_CODE)
    return charsets


def _capabilities(cursor: Cursor) -> tuple[bytes, ...]:
    capabilities = tuple(_words(cursor, _WORD_IN_CODE))
    if not capabilities:
        raise cursor.fail("a capability")
    return capabilities


def _uid_set(cursor: Cursor) -> SequenceSet:
    cursor.space()
    octets = cursor.match(_UID_SET) or b""
    cursor.element(octets.count(b",") + 1)
    uids = SequenceSet.parse(octets)
    if uids is None:
        raise cursor.fail("a set of UIDs before this")
    return uids


def _append_uid(cursor: Cursor) -> AppendUid:
    return AppendUid(_nz_number(cursor), _uid_set(cursor))


def _copy_uid(cursor: Cursor) -> CopyUid:
    return CopyUid(_nz_number(cursor), _uid_set(cursor), _uid_set(cursor))


_CODES: dict[bytes, CodeReader] = {
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


# ---------------------------------------------------------------- flags and capabilities


def read_flags(cursor: Cursor) -> tuple[bytes, ...]:
    """Take a list of flags or attributes, each once; without its parentheses it goes as far as backslashes do."""
    if cursor.peek() == ord("("):
        return in_order(cursor.parenthesized(cursor.flag))
    flags: list[bytes] = []
    here = cursor.mark()
    while cursor.peek() == ord("\\"):
        cursor.element()
        flags.append(cursor.flag())
        here = cursor.mark()
        cursor.spaces()
    if not flags:
        raise cursor.fail("a list of flags")
    cursor.back(here)
    cursor.note(Leniency.UNPARENTHESIZED)
    return in_order(flags)


def read_capabilities(cursor: Cursor) -> tuple[bytes, ...]:
    """Take capabilities to the end of the line, in upper case."""
    return tuple(_words(cursor, _WORD))


def more(cursor: Cursor) -> bool:
    """Go to the next word of the line; tell whether there is one."""
    here = cursor.mark()
    spaced = cursor.match(_SPACES) is not None
    if cursor.peek() == END:
        if spaced:
            cursor.note(Leniency.TRAILING_SPACE)
        return False
    cursor.back(here)
    cursor.space()
    return True


def _words(cursor: Cursor, word: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield capabilities; ``AUTH= DIGEST-MD5`` is one of them (O5:V0027 prints it so)."""
    while cursor.peek() != ord("]") and more(cursor):
        found = cursor.match(word)
        if found is None:
            cursor.note(Leniency.EXTRA_SPACE)  # the one before the bracket
            return
        cursor.element()
        name = _SPACES.sub(b"", found).upper()
        if len(name) < len(found):
            cursor.note(Leniency.SPLIT_AUTH)
        if not ATOM.fullmatch(name):
            cursor.note(Leniency.LOOSE_FLAG)
        yield name
