"""Mailbox names: text above, modified UTF-7 octets on the wire (RFC 3501 section 5.1.3).

The raw octets of a name a server sent are kept by whoever received them: a name that does not decode is still usable.
Knows nothing of hierarchy beyond the delimiter handed in, and nothing of namespaces (O5:V0022).
"""

from __future__ import annotations

import re
import unicodedata

from outlookimap.errors import UsageError

INBOX = b"INBOX"

_AS_IT_IS = re.compile(rb"[ -%'-~]*")
"""A name that modified UTF-7 leaves as it is, and needs no library."""


def encode(name: str) -> bytes:
    """Return `name` in modified UTF-7: ``&`` becomes ``&-``, ``#`` stays.

    Raises UsageError for a lone surrogate, which no encoding holds.

    Statements: O5:V0021, O5:V0013, O5:V0022
    """
    if name.isascii() and _AS_IT_IS.fullmatch(octets := name.encode("ascii")):
        return octets
    from imapclient import imap_utf7

    try:
        encoded: bytes = imap_utf7.encode(name)
    except UnicodeEncodeError as error:
        raise UsageError(f"mailbox name {name!r} cannot be encoded: {error.reason}") from error
    return encoded


def decode(octets: bytes) -> str:
    """Return the text of a raw name; a name that is not modified UTF-7 comes out as its octets, UTF-8 or Latin-1.

    Statements: O5:V0021
    """
    if _AS_IT_IS.fullmatch(octets):
        return octets.decode("ascii")
    if octets.isascii():
        from imapclient import imap_utf7

        try:
            text: str = imap_utf7.decode(octets)
        except (UnicodeDecodeError, ValueError, LookupError):
            return octets.decode("ascii")
        return text if not any("\ud800" <= char <= "\udfff" for char in text) else octets.decode("ascii")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def is_inbox(octets: bytes) -> bool:
    """Tell whether a raw name is INBOX, in any case (RFC 3501 section 5.1)."""
    return octets.upper() == INBOX


def control_character(name: str) -> str | None:
    """Return the first control character of `name`, or None."""
    return next((char for char in name if unicodedata.category(char) == "Cc"), None)
