"""What a rule of lint says, and what it is given to say it.

Must not know any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from outlookimap.conformance.following import Connection
from outlookimap.profiles import Policy, Profile

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Moment(Generic[S]):
    """One step of a conversation, what was known before it, and by what it is judged.

    `policy` are the settings of the account, None where they are not known.
    """

    step: S
    connection: Connection
    profile: Profile
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something the product does not do; `observed` is the profile value by which it was seen all the same.

    A value of an alternative is ``NAME:KEY``.
    """

    ids: tuple[str, ...]
    expected: str
    observed: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the product may do that is worth saying."""

    ids: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Statements that a step shows kept."""

    ids: tuple[str, ...]


Finding: TypeAlias = Wrong | Noted | Kept
"""What a rule yields."""

Rule: TypeAlias = Callable[[Moment[Any]], Iterator[Finding]]
"""Judges one step of the kind it is registered for, before its effect on the connection."""
