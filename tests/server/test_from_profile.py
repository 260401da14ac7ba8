"""From a server profile to a behaviour: every key arrives in its field, and what no server can have is refused.

The expected values are typed from the documents and the logs, per version.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from support.talk import Talk, service

from outlookimap.errors import ProfileError
from outlookimap.profiles import Evidence, Profile, load, versions
from outlookimap.profiles.schema import REFUSALS, SERVER, TEXTS, Value
from outlookimap.server.behaviour import (
    Behaviour,
    Naming,
    Parsing,
    Refusals,
    Reply,
    Searching,
    Sizing,
    Telling,
    Texts,
)
from outlookimap.server.fault_library import LIBRARY
from outlookimap.server.from_profile import behaviour_of, departures_of
from outlookimap.wire.building import Style
from outlookimap.wire.responses import Condition

VERSIONS = ("2007sp1", "2007", "2010", "2010sp2", "2013", "2016", "2019")
OLD, NEW = VERSIONS[:3], VERSIONS[3:]


def behaviour(version: str, *alternatives: str) -> Behaviour:
    """Return how a version behaves."""
    return behaviour_of(load(version, kind="server").with_alternatives(alternatives))


def changed(key: str, value: Value, *, version: str = "2019") -> Profile:
    """Return a profile with another value."""
    profile = load(version, kind="server")
    return dataclasses.replace(profile, values={**profile.values, key: Evidence(value, "assumed", ("X10:V0015",))})


# ---------------------------------------------------------------- what each version does


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites(
    "X10:V0008", "X10:V0009", "X10:V0010", "X10:V0012", "X10:V0026", "X10:V0027", "X10:V0028", "X10:V0029", "X10:V0030",
    "X10:V0031", "X10:V0033", "X10:V0034", "X10:V0053", "X10:C0002", "X10:C0003", "X3:V0008", "X3:V0009", "X3:V0010",
    "X3:V0012", "X3:V0025", "X3:V0026", "X3:V0027", "X3:V0029", "X3:V0051", "X3:2.1.4", "X1:2.2.4", "X1:2.2.5",
    "X1:2.3.6",
)  # fmt: skip
def test_names(version: str) -> None:
    assert behaviour(version).naming == Naming(
        case_insensitive=True,
        literal_for=b"\\" if version in ("2007sp1", "2007") else b'\\"',
        longest=250,
        deepest=31,
        wildcards=True,
        encoded=True,
        superiors_created=True,
        delete_with_inferiors=False,
        rename_across_levels=False,
        subscribe_validates=False,
        any_reference=False,
        lsub_shows_superiors=version in NEW,
        marked=True,
    )
    assert behaviour(version).root_attributes == (b"\\Noselect", b"\\HasChildren")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites("X10:2.1.6", "X10:V0001", "X10:V0003", "X10:C0001", "X3:2.1.7", "X3:V0001", "X3:V0003", "X3:C0001")
def test_parsing(version: str) -> None:
    assert behaviour(version).parsing == Parsing(any_spaces=version == "2007sp1", tab_after_command=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites(
    "X10:V0037", "X10:V0038", "X10:V0039", "X10:V0042", "X10:V0043", "X10:V0058", "X3:V0035", "X3:V0037", "X3:V0040",
    "X1:2.3.2a", "X1:2.3.4",
)  # fmt: skip
def test_searching(version: str) -> None:
    assert behaviour(version).searching == Searching(
        charsets=(b"US-ASCII",),
        badcharset=version != "2007sp1",
        deepest=10,
        most_keys=None,
        keywords=(b"$MDNSent",),
        go_ahead_in_uid_search=version in NEW,
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites(
    "X10:V0006", "X10:V0040", "X10:V0041", "X10:V0045", "X3:V0006", "X1:2.1.1", "X1:2.3.2a",
    "X10:V0002", "X10:V0014", "X10:V0035", "X10:V0046", "X10:V0055",
    "X3:V0002", "X3:V0014", "X3:V0033", "X3:V0044", "X3:V0053",
)  # fmt: skip
def test_sizes_and_news(version: str) -> None:
    assert behaviour(version).sizing == Sizing(stored=True, per_part=1024)
    assert behaviour(version).telling == Telling(
        outside_commands=True, foreign_flags=False, exists_after_expunge=True, exists_after_append=True
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites(
    "X10:E0001", "X10:V0005", "X10:V0054", "X10:V0007", "X10:V0057", "X10:V0015", "X10:E0002", "X10:V0061",
    "X10:V0018", "X10:V0047", "X10:V0009", "X10:V0014", "X10:V0035", "X10:V0058",
    "X3:V0022", "X3:E0001", "X3:V0005", "X3:V0007", "X3:V0055", "X3:V0015", "X3:E0002", "X3:V0058",
    "X1:2.2.2", "X1:2.3.2a",
)  # fmt: skip
def test_flags_times_limits_and_the_rest(version: str) -> None:
    found = behaviour(version)
    assert found.flags == found.permanent_flags
    assert found.flags == (b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Draft", b"$MDNSent")
    assert (found.sign_in_time, found.sign_in_restarts) == (60.0, version == "2007sp1")
    assert (found.inactivity, found.command_time) == (1800.0, 1800.0)
    assert (found.handshake_time, found.send_silence) == (10.0, 60.0)
    assert (found.failed_sign_ins, found.delegates, found.plaintext) == (4, True, False)
    assert (found.eight_bit, found.empty_as_nil, found.identity) == (False, True, None)
    assert (found.append_limit, found.literal_limit) == (64 * 1024 * 1024, 64 * 1024)
    assert found.style == Style(quote_always=False, quoted_limit=1024)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.cites("X10:2.1.1", "X3:2.1.1", "X10:2.1.5", "X3:2.1.6")
def test_what_only_a_facade_or_a_page_reads(version: str) -> None:
    profile = load(version, kind="server")
    assert (profile.number("ports.plain"), profile.number("ports.tls")) == (143, 993)
    assert profile.flag("sending.strict") is (version not in ("2007", "2010"))


@pytest.mark.cites(
    "X10:V0052", "X10:V0050", "X10:V0048", "X10:V0023", "X10:V0024", "X10:V0061", "X10:V0020", "X10:V0014",
    "X10:V0015", "X10:E0002", "X10:V0058", "X10:V0002", "X10:V0003",
)  # fmt: skip
@pytest.mark.parametrize(
    ("version", "greeting", "goodbye"),
    [
        ("2007sp1", b"Microsoft Exchange Server 2007 IMAP4 service is ready", b"2007"),
        ("2007", b"Microsoft Exchange Server 2007 IMAP4 service is ready", b"2007"),
        ("2010", b"The Microsoft Exchange IMAP4 service is ready.", b"2010"),
        ("2010sp2", b"The Microsoft Exchange IMAP4 service is ready.", b"2010"),
        ("2013", b"The Microsoft Exchange IMAP4 service is ready.", b"2013"),
        ("2016", b"The Microsoft Exchange IMAP4 service is ready.", b"2016"),
        ("2019", b"The Microsoft Exchange IMAP4 service is ready.", b"2019"),
    ],
)
def test_texts(version: str, greeting: bytes, goodbye: bytes) -> None:
    closed = b"Connection closed."
    assert behaviour(version).texts == Texts(
        greeting=greeting,
        completed=b"%s completed.",
        failed=b"%s failed.",
        begin_tls=b"Begin TLS negotiation now.",
        literal=b"Ready for additional command text.",
        idling=b"IDLE accepted, awaiting DONE command.",
        permanent_flags=b"Permanent flags",
        unseen=b"Is the first unseen message",
        uidvalidity=b"UIDVALIDITY value",
        uidnext=b"The next unique identifier value",
        copied=b"Copied.",
        goodbye=b"Microsoft Exchange Server " + goodbye + b" IMAP4 server signing off.",
        goodbye_silent=closed,
        goodbye_sign_in=closed,
        goodbye_failures=closed,
        goodbye_slow=closed,
        goodbye_too_large=closed,
        goodbye_stopping=closed,
        goodbye_unreadable=closed,
    )


@pytest.mark.cites("X10:V0018", "X10:V0022", "X10:V0025", "X10:V0047", "X10:V0003", "X10:E0003")
@pytest.mark.parametrize("version", VERSIONS)
def test_refusals(version: str) -> None:
    assert behaviour(version).refusals == Refusals(
        unknown=Reply(Condition.BAD, b"Command is not known."),
        unreadable=Reply(Condition.BAD, b"Command cannot be read."),
        wrong_state=Reply(Condition.BAD, b"Command received in Invalid state."),
        plaintext=Reply(Condition.NO, b"%s failed."),
        mechanism=Reply(Condition.NO, b"AUTHENTICATE failed."),
    )


# ---------------------------------------------------------------- CAPABILITY

BEFORE = {
    "2007sp1": "IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI STARTTLS CHILDREN IDLE NAMESPACE LITERAL+",
    "2007": "IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI STARTTLS CHILDREN IDLE NAMESPACE LITERAL+",
    "2010": "IMAP4 IMAP4rev1 AUTH=GSSAPI STARTTLS UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    "2010sp2": "IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    "2013": "IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+",
    "2016": "IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
    "2019": "IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
}
AFTER = {
    "2007sp1": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI CHILDREN IDLE NAMESPACE LITERAL+",
    "2007": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI CHILDREN IDLE NAMESPACE LITERAL+",
    "2010": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    "2010sp2": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    "2013": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+",
    "2016": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
    "2019": "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
}
LOG_OF_2013 = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+"


def listed(found: Behaviour, *, encrypted: bool, tls: bool = True, plaintext: bool = False) -> str:
    """Return what CAPABILITY lists."""
    return b" ".join(found.capabilities(encrypted=encrypted, plaintext=plaintext, tls=tls)).decode("ascii")


@pytest.mark.cites(
    "X10:E0003", "X10:V0019", "X10:V0020", "X10:V0021", "X10:V0022", "X10:V0025", "X10:V0047", "X10:V0052", "X10:2.1.4",
    "X3:E0003", "X3:V0022", "X3:2.1.5", "X1:2.2.3",
)  # fmt: skip
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_listed_before_and_after_tls(version: str) -> None:
    found = behaviour(version)
    assert listed(found, encrypted=False) == BEFORE[version]
    assert listed(found, encrypted=True) == AFTER[version]
    assert listed(found, encrypted=False, tls=False) == BEFORE[version].replace(" STARTTLS", "")
    assert set(found.mechanisms) == ({"PLAIN", "NTLM"} if version in ("2007sp1", "2007") else {"PLAIN"})


@pytest.mark.cites("X3:E0003")
def test_with_ntlm_2013_lists_what_the_public_logs_show() -> None:
    found = behaviour("2013", "ntlm")
    assert listed(found, encrypted=True) == LOG_OF_2013
    assert listed(found, encrypted=False) == BEFORE["2013"]
    assert set(found.mechanisms) == {"PLAIN", "NTLM"}


@pytest.mark.cites("X3:E0003")
@pytest.mark.parametrize("version", VERSIONS[2:])
def test_one_switch_turns_ntlm_on(version: str) -> None:
    found = behaviour(version, "ntlm")
    assert " AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI " in listed(found, encrypted=True)
    assert "NTLM" in found.mechanisms
    assert (" AUTH=NTLM AUTH=GSSAPI " in listed(found, encrypted=False)) is (version == "2010")


@pytest.mark.cites("X10:2.1.4", "X3:2.1.5")
def test_logindisabled_as_an_administrator_sets_it() -> None:
    over_tls = behaviour("2019", "logindisabled-over-tls")
    assert listed(over_tls, encrypted=True) == AFTER["2019"].replace("GSSAPI", "GSSAPI LOGINDISABLED")
    assert "LOGINDISABLED STARTTLS" in listed(behaviour("2007", "logindisabled-before-tls"), encrypted=False)
    assert "LOGINDISABLED" not in listed(behaviour("2019", "logindisabled-never"), encrypted=False)


# ---------------------------------------------------------------- on the wire


@pytest.mark.cites("X10:V0052", "X10:2.1.4", "X10:V0022", "X10:V0025", "X10:V0018")
def test_2013_without_tls_says_what_the_public_log_shows() -> None:
    with Talk(service(behaviour=behaviour("2013"), allow_plaintext=False, tls=True)) as talk:
        talk.hear(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
        talk.script(
            f"""
            C: a CAPABILITY
            S: * CAPABILITY {BEFORE["2013"]}
            S: a OK CAPABILITY completed.
            C: b LOGIN user1 secret
            S: b NO LOGIN failed.
            C: c SELECT INBOX
            S: c BAD Command received in Invalid state.
            C: d AUTHENTICATE GSSAPI
            S: d NO AUTHENTICATE failed.
            """
        )


@pytest.mark.cites("X10:V0022", "X10:V0025")
@pytest.mark.parametrize("version", VERSIONS)
def test_plaintext_is_taken_where_an_administrator_allows_it(version: str) -> None:
    found = behaviour(version, "plaintext-allowed")
    with Talk(service(behaviour=found, allow_plaintext=False)) as talk:
        talk.hear(b"* OK " + found.texts.greeting + b"\r\n")
        talk.script(
            f"""
            C: a CAPABILITY
            S: * CAPABILITY {AFTER[version]}
            S: a OK CAPABILITY completed.
            C: b LOGIN user1 secret
            S: b OK LOGIN completed.
            """
        )


@pytest.mark.cites("X10:E0003")
@pytest.mark.parametrize("version", VERSIONS)
def test_gssapi_is_listed_and_answers_no(version: str) -> None:
    found = behaviour(version)
    with Talk(service(behaviour=found, allow_plaintext=True)) as talk:
        talk.hear(b"* OK " + found.texts.greeting + b"\r\n")
        talk.script(
            """
            C: a AUTHENTICATE GSSAPI
            S: a NO AUTHENTICATE failed.
            """
        )


@pytest.mark.cites("X10:2.1.5", "X3:2.1.6")
def test_only_a_version_that_is_not_strict_departs_from_the_grammar() -> None:
    for version in VERSIONS:
        assert departures_of(load(version, kind="server")) == ()
    for version in OLD:
        loose = load(version, kind="server").with_alternatives(["loose-sending"])
        seen = {"disposition-bare", "status-trailing-space", *(("copyuid-bare",) if version == "2010" else ())}
        assert set(departures_of(loose)) == seen <= LIBRARY.keys()
    with pytest.raises(ProfileError, match=r"exchange-2007: sending\.strict, and yet .* status-trailing-space"):
        departures_of(load("2007", kind="server").with_alternatives(["loose-sending", "strict-sending"]))


# ---------------------------------------------------------------- the mapping


GROUPS: dict[str, type] = {
    "naming": Naming,
    "parsing": Parsing,
    "searching": Searching,
    "sizing": Sizing,
    "telling": Telling,
    "texts": Texts,
}


def other(value: Value) -> Value:
    """Return a value of the same type that no version has."""
    match value:
        case bool():
            return not value
        case int():
            return value + 7
        case str():
            return "NO Other." if value.startswith(("NO ", "BAD ")) else f"{value}x"
        case _:
            return (*value, "name=other")


@pytest.mark.parametrize(
    "key", sorted(SERVER.keys() - {"ports.plain", "ports.tls", "sending.strict", "sending.departures"})
)
def test_every_value_changes_the_behaviour_in_one_place(key: str) -> None:
    plain = load("2019", kind="server")
    one, two = behaviour_of(plain), behaviour_of(changed(key, other(plain.value(key))))
    found = [
        field.name for field in dataclasses.fields(Behaviour) if getattr(one, field.name) != getattr(two, field.name)
    ]
    group, _, name = key.partition(".")
    if key in ("capability.protocols", "capability.extensions"):
        assert found == ["capabilities_before_tls", "capabilities_after_tls"]
    else:
        assert len(found) == 1, found
    if group in GROUPS and found[0] == group:
        before, after = getattr(one, group), getattr(two, group)
        differing = [
            field.name
            for field in dataclasses.fields(before)
            if getattr(before, field.name) != getattr(after, field.name)
        ]
        assert differing == [name]


def test_every_field_has_a_value() -> None:
    for group, kind in GROUPS.items():
        assert {f"{group}.{field.name}" for field in dataclasses.fields(kind)} <= SERVER.keys()
    assert set(TEXTS) == {field.name for field in dataclasses.fields(Texts)}
    assert set(REFUSALS) < {field.name for field in dataclasses.fields(Refusals)}
    refused = {"texts", "refusals", *GROUPS}
    plain, mirrored = Behaviour(), behaviour_of(load("2019", kind="server"))
    for field in dataclasses.fields(Behaviour):
        if field.name not in refused:
            assert type(getattr(mirrored, field.name)) in (type(getattr(plain, field.name)), int), field.name


def test_zero_is_no_limit_and_no_field_is_nil() -> None:
    assert behaviour_of(changed("naming.longest", 0)).naming.longest is None
    assert behaviour_of(changed("auth.failed_sign_ins", 0)).failed_sign_ins is None
    assert behaviour_of(changed("searching.keywords", ())).searching.keywords is None
    identity = behaviour_of(changed("telling.identity", ("name=Mail", "version=15.2=x"))).identity
    assert identity == ((b"name", b"Mail"), (b"version", b"15.2=x"))


REFUSED: list[tuple[str, Any, str]] = [
    ("texts.greeting", "Gr\u00fc\u00df Gott", "only printable ASCII is sent"),
    ("texts.completed", "%s completed.\r\n", "only printable ASCII is sent"),
    ("flags.permanent", ("\\Seen", "caf\u00e9"), "only printable ASCII is sent"),
    ("refusals.unknown", "OK why not", "not NO or BAD and a text"),
    ("refusals.unknown", "BAD", "not NO or BAD and a text"),
    ("refusals.unknown", "BAD ", "not NO or BAD and a text"),
    ("timers.sign_in", 0, "timers.sign_in is 0, less than 1"),
    ("timers.inactivity", -1, "timers.inactivity is -1, less than 1"),
    ("limits.append", 0, "limits.append is 0, less than 1"),
    ("naming.longest", -1, "naming.longest is -1, less than 0"),
    ("sizing.per_part", -1, "sizing.per_part is -1, less than 0"),
    ("telling.identity", ("name",), "not name=value"),
    ("telling.identity", ("=Mail",), "not name=value"),
]


@pytest.mark.parametrize(("key", "value", "message"), REFUSED)
def test_values_that_no_server_can_have(key: str, value: Value, message: str) -> None:
    with pytest.raises(ProfileError, match=f"exchange-2019.*{message}"):
        behaviour_of(changed(key, value))


def test_a_client_profile_is_no_server() -> None:
    with pytest.raises(ProfileError, match="outlook-2013 is a client profile"):
        behaviour_of(load("2013"))


def test_every_version_that_ships_can_be_a_server() -> None:
    assert [behaviour_of(load(name, kind="server")).texts.failed for name in versions()] == [b"%s failed."] * 7
