"""Whether a mailbox name matches a pattern of LIST: ``*`` is anything, ``%`` anything without a delimiter.

Knows no mailbox. Takes time in proportion to pattern times name, whatever the pattern.
"""

from __future__ import annotations

from outlookimap.wire.mailbox import INBOX


def matches(pattern: bytes, name: bytes, delimiter: bytes) -> bool:
    """Tell whether the whole of `name` matches (RFC 3501 section 6.3.8); INBOX does in any case of letters."""
    if _matches(pattern, name, delimiter):
        return True
    return name == INBOX and _matches(pattern.upper(), name, delimiter)


def _matches(pattern: bytes, name: bytes, delimiter: bytes) -> bool:
    # reached[i]: the first i octets of the name are matched by the pattern so far
    reached = [True] + [False] * len(name)
    for code in pattern:
        wild = code in b"*%"
        after = [wild and reached[0]]
        for index, octet in enumerate(name):
            if not wild:
                after.append(reached[index] and octet == code)
            else:
                through = code == ord("*") or octet not in delimiter
                after.append(reached[index + 1] or (after[index] and through))
        reached = after
    return reached[-1]
