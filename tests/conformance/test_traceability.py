"""The index and its check, over trees planted for the purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from outlookimap.conformance import traceability
from outlookimap.conformance.citations import Citation, Found, Kind
from outlookimap.conformance.traceability import (
    Entry,
    Index,
    build,
    catalogue_text,
    check,
    index,
    join,
    statement_text,
    write_index,
)
from outlookimap.errors import StatementError
from outlookimap.statements import State, Statement, all_statements

ROOT = Path(__file__).resolve().parents[2]

ACTED = Statement(
    id="T1:V0001",
    edition="T1",
    section="2.2.1",
    rfc_section="6.4.5",
    gist="Something is done.",
    products=("1", "2"),
    observable=("client-bytes", "client-order"),
    state=State.ACTED,
)
OPEN = replace(ACTED, id="T1:V0002", state=State.OPEN, reason="the roof is missing")
REFERS = replace(ACTED, id="T1:V0003", state=State.REFERS, refers_to=("T1:V0001", "T1:V0002"))
EXCUSED = replace(ACTED, id="T1:V0004", state=State.EXCUSED, reason="not ours")

ENTRY = Entry(
    id="T1:V0001",
    edition="T1",
    gist="Something is done.",
    section="2.2.1",
    rfc_section="6.4.5",
    products=("1", "2"),
    observable=("client-bytes", "client-order"),
    state=State.ACTED,
    reason=None,
    values=("p:values.a",),
    code=("outlookimap.x:f", "outlookimap.x:g"),
    tests=("tests/test_x.py::test_f",),
    rules=("outlookimap.conformance.x:f",),
    scenarios=("flags:keep",),
)
ENTRY_JSON = {
    "id": "T1:V0001",
    "edition": "T1",
    "gist": "Something is done.",
    "section": "2.2.1",
    "rfc_section": "6.4.5",
    "products": ["1", "2"],
    "observable": ["client-bytes", "client-order"],
    "state": "acted",
    "reason": None,
    "values": ["p:values.a"],
    "code": ["outlookimap.x:f", "outlookimap.x:g"],
    "tests": ["tests/test_x.py::test_f"],
    "rules": ["outlookimap.conformance.x:f"],
    "scenarios": ["flags:keep"],
}


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write files below `root` and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def cited(*citations: tuple[str, Kind, str]) -> Found:
    """Return found citations without faults."""
    return Found(tuple(Citation(*one) for one in citations), ())


WHOLE = cited(("T1:V0001", Kind.CODE, "m:f"), ("T1:V0001", Kind.TESTS, "t::test_f"))


def test_build_joins_a_tree(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "outlookimap/x.py": 'def f():\n    """Statements: T1:V0001"""\ndef g():\n    """Statements: T1:V0001"""\n',
            "outlookimap/conformance/x.py": 'def f():\n    """Statements: T1:V0001"""\n',
            "outlookimap/conformance/scenarios/flags.toml": '[[scenario]]\nid = "keep"\nstatements = ["T1:V0001"]\n',
            "outlookimap/profiles/p.toml": '[values.a]\nvalue = 1\nbasis = "documented"\ncites = ["T1:V0001"]\n',
            "tests/test_x.py": 'import pytest\n@pytest.mark.cites("T1:V0001")\ndef test_f(): ...\n',
        },
    )
    assert build(tmp_path, [ACTED]) == Index((ENTRY,))


def test_an_entry_as_json_and_back() -> None:
    data = ENTRY.to_json()
    assert data == ENTRY_JSON
    assert list(data) == list(ENTRY_JSON), "the order of the keys is part of the format"
    assert Entry.from_json(json.loads(json.dumps(data))) == ENTRY


def test_a_place_that_cites_twice_is_listed_once() -> None:
    entry = join([ACTED], cited(*[("T1:V0001", Kind.CODE, "m:f")] * 2)).entries[0]
    assert entry.code == ("m:f",)


def test_a_reference_gives_its_target_as_reason() -> None:
    entries = join([REFERS, replace(REFERS, reason="told there")], cited()).entries
    assert [one.reason for one in entries] == ["see T1:V0001, T1:V0002", "told there"]


def test_check_passes_a_whole_index() -> None:
    assert check(join([ACTED, REFERS, EXCUSED], WHOLE)) == []
    assert check(join([ACTED, OPEN], WHOLE), known_open={"T1:V0002"}) == []


@pytest.mark.parametrize(
    ("statements", "found", "known_open", "problems"),
    [
        pytest.param(
            [ACTED], cited(), (), ["T1:V0001 is acted, but no code and no test cites it"], id="acted-on-nowhere"
        ),
        pytest.param(
            [ACTED],
            cited(("T1:V0001", Kind.CODE, "m:f"), ("T1:V0001", Kind.VALUES, "p:values.a")),
            (),
            ["T1:V0001 is acted, but no test cites it"],
            id="no-test",
        ),
        pytest.param(
            [ACTED],
            cited(("T1:V0001", Kind.TESTS, "t::test_f"), ("T1:V0001", Kind.VALUES, "p:values.a")),
            (),
            ["T1:V0001 is acted, but no code cites it"],
            id="no-code",
        ),
        pytest.param([OPEN], cited(), (), ["T1:V0002 is open: the roof is missing"], id="open"),
        pytest.param(
            [ACTED],
            WHOLE,
            ("T1:V0001",),
            ["T1:V0001 is listed as open and is not: strike it from the list"],
            id="open-no-more",
        ),
        *(
            pytest.param(
                [ACTED],
                Found((*WHOLE.citations, Citation("T2:V0001", kind, place)), ()),
                (),
                [f"{place} cites T2:V0001, which is not in the catalogue (did you mean T1:V0001?)"],
                id=f"unknown-in-{kind.value}",
            )
            for kind, place in (
                (Kind.CODE, "m:g"),
                (Kind.TESTS, "t::test_g"),
                (Kind.VALUES, "p:values.b"),
                (Kind.SCENARIOS, "flags:keep"),
            )
        ),
        pytest.param(
            [ACTED],
            Found((*WHOLE.citations, Citation("Q7:9.9", Kind.CODE, "m:g")), ("m:h: unreadable",)),
            (),
            ["m:h: unreadable", "m:g cites Q7:9.9, which is not in the catalogue"],
            id="faults-and-no-hint",
        ),
    ],
)
def test_check_finds(
    statements: list[Statement], found: Found, known_open: tuple[str, ...], problems: list[str]
) -> None:
    assert check(join(statements, found), known_open=known_open) == problems


# ---------------------------------------------------------------- where the index comes from


def test_a_checkout_computes_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceability, "__file__", str(ROOT / "outlookimap" / "conformance" / "traceability.py"))
    assert traceability.source_root() == ROOT
    entries = index()
    assert entries == list(build(ROOT).entries)
    assert [one.id for one in entries] == [one.id for one in all_statements()]


def test_an_installed_package_reads_the_shipped_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceability, "source_root", lambda: None)
    monkeypatch.setattr(traceability, "files", lambda _package: tmp_path)
    with pytest.raises(StatementError, match="neither its source tree nor the index"):
        index()
    plant(tmp_path, {"index.json": json.dumps([ENTRY_JSON])})
    assert index() == [ENTRY]


def test_no_checkout_around_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {"tests/test_of_someone_else.py": ""})
    monkeypatch.setattr(traceability, "__file__", str(tmp_path / "outlookimap" / "conformance" / "traceability.py"))
    assert traceability.source_root() is None


def test_write_index(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "outlookimap/statements/o5.toml": "",
            "tests/test_x.py": 'import pytest\n@pytest.mark.cites("O5:V0040")\ndef test_f(): ...\n',
        },
    )
    target = write_index(tmp_path)
    assert target == tmp_path / "outlookimap" / "statements" / "index.json"
    tests = {one["id"]: one["tests"] for one in json.loads(target.read_text("utf-8"))}
    assert tests["O5:V0040"] == ["tests/test_x.py::test_f"]


def test_a_tree_without_tests_keeps_the_index_it_has(tmp_path: Path) -> None:
    plant(tmp_path, {"outlookimap/statements/o5.toml": ""})
    with pytest.raises(StatementError, match="has no tests"):
        write_index(tmp_path)
    plant(tmp_path, {"outlookimap/statements/index.json": "[]"})
    assert write_index(tmp_path).read_text("utf-8") == "[]"


def test_the_build_step_needs_the_standard_library_only(tmp_path: Path) -> None:
    # -S leaves site-packages out, as the build's environment does; hatchling itself is stood in for.
    script = dedent("""
        import sys
        from pathlib import Path
        from types import ModuleType

        for name in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
            sys.modules[name] = ModuleType(name)
        interface = ModuleType("hatchling.builders.hooks.plugin.interface")
        interface.BuildHookInterface = type("BuildHookInterface", (), {})
        sys.modules[interface.__name__] = interface
        sys.path.insert(0, sys.argv[1])
        import hatch_build

        print(hatch_build.make_index(Path(sys.argv[2])))
        assert not [name for name in sys.modules if name.startswith("outlookimap")]
    """)
    root = plant(
        tmp_path,
        {
            "tests/test_x.py": 'import pytest\n@pytest.mark.cites("O5:V0040")\ndef test_f(): ...\n',
            "outlookimap/conformance/scenarios/flags.toml": '[[scenario]]\nid = "keep"\nstatements = ["O5:V0056"]\n',
        },
    )
    package = ROOT / "outlookimap"
    needed = [package / "errors.py", *(package / "conformance").iterdir(), *(package / "statements").iterdir()]
    for path in needed:
        if path.suffix in (".py", ".toml"):
            plant(root, {path.relative_to(ROOT).as_posix(): path.read_text("utf-8")})
    plant(root, {"outlookimap/__init__.py": "import a_package_that_is_not_there\n"})
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script, str(ROOT), str(root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    entries = {one["id"]: one for one in json.loads(Path(done.stdout.strip()).read_text("utf-8"))}
    assert entries["O5:V0040"]["tests"] == ["tests/test_x.py::test_f"]
    assert entries["O5:V0056"]["scenarios"] == ["flags:keep"]


# ---------------------------------------------------------------- for people


def test_statement_text() -> None:
    assert statement_text(ENTRY) == dedent("""\
        T1:V0001
          Something is done.

          section    2.2.1, on RFC 3501 section 6.4.5
          products   1, 2
          seen in    client-bytes, client-order
          state      acted
          values     p:values.a
          code       outlookimap.x:f
                     outlookimap.x:g
          tests      tests/test_x.py::test_f
          rules      outlookimap.conformance.x:f
          scenarios  flags:keep
    """)


def test_statement_text_gives_the_reason_and_wraps_between_words() -> None:
    entry = replace(ENTRY, state=State.OPEN, reason="the roof is missing", values=(), code=(), gist="word " * 40)
    name = "tests/" + "very-" * 30 + "long.py::test_f"
    lines = statement_text(replace(entry, tests=(name,))).splitlines()
    assert "  state      open: the roof is missing" in lines
    assert name in [line.removeprefix("  tests").strip() for line in lines]
    assert all(len(line) <= 100 for line in lines if name not in line)


def test_catalogue_text() -> None:
    assert catalogue_text([ENTRY]) == (
        "T1:V0001   acted    RFC 3501 6.4.5    1 values, 2 code, 1 tests, 1 rules, 1 scenarios\n  Something is done.\n"
    )
