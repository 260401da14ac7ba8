"""The profiles of Exchange: evidence, inheritance, what differs between versions, and the readings to switch on.

What a version does is proved where it acts; what is typed by hand here is in which version a value changes.
"""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from importlib import resources
from typing import Any

import pytest

from outlookimap.errors import ProfileError
from outlookimap.profiles import Evidence, Profile, load, names, order, versions
from outlookimap.profiles.profile import parse
from outlookimap.profiles.schema import BASES, SERVER, Value
from outlookimap.statements import State, get

VERSIONS = ("2007sp1", "2007", "2010", "2010sp2", "2013", "2016", "2019")
ALL = [f"exchange-{version}" for version in VERSIONS]


def document(name: str) -> dict[str, Any]:
    """Return what a file holds."""
    return tomllib.loads(resources.files("outlookimap.profiles").joinpath(f"{name}.toml").read_text("utf-8"))


def server(version: str) -> Profile:
    """Return the profile of a version."""
    return load(version, kind="server")


# ---------------------------------------------------------------- evidence


def evidence_of(profile: Profile) -> list[tuple[str, Evidence]]:
    """Return every value of a profile and of its alternatives."""
    found = list(profile.values.items())
    for name, alternative in profile.alternatives.items():
        found += [(f"{name}: {key}", evidence) for key, evidence in alternative.values.items()]
    return found


@pytest.mark.parametrize("name", ALL)
def test_every_value_of_the_schema_is_there_with_its_evidence(name: str) -> None:
    profile = load(name, kind="server")
    assert profile.values.keys() == SERVER.keys() == profile.origins.keys()
    for key, evidence in evidence_of(profile):
        assert evidence.basis in BASES, key
        assert len(set(evidence.cites)) == len(evidence.cites) > 0, key
        if evidence.basis in ("observed", "assumed"):
            assert evidence.note, f"{key} is {evidence.basis}, and no note says by whom or why"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_cited_statement_is_in_the_catalogue_and_holds_for_the_version(version: str) -> None:
    spoken_of = {version, version.removesuffix("sp1")}  # what is said of 2007 holds for its service pack too
    for key, evidence in evidence_of(server(version)):
        for cite in evidence.cites:
            statement = get(cite)
            assert statement.edition in ("X1", "X3", "X10"), key
            assert statement.state in (State.ACTED, State.REFERS, State.OPEN), (key, cite)
            if evidence.basis == "documented":
                assert spoken_of & set(statement.products), f"{key} of {version} rests on {cite}"


def test_the_older_editions_are_cited_only_where_they_rule_or_lost() -> None:
    for version in VERSIONS:
        profile = server(version)
        editions = {cite.partition(":")[0] for evidence in profile.values.values() for cite in evidence.cites}
        assert editions == ({"X1", "X3", "X10"} if version == "2007sp1" else {"X10"}), version
    assert server("2007sp1").basis("naming.rename_across_levels") == "documented"  # X10: X1 and X3 are silent
    assert server("2007sp1").cites("naming.rename_across_levels") == ("X10:V0028",)


@pytest.mark.parametrize(
    ("version", "key", "basis"),
    [
        ("2007", "texts.greeting", "observed"),
        ("2019", "texts.greeting", "observed"),
        ("2007", "texts.idling", "observed"),
        ("2007", "texts.goodbye_silent", "assumed"),
        ("2010", "texts.goodbye", "inferred"),
        ("2013", "texts.goodbye", "observed"),
        ("2019", "texts.goodbye", "inferred"),
        ("2007", "refusals.wrong_state", "observed"),
        ("2007", "refusals.plaintext", "assumed"),
        ("2007", "capability.extensions", "observed"),
        ("2010", "capability.extensions", "inferred"),
        ("2010sp2", "auth.login_disabled_insecure", "inferred"),
        ("2013", "auth.login_disabled_insecure", "observed"),
        ("2019", "auth.login_disabled_insecure", "inferred"),
        ("2007", "sizing.stored", "documented"),
        ("2007", "sizing.per_part", "assumed"),
        ("2007sp1", "naming.lsub_shows_superiors", "documented"),
        ("2007", "naming.lsub_shows_superiors", "inferred"),
    ],
)
def test_how_strong_the_evidence_is(version: str, key: str, basis: str) -> None:
    assert server(version).basis(key) == basis


# ---------------------------------------------------------------- versions, their order, what they inherit


def test_the_versions_in_their_order() -> None:
    assert versions("server") == tuple(ALL)
    assert set(ALL) < set(names())
    places = [order(version) for version in VERSIONS]
    assert places == sorted(set(places))
    assert order("2010") < order("exchange-2010sp2") < order(server("2013"))
    assert [version for version in VERSIONS if order(version) >= order("2010sp2")] == [
        "2010sp2",
        "2013",
        "2016",
        "2019",
    ]


def test_a_profile_may_have_no_place() -> None:
    assert versions("client") == ()
    with pytest.raises(ProfileError, match=r"outlook-2013: \[product\] states no order"):
        order("2013", kind="client")
    with pytest.raises(ProfileError, match="there is no server profile '2003'"):
        order("2003")


def test_one_name_means_a_client_or_a_server() -> None:
    for version in ("2007", "2010", "2013"):
        assert load(version).id == f"outlook-{version}"
        assert load(version, kind="server").id == f"exchange-{version}"


def test_who_inherits_from_whom() -> None:
    bases = {name: document(name)["product"].get("base") for name in ALL}
    assert bases == {
        "exchange-2007sp1": "exchange-2007",
        "exchange-2007": None,
        "exchange-2010": "exchange-2007",
        "exchange-2010sp2": "exchange-2010",
        "exchange-2013": "exchange-2010sp2",
        "exchange-2016": "exchange-2013",
        "exchange-2019": "exchange-2016",
    }
    assert server("2019").origins["naming.longest"] == "exchange-2007"
    assert server("2019").origins["naming.literal_for"] == "exchange-2010"
    assert server("2019").origins["sending.strict"] == "exchange-2010sp2"


NEWER = "The Microsoft Exchange IMAP4 service is ready."
LATE = ("CHILDREN", "IDLE", "NAMESPACE", "LITERAL+")


@pytest.mark.parametrize(
    ("older", "newer", "changed"),
    [
        pytest.param(
            "2007sp1",
            "2007",
            {
                "timers.sign_in_restarts": (True, False),
                "parsing.any_spaces": (True, False),
                "searching.badcharset": (False, True),
                "sending.strict": (True, False),
            },
            marks=pytest.mark.cites(
                "X3:E0002", "X10:E0002", "X3:2.1.7", "X10:2.1.6", "X1:2.3.4", "X10:V0038", "X3:2.1.6", "X10:2.1.5"
            ),
        ),
        pytest.param(
            "2007",
            "2010",
            {
                "texts.greeting": ("Microsoft Exchange Server 2007 IMAP4 service is ready", NEWER),
                "texts.goodbye": (
                    "Microsoft Exchange Server 2007 IMAP4 server signing off.",
                    "Microsoft Exchange Server 2010 IMAP4 server signing off.",
                ),
                "capability.extensions": (LATE, ("UIDPLUS", *LATE)),
                "auth.mechanisms": (("PLAIN", "NTLM"), ("PLAIN",)),
                "auth.listed": (("PLAIN", "NTLM", "GSSAPI"), ("PLAIN", "GSSAPI")),
                "auth.listed_insecure": (("NTLM", "GSSAPI"), ("GSSAPI",)),
                "naming.literal_for": ("\\", '\\"'),
            },
            marks=pytest.mark.cites("X10:E0003", "X10:V0009", "X10:V0033"),
        ),
        pytest.param(
            "2010",
            "2010sp2",
            {
                "auth.listed_insecure": (("GSSAPI",), ()),
                "auth.login_disabled_insecure": (False, True),
                "naming.lsub_shows_superiors": (False, True),
                "searching.go_ahead_in_uid_search": (False, True),
                "sending.strict": (False, True),
            },
            marks=pytest.mark.cites("X10:V0058", "X10:2.1.5", "X10:2.1.4", "X10:V0034"),
        ),
        (
            "2010sp2",
            "2013",
            {
                "texts.goodbye": (
                    "Microsoft Exchange Server 2010 IMAP4 server signing off.",
                    "Microsoft Exchange Server 2013 IMAP4 server signing off.",
                ),
                "capability.extensions": (("UIDPLUS", *LATE), ("UIDPLUS", "MOVE", "ID", *LATE)),
            },
        ),
        (
            "2013",
            "2016",
            {
                "texts.goodbye": (
                    "Microsoft Exchange Server 2013 IMAP4 server signing off.",
                    "Microsoft Exchange Server 2016 IMAP4 server signing off.",
                ),
                "capability.extensions": (
                    ("UIDPLUS", "MOVE", "ID", *LATE),
                    ("SASL-IR", "UIDPLUS", "MOVE", "ID", "UNSELECT", *LATE),
                ),
            },
        ),
        (
            "2016",
            "2019",
            {
                "texts.goodbye": (
                    "Microsoft Exchange Server 2016 IMAP4 server signing off.",
                    "Microsoft Exchange Server 2019 IMAP4 server signing off.",
                ),
            },
        ),
    ],
)
def test_what_changed_from_one_version_to_the_next(
    older: str, newer: str, changed: dict[str, tuple[Value, Value]]
) -> None:
    one, other = server(older), server(newer)
    found = {key: (one.value(key), other.value(key)) for key in SERVER if one.value(key) != other.value(key)}
    assert found == changed


# ---------------------------------------------------------------- alternatives

SWITCHES = [
    ("2007sp1", "unauthenticated-timer-runs-on", {"timers.sign_in_restarts": False}),
    ("2007sp1", "one-space", {"parsing.any_spaces": False}),
    (
        "2007sp1",
        "loose-sending",
        {"sending.strict": False, "sending.departures": ("disposition-bare", "status-trailing-space")},
    ),
    ("2007", "loose-sending", {"sending.departures": ("disposition-bare", "status-trailing-space")}),
    ("2010", "loose-sending", {"sending.departures": ("copyuid-bare", "disposition-bare", "status-trailing-space")}),
    ("2007sp1", "badcharset", {"searching.badcharset": True}),
    (
        "2007sp1",
        "mdnsend-keyword",
        dict.fromkeys(
            ("flags.applicable", "flags.permanent"),
            ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$MDNSend"),
        ),
    ),
    *((version, "ten-search-keys", {"searching.most_keys": 10, "searching.deepest": 0}) for version in VERSIONS[:3]),
    *((version, "any-spaces", {"parsing.any_spaces": True}) for version in ("2007", "2010")),
    *((version, "strict-sending", {"sending.strict": True}) for version in ("2007", "2010")),
    *((version, "lsub-shows-superiors", {"naming.lsub_shows_superiors": True}) for version in VERSIONS[:3]),
    *((version, "lsub-hides-superiors", {"naming.lsub_shows_superiors": False}) for version in VERSIONS[3:]),
    *((version, "unauthenticated-timer-restarts", {"timers.sign_in_restarts": True}) for version in VERSIONS[1:]),
    ("2010", "backslash-literal-only", {"naming.literal_for": "\\"}),
    *(
        (
            version,
            "without-ntlm",
            {
                "auth.mechanisms": ("PLAIN",),
                "auth.listed": ("PLAIN", "GSSAPI"),
                "auth.listed_insecure": ("GSSAPI",),
            },
        )
        for version in VERSIONS[:2]
    ),
    (
        "2010",
        "ntlm",
        {
            "auth.mechanisms": ("PLAIN", "NTLM"),
            "auth.listed": ("PLAIN", "NTLM", "GSSAPI"),
            "auth.listed_insecure": ("NTLM", "GSSAPI"),
        },
    ),
    *(
        (version, "ntlm", {"auth.mechanisms": ("PLAIN", "NTLM"), "auth.listed": ("PLAIN", "NTLM", "GSSAPI")})
        for version in VERSIONS[3:]
    ),
    *((version, "plaintext-allowed", {"auth.plaintext_insecure": True}) for version in VERSIONS),
    *(
        (
            version,
            "plaintext-never",
            {"auth.login_disabled": True, "auth.mechanisms": ("NTLM",), "auth.listed": ("NTLM", "GSSAPI")},
        )
        for version in VERSIONS[:2]
    ),
    ("2010", "plaintext-never", {"auth.login_disabled": True, "auth.mechanisms": (), "auth.listed": ("GSSAPI",)}),
    *((version, "logindisabled-over-tls", {"auth.login_disabled": True}) for version in VERSIONS),
    *((version, "logindisabled-before-tls", {"auth.login_disabled_insecure": True}) for version in VERSIONS[:3]),
    *((version, "logindisabled-never", {"auth.login_disabled_insecure": False}) for version in VERSIONS[3:]),
    *((version, "mime-size-always", {"sizing.stored": False}) for version in VERSIONS),
]


def test_which_alternatives_each_version_has() -> None:
    for version in VERSIONS:
        assert set(server(version).alternatives) == {name for of, name, _ in SWITCHES if of == version}, version


@pytest.mark.parametrize(("version", "name", "changed"), SWITCHES)
def test_an_alternative_changes_what_it_says_and_nothing_else(
    version: str, name: str, changed: dict[str, Value]
) -> None:
    plain = server(version)
    switched = plain.with_alternatives([name])
    assert {key: switched.value(key) for key in SERVER if switched.value(key) != plain.value(key)} == changed
    assert switched.switched == (name,)
    assert {switched.origins[key] for key in changed} == {f"exchange-{version}:{name}"}
    assert (switched.id, switched.order) == (plain.id, plain.order)
    assert plain.switched == ()
    assert plain.alternatives[name].summary.endswith(".")


def test_several_alternatives_at_once_and_one_after_another() -> None:
    both = server("2010").with_alternatives(("unauthenticated-timer-restarts", "ntlm"))
    assert both.flag("timers.sign_in_restarts")
    assert "NTLM" in both.words("auth.mechanisms")
    assert both == server("2010").with_alternatives(["unauthenticated-timer-restarts"]).with_alternatives(["ntlm"])
    assert both.cites("timers.sign_in_restarts") == ("X3:E0002",)
    assert server("2010").with_alternatives(()) == server("2010")


def test_an_unknown_alternative_lists_those_there_are() -> None:
    with pytest.raises(
        ProfileError, match=r"exchange-2013: there is no alternative 'any-spaces'; there are: logindisabled-never, "
    ):
        server("2013").with_alternatives(["ntlm", "any-spaces"])
    with pytest.raises(ProfileError, match=r"outlook-2013: there is no alternative 'ntlm'; there are: idle-"):
        load("2013").with_alternatives(["ntlm"])


# ---------------------------------------------------------------- documents made by hand

VALUE: dict[str, Any] = {"value": True, "basis": "assumed", "cites": ["X10:V0015"]}
PRODUCT: dict[str, Any] = {"id": "exchange-next", "name": "Next", "kind": "server", "base": "exchange-2019"}
OTHER: dict[str, Any] = {"summary": "Other.", "values": {"naming": {"marked": VALUE | {"value": False}}}}


def made(*, product: dict[str, Any] | None = None, **tables: Any) -> dict[str, Any]:
    """Return a document that changes 2019."""
    return {"product": PRODUCT | (product or {}), **tables}


def test_a_new_version_inherits_values_and_alternatives_but_not_its_place() -> None:
    new = parse("exchange-next", made(product={"drops": ["ntlm"]}, alternatives={"unmarked": OTHER}))
    assert new.order is None
    assert set(new.alternatives) == set(server("2019").alternatives) - {"ntlm"} | {"unmarked"}
    assert new.with_alternatives(["unmarked"]).flag("naming.marked") is False
    assert parse("exchange-next", made(product={"order": 80})).order == 80


def test_two_alternatives_that_give_one_value_differently_do_not_go_together() -> None:
    other = copy.deepcopy(OTHER)
    other["values"]["naming"]["marked"]["value"] = True
    new = parse("exchange-next", made(alternatives={"one": OTHER, "same": OTHER, "two": other}))
    assert new.with_alternatives(["one", "same"]).flag("naming.marked") is False
    with pytest.raises(ProfileError, match=r"one and two do not go together: both give naming\.marked"):
        new.with_alternatives(["one", "two"])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (made(product={"order": "80"}), r"\[product\] order = '80' is a number"),
        (made(product={"order": True}), r"\[product\] order = True is a number"),
        (made(product={"drops": "ntlm"}), r"\[product\] drops is 'ntlm', not a list of strings"),
        (made(product={"drops": [1]}), r"\[product\] drops is \[1\], not a list of strings"),
        (made(product={"drops": ["any-spaces"]}), r"drops 'any-spaces', which the base does not have"),
        (made(product={"base": "outlook-2013"}), "a server cannot have the client outlook-2013 as its base"),
        (made(values={"naming": {"marker": VALUE}}), r"there is no value naming\.marker"),
        (made(values={"naming": {"longest": VALUE}}), r"naming\.longest is True, not a int"),
        (made(alternatives=[OTHER]), "alternatives is no table"),
        (made(alternatives={"x": VALUE["cites"]}), "alternative x is no table"),
        (made(alternatives={"x": OTHER | {"value": {}}}), "alternative x: unknown key 'value'"),
        (made(alternatives={"x": OTHER | {"summary": " "}}), "alternative x: the summary is ' ', not a sentence"),
        (made(alternatives={"x": {"values": OTHER["values"]}}), "alternative x: the summary is None"),
        (made(alternatives={"x": {"summary": "No."}}), "alternative x changes no value"),
        (made(alternatives={"x": OTHER | {"values": {"naming": VALUE}}}), "alternative x: there is no value naming"),
        (
            made(alternatives={"x": OTHER | {"values": {"naming": {"longest": VALUE}}}}),
            r"alternative x: naming\.longest is True, not a int",
        ),
        (
            made(alternatives={"x": OTHER | {"values": {"naming": {"marked": {"value": True}}}}}),
            r"alternative x: naming\.marked: basis is None",
        ),
        (
            made(alternatives={"x": OTHER | {"values": {"naming": {"marked": VALUE | {"cites": []}}}}}),
            r"alternative x: naming\.marked: cites names at least one statement",
        ),
    ],
)
def test_documents_that_are_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=f"exchange-next: .*{message}|exchange-next: {message}"):
        parse("exchange-next", document)


def test_a_profile_made_by_hand_is_checked_too() -> None:
    plain = server("2019")
    wrong = {**plain.values, "naming.longest": Evidence("250", "assumed", ("X10:C0003",))}
    with pytest.raises(ProfileError, match=r"naming\.longest is '250', not a int"):
        dataclasses.replace(plain, values=wrong)
