"""The page on statements, over entries planted for the purpose, and what it shows of this very tree."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from outlookimap.conformance.statement_docs import DOCUMENTS, anchor, linked, markdown, plain
from outlookimap.conformance.traceability import Entry
from outlookimap.statements import State, all_statements

PAGE = (Path(__file__).parents[2] / "docs/conformance.md").read_text(encoding="utf-8")

ENTRY = Entry(
    id="O5:V0001",
    edition="O5",
    gist="A name with * in it is shown.",
    section="2.2.1",
    rfc_section="6.4.5",
    products=("2007", "2010"),
    observable=("client-bytes",),
    state=State.ACTED,
    reason=None,
    values=("outlook-2007:values.a.b", "outlook-2007:alternatives.loud.values.a.c", "outlook-2013:values.a.b"),
    code=("outlookimap.sync.run:f", "outlookimap.sync.run:C.g", "outlookimap.cache.cache:h"),
    tests=("tests/x/test_x.py::test_f", "tests/x/test_x.py::C::test_g", "tests/y/test_y.py::test_f"),
    rules=("outlookimap.conformance.x:f",),
    scenarios=("flags:flag-kept", "sign-in:plain"),
)
REFERS = replace(
    ENTRY, id="X1:2.3.2a", edition="X1", state=State.REFERS, reason="see O5:V0001, X10:2.1.2",
    values=(), code=(), tests=(), rules=(), scenarios=(),
)  # fmt: skip


def test_a_statement_with_all_its_places() -> None:
    page = markdown([ENTRY])
    assert page.partition("## O5: ")[2] == dedent("""\
        [MS-STANOIMAP] v5.0, on Outlook 2007, 2010 and 2013

        ### O5:V0001

        A name with \\* in it is shown. *RFC 3501 6.4.5; 2007, 2010.*

        * **set**: `outlook-2007`: `a.b`, `loud: a.c`; `outlook-2013`: `a.b`
        * **acted on**: sync.run: `f`, `C.g`; cache.cache: `h`
        * **linted**: conformance.x: `f`
        * **checked**: [`flags:flag-kept`](scenarios.md#flag-kept); [`sign-in:plain`](scenarios.md#plain)
        * **tested**: `x/test_x.py` 2, `y/test_y.py` 1
    """)


def test_one_that_refers_says_to_which() -> None:
    assert markdown([REFERS]).endswith(
        "*RFC 3501 6.4.5; 2007, 2010.*\n\n**refers**: see [O5:V0001](#o5v0001), [X10:2.1.2](#x10212)\n"
    )


def test_the_numbers_count_statements_not_places() -> None:
    excused = replace(ENTRY, state=State.EXCUSED, reason="not ours", rules=(), scenarios=())
    page = markdown([ENTRY, excused, REFERS])
    rows = [line for line in page.splitlines() if line.startswith(("| edition", "| O5", "| X1", "| all"))]
    assert rows == [
        "| edition | statements | acted | refers | excused | open | set | acted on | linted | checked | tested |",
        "| O5 | 2 | 1 | 0 | 1 | 0 | 2 | 2 | 1 | 1 | 2 |",
        "| X1 | 1 | 0 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| all | 3 | 1 | 1 | 1 | 0 | 2 | 2 | 1 | 1 | 2 |",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"stores \Deleted", r"stores \Deleted"),
        (r"the flag \* of a_b", r"the flag \\\* of a\_b"),
        ("<b> | `c` [d](e)", r"\<b\> \| \`c\` \[d\](e)"),
        ("see https://example.com/a_b*c and a_b", r"see https://example.com/a_b*c and a\_b"),
    ],
)
def test_what_people_wrote_is_shown_as_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_ids_lead_to_their_statements() -> None:
    assert linked("O5:V0055 and X1:2.3.2a; KB 294779.") == (
        "[O5:V0055](conformance.md#o5v0055) and [X1:2.3.2a](conformance.md#x1232a); KB 294779."
    )


def test_every_statement_is_on_the_page_once_and_has_an_anchor_of_its_own() -> None:
    ids = [one.id for one in all_statements()]
    assert len(ids) == 246
    assert sorted(re.findall(r"^### (\S+)$", PAGE, re.MULTILINE)) == sorted(ids)
    assert len({anchor(one) for one in ids}) == len(ids)
    assert {one.edition for one in all_statements()} == set(DOCUMENTS)


def test_only_what_is_acted_on_has_no_word_on_its_state() -> None:
    blocks = {block.partition("\n")[0]: block for block in PAGE.split("\n### ")[1:]}
    for one in all_statements():
        if one.state is State.ACTED:
            assert "**acted on**" in blocks[one.id]
            assert "**tested**" in blocks[one.id]
        else:
            assert re.search(rf"^\*\*{one.state.value}\*\*: \S", blocks[one.id], re.MULTILINE)
