"""The envelope of a message, from the fields of its header (RFC 3501 section 7.4.2).

Values are unfolded and otherwise as they stand: encoded words are the client's to decode. Of a field that may stand
once the first counts; address fields that are repeated are one list. Knows no body.
"""

from __future__ import annotations

from outlookimap.server.addresses import read_addresses
from outlookimap.server.content import values
from outlookimap.wire.structure import Addresses, Envelope

_NAMES = frozenset(
    (b"date", b"subject", b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"in-reply-to", b"message-id")
)


def envelope_of(head: bytes, *, empty_as_nil: bool = False) -> Envelope:
    """Return the envelope that a header makes; with `empty_as_nil` a text field that is there but empty is NIL.

    Statements: X10:V0057, X3:V0055
    """
    found = values(head, _NAMES)

    def text(name: bytes) -> bytes | None:
        value = found[name][0] if name in found else None
        return None if empty_as_nil and not value else value

    def addresses(name: bytes) -> Addresses:
        return read_addresses(b", ".join(found[name])) if name in found else ()

    sender = addresses(b"from")
    return Envelope(
        date=text(b"date"),
        subject=text(b"subject"),
        from_=sender,
        sender=addresses(b"sender") or sender,
        reply_to=addresses(b"reply-to") or sender,
        to=addresses(b"to"),
        cc=addresses(b"cc"),
        bcc=addresses(b"bcc"),
        in_reply_to=text(b"in-reply-to"),
        message_id=text(b"message-id"),
    )
