"""What the verbs of a session share: the calls they make, and how one is performed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from outlookimap.client.calls import Call, Calls
from outlookimap.profiles import Policy, Profile

T = TypeVar("T")


class Verbs(ABC):
    """A session as far as its verbs know it."""

    profile: Profile
    policy: Policy
    _calls: Calls

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[str]:
        """What the server can do, upper case."""

    @property
    @abstractmethod
    def delimiter(self) -> str | None:
        """The hierarchy delimiter, where it is known."""

    @abstractmethod
    def _perform(self, call: Call[T], *, guard: bool | None = None) -> T:
        """Send the commands of `call` and return its result."""
