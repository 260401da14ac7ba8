"""Is this traffic the product's? Every command of a recording, judged by a profile.

`profiles.permits` says what a product sends, the tables below add how it is spelled and what only a whole conversation
shows. Must not know files and formats: entries in, verdicts out. What is not shown is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.conformance import command_rules, conversation_rules
from outlookimap.conformance.finding import Rule
from outlookimap.conformance.following import Follower, Line, Step, Waited
from outlookimap.conformance.judging import Judge, entries_of
from outlookimap.conformance.said import Uttered
from outlookimap.conformance.verdict import Remark, Verdict, Violation
from outlookimap.profiles import Policy, Profile
from outlookimap.traffic.format import Entry, Transcript

__all__ = ["RULES", "Remark", "Verdict", "Violation", "judge_any", "lint"]

RULES: dict[type[Step], tuple[Rule, ...]] = {
    Uttered: (
        command_rules.tagged,
        command_rules.readable,
        command_rules.permitted,
        command_rules.spelled,
        command_rules.encoded,
        command_rules.seven_bit,
        conversation_rules.asks_first,
        conversation_rules.asks_under_tls,
        conversation_rules.asks_again,
        conversation_rules.weakens,
        conversation_rules.waits_for_go_ahead,
        conversation_rules.waits_for_answers,
        conversation_rules.ignores_try_create,
    ),
    Line: (conversation_rules.leaves_idle,),
    Waited: (conversation_rules.keeps_alive,),
}
"""Every rule, by what it judges."""


def lint(
    recording: Transcript | Iterable[Entry],
    profile: Profile,
    *,
    policy: Policy | None = None,
    observed: bool = False,
    fragment: bool = False,
) -> Verdict:
    """Judge what the client of `recording` said.

    `policy` are the settings of its account, None where they are not known. With `observed`, what was seen of the
    product against its documents is a remark and no violation. `fragment` says that `recording`, given as entries, is
    one; a transcript knows it itself. Entries are taken one by one: memory is that of the largest literal.
    """
    [verdict] = _judge(recording, [profile], policy=policy, observed=observed, fragment=fragment)
    return verdict


def judge_any(
    recording: Transcript | Iterable[Entry],
    profiles: Iterable[Profile],
    *,
    policy: Policy | None = None,
    observed: bool = False,
    fragment: bool = False,
) -> list[Verdict]:
    """Judge by each of `profiles`, arguments as for `lint`; the one least speaks against comes first.

    Profiles that fare alike stay in the order given.
    """
    verdicts = _judge(recording, [*profiles], policy=policy, observed=observed, fragment=fragment)
    return sorted(verdicts, key=lambda verdict: verdict.breaches_per_command)


def _judge(
    recording: Transcript | Iterable[Entry],
    profiles: list[Profile],
    *,
    policy: Policy | None,
    observed: bool,
    fragment: bool,
) -> list[Verdict]:
    entries, fragment = entries_of(recording, fragment=fragment)
    follower = Follower(fragment=fragment)
    judges = [Judge(RULES, profile, policy, observed=observed) for profile in profiles]
    for step in follower.steps(entries):
        for judge in judges:
            judge.take(step, follower.connection, counts=isinstance(step, Uttered))
    return [judge.verdict(fragment=fragment or follower.missing) for judge in judges]
