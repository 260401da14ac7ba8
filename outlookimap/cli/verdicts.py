"""What `outlookimap lint` found in a file, for people and as JSON. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outlookimap.cli.output import harmless_text
from outlookimap.conformance.verdict import Remark, Verdict, Violation
from outlookimap.profiles import Profile
from outlookimap.statements import all_statements

_LINES_SHOWN = 8
_JUDGED = {"client": "command", "server": "response"}


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be judged, and why; `form` is its format where that is known."""

    file: str
    reason: str
    form: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileVerdict:
    """All sessions of a file by one profile: a label and a verdict each."""

    profile: Profile
    sessions: tuple[tuple[str, Verdict], ...]

    @property
    def conforms(self) -> bool:
        """Whether every session does."""
        return all(verdict.conforms for _, verdict in self.sessions)

    @property
    def judged(self) -> int:
        """The number of commands or responses."""
        return sum(verdict.commands for _, verdict in self.sessions)

    @property
    def violations(self) -> list[Violation]:
        """Those of all sessions."""
        return [one for _, verdict in self.sessions for one in verdict.violations]

    @property
    def remarks(self) -> list[Remark]:
        """Those of all sessions."""
        return [one for _, verdict in self.sessions for one in verdict.remarks]

    @property
    def exercised(self) -> list[str]:
        """The ids that the sessions show kept, in the order of the catalogue."""
        kept = {one for _, verdict in self.sessions for one in verdict.exercised}
        return [one.id for one in all_statements() if one.id in kept]

    @property
    def fragment(self) -> bool:
        """Whether something was not there to judge."""
        return any(verdict.fragment for _, verdict in self.sessions)


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What a file was found to be: `ranked` has the profile first that least speaks against."""

    file: str
    form: str
    ranked: tuple[ProfileVerdict, ...]

    @classmethod
    def of(cls, file: str, form: str, labels: Sequence[str], verdicts: Sequence[Sequence[Verdict]]) -> FileVerdict:
        """Join what was found of each session, by all profiles, in the order of `labels`."""
        profiles = {verdict.profile.id: verdict.profile for verdicts_of in verdicts for verdict in verdicts_of}
        judged = [
            ProfileVerdict(
                profile,
                tuple(
                    (label, verdict)
                    for label, verdicts_of in zip(labels, verdicts, strict=True)
                    for verdict in verdicts_of
                    if verdict.profile.id == name
                ),
            )
            for name, profile in profiles.items()
        ]
        return cls(file, form, tuple(sorted(judged, key=lambda one: len(one.violations))))

    @property
    def conforms(self) -> bool:
        """Whether it is one of the profiles' in every session."""
        return self.ranked[0].conforms


# ---------------------------------------------------------------- for programs


def as_json(part: FileVerdict | Unread) -> Iterator[dict[str, Any]]:
    """Yield an object for each profile, the best first; of a file that cannot be judged one that says why."""
    if isinstance(part, Unread):
        yield {
            "file": part.file, "format": part.form, "sessions": [], "profile": None, "conforms": None,
            "violations": [], "remarks": [], "exercised": [], "error": part.reason,
        }  # fmt: skip
        return
    for judged in part.ranked:
        yield {
            "file": part.file,
            "format": part.form,
            "sessions": [
                {
                    "label": label,
                    "conforms": verdict.conforms,
                    "judged": verdict.commands,
                    "fragment": verdict.fragment,
                }
                for label, verdict in judged.sessions
            ],
            "profile": judged.profile.id,
            "conforms": judged.conforms,
            "violations": [
                {
                    "line": one.line,
                    "statements": list(one.statements),
                    "text": one.text,
                    "expected": one.expected,
                    "observed": one.observed,
                    "session": label,
                    "connection": one.connection,
                }
                for label, verdict in judged.sessions
                for one in verdict.violations
            ],
            "remarks": [
                {"line": one.line, "statements": list(one.statements), "text": one.text} for one in judged.remarks
            ],
            "exercised": judged.exercised,
            "error": None,
        }


# ---------------------------------------------------------------- for people


def as_text(part: FileVerdict) -> str:
    """Return the verdict on a file as plain text: by the first profile in full, by the others what they add."""
    best = part.ranked[0]
    sessions = _counted(len(best.sessions), "session")
    fragment = ", not all of the conversation" if best.fragment else ""
    lines = [f"{part.file}: {part.form}, {sessions}{fragment}"]
    known: set[tuple[tuple[str, ...], str]] = set()
    for place, judged in enumerate(part.ranked):
        groups = _grouped(judged.violations)
        lines.append(f"  {_headline(judged, place, len(part.ranked))}")
        if len(judged.sessions) > 1 and not judged.conforms:
            lines += [f"    {'conforms' if one.conforms else 'does not'}: {label}" for label, one in judged.sessions]
        repeated = [key for key in groups if key in known]
        if repeated:
            lines.append(f"    {_counted(sum(len(groups[key]) for key in repeated), 'violation')} as above")
        for key, violations in groups.items():
            if key not in known:
                lines += _group(violations)
        known |= groups.keys()
        if place == 0:
            lines += _remarks(judged.remarks)
    return "".join(harmless_text(line) + "\n" for line in lines)


def _headline(judged: ProfileVerdict, place: int, of: int) -> str:
    count = _counted(judged.judged, _JUDGED[judged.profile.kind])
    rank = f"{place + 1}. " if of > 1 else ""
    if judged.conforms:
        return f"{rank}{judged.profile.name}: conforms, {count}, {len(judged.exercised)} statements exercised"
    return f"{rank}not {judged.profile.name}: {_counted(len(judged.violations), 'violation')} in {count}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _grouped(violations: Sequence[Violation]) -> dict[tuple[tuple[str, ...], str], list[Violation]]:
    groups: dict[tuple[tuple[str, ...], str], list[Violation]] = {}
    for one in violations:
        # what would have been sent differs from line to line where it is a whole command; the ids tell the kind
        groups.setdefault((one.statements, "" if one.observed is None else one.observed), []).append(one)
    return groups


def _group(violations: Sequence[Violation]) -> Iterator[str]:
    first = violations[0]
    yield f"    line {first.line}: {first.text}"
    yield f"      expected: {first.expected}"
    yield f"      against {', '.join(first.statements)}"
    if first.observed is not None:
        yield f"      seen all the same (--observed accepts it): {first.observed}"
    if others := [one.line for one in violations[1:]]:
        yield f"      likewise: {_places(others)}"


def _remarks(remarks: Sequence[Remark]) -> Iterator[str]:
    same: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for one in remarks:
        same.setdefault((one.statements, one.text), []).append(one.line)
    for (statements, text), lines in same.items():
        yield f"    remark, {_places(lines)}: {text}"
        yield f"      by {', '.join(statements)}"


def _places(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_LINES_SHOWN]))
    more = len(lines) - _LINES_SHOWN
    return f"line{'s' if len(lines) > 1 else ''} {shown}" + (f" and {more} more" if more > 0 else "")
