"""What lint says of a conversation: the same words for either side of it.

Must not know how anything is judged, nor files and formats.
"""

from __future__ import annotations

from dataclasses import dataclass

from outlookimap.profiles import Profile


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing a product would not have said.

    `line` is the 1-based line of the recording (0 without one), `connection` the 1-based connection in it. `statements`
    are the ids it breaks, the most telling first; `text` is what was sent, secrets masked and long things cut;
    `expected` what the profile would have sent instead. `observed` says, where it was seen of the product although its
    documents say otherwise, where: with the option to accept such things it would be a `Remark`.
    """

    line: int
    connection: int
    statements: tuple[str, ...]
    text: str
    expected: str
    observed: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing that breaks nothing; fields as in `Violation`."""

    line: int
    statements: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What lint found, as one profile would have it.

    `exercised` are the ids of the statements that the conversation shows kept, in the order of the catalogue;
    `commands` is the number of things judged; `fragment` says that not all of the conversation was there to judge.
    """

    profile: Profile
    conforms: bool
    violations: tuple[Violation, ...]
    remarks: tuple[Remark, ...]
    exercised: tuple[str, ...]
    commands: int
    fragment: bool

    @property
    def breaches_per_command(self) -> float:
        """How much speaks against the profile: violations for each thing judged."""
        return len(self.violations) / self.commands if self.commands else float(bool(self.violations))
