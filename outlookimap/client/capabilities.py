"""What the server can do, as far as it said so since the last turning point of the connection."""

from __future__ import annotations

from collections.abc import Iterable


class Capabilities:
    """The union of what CAPABILITY responses and codes said within one epoch: after connect, after TLS, after sign-in.

    Statements: O5:V0065
    """

    __slots__ = ("_known", "asked")

    def __init__(self) -> None:
        """Begin an epoch in which nothing is known."""
        self._known: set[bytes] = set()
        self.asked = False

    def forget(self) -> None:
        """Begin a new epoch."""
        self._known.clear()
        self.asked = False

    def learn(self, names: Iterable[bytes]) -> None:
        """Add what the server listed."""
        self._known.update(names)

    def __contains__(self, name: bytes) -> bool:
        return name in self._known

    def known(self) -> frozenset[bytes] | None:
        """Return all names, upper case; None before a CAPABILITY command was answered."""
        return frozenset(self._known) if self.asked else None

    def mechanisms(self) -> list[str]:
        """Return the names after AUTH=, in alphabetic order."""
        return sorted(name[5:].decode("ascii", "replace") for name in self._known if name.startswith(b"AUTH="))
