"""The profile files: complete, each value with its evidence, and what one inherits from another.

What the values mean is proved where they act; nothing here repeats a value to compare it with itself.
"""

from __future__ import annotations

import copy
import tomllib
from importlib import resources
from typing import Any

import pytest

from outlookimap.errors import ProfileError
from outlookimap.profiles import Evidence, Profile, load, names
from outlookimap.profiles.profile import parse
from outlookimap.profiles.schema import BASES, CLIENT
from outlookimap.statements import State, get

CLIENTS = ("outlook-2007", "outlook-2010", "outlook-2013")


def document(name: str) -> dict[str, Any]:
    """Return what a file holds."""
    return tomllib.loads(resources.files("outlookimap.profiles").joinpath(f"{name}.toml").read_text("utf-8"))


# ---------------------------------------------------------------- the files that ship


def test_which_profiles_ship() -> None:
    assert set(CLIENTS) <= set(names())
    assert names() == tuple(sorted(names()))


@pytest.mark.parametrize("name", CLIENTS)
def test_every_value_of_the_schema_is_there_with_its_evidence(name: str) -> None:
    profile = load(name)
    assert profile.kind == "client"
    assert profile.values.keys() == CLIENT.keys() == profile.origins.keys()
    for key, evidence in profile.values.items():
        assert type(evidence.value) is CLIENT[key], key
        assert evidence.basis in BASES, key
        assert evidence.cites, key
        assert len(set(evidence.cites)) == len(evidence.cites), key
        assert profile.cites(key) == evidence.cites


@pytest.mark.parametrize("name", names())
def test_every_cited_statement_is_in_the_catalogue_and_holds_for_the_product(name: str) -> None:
    profile = load(name, kind=document(name)["product"]["kind"])
    for key, evidence in profile.values.items():
        for cite in evidence.cites:
            statement = get(cite)
            assert statement.state is not State.EXCUSED, f"{key} rests on {cite}, on which nothing can rest"
            if statement.edition == "O5":
                assert name.removeprefix("outlook-") in statement.products, (key, cite)


@pytest.mark.parametrize("name", names())
def test_what_is_not_documented_says_why_or_rests_on_a_form_that_is(name: str) -> None:
    for key, evidence in load(name, kind=document(name)["product"]["kind"]).values.items():
        if evidence.basis in ("observed", "assumed"):
            assert evidence.note, f"{key} is {evidence.basis}, and no note says by whom or why"


# what the facts say: where O5 itself gives the value the word is `documented`, and only there
WEAKER = {
    "observed": {
        "strings.quote_always",
        "strings.non_synchronizing_literals",
        "commands.IDLE",
        "commands.ID",
        "commands.ENABLE",
        *(key for key in CLIENT if key.startswith("observed.")),
    },
    "assumed": {
        "strings.quoted_limit",
        "auth.initial_response",
        "folders.pattern",
        "idle.after",
        "idle.without_mailbox",
        "idle.noop_after_done",
        "logout.with_done",
    },
    "inferred": {
        "command.octets",
        "capability.first",
        "capability.after_tls",
        "auth.mechanisms",
        "commands.STARTTLS",
        "commands.DELETE",
        "commands.RENAME",
        "commands.SUBSCRIBE",
        "commands.UNSUBSCRIBE",
        "commands.CLOSE",
        "commands.EXPUNGE",
        "commands.UNSELECT",
        "commands.MOVE",
        "commands.UID_MOVE",
        "commands.UID_EXPUNGE",
        *(key for key in CLIENT if key.startswith(("fetch.purpose.", "store.purpose."))),
    },
}


@pytest.mark.parametrize(
    ("name", "inferred", "special"),
    [
        ("outlook-2007", {"folders.command"}, "assumed"),
        ("outlook-2010", {"folders.command"}, "observed"),
        ("outlook-2013", {"folders.attributes"}, "observed"),
    ],
)
def test_how_strong_the_evidence_is(name: str, inferred: set[str], special: str) -> None:
    values = load(name).values
    found = {basis: {key for key in values if values[key].basis == basis} for basis in BASES}
    assert values["folders.special"].basis == special
    found[special] -= {"folders.special"}
    assert found["observed"] == WEAKER["observed"]
    assert found["assumed"] == WEAKER["assumed"]
    assert found["inferred"] == WEAKER["inferred"] | inferred
    assert sum(map(len, found.values())) == len(values) - 1


# ---------------------------------------------------------------- inheritance


def differing(one: Profile, other: Profile) -> set[str]:
    """Return the keys whose values differ."""
    return {key for key in CLIENT if one.values[key].value != other.values[key].value}


def test_2010_is_2007() -> None:
    old, new = load("outlook-2007"), load("outlook-2010")
    assert differing(old, new) == set()
    assert {key for key, origin in new.origins.items() if origin == "outlook-2010"} == {"folders.special"}
    assert set(new.origins.values()) == {"outlook-2007", "outlook-2010"}
    assert (new.id, new.name) == ("outlook-2010", "Microsoft Outlook 2010")


def test_2013_brings_search_xlist_and_a_name_and_nothing_else() -> None:
    old, new = load("outlook-2010"), load("outlook-2013")
    brought = {"commands.SEARCH", "commands.XLIST", "answers.ignored"}
    brought |= {"folders.command", "folders.attributes", "folders.special"}
    assert differing(old, new) == brought
    assert {key for key, origin in new.origins.items() if origin == "outlook-2013"} == brought
    assert {key for key, origin in new.origins.items() if origin == "outlook-2007"} == CLIENT.keys() - brought
    assert set(old.words("folders.attributes")) < set(new.words("folders.attributes"))
    assert set(old.words("answers.ignored")) - set(new.words("answers.ignored")) == {"SEARCH"}


# ---------------------------------------------------------------- load


@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_two_names_load_one_profile(version: str) -> None:
    profile = load(version)
    assert profile is load(f"outlook-{version}") is load(profile)
    assert profile.id == f"outlook-{version}"
    assert profile.name.endswith(version)


@pytest.mark.parametrize("name", ["2003", "outlook", "", "Outlook-2013", "outlook-2013.toml", "../2013", "13"])
def test_an_unknown_name_lists_those_there_are(name: str) -> None:
    with pytest.raises(ProfileError, match=r"outlook-2007, outlook-2010, outlook-2013") as caught:
        load(name)
    assert f"no client profile {name!r}" in str(caught.value)


def test_a_name_of_another_kind_is_unknown() -> None:
    with pytest.raises(ProfileError, match="there is no server profile 'outlook-2013'"):
        load("outlook-2013", kind="server")
    with pytest.raises(ProfileError, match="there is no client profile 'exchange-2013'"):
        load("exchange-2013")


# ---------------------------------------------------------------- asking for values


def test_values_come_out_with_their_types() -> None:
    profile = load("2013")
    assert profile.flag("fetch.macros") is False
    assert type(profile.number("tag.length")) is int
    assert type(profile.text("folders.pattern")) is str
    assert type(profile.words("status.items")) is tuple


@pytest.mark.parametrize("method", ["flag", "number", "text", "words", "cites"])
def test_a_value_that_is_not_there(method: str) -> None:
    with pytest.raises(ProfileError, match=r"outlook-2007: there is no value fetch\.everything"):
        getattr(load("2007"), method)("fetch.everything")


@pytest.mark.parametrize(
    ("method", "key", "message"),
    [
        ("flag", "tag.length", "tag.length is a int, not a bool"),
        ("number", "fetch.macros", "fetch.macros is a bool, not a int"),
        ("text", "status.items", "status.items is a tuple, not a str"),
        ("words", "folders.pattern", r"folders.pattern is a str, not a tuple"),
    ],
)
def test_a_value_of_another_type(method: str, key: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        getattr(load("2007"), method)(key)


# ---------------------------------------------------------------- documents made by hand

VALUE: dict[str, Any] = {"value": True, "basis": "assumed", "cites": ["O5:V0028"]}


def derived(**values: Any) -> dict[str, Any]:
    """Return a document that changes 2013."""
    product = {"id": "outlook-next", "name": "Next", "kind": "client", "base": "outlook-2013"}
    return {"product": product, "values": values}


def test_a_new_version_is_one_file_with_a_base() -> None:
    new = parse(
        "outlook-next", derived(commands={"MOVE": VALUE | {"note": "seen"}}, tag={"length": VALUE | {"value": 9}})
    )
    assert differing(load("2013"), new) == {"commands.MOVE", "tag.length"}
    assert new.values["commands.MOVE"] == Evidence(True, "assumed", ("O5:V0028",), "seen")
    assert new.values["tag.length"] == Evidence(9, "assumed", ("O5:V0028",))
    assert new.origins["commands.MOVE"] == "outlook-next"
    assert new.origins["commands.XLIST"] == "outlook-2013"
    assert new.origins["commands.NOOP"] == "outlook-2007"
    assert (new.id, new.name, new.kind) == ("outlook-next", "Next", "client")


def test_lists_become_tuples() -> None:
    new = parse("outlook-next", derived(status={"items": VALUE | {"value": ["UNSEEN", "MESSAGES"]}}))
    assert new.words("status.items") == ("UNSEEN", "MESSAGES")


def test_without_a_base_every_value_must_be_there() -> None:
    whole = document("outlook-2007")
    assert differing(load("2007"), parse("outlook-2007", whole)) == set()
    for group, key in (("tag", "alphabet"), ("commands", "UID_MOVE"), ("answers", "body_extensions")):
        lacking = copy.deepcopy(whole)
        del lacking["values"][group][key]
        with pytest.raises(ProfileError, match=rf"outlook-2007: the value {group}\.{key} is missing"):
            parse("outlook-2007", lacking)


@pytest.mark.parametrize("key", sorted(CLIENT))
def test_each_value_is_of_its_type_only(key: str) -> None:
    wrong = "yes" if CLIENT[key] is not str else 7
    nested: dict[str, Any] = VALUE | {"value": wrong}
    for part in reversed(key.split(".")):
        nested = {part: nested}
    with pytest.raises(ProfileError, match=rf"outlook-next: {key} is {wrong!r}, not a {CLIENT[key].__name__}"):
        parse("outlook-next", derived(**nested))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        # values that are none
        ({"tag": {"lenght": VALUE}}, r"there is no value tag\.lenght"),
        ({"commands": {"NOPE": VALUE, "ALSO": VALUE}}, r"there is no value commands\.ALSO"),
        ({"fetch": VALUE}, "there is no value fetch"),
        ({"tag": {"length": VALUE | {"value": True}}}, r"tag\.length is True, not a int"),
        ({"fetch": {"macros": VALUE | {"value": 0}}}, r"fetch\.macros is 0, not a bool"),
        ({"keepalive": {"longest": VALUE | {"value": 600.0}}}, r"keepalive\.longest is 600\.0, not a int"),
        ({"status": {"items": VALUE | {"value": "UNSEEN"}}}, r"status\.items is 'UNSEEN', not a tuple"),
        ({"status": {"items": VALUE | {"value": ["UNSEEN", 1]}}}, r"status\.items is .*, not a list of strings"),
        ({"status": {"items": VALUE | {"value": {"a": 1}}}}, r"status\.items is \{'a': 1\}, not a tuple"),
        # evidence that is none
        ({"fetch": {"macros": {"value": True}}}, "fetch.macros: basis is None, none of documented, observed"),
        ({"fetch": {"macros": VALUE | {"basis": "rumoured"}}}, "basis is 'rumoured'"),
        ({"fetch": {"macros": VALUE | {"basis": ["documented"]}}}, "basis is"),
        ({"fetch": {"macros": {"value": True, "basis": "assumed"}}}, "cites names at least one statement"),
        ({"fetch": {"macros": VALUE | {"cites": []}}}, "cites names at least one statement"),
        ({"fetch": {"macros": VALUE | {"cites": "O5:V0052"}}}, "cites names at least one statement"),
        ({"fetch": {"macros": VALUE | {"cites": [52]}}}, "cites names at least one statement"),
        ({"fetch": {"macros": VALUE | {"notes": "x"}}}, "fetch.macros: unknown key 'notes'"),
        ({"fetch": {"macros": VALUE | {"note": 1}}}, "fetch.macros: the note is 1, not a string"),
        # no tables
        ({"fetch": {"macros": True}}, r"fetch\.macros is no table"),
        ({"fetch": [VALUE]}, "fetch is no table"),
    ],
)
def test_values_that_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=f"outlook-next: .*{message}"):
        parse("outlook-next", derived(**values))


PRODUCT: dict[str, Any] = derived()["product"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({}, r"\[product\] with id = 'outlook-next' is missing"),
        ({"product": "outlook-next"}, r"\[product\] with id"),
        ({"product": PRODUCT | {"id": "outlook-2013"}}, r"\[product\] with id = 'outlook-next'"),
        ({"product": PRODUCT, "value": {}}, "outlook-next: unknown key 'value'"),
        ({"product": PRODUCT | {"bases": "x"}}, r"\[product\]: unknown key 'bases'"),
        ({"product": PRODUCT, "values": [VALUE]}, "outlook-next: values is no table"),
        ({"product": PRODUCT | {"base": "outlook-2003"}}, "the base 'outlook-2003' is no other profile; there are:"),
        ({"product": PRODUCT | {"base": "outlook-next"}}, "the base 'outlook-next' is no other profile"),
        ({"product": PRODUCT | {"base": ["outlook-2013"]}}, "the base .* is no other profile"),
        ({"product": PRODUCT | {"kind": "fridge"}}, "a fridge cannot have the client outlook-2013 as its base"),
        ({"product": {"id": "outlook-next", "kind": "fridge"}}, "kind 'fridge' is none of client"),
        ({"product": {"id": "outlook-next"}}, "kind '' is none of client"),
        ({"product": {"id": "outlook-next", "kind": ["client"]}}, r"kind = \['client'\] .* are strings"),
        ({"product": PRODUCT | {"name": 2013}}, "name = 2013 are strings"),
        ({"product": {"id": "outlook-next", "kind": "client"}}, "the value .* is missing"),
    ],
)
def test_documents_that_are_refused(made: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        parse("outlook-next", made)


def test_a_profile_cannot_be_its_own_base() -> None:
    made = document("outlook-2007")
    made["product"]["base"] = "outlook-2007"
    with pytest.raises(ProfileError, match="the base 'outlook-2007' is no other profile"):
        parse("outlook-2007", made)


def test_a_product_without_a_name_is_called_by_its_id() -> None:
    made = {"product": {"id": "outlook-next", "kind": "client", "base": "outlook-2007"}}
    assert parse("outlook-next", made).name == "outlook-next"


def test_a_profile_does_not_spill_its_values_into_a_log() -> None:
    assert repr(load("2007")) == "Profile(id='outlook-2007', name='Microsoft Outlook 2007', kind='client')"
