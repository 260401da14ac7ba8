"""What counts as a citation, in code, in tests, in profiles and in scenarios."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from outlookimap.conformance.citations import (
    Citation,
    Kind,
    cited_by_code,
    cited_by_scenarios,
    cited_by_tests,
    cited_by_values,
    collect,
)
from outlookimap.errors import StatementError


def pairs(citations: list[Citation]) -> list[tuple[str, str]]:
    """Return (id, place) of each."""
    return [(one.statement, one.place) for one in citations]


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("Statements: O5:V0055", ["O5:V0055"]),
        ("Statements: O5:V0055.", ["O5:V0055"]),
        ("Statements: O5:V0055, O5:2.1.3, X1:2.3.2a.", ["O5:V0055", "O5:2.1.3", "X1:2.3.2a"]),
        ("Statements: O5:V0055 O5:E0001", ["O5:V0055", "O5:E0001"]),
        ("Statements: O5:V0055 (the items, in order), O5:C0001", ["O5:V0055", "O5:C0001"]),
        (
            "Statements: O5:V0055,\n        O5:V0040,\n        O5:V0041\n        O5:V0042",
            ["O5:V0055", "O5:V0040", "O5:V0041"],
        ),
        ("Statements: O5:V0055,", ["O5:V0055"]),
        ("Statements: O5:V0055\n\n    Statements: O5:V0040", ["O5:V0055", "O5:V0040"]),
        ("A line `Statements: O5:V0055` is described, not used.", []),
    ],
)
def test_statements_line(line: str, ids: list[str]) -> None:
    source = f'def act():\n    """Act.\n\n    {line}\n    """\n'
    citations, faults = cited_by_code("a.b", source)
    assert citations == [Citation(one, Kind.CODE, "a.b:act") for one in ids]
    assert faults == []


def test_code_is_named_by_module_and_dotted_name() -> None:
    source = dedent('''
        class Session:
            """A session.

            Statements: O5:V0001
            """

            async def select(self):
                """Select.

                Statements: O5:V0036
                """
                def inner():
                    """Statements: O5:V0037"""

        if True:
            def guarded():
                """Statements: O5:V0040"""

        ORDER: tuple[str, ...] = ("NTLM", "PLAIN")
        """The mechanisms in order.

        Statements: O5:V0034
        """
        class Limits:
            line: int = 5
            """Statements: O5:2.1.3"""

        run()
        """Statements: O5:V0042"""

        def plain():
            return "Statements: O5:V0041"
    ''')
    citations, faults = cited_by_code("outlookimap.client.session", source)
    assert pairs(citations) == [
        ("O5:V0001", "outlookimap.client.session:Session"),
        ("O5:V0036", "outlookimap.client.session:Session.select"),
        ("O5:V0037", "outlookimap.client.session:Session.select.inner"),
        ("O5:V0040", "outlookimap.client.session:guarded"),
        ("O5:V0034", "outlookimap.client.session:ORDER"),
        ("O5:2.1.3", "outlookimap.client.session:Limits.line"),
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('"""Module.\n\nStatements: O5:V0001\n"""\n', "m: a module's docstring cites"),
        ('def f():\n    """F.\n\n    Statements: O5:V55\n    """\n', "m:f: 'O5:V55' in its"),
        ('def f():\n    """F.\n\n    Statements: see O5:V0055\n    """\n', "m:f: 'see' in its"),
        ('def f():\n    """F. Statements: O5:V0055"""\n', "m:f: `Statements:` must stand on a line"),
    ],
)
def test_a_docstring_that_cites_wrongly_is_a_fault(source: str, fault: str) -> None:
    _, faults = cited_by_code("m", source)
    assert [one[: len(fault)] for one in faults] == [fault]


def test_marks_on_functions_classes_modules_and_parameters() -> None:
    source = dedent("""
        import pytest
        from pytest import mark

        pytestmark = [pytest.mark.timeout(5), pytest.mark.cites("O5:V0001")]
        CASES = [pytest.param(1, marks=pytest.mark.cites("O5:V0002")), pytest.param(2)]
        TYPED: list[object] = [pytest.param(1, marks=mark.cites("O5:V0003"))]
        alias = pytest.mark.cites("O5:V0004")

        @pytest.mark.cites("O5:V0005", "O5:V0006")
        def test_two(): ...

        @pytest.mark.parametrize("case", CASES)
        async def test_constant(case): ...

        @pytest.mark.parametrize("case", [*TYPED, pytest.param(3, marks=[pytest.mark.cites("O5:V0007")])])
        def test_inline(case): ...

        @alias
        @pytest.mark.cites("O5:V0001")
        def test_alias(): ...

        @pytest.mark.cites("O5:V0008")
        class TestGroup:
            pytestmark = pytest.mark.cites("O5:V0009")

            def test_in_class(self): ...

        @pytest.mark.cites("O5:V0010")
        def helper(): ...

        @pytest.mark.other("O5:V0011")
        @pytest.mark.cites(computed)
        @pytest.fixture.cites("O5:V0012")
        def test_other(): ...
    """)
    expected = {
        "test_two": ["O5:V0001", "O5:V0005", "O5:V0006"],
        "test_constant": ["O5:V0001", "O5:V0002"],
        "test_inline": ["O5:V0001", "O5:V0007", "O5:V0003"],
        "test_alias": ["O5:V0001", "O5:V0004"],
        "TestGroup::test_in_class": ["O5:V0001", "O5:V0008", "O5:V0009"],
        "test_other": ["O5:V0001"],
    }
    assert pairs(cited_by_tests("tests/test_x.py", source)) == [
        (one, f"tests/test_x.py::{name}") for name, ids in expected.items() for one in ids
    ]


def test_profile_values_at_any_depth() -> None:
    text = dedent("""
        base = "outlook-2007"

        [values.tag]
        length = { value = 4, basis = "documented", cites = ["O5:C0001"] }

        [values.fetch.headers]
        value = ["UID", { cites = ["O5:V0099"] }]
        basis = "documented"
        cites = ["O5:V0055", "O5:V0054"]

        [[values.order]]
        value = "NTLM"
        cites = "O5:V0034"

        [values.uncited]
        value = 1

        [elsewhere.thing]
        value = 1
        cites = ["O5:V0001"]
    """)
    assert pairs(cited_by_values("outlook-2010", text)) == [
        ("O5:C0001", "outlook-2010:values.tag.length"),
        ("O5:V0055", "outlook-2010:values.fetch.headers"),
        ("O5:V0054", "outlook-2010:values.fetch.headers"),
        ("O5:V0034", "outlook-2010:values.order[0]"),
    ]


def test_the_values_of_alternatives_cite_too() -> None:
    text = dedent("""
        [alternatives.ten-search-keys]
        summary = "SEARCH takes ten keys."
        [alternatives.ten-search-keys.values.searching]
        most_keys = { value = 10, basis = "documented", cites = ["X3:V0041"] }

        [values.searching]
        most_keys = { value = 0, basis = "documented", cites = ["X10:V0043"] }
    """)
    assert pairs(cited_by_values("exchange-2007", text)) == [
        ("X10:V0043", "exchange-2007:values.searching.most_keys"),
        ("X3:V0041", "exchange-2007:alternatives.ten-search-keys.values.searching.most_keys"),
    ]


def test_a_profile_without_values_cites_nothing() -> None:
    assert cited_by_values("outlook-2013", 'base = "outlook-2010"\n') == []


def test_scenarios_cite_by_theme_and_id() -> None:
    text = dedent("""
        [requirements]
        keep = "The server keeps flags. Statements: O5:V0099"

        [[scenario]]
        id = "flags-persist"
        requirement = "keep"
        statements = ["O5:V0056", "O5:V0005"]

        [[scenario]]
        id = "of-history"
        requirement = "keep"

        [[scenario]]
        id = "one"
        statements = "O5:V0057"
    """)
    found = cited_by_scenarios("flags", text)
    assert {one.kind for one in found} == {Kind.SCENARIOS}
    assert pairs(found) == [
        ("O5:V0056", "flags:flags-persist"),
        ("O5:V0005", "flags:flags-persist"),
        ("O5:V0057", "flags:one"),
    ]


def test_a_file_without_scenarios_cites_nothing() -> None:
    assert cited_by_scenarios("flags", "[requirements]\n") == []


@pytest.mark.parametrize("module", ["outlookimap.conformance.scenarios", "outlookimap.conformance.scenarios.sign_in"])
def test_the_steps_of_a_scenario_do_not_cite(module: str) -> None:
    citations, faults = cited_by_code(module, 'def f() -> None:\n    """Act.\n\n    Statements: O5:V0055\n    """\n')
    assert citations == []
    assert faults == [f"{module}:f: what a scenario cites stands in the `statements` of its .toml"]


def test_collect_reads_the_four_places_of_a_tree(tmp_path: Path) -> None:
    files = {
        "outlookimap/__init__.py": 'def top():\n    """Statements: O5:V0001"""\n',
        "outlookimap/client/session.py": 'def act():\n    """Statements: O5:V0002 O5:bad"""\n',
        "outlookimap/profiles/p-1.toml": '[values.a]\nvalue = 1\ncites = ["O5:V0003"]\n',
        "outlookimap/conformance/scenarios/sign-in.toml": '[[scenario]]\nid = "plain"\nstatements = ["O5:V0006"]\n',
        "tests/client/test_a.py": 'import pytest\n@pytest.mark.cites("O5:V0004")\ndef test_a(): ...\n',
        "other/test_b.py": 'import pytest\n@pytest.mark.cites("O5:V0005")\ndef test_b(): ...\n',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = collect(tmp_path)
    assert found.citations == (
        Citation("O5:V0003", Kind.VALUES, "p-1:values.a"),
        Citation("O5:V0006", Kind.SCENARIOS, "sign-in:plain"),
        Citation("O5:V0001", Kind.CODE, "outlookimap:top"),
        Citation("O5:V0002", Kind.CODE, "outlookimap.client.session:act"),
        Citation("O5:V0004", Kind.TESTS, "tests/client/test_a.py::test_a"),
    )
    assert found.faults == ("outlookimap.client.session:act: 'O5:bad' in its `Statements:` line is no id",)


@pytest.mark.parametrize("source", ["def (", "\0"])
def test_a_file_that_is_not_python_is_named(source: str) -> None:
    with pytest.raises(StatementError, match="m: not Python"):
        cited_by_code("m", source)
    with pytest.raises(StatementError, match="t: not Python"):
        cited_by_tests("t", source)


def test_a_profile_that_is_not_toml_is_named() -> None:
    with pytest.raises(StatementError, match="p: not TOML"):
        cited_by_values("p", "[values")


@pytest.mark.parametrize(
    ("text", "says"), [("[[scenario", "s: not TOML"), ("[scenario]\n", "s: scenarios are written as")]
)
def test_a_file_of_scenarios_that_is_none_is_named(text: str, says: str) -> None:
    with pytest.raises(StatementError, match=says):
        cited_by_scenarios("s", text)


@pytest.mark.parametrize(
    ("module", "kinds"),
    [
        ("outlookimap.conformance.command_rules", [Kind.RULES]),
        ("outlookimap.profiles.permits", [Kind.CODE, Kind.RULES]),
        ("outlookimap.profiles.forms", [Kind.CODE]),
        ("outlookimap.client.session", [Kind.CODE]),
    ],
)
def test_what_judges_conversations_is_a_rule(module: str, kinds: list[Kind]) -> None:
    citations, _ = cited_by_code(module, 'def f() -> None:\n    """Judge.\n\n    Statements: O5:V0055\n    """\n')
    assert [(one.kind, one.place) for one in citations] == [(kind, f"{module}:f") for kind in kinds]
