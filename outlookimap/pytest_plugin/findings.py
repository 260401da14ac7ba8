"""What a part of a recording's test finds: problems with the line they are at, or that there is nothing to test.

And what a recording says of its own test. Knows neither pytest nor how anything is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.errors import TranscriptError
from outlookimap.traffic import Header

PARTS = ("lint", "client", "server")
"""What is tested of a recording."""

WITHOUT, EXCHANGE, MAIL, OBSERVED, ALTERNATIVES = "x-without", "x-exchange", "x-mail", "x-observed", "x-alternatives"
EMPTY = "none"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in words, at which line of the file; 0 where it is at none."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is nothing to test."""

    reason: str


Findings: TypeAlias = list[Problem] | Nothing
"""An empty list is a test that passes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the header of a recording says of its test, besides `expect`.

    `without` are the parts that are left out; `exchange` is the version our server is of, `mail` where what is in the
    mailbox comes from (``none``: it is empty), both "" where the recording does not say; `observed` accepts what was
    seen of a product against its documents; `alternatives` are switched on in the server's profile.
    """

    without: tuple[str, ...] = ()
    exchange: str = ""
    mail: str = ""
    observed: bool = False
    alternatives: tuple[str, ...] = ()

    @classmethod
    def of(cls, header: Header) -> Settings:
        """Read them; raises TranscriptError for a value that means nothing."""
        values = dict(header.extra)
        without = tuple(values.get(WITHOUT, "").split())
        if unknown := [part for part in without if part not in PARTS]:
            raise TranscriptError(f"{WITHOUT}: {unknown[0]!r} is none of {', '.join(PARTS)}")
        observed = values.get(OBSERVED, "no")
        if observed not in ("yes", "no"):
            raise TranscriptError(f"{OBSERVED} is 'yes' or 'no', not {observed!r}")
        return cls(
            without,
            values.get(EXCHANGE, ""),
            values.get(MAIL, ""),
            observed == "yes",
            tuple(values.get(ALTERNATIVES, "").split()),
        )
