"""The part `lint` of a recording's test: whether it is the product's whose profile it names, as its header expects.

Judges nothing itself.
"""

from __future__ import annotations

from outlookimap.conformance import lint, server_lint
from outlookimap.conformance.verdict import Verdict, Violation
from outlookimap.errors import ProfileError
from outlookimap.profiles import Profile, load
from outlookimap.pytest_plugin.findings import Findings, Nothing, Problem, Settings
from outlookimap.traffic import Transcript

_NOBODY = {"client": "no command of a client is in it", "server": "no response of a server is in it"}


def findings(transcript: Transcript, settings: Settings) -> Findings:
    """Return where the recording is not what its header says; raises ProfileError for an unknown profile."""
    header = transcript.header
    if not header.profile:
        if header.expect:
            return [Problem(0, "the header has expect and no profile to expect it by: add 'profile: outlook-2013'")]
        return Nothing("the header names no profile to judge by")
    if not header.expect and not header.guard:
        return Nothing("guard is off and nothing is expected: write 'expect: violates' and the ids")
    profile = profile_of(header.profile, settings)
    if profile.kind == "client":
        verdict = lint.lint(transcript, profile, observed=settings.observed)
    else:
        verdict = server_lint.lint(transcript, profile, observed=settings.observed)
    if not verdict.commands:
        return Nothing(_NOBODY[profile.kind])
    return list(_compared(verdict, set(header.expect.split()[1:])))


def profile_of(name: str, settings: Settings) -> Profile:
    """Return the profile that a header names, of a client or of a server; raises ProfileError where there is none."""
    try:
        return load(name)
    except ProfileError:
        return load(name, kind="server").with_alternatives(settings.alternatives)


def _compared(verdict: Verdict, expected: set[str]) -> list[Problem]:
    found = {one for violation in verdict.violations for one in violation.statements}
    who = verdict.profile.name
    problems = [Problem(one.line, _shown(one, who)) for one in verdict.violations if not expected >= {*one.statements}]
    if missing := sorted(expected - found):
        problems.append(Problem(0, f"expected to break {', '.join(missing)}, and nothing in it does"))
    if problems and expected and found:
        problems.append(Problem(0, f"what it breaks is, in all: {' '.join(sorted(found))}"))
    return problems


def _shown(one: Violation, who: str) -> str:
    lines = [f"not {who}: {one.text}", f"  expected: {one.expected}", f"  against {', '.join(one.statements)}"]
    if one.observed is not None:
        lines.append(f"  seen all the same ('x-observed: yes' accepts it): {one.observed}")
    return "\n".join(lines)
