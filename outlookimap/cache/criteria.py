"""Which messages are asked for, as a condition of SQL over the table of messages.

Knows no connection and no server. What a user wrote is never part of the SQL.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from outlookimap.cache.rows import Flag
from outlookimap.cache.summary import cleaned
from outlookimap.errors import UsageError

LONGEST_PART = 4000
"""Characters in a part of a field that is looked for; SQLite takes patterns of up to 50,000 octets."""

_TEXTS = (("sender", "sender"), ("recipient", "recipients"), ("subject", "subject"))
_FLAGS = (
    ("unread", Flag.SEEN, False),
    ("flagged", Flag.FLAGGED, True),
    ("answered", Flag.ANSWERED, True),
    ("deleted", Flag.DELETED, True),
)
_DAYS = {
    "internaldate": "coalesce(substr(internaldate, 1, 10), date(sent, 'unixepoch'))",
    "header": "coalesce(date(sent, 'unixepoch'), substr(internaldate, 1, 10))",
}


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a message must be to be found; None and the empty string ask for nothing.

    * `text`: every word of it occurs in subject, sender, recipients or downloaded text; ``invoi*`` is the beginning of
      a word. Case and accents make no difference.
    * `sender`, `recipient`, `subject`: part of the field, without regard to case.
    * `unread`, `flagged`, `answered`, `deleted`: as shown, queued changes included.
    * `since`, `before`: the day of the INTERNALDATE in its own zone, as SEARCH has it (RFC 3501 section 6.4.4), or that
      of the Date field in UTC, by where dates come from; of the other where that is missing (O5:V0006).

    Raises UsageError for a `sender`, `recipient` or `subject` of more than `LONGEST_PART` characters.

    Statements: O5:V0006
    """

    text: str | None = None
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None
    unread: bool | None = None
    flagged: bool | None = None
    answered: bool | None = None
    deleted: bool | None = None
    since: dt.date | None = None
    before: dt.date | None = None

    def __post_init__(self) -> None:
        for name, _ in _TEXTS:
            part = getattr(self, name)
            if part is not None and len(part) > LONGEST_PART:
                raise UsageError(f"{name}: {len(part)} characters are too many to look for, {LONGEST_PART} at most")

    @property
    def of_fields(self) -> bool:
        """Whether fields of the header are looked at."""
        return bool(self.sender or self.recipient or self.subject)

    def sql(self, date_from: str = "internaldate") -> tuple[str, tuple[str, ...]]:
        """Return a condition over `messages`, its columns unqualified, and its parameters."""
        conditions: list[str] = []
        parameters: list[str] = []
        for name, column in _TEXTS:
            if part := getattr(self, name):
                conditions.append(f"{column} GLOB ?")
                parameters.append(f"*{_without_case(part)}*")
        for name, flag, wanted in _FLAGS:
            if (value := getattr(self, name)) is not None:
                conditions.append(f"flags & {flag:d} {'<>' if value is wanted else '='} 0")
        for day, compared in ((self.since, ">="), (self.before, "<")):
            if day is not None:
                conditions.append(f"{_DAYS[date_from]} {compared} ?")
                parameters.append(dt.date(day.year, day.month, day.day).isoformat())
        if words := match_all(self.text or ""):
            conditions.append("id IN (SELECT rowid FROM words WHERE words MATCH ?)")
            parameters.append(words)
        return " AND ".join(conditions) or "1", tuple(parameters)


def match_all(text: str) -> str:
    """Return the full-text query for messages that have every word of `text`; only a ``*`` that ends one is syntax.

    Words without a letter or digit ask for nothing, and find nothing where there is no other.
    """
    return " ".join(_quoted(word) for word in cleaned(text).split())


def _quoted(word: str) -> str:
    spelled = word.rstrip("*").replace('"', '""')
    return f'"{spelled}"*' if word.endswith("*") else f'"{spelled}"'


def _without_case(part: str) -> str:
    """Return a pattern of GLOB: a class of its cases for each letter; LIKE knows no case above ASCII."""
    pieces = []
    for character in cleaned(part):
        cases = {character, character.lower(), character.upper(), character.upper().lower()}
        single = "".join(sorted(case for case in cases if len(case) == 1))
        pieces.append(f"[{single}]" if len(single) > 1 or character in "*?[" else character)
    return "".join(pieces)
