"""`permits()` judges anything: it never raises, and what it says does not hang on how often it is asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.command_strategies import STRATEGIES, any_command

from outlookimap.profiles import Breach, Context, Policy, load, permits
from outlookimap.profiles.profile import Profile
from outlookimap.statements import get
from outlookimap.wire import commands as c

profiles = st.sampled_from(["2007", "2010", "2013"]).map(load)
capabilities = st.one_of(
    st.none(),
    st.frozensets(st.sampled_from([b"IMAP4REV1", b"IMAP4", b"IDLE", b"AUTH=PLAIN", b"XLIST", b"SASL-IR"])),
)
contexts = st.builds(
    Context,
    profile=profiles,
    policy=st.builds(Policy, login=st.booleans(), mechanisms=st.sampled_from([None, (), ("PLAIN",)])),
    capabilities=capabilities,
    delimiter=st.sampled_from([None, b"/", b"."]),
)


@given(any_command, contexts)
def test_any_command_is_judged(command: c.Command, context: Context) -> None:
    breaches = permits(command, context)
    assert breaches == permits(command, context)
    for breach in breaches:
        assert isinstance(breach, Breach)
        assert breach.expected
        assert len(set(breach.ids)) == len(breach.ids) > 0
        assert [get(cite).id for cite in breach.ids] == list(breach.ids)


@given(any_command, profiles)
def test_a_command_its_profile_says_no_to_is_always_a_breach(command: c.Command, profile: Profile) -> None:
    key = "commands." + c.keyword(command).decode("ascii", "replace").replace(" ", "_")
    if key not in profile.values or not profile.flag(key):
        assert len(permits(command, Context(profile))) == 1


def test_every_command_has_a_strategy() -> None:
    assert STRATEGIES.keys() >= set(c.COMMANDS)
