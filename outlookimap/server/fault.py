"""A fault as data: when it is due, and what it does.

Knows neither how its actions work nor whose connection they spoil.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

from outlookimap.errors import UsageError
from outlookimap.protocol.states import State
from outlookimap.server.fault_actions import Action, Skip


class At(enum.Enum):
    """The moments at which a fault may strike."""

    ANSWER = "answer"
    """What is said from the command to its completion, IDLE's pushes not included."""
    BEFORE = "before"
    """Right before the command is carried out."""
    AFTER = "after"
    """Right after its completion was sent."""
    GREETING = "greeting"
    """The greeting."""
    GO_AHEAD = "go-ahead"
    """The go-ahead for a literal; the pattern sees the command's keyword only."""
    IDLE = "idle"
    """What is pushed while IDLE runs; an action without `on` strikes when it begins."""


WITHOUT_COMMAND = frozenset((At.GREETING,))
AT_ONCE = frozenset((At.BEFORE, At.AFTER))


@dataclass(frozen=True, slots=True)
class When:
    """When a fault is due; UsageError for values that make no sense.

    `command` is a pattern of the command as it would be written, without its tag, or of its keyword alone: ``*`` is any
    octets, ``?`` one, ``|`` separates alternatives, case does not matter; ``UID FETCH``, ``*FETCH *BODY.PEEK[]*``.
    `state` is the state in which the command came. `nth` is which of the occasions, counted over all connections from
    when the fault was added: one, or the first and the last (None: no end); None is every. `since`, a pattern of
    keywords, demands that such a command was answered before on the connection. `longer` demands a command of more
    octets than that.
    """

    command: str = "*"
    at: At = At.ANSWER
    state: State | None = None
    nth: int | tuple[int, int | None] | None = None
    since: str | None = None
    longer: int = 0

    def __post_init__(self) -> None:
        if not self.command.strip() or not self.command.isascii():
            raise UsageError(f"when={self.command}: a pattern of commands has ASCII characters, * for any command")
        first, last = self.occasions
        if first < 1 or (last is not None and last < first):
            raise UsageError(f"nth={self.nth}: occasions are counted from 1, the last is not before the first")
        if self.longer < 0:
            raise UsageError(f"longer={self.longer}: a number of octets is not negative")
        if self.at in WITHOUT_COMMAND and self.command != "*":
            raise UsageError(f"when={self.command}: no command comes before the greeting")

    @property
    def occasions(self) -> tuple[int, int | None]:
        """The first occasion and the last; None: no end."""
        if isinstance(self.nth, int):
            return self.nth, self.nth
        return (1, None) if self.nth is None else self.nth

    def is_due(self, nth: int) -> bool:
        """Tell whether the `nth` occasion is one of those."""
        first, last = self.occasions
        return nth >= first and (last is None or nth <= last)

    def names(self, keyword: bytes, line: bytes) -> bool:
        """Tell whether the pattern names a command: by its keyword, or by all that is written."""
        pattern = glob(self.command)
        return pattern.fullmatch(line) is not None or pattern.fullmatch(keyword) is not None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on purpose: `do`, in this order, whenever `when`; `name` is for people.

    UsageError where an action can do nothing at that moment.
    """

    when: When
    do: Action | tuple[Action, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.actions:
            raise UsageError("a fault does something: its `do` is empty")
        for action in self.actions:
            word = type(action).__name__.lower()
            if isinstance(action, Skip):
                if self.when.at not in (At.ANSWER, At.BEFORE):
                    raise UsageError(f"do={word}, at={self.when.at.value}: only a command can be skipped: at=before")
            elif self.when.at in AT_ONCE and not action.places:
                raise UsageError(f"do={word}, at={self.when.at.value}: there is no response to act on: at=answer")
            elif self.when.at in AT_ONCE and action.on is not None:
                raise UsageError(f"do={word}, on, at={self.when.at.value}: there is no response to choose: at=answer")

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions in their order."""
        return self.do if isinstance(self.do, tuple) else (self.do,)


@lru_cache(maxsize=512)
def glob(pattern: str) -> re.Pattern[bytes]:
    """Return the regular expression for a pattern of commands; brackets are themselves."""
    alternatives = "|".join(
        "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in alternative.strip())
        for alternative in pattern.split("|")
    )
    return re.compile(f"(?:{alternatives})".encode(), re.IGNORECASE | re.DOTALL)
