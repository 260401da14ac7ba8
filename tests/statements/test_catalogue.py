"""The catalogue: the ids of the document, and what a catalogue file must not do."""

from __future__ import annotations

import pytest

from outlookimap.errors import StatementError
from outlookimap.statements import OBSERVABLES, State, Statement, all_statements, get, nearest
from outlookimap.statements.catalogue import assemble, parse

# Typed from the table of the 87 ids, in the order of the document.
O5_NAMES = """
2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 2.1.6 2.1.7
C0001
V0001 C0002 C0003
V0002 V0003 V0004 V0005 V0006 V0007 V0008 V0009 V0010 V0011 V0012 V0013 V0014 V0015
V0016 V0017 V0018 V0019 V0020 V0021 V0022 V0023 V0024 V0025 V0026 V0027 V0028 V0029
V0030 E0001 V0031 E0002 V0032 V0033 V0034 V0035
V0036 V0037 V0038 V0039 V0040 V0041 V0042 V0043 V0044 V0045 V0046 V0047 V0048 V0049
V0050 V0051 V0052 V0053 V0054 V0055 V0056 V0057 V0058 V0059 V0060 V0061 C0004
V0062 V0063 V0064 V0065 V0066 V0067 V0068 V0069 V0070 V0071 V0072 V0073 V0074
"""
O5_IDS = O5_NAMES.split()

# Typed from the table of the 159 ids of the other document, edition by edition.
X10_NAMES = """
2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 2.1.6 2.1.7
C0001 V0001 V0002 V0003 V0004 E0001 V0005 V0006 V0007
V0008 V0009 V0010 V0011 V0012 C0002 C0003
V0013 V0014 V0015 E0002 V0016 V0017 V0018 V0019 V0020 V0021 E0003 V0022 E0004 V0023
V0024 V0025 V0026 V0027 V0028 V0029 V0030 V0031 V0032 V0033 V0034 V0035 V0036 V0037
V0038 V0039 V0040 V0041 V0042 V0043 V0044 V0045 V0046 V0047 V0048 V0049 V0050 V0051
V0052 V0053 V0054 V0055 V0056 V0057 V0058 V0059 V0060 V0061
"""
X3_NAMES = """
2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 2.1.6 2.1.7 2.1.8
C0001 V0001 V0002 V0003 V0004 E0001 V0005 V0006 V0007
V0008 V0009 V0010 V0011 V0012
V0013 V0014 V0015 E0002 V0016 V0017 V0018 V0019 V0020 V0021 E0003 V0022 E0004 V0023
V0024 V0025 V0026 V0027 V0028 V0029 V0030 V0031 V0032 V0033 V0034 V0035 V0036 V0037
V0038 V0039 V0040 V0041 V0042 V0043 V0044 V0045 V0046 V0047 V0048 V0049 V0050 V0051
V0052 V0053 V0054 V0055 V0056 V0057 V0058
"""
X1_NAMES = "2.1.1 2.2.1 2.2.2 2.2.3 2.2.4 2.2.5 2.3.1 2.3.2 2.3.2a 2.3.3 2.3.4 2.3.5 2.3.6"

HEAD = '[document]\nedition = "T1"\ntitle = "a test"\nproducts = ["1"]\n'


def row(name: str = "V0001", **changes: str) -> str:
    """Return the TOML of one statement of the edition T1; a change is TOML too, an empty one drops the key."""
    keys = {
        "id": f'"T1:{name}"',
        "section": '"2.2.1"',
        "rfc_section": '"6.4.5"',
        "gist": '"Something is done."',
        "observable": '["client-bytes"]',
        "state": '"acted"',
    } | changes
    return "[[statement]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value)


@pytest.mark.parametrize(
    ("edition", "names", "count"),
    [
        pytest.param("O5", O5_IDS, 87, id="O5"),
        pytest.param("X10", X10_NAMES.split(), 75, id="X10"),
        pytest.param("X3", X3_NAMES.split(), 71, id="X3"),
        pytest.param("X1", X1_NAMES.split(), 13, id="X1"),
    ],
)
def test_all_ids_of_the_edition_in_the_order_of_the_document(edition: str, names: list[str], count: int) -> None:
    assert len(names) == count
    assert [one.id for one in all_statements() if one.edition == edition] == [f"{edition}:{name}" for name in names]


def test_there_are_246_of_four_editions() -> None:
    assert len(all_statements()) == 246
    assert {one.edition for one in all_statements()} == {"O5", "X10", "X3", "X1"}


def test_ids_are_unique_over_all_editions() -> None:
    ids = [one.id for one in all_statements()]
    assert len(ids) == len(set(ids))


# Copied by hand from the headings of the document.
@pytest.mark.parametrize(
    ("statement", "section", "rfc_section"),
    [
        ("O5:2.1.1", "2.1.1", "2.1"),
        ("O5:2.1.2", "2.1.2", "3.4"),
        ("O5:2.1.6", "2.1.6", "9"),
        ("O5:2.1.7", "2.1.7", "11.1"),
        ("O5:C0001", "2.2.1", "2.2.1"),
        ("O5:V0003", "2.2.4", "2.3.1.1"),
        ("O5:V0021", "2.2.14", "5.1"),
        ("O5:V0022", "2.2.15", "5.1.2"),
        ("O5:E0001", "2.2.23", "6.2.2"),
        ("O5:V0040", "2.2.26", "6.3.2"),
        ("O5:V0055", "2.2.34", "6.4.5"),
        ("O5:V0061", "2.2.38", "6.5"),
        ("O5:C0004", "2.2.39", "7"),
        ("O5:V0072", "2.2.48", "7.4.2"),
        ("O5:V0074", "2.2.49", "11.1"),
        ("X10:2.1.4", "2.1.4", "7.2.1"),
        ("X10:C0003", "2.2.7", "5.1"),
        ("X10:E0003", "2.2.14", "6.2.2"),
        ("X10:V0028", "2.2.18", "6.3.5"),
        ("X10:V0043", "2.2.24", "6.4.4"),
        ("X10:V0058", "2.2.36", "7.5"),
        ("X10:V0061", "2.2.38", "11.2"),
        ("X3:2.1.4", "2.1.4", "6.3.9"),
        ("X3:2.1.7", "2.1.7", "9"),
        ("X3:V0028", "2.2.19", "6.3.8"),
        ("X3:V0041", "2.2.23", "6.4.4"),
        ("X3:V0058", "2.2.36", "11.2"),
        ("X1:2.1.1", "2.1.1", "6.4.5"),
        ("X1:2.3.2a", "2.3.2a", "6.4.4"),
        ("X1:2.3.3", "2.3.3", "6.5.1"),
    ],
)
def test_sections(statement: str, section: str, rfc_section: str) -> None:
    found = get(statement)
    assert (found.section, found.rfc_section) == (section, rfc_section)


def test_only_the_cipher_suites_are_excused() -> None:
    excused = {one.id for one in all_statements() if one.state is State.EXCUSED}
    assert excused == {
        "O5:2.1.7", "O5:V0073", "O5:V0074",
        "X10:2.1.7", "X10:V0059", "X10:V0060",
        "X3:2.1.8", "X3:V0056", "X3:V0057",
    }  # fmt: skip


def test_reference_only_statements_say_where_to() -> None:
    refers = {one.id: one.refers_to for one in all_statements() if one.edition in ("O5", "X10") and one.refers_to}
    assert refers == {
        "O5:C0003": tuple(f"O5:V000{number}" for number in range(2, 10)),
        "O5:C0004": ("O5:C0002",),
        "O5:E0002": ("O5:E0001",),
        "X10:E0004": ("X10:E0003",),
        "X10:V0054": ("X10:E0001", "X10:V0005"),
    }


# What an older edition says otherwise than X10, from reading both texts side by side. The rest repeats X10.
@pytest.mark.parametrize(
    ("edition", "names"),
    [
        ("X3", "2.1.4 2.1.5 2.1.6 2.1.7 V0009 E0002 E0003 V0022 V0028 V0031 V0041"),
        ("X1", "2.2.2 2.3.4"),
    ],
)
def test_an_older_edition_acts_where_it_says_something_else(edition: str, names: str) -> None:
    acted = [one.id for one in all_statements() if one.edition == edition and one.state is State.ACTED]
    assert acted == [f"{edition}:{name}" for name in names.split()]


# The 34 ids from V0025 on stand for other statements in X3 than in X10; those before kept their numbers.
MOVED = {
    "V0025": "V0026", "V0026": "V0027", "V0027": "V0029", "V0029": "V0031", "V0030": "V0032", "V0032": "V0034",
    "V0033": "V0035", "V0034": "V0036", "V0035": "V0037", "V0036": "V0038", "V0037": "V0039", "V0038": "V0040",
    "V0039": "V0041", "V0040": "V0042", "V0042": "V0044", "V0043": "V0045", "V0044": "V0046", "V0045": "V0047",
    "V0046": "V0048", "V0047": "V0049", "V0048": "V0050", "V0049": "V0051", "V0050": "V0052", "V0051": "V0053",
    "V0053": "V0055", "V0054": "V0056", "V0055": "V0057", "V0058": "V0061",
}  # fmt: skip
KEPT = """
2.1.1 2.1.2 2.1.3 C0001 V0001 V0002 V0004 E0001 V0005 V0006 V0007 V0008 V0010 V0011 V0012 V0013 V0014
V0015 V0016 V0017 V0018 V0019 V0020 V0021 V0023 V0024
"""


def test_a_repeated_statement_refers_to_the_one_it_repeats() -> None:
    refers = {one.id: one.refers_to for one in all_statements() if one.edition == "X3" and one.refers_to}
    moved = {f"X3:{old}": (f"X10:{new}",) for old, new in MOVED.items()}
    kept = {f"X3:{name}": (f"X10:{name}",) for name in KEPT.split()}
    others = {
        "X3:V0003": ("X3:2.1.7", "X10:V0003"),
        "X3:E0004": ("X3:E0003",),
        "X3:V0052": ("X10:E0001", "X10:V0005"),
    }
    assert refers == moved | kept | others


@pytest.mark.parametrize("statement", [one for one in all_statements() if one.refers_to], ids=lambda one: one.id)
def test_what_is_referred_to_does_not_refer_further(statement: Statement) -> None:
    assert all(get(one).state not in (State.REFERS, State.EXCUSED) for one in statement.refers_to)


@pytest.mark.parametrize("statement", all_statements(), ids=lambda one: one.id)
def test_every_statement_is_complete(statement: Statement) -> None:
    assert statement.gist.endswith(".")
    assert 3 <= len(statement.gist.split()) <= 60
    assert statement.gist.count(". ") <= 1, "one or two sentences"
    assert set(statement.observable) <= OBSERVABLES
    assert statement.products


@pytest.mark.parametrize(
    "name", ["O5:V0051", "O5:V0061", "O5:V0067", "X10:2.1.5", "X10:V0009", "X10:E0003", "X10:V0033", "X10:V0058"]
)
def test_a_gist_tells_the_versions_apart_where_they_differ(name: str) -> None:
    assert all(version in get(name).gist for version in ("2007", "2010", "2013"))


def test_the_products_of_an_edition() -> None:
    products = {one.edition: one.products for one in all_statements()}
    assert products == {
        "O5": ("2007", "2010", "2013"),
        "X10": ("2007", "2010", "2010sp2", "2013", "2016", "2019"),
        "X3": ("2007", "2010"),
        "X1": ("2007sp1",),
    }


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("V0055", "O5:V0055"),
        ("V0055", "X10:V0055"),
        ("X5:V0055", "X3:V0055"),
        ("o5:v0055", "O5:V0055"),
        ("O5:V055", "O5:V0055"),
        ("X99:V0055", "O5:V0055"),
        ("O5:V0075", "O5:V0070"),
    ],
)
def test_an_unknown_id_names_the_nearest(wanted: str, hint: str) -> None:
    with pytest.raises(StatementError, match=r"no statement .*did you mean") as caught:
        get(wanted)
    assert hint in str(caught.value)


def test_an_unknown_id_that_is_like_none_gets_no_hint() -> None:
    with pytest.raises(StatementError) as caught:
        get("nonsense")
    assert str(caught.value) == "there is no statement 'nonsense'"


def test_nearest_puts_the_same_number_of_other_editions_first() -> None:
    known = ["O5:V0055", "O5:V0056", "X10:V0055"]
    assert nearest("X3:V0055", known)[:2] == ["O5:V0055", "X10:V0055"]


def test_a_further_edition_is_a_further_file() -> None:
    other = HEAD.replace("T1", "T2").replace('["1"]', '["9"]') + row().replace("T1:", "T2:")
    catalogue = assemble({"t2.toml": other, "t1.toml": HEAD + row() + row("2.1.3a", products='["1", "2"]')})
    assert [(one.id, one.products) for one in catalogue.values()] == [
        ("T1:V0001", ("1",)),
        ("T1:2.1.3a", ("1", "2")),
        ("T2:V0001", ("9",)),
    ]


def test_a_statement_as_it_is_read() -> None:
    text = HEAD + row("E0001", state='"refers"', refers_to='["T1:C0001"]', observable='["none"]', reason='"why"')
    assert parse("t.toml", text) == [
        Statement(
            id="T1:E0001",
            edition="T1",
            section="2.2.1",
            rfc_section="6.4.5",
            gist="Something is done.",
            products=("1",),
            observable=("none",),
            state=State.REFERS,
            refers_to=("T1:C0001",),
            reason="why",
        )
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("[document", "not TOML", id="not-toml"),
        pytest.param(row(), r"\[document\]", id="no-document"),
        pytest.param("[document]\n" + row(), r"\[document\]", id="no-edition"),
        pytest.param('[document]\nedition = "T1"\n' + row(), "names no product", id="no-products"),
        pytest.param('statement = ["a"]\n' + HEAD, r"\[\[statement\]\]", id="not-tables"),
        pytest.param('statement = "a"\n' + HEAD, r"\[\[statement\]\]", id="not-a-list"),
        pytest.param(HEAD + row("V1"), "does not look like", id="malformed-id"),
        pytest.param(HEAD + row().replace("T1:", "T2:"), "not of the edition T1", id="foreign-id"),
        pytest.param(HEAD + row() + row(), "T1:V0001 occurs twice", id="twice"),
        pytest.param(HEAD + row(id=""), "`id` must be a string", id="no-id"),
        pytest.param(HEAD + row(id="7"), "`id` must be a string", id="id-not-a-string"),
        pytest.param(HEAD + row(state='"done"'), "unknown state 'done'", id="unknown-state"),
        pytest.param(HEAD + row(state='"open"'), "open without a reason", id="open-without-reason"),
        pytest.param(HEAD + row(state='"excused"', reason='" "'), "excused without a reason", id="blank-reason"),
        pytest.param(HEAD + row(state='"refers"'), "refers_to", id="refers-to-nothing"),
        pytest.param(HEAD + row(refers_to='["T1:V0002"]'), "refers_to", id="acted-but-refers"),
        pytest.param(
            HEAD + row(state='"refers"', refers_to='["T1:V0009"]'), "refers to T1:V0009, which", id="dangling"
        ),
        pytest.param(HEAD + row(state='"refers"', refers_to='["T1:V0001"]'), "itself", id="self"),
        pytest.param(HEAD + row(gist='" "'), "no gist", id="no-gist"),
        pytest.param(HEAD + row(section='"x"'), "no section but 'x'", id="no-section"),
        pytest.param(HEAD + row(rfc_section='"x"'), "no RFC section but 'x'", id="no-rfc-section"),
        pytest.param(HEAD + row(observable="[]"), "where it can be observed", id="unobservable"),
        pytest.param(HEAD + row(observable='["smell"]'), "observed in one of", id="unknown-observable"),
        pytest.param(HEAD + row(observable='"none"'), "`observable` must be a list", id="not-a-list-of-strings"),
        pytest.param(HEAD + row(note='"x"'), "unknown keys: note", id="unknown-key"),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(StatementError, match=complaint):
        assemble({"t.toml": text})


def test_the_error_names_file_and_id() -> None:
    with pytest.raises(StatementError, match=r"^t\.toml: T1:V0001 has no gist$"):
        assemble({"t.toml": HEAD + row(gist='""')})
