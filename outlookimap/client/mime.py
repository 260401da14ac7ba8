"""Mail on its way to APPEND: seven-bit octets with CRLF line ends."""

from __future__ import annotations

import base64
import copy
import email.policy
import re
from email.message import EmailMessage, Message

_BARE = re.compile(rb"\r\n|\r|\n")


def octets(message: bytes | EmailMessage) -> bytes:
    """Return `message` as the octets of a literal: line ends as CRLF, an EmailMessage with non-ASCII parts as base64.

    Octets above 127 in a `bytes` message stay: whoever sends refuses them (O5:V0013).

    Statements: O5:V0014, O5:V0046
    """
    if isinstance(message, bytes):
        return _BARE.sub(b"\r\n", message)
    whole = copy.deepcopy(message)
    for part in whole.walk():
        if not part.is_multipart():
            _make_seven_bit(part)
    return _BARE.sub(b"\r\n", whole.as_bytes(policy=email.policy.SMTP.clone(cte_type="7bit")))


def _make_seven_bit(part: Message) -> None:
    """Encode a part as base64 that is not and would need it: its content, or what says how it is encoded."""
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).lower()
    content = part.get_payload(decode=True)
    if encoding == "base64" or not isinstance(content, bytes):
        return
    if encoding in ("8bit", "binary") or not content.isascii():
        if part.get_content_maintype() == "text":
            content = _BARE.sub(b"\r\n", content)  # the canonical form of text (RFC 2045 section 6.8)
        part.set_payload(base64.encodebytes(content).decode("ascii"))
        del part["Content-Transfer-Encoding"]
        part["Content-Transfer-Encoding"] = "base64"
