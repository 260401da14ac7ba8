"""Which mailbox names there can be, which of them are the same, and how one is shown: `Naming`, applied to a name.

Knows no mailbox and no connection. Names are raw (modified UTF-7); characters are counted in what they stand for.
"""

from __future__ import annotations

from functools import lru_cache

from outlookimap.server.behaviour import Naming
from outlookimap.wire.mailbox import INBOX, decode, encode, is_inbox

DELIMITER = b"/"
"""What stands between the levels of a name.

Statements: X10:V0011, X3:V0011
"""

_LONGEST = 1000  # octets, whatever `Naming` says: a name has to fit into commands


def canonical(name: bytes) -> bytes:
    """Return the name itself, or INBOX for it in any case (RFC 3501 section 5.1)."""
    return INBOX if is_inbox(name) else name


def superiors(name: bytes) -> list[bytes]:
    """Return the names above `name`, the highest first."""
    levels = name.split(DELIMITER)
    return [canonical(DELIMITER.join(levels[:depth])) for depth in range(1, len(levels))]


@lru_cache(maxsize=4096)
def lowered(name: bytes) -> bytes:
    """Return a name or pattern so that those that differ in case only are equal, also where they are encoded.

    Statements: X10:V0008, X3:V0008
    """
    return decode(name).lower().encode("utf-8")


def compared(name: bytes, naming: Naming) -> bytes:
    """Return what stands for a name or pattern where it is compared."""
    return lowered(name) if naming.case_insensitive else name


def possible(name: bytes, naming: Naming) -> bool:
    """Tell whether a mailbox can have this name: printable, no level empty, and what `naming` says of its octets.

    Statements: X10:V0010, X10:V0012, X3:V0010, X3:V0012, X1:2.3.1
    """
    if len(name) > _LONGEST or not all(name.split(DELIMITER)) or not all(32 <= octet != 127 for octet in name):
        return False
    if not naming.wildcards and (b"*" in name or b"%" in name):
        return False
    return not naming.encoded or encode(decode(name)) == name


def within_limits(name: bytes, naming: Naming) -> bool:
    """Tell whether a client may make this name: neither too long nor too deep.

    Statements: X10:C0002, X10:C0003
    """
    if naming.deepest is not None and name.count(DELIMITER) >= naming.deepest:
        return False
    return naming.longest is None or len(decode(name)) <= naming.longest


def shown(name: bytes, naming: Naming) -> bytes:
    """Return a name as it is listed: one that is too long is cut.

    Statements: X10:C0003
    """
    text = decode(name)
    if naming.longest is None or len(text) <= naming.longest:
        return name
    return encode(text[: naming.longest])
