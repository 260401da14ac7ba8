"""Has rules judge one step of a conversation after the other, by one profile, and makes the verdict.

Must not know any rule, nor which side of a conversation is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from outlookimap.conformance.finding import Finding, Kept, Moment, Noted, Rule, Wrong
from outlookimap.conformance.following import Connection
from outlookimap.conformance.verdict import Remark, Verdict, Violation
from outlookimap.profiles import Policy, Profile
from outlookimap.statements import all_statements
from outlookimap.traffic.format import Entry, Provenance, Transcript


class Judged(Protocol):
    """A step: the line of the recording it begins in, and what it is for people."""

    @property
    def line(self) -> int:
        """The line, 0 without one."""

    @property
    def text(self) -> str:
        """What was said, secrets masked."""


class Judge:
    """Collects what the rules say by one profile."""

    __slots__ = (
        "_accepts_observed", "_commands", "_exercised", "_policy", "_profile", "_remarks", "_rules", "_violations",
    )  # fmt: skip

    def __init__(
        self,
        rules: Mapping[type[Any], Sequence[Rule]],
        profile: Profile,
        policy: Policy | None,
        *,
        observed: bool,
    ) -> None:
        """Judge by `rules`, those for each kind of step."""
        self._rules = rules
        self._profile = profile
        self._policy = policy
        self._accepts_observed = observed
        self._violations: list[Violation] = []
        self._remarks: list[Remark] = []
        self._exercised: set[str] = set()
        self._commands = 0

    def take(self, step: Judged, connection: Connection, *, counts: bool) -> None:
        """Judge a step by what was known before it; `counts` says that it is one of the things counted."""
        self._commands += counts
        moment = Moment(step, connection, self._profile, self._policy)
        for rule in self._rules[type(step)]:
            for finding in rule(moment):
                self._note(finding, step, connection)

    def _note(self, finding: Finding, step: Judged, connection: Connection) -> None:
        if isinstance(finding, Kept):
            self._exercised.update(finding.ids)
            return
        if isinstance(finding, Noted):
            self._remarks.append(Remark(step.line, finding.ids, f"{step.text}: {finding.text}"))
            return
        seen = self._seen(finding)
        if seen is not None and self._accepts_observed:
            self._remarks.append(Remark(step.line, finding.ids, f"{step.text}: not documented, but seen: {seen}"))
        else:
            self._violations.append(
                Violation(step.line, connection.number, finding.ids, step.text, finding.expected, seen)
            )

    def _seen(self, finding: Wrong) -> str | None:
        if finding.observed is None:
            return None
        name, _, key = finding.observed.rpartition(":")
        values = self._profile.alternatives[name].values if name else self._profile.values
        return values[key].note

    def verdict(self, *, fragment: bool) -> Verdict:
        """Return what was found, `fragment` saying that not all of the conversation was there."""
        return Verdict(
            self._profile,
            not self._violations,
            tuple(self._violations),
            tuple(self._remarks),
            tuple(one.id for one in all_statements() if one.id in self._exercised),
            self._commands,
            fragment,
        )


def entries_of(recording: Transcript | Iterable[Entry], *, fragment: bool) -> tuple[Iterable[Entry], bool]:
    """Return the entries of a recording and whether it is a fragment, which a transcript knows itself."""
    if isinstance(recording, Transcript):
        return recording.entries, fragment or recording.header.provenance is Provenance.FRAGMENT
    return recording, fragment
