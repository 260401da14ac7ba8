"""The machinery that tests the tests: a flip changes one value and nothing else, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.flip import ORDERED, SIBLINGS, TEXTS, Flip, cites, flipped, flips, parse, ways

from outlookimap.profiles import Context, Profile, load, names, permits, profile
from outlookimap.profiles.schema import CLIENT, SCHEMAS, Value
from outlookimap.wire.commands import Check

ROOT = Path(__file__).resolve().parents[2]


def everything() -> dict[str, dict[str, Value]]:
    """Return every value of every profile, inherited ones too."""
    return {name: {key: found.value for key, found in profile._read(name).values.items()} for name in names()}


def differing(one: dict[str, dict[str, Value]], other: dict[str, dict[str, Value]]) -> set[tuple[str, str]]:
    """Return profile and key of each value that differs."""
    return {(name, key) for name in one for key in one[name] if one[name][key] != other[name][key]}


def test_every_value_of_every_file_has_a_flip() -> None:
    stated = {(name, key) for name in names() for key, origin in profile._read(name).origins.items() if origin == name}
    assert {(flip.file, flip.key) for flip in flips()} == stated
    assert len(set(map(str, flips()))) == len(flips()) >= len(stated) > 90


@pytest.mark.parametrize("flip", flips(each=True), ids=str)
def test_a_flip_changes_one_value_where_it_is_stated_and_inherited_and_is_undone(flip: Flip) -> None:
    honest = everything()
    before = load("2013")
    heirs = {(name, flip.key) for name in names() if profile._read(name).origins.get(flip.key) == flip.file}
    assert (flip.file, flip.key) in heirs
    with flipped(flip):
        assert differing(honest, everything()) == heirs
        changed = profile._read(flip.file)
        assert type(changed.values[flip.key].value) is SCHEMAS[changed.kind][flip.key]
        assert cites(flip) == set(changed.cites(flip.key))
    assert everything() == honest
    assert load("2013") is before


def test_a_flip_is_undone_after_an_error() -> None:
    honest = profile._read
    with pytest.raises(ZeroDivisionError), flipped(parse("outlook-2007:fetch.macros")):
        _ = 1 // 0
    assert profile._read is honest


def test_flips_can_be_nested() -> None:
    with flipped(parse("outlook-2007:tag.length")), flipped(parse("outlook-2013:commands.XLIST")):
        both: Profile = load("2013")
        assert both.number("tag.length") == 5
        assert both.flag("commands.XLIST") is False
        assert load("2010").number("tag.length") == 5
    assert load("2013").number("tag.length") == 4


def test_what_reads_the_profile_sees_the_flip() -> None:
    assert permits(Check(), Context(load("2010"))) != []
    with flipped(parse("outlook-2007:commands.CHECK")):
        assert permits(Check(), Context(load("2010"))) == []
    assert permits(Check(), Context(load("2010"))) != []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("fetch.macros", {"not": True}),
        ("keepalive.longest", {"more": 601}),
        ("folders.pattern", {"other": "%"}),
        ("folders.command", {"other": "XLIST"}),
        ("fetch.purpose.uids", {"other": "(UID FLAGS)"}),
        ("fetch.purpose.old_bodies_read", {"other": "(UID)"}),
        ("store.purpose.read", {"other": "-FLAGS (\\Seen)"}),
        ("status.items", {"without-UNSEEN": ()}),
        ("fetch.to_all", {"without-(UID FLAGS)": ("(UID)",)}),
        (
            "auth.mechanisms",
            {"without-PLAIN": ("NTLM", "DIGEST-MD5"), "reversed": ("PLAIN", "DIGEST-MD5", "NTLM")},
        ),
    ],
)
def test_how_values_are_flipped(key: str, expected: dict[str, Value]) -> None:
    assert ways(load("2007"), key) == expected


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("2007", "texts.failed", {"other": "%s failed.x"}),
        ("2007", "auth.mechanisms", {"without-NTLM": ("PLAIN",)}),
        ("2019", "auth.mechanisms", {"without-PLAIN": ()}),
        ("2019", "auth.listed_insecure", {"with-X=other": ("X=other",)}),
    ],
)
def test_how_values_of_a_server_are_flipped(name: str, key: str, expected: dict[str, Value]) -> None:
    assert ways(load(name, kind="server"), key) == expected


def test_each_member_of_a_list_can_be_dropped() -> None:
    assert ways(load("2007"), "select.requires", each=True) == {
        "without-EXISTS": ("UIDVALIDITY",),
        "without-UIDVALIDITY": ("EXISTS",),
    }


def test_the_tables_name_keys_that_exist() -> None:
    assert CLIENT.keys() >= ORDERED
    for prefix, family in SIBLINGS.items():
        assert {f"{prefix}{member}" for member in family} <= CLIENT.keys()
    assert all(one != other for one, other in TEXTS.items())


def test_how_a_flip_is_named() -> None:
    assert parse("outlook-2007:auth.mechanisms") == Flip("outlook-2007", "auth.mechanisms", "without-PLAIN")
    assert parse("outlook-2007:auth.mechanisms:reversed") == Flip("outlook-2007", "auth.mechanisms", "reversed")
    assert all(parse(str(flip)) == flip for flip in flips(each=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outlook-2003:fetch.macros", "no profile file 'outlook-2003'; there are: exchange-2007, "),
        ("fetch.macros", "no profile file 'fetch.macros'"),
        ("outlook-2007:fetch.nothing", "outlook-2007 states no value 'fetch.nothing'"),
        ("outlook-2010:fetch.macros", "outlook-2010 states no value 'fetch.macros'"),
        ("outlook-2007", "outlook-2007 states no value ''"),
        ("outlook-2007:fetch.macros:reversed", "fetch.macros can be flipped: not"),
    ],
)
def test_a_flip_there_is_not(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


# ---------------------------------------------------------------- from the outside


def run(*arguments: str) -> tuple[int, str]:
    """Run Python with `arguments` in the root of the tree; return its exit code and what it wrote."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


def test_the_option_of_pytest_makes_a_test_fail() -> None:
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/profiles/test_permits.py", "-k", "no_version_sends"]
    assert run(*tests)[0] == pytest.ExitCode.OK
    code, output = run(*tests, "--flip", "outlook-2007:commands.CHECK")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "3 failed" in output
    assert "test_no_version_sends[CHECK-" in output


def test_the_runner_tells_who_noticed() -> None:
    code, output = run(
        "tests/mutants/run.py", "--only", "outlook-2013:commands.*", "--jobs", "1", "--tests", "tests/profiles"
    )
    assert code == 0, output
    assert "killed    outlook-2013:commands.XLIST:not  tests/profiles/test_permits.py::test_xlist_is_sent" in output
    assert "2 of 2 flips were noticed" in output


def test_the_runner_tells_who_survived() -> None:
    code, output = run("tests/mutants/run.py", "--only", "outlook-2013:folders.command", "--tests", "tests/mutants")
    assert code == 1, output
    assert "SURVIVED  outlook-2013:folders.command:other  no test cites O5:V0061" in output
    assert "0 of 1 flips were noticed" in output
