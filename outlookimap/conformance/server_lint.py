"""Is this the product's server? Every response of a recording, judged by a profile.

The same words as `lint` has for the client. Must not know files and formats: entries in, verdicts out. What is not
shown is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.conformance import answer_rules, data_rules, server_timing_rules
from outlookimap.conformance.finding import Rule
from outlookimap.conformance.judging import Judge, entries_of
from outlookimap.conformance.server_following import Answered, ServerFollower
from outlookimap.conformance.verdict import Verdict
from outlookimap.profiles import Profile
from outlookimap.traffic.format import Entry, Transcript

RULES: tuple[Rule, ...] = (
    data_rules.seven_bit,
    data_rules.grammatical,
    data_rules.spaced,
    data_rules.extended,
    data_rules.capabilities,
    data_rules.named,
    data_rules.name_spelled,
    data_rules.listed,
    data_rules.flagged,
    data_rules.foreign,
    data_rules.searched,
    data_rules.structured,
    data_rules.unchanged,
    answer_rules.greets,
    answer_rules.codes,
    answer_rules.unasked_capabilities,
    answer_rules.served,
    answer_rules.signed_in,
    answer_rules.drops,
    answer_rules.parses,
    answer_rules.names_mailboxes,
    answer_rules.checks,
    answer_rules.charset,
    answer_rules.search_limits,
    answer_rules.in_turn,
    server_timing_rules.counts_after,
    server_timing_rules.lists_levels,
    server_timing_rules.waves,
    server_timing_rules.ends_in_time,
)
"""Every rule; each judges one response."""


def lint(
    recording: Transcript | Iterable[Entry], profile: Profile, *, observed: bool = False, fragment: bool = False
) -> Verdict:
    """Judge what the server of `recording` said; arguments as for `lint.lint`.

    `Verdict.commands` counts responses.
    """
    [verdict] = _judge(recording, [profile], observed=observed, fragment=fragment)
    return verdict


def judge_any(
    recording: Transcript | Iterable[Entry],
    profiles: Iterable[Profile],
    *,
    observed: bool = False,
    fragment: bool = False,
) -> list[Verdict]:
    """Judge by each of `profiles`; the one least speaks against comes first, of those that fare alike the first."""
    verdicts = _judge(recording, [*profiles], observed=observed, fragment=fragment)
    return sorted(verdicts, key=lambda verdict: (verdict.breaches_per_command, len(verdict.remarks)))


def _judge(
    recording: Transcript | Iterable[Entry], profiles: list[Profile], *, observed: bool, fragment: bool
) -> list[Verdict]:
    entries, fragment = entries_of(recording, fragment=fragment)
    follower = ServerFollower(fragment=fragment)
    judges = [Judge({Answered: RULES}, profile, None, observed=observed) for profile in profiles]
    for step in follower.steps(entries):
        for judge in judges:
            judge.take(step, follower.connection, counts=True)
    return [judge.verdict(fragment=fragment or follower.missing) for judge in judges]
