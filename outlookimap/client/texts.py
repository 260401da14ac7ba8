"""What servers write for people, made harmless before it is shown or put into an error."""

from __future__ import annotations

import unicodedata

_HARMFUL = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
LONGEST = 1000


def harmless(text: bytes) -> str:
    """Return `text` as UTF-8 with control, format and bidirectional characters replaced, 1,000 characters at most.

    Statements: O5:V0019
    """
    shown = text[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _HARMFUL else char for char in shown)
