r"""What some products were seen to do around IDLE and LOGOUT, off and on, octet for octet."""

from __future__ import annotations

import re

import pytest
from support.scripted import inbox, talk

from outlookimap.errors import ProfileError
from outlookimap.profiles import Policy, Profile, load
from outlookimap.protocol.events import Exists
from outlookimap.traffic import Header, Recorder
from outlookimap.transport.tap import Sender

VERSIONS = ["2007", "2010", "2013"]
DROP = Policy(encryption="none", logout="drop")
IDLE = "C: $tag IDLE\nS: + idling\n"
DONE = "C: DONE\nS: $tag OK done\n"
NOOP = "C: $tag NOOP\nS: $tag OK done\n"
GOODBYE = "C: $tag LOGOUT\nS: * BYE bye\nS: $tag OK done\n@closed client"
SWITCHES = ("idle-without-mailbox", "noop-after-done", "logout-tag-constant", "logout-with-done")


def switched(version: str, *names: str) -> Profile:
    """Return a profile with alternatives switched on."""
    return load(version).with_alternatives(names)


@pytest.mark.parametrize("version", VERSIONS)
def test_which_switches_each_version_has(version: str) -> None:
    assert set(load(version).alternatives) == set(SWITCHES)
    with pytest.raises(ProfileError, match="there is no alternative 'idle'; there are: idle-without-mailbox, "):
        switched(version, "idle")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_switch_changes_one_value_that_was_observed(version: str) -> None:
    plain = load(version)
    changed = {
        key: evidence
        for name in SWITCHES
        for key, evidence in switched(version, name).values.items()
        if evidence != plain.values[key]
    }
    assert {key: evidence.value for key, evidence in changed.items()} == {
        "idle.without_mailbox": True,
        "idle.noop_after_done": True,
        "logout.tag": "ZZZZ",
        "logout.with_done": True,
    }
    assert {evidence.basis for evidence in changed.values()} == {"observed"}


# ---------------------------------------------------------------- IDLE without a mailbox


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_mailbox_noop_keeps_alive_and_idle_begins_with_select(version: str) -> None:
    script = f"""
        @+600
        {NOOP}
        C: $tag SELECT "INBOX"
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 7] fixed
        S: $tag OK done
        {IDLE} {DONE}
    """
    with talk(script.replace("\n ", "\n"), version) as session, session.idle():
        assert session.poll(600) == []
        assert session.poll(0) == []
        session.select("INBOX")
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_idle_without_a_mailbox_where_it_is_on(version: str) -> None:
    with talk(IDLE + "@+600\n" + DONE + NOOP + IDLE + DONE, switched(version, "idle-without-mailbox")) as session:
        with session.idle():
            assert session.poll(600) == []
            assert session.poll(0) == []
        assert session._clock.now() == 600


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("answer", ["NO", "BAD"])
def test_a_server_that_refuses_it_there_is_asked_again_with_a_mailbox(answer: str) -> None:
    script = f"""
        C: $tag IDLE
        S: $tag {answer} select a mailbox first
        @+60
        C: $tag NOOP
        S: $tag OK done
        C: $tag SELECT "INBOX"
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 7] fixed
        S: $tag OK done
        C: $tag IDLE
        S: + idling
        @+5
        S: * 4 EXISTS
        C: DONE
        S: $tag OK done
    """
    with talk(script, switched("2013", "idle-without-mailbox")) as session, session.idle():
        assert session.poll(60) == []
        assert session.poll(0) == []
        session.select("INBOX")
        assert session.poll(100) == [Exists(4, 1)]


# ---------------------------------------------------------------- NOOP after DONE


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_bare_done_is_followed_by_the_command(version: str) -> None:
    with inbox(f'{IDLE}{DONE}C: $tag CREATE "a"\nS: $tag OK done\n{IDLE}{DONE}', version) as session, session.idle():
        session.poll(0)
        session.create("a")
        session.poll(0)


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_noop_after_done_where_it_is_on(version: str) -> None:
    script = f"""{IDLE}{DONE}
        C: $tag NOOP
        S: * 4 EXISTS
        S: $tag OK done
        C: $tag CREATE "a"
        S: $tag OK done
        {IDLE}{DONE}{NOOP}"""
    with inbox(script, switched(version, "noop-after-done")) as session, session.idle():
        session.poll(0)
        session.create("a")
        assert session.poll(0) == [Exists(4, 1)]
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_the_keepalive_is_the_noop_after_its_done() -> None:
    script = f"{IDLE}@+600\n{DONE}{NOOP}{IDLE}{DONE}{GOODBYE}"
    with inbox(script, switched("2013", "noop-after-done")) as session, session.idle():
        assert session.poll(600) == []
        assert session.poll(0) == []
        session.logout()


@pytest.mark.cites("O5:V0028")
def test_no_noop_where_nothing_was_left_by_done() -> None:
    script = 'C: $tag IDLE\nS: $tag NO not here\nC: $tag CREATE "a"\nS: $tag OK done'
    with inbox(script, switched("2013", "noop-after-done")) as session, session.idle():
        session.poll(0)
        session.create("a")


# ---------------------------------------------------------------- the goodbye


def said_at_the_end(
    session_end: str, profile: str | Profile, policy: Policy | None, *, idle: bool
) -> tuple[bytes, int]:
    """Sign out by the script `session_end`; return what the client said from DONE or LOGOUT on, and in how many writes.

    Tags but ZZZZ are shown as ``****``.
    """
    recorder = Recorder(None, Header(client="test"))
    options = {} if policy is None else {"policy": policy}
    with inbox((IDLE if idle else "") + session_end, profile, record=recorder, **options) as session:
        if idle:
            session.want_idle()
            session.poll(0)
        before = session._link.transport.sends  # type: ignore[attr-defined]
        session.logout()
        writes = session._link.transport.sends - before  # type: ignore[attr-defined]
    said = recorder.transcript().octets(Sender.CLIENT)
    lines = said.split(b"\r\n")[-3 if idle else -2 : -1]
    return b"\r\n".join(re.sub(rb"^[a-z0-9]{4} ", b"**** ", line) for line in lines), writes


GOODBYES = [
    ((), None, False, GOODBYE, b"**** LOGOUT", 1),
    ((), None, True, DONE + GOODBYE, b"DONE\r\n**** LOGOUT", 2),
    ((), DROP, True, "C: DONE\nC: $tag2 LOGOUT\n@closed client", b"DONE\r\n**** LOGOUT", 1),
    (("logout-tag-constant",), None, False, GOODBYE, b"ZZZZ LOGOUT", 1),
    (("logout-tag-constant",), None, True, DONE + GOODBYE, b"DONE\r\nZZZZ LOGOUT", 2),
    (("logout-tag-constant",), DROP, False, "C: ZZZZ LOGOUT\n@closed client", b"ZZZZ LOGOUT", 1),
    (("logout-with-done",), None, False, GOODBYE, b"**** LOGOUT", 1),
    (
        ("logout-with-done",),
        None,
        True,
        "C: DONE\nC: $tag2 LOGOUT\nS: * 4 EXISTS\nS: $tag OK done\nS: * BYE bye\nS: $tag2 OK done\n@closed client",
        b"DONE\r\n**** LOGOUT",
        1,
    ),
    (
        SWITCHES,
        None,
        True,
        "C: DONE\nC: ZZZZ LOGOUT\nS: $tag OK done\nS: * BYE bye\nS: ZZZZ OK done\n@closed client",
        b"DONE\r\nZZZZ LOGOUT",
        1,
    ),
    (SWITCHES, DROP, True, "C: DONE\nC: ZZZZ LOGOUT\n@closed client", b"DONE\r\nZZZZ LOGOUT", 1),
]


@pytest.mark.cites("O5:C0001", "O5:2.1.2")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("names", "policy", "idle", "script", "said", "writes"), GOODBYES)
def test_the_goodbye(
    names: tuple[str, ...], policy: Policy | None, idle: bool, script: str, said: bytes, writes: int, version: str
) -> None:
    assert said_at_the_end(script, switched(version, *names), policy, idle=idle) == (said, writes)


@pytest.mark.cites("O5:C0001")
def test_other_commands_have_tags_like_any_other() -> None:
    recorder = Recorder(None, Header(client="test"))
    script = 'C: $tag STATUS "a" (UNSEEN)\nS: $tag OK done\n' * 3
    with inbox(script, switched("2013", *SWITCHES), record=recorder) as session:
        for _ in range(3):
            session.status_unseen("a")
    assert b"ZZZZ" not in recorder.transcript().octets(Sender.CLIENT)
