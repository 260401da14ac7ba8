"""A conversation as a ladder, and what of strangers' text is shown."""

from __future__ import annotations

import pytest

from outlookimap.conformance.outcome import Line
from outlookimap.conformance.reporting.ladder import AFTER, BEFORE, SHORT, Rung, Side, Stretch, ladder
from outlookimap.conformance.reporting.visible import visible, visible_lines

CLIENT, SERVER, EVENT, REMARK = Side.CLIENT, Side.SERVER, Side.EVENT, Side.REMARK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ('a1 OK "Entwürfe" 日本', 'a1 OK "Entwürfe" 日本'),
        ("<b>&amp;", "<b>&amp;"),
        ("a\0b\x1b[31m\x7f", r"a\x00b\x1b[31m\x7f"),
        ("one\r\ntwo\tthree", r"one\r\ntwo\tthree"),
        ("\u202egpj.exe\u2066", r"\u202egpj.exe\u2066"),
        ("\ud800x\udfff", r"\ud800x\udfff"),
        ("\ufffe\uffff\ufeff", r"\ufffe\uffff\ufeff"),
        ("\u00a0\u2028\u200b\U000e0041", r"\xa0\u2028\u200b\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_written_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible_lines([Line("S:", text, offends=True)]) == (Line("S:", shown, offends=True),)


def test_nothing_that_xml_forbids_is_left() -> None:
    every = visible("".join(map(chr, range(0x110000))))
    assert not [one for one in every if ord(one) < 0x20 or 0xD800 <= ord(one) < 0xE000 or ord(one) & 0xFFFE == 0xFFFE]


@pytest.mark.parametrize(
    ("lines", "rungs"),
    [
        ([Line("C:", "a NOOP"), Line("C:", "b NOOP")], [Rung(CLIENT, "a NOOP"), Rung(CLIENT, "b NOOP")]),
        (
            [Line("C:", "a APPEND x {3}"), Line("S:", "+ OK"), Line("C|", "abc"), Line("C:", "")],
            [
                Rung(CLIENT, "a APPEND x {3}"),
                Rung(SERVER, "+ OK"),
                Rung(CLIENT, "abc"),
                Rung(CLIENT, "", starts=False),
            ],
        ),
        (
            [Line("S:", "* 1 FETCH (BODY[] {5}"), Line("S|", "a"), Line("S|", "b", offends=True), Line("S:", ")")],
            [
                Rung(SERVER, "* 1 FETCH (BODY[] {5}"),
                Rung(SERVER, "a", starts=False),
                Rung(SERVER, "b", starts=False, offends=True),
                Rung(SERVER, ")", starts=False),
            ],
        ),
        ([Line("S-", "* OK hal"), Line("S:", "f")], [Rung(SERVER, "* OK hal"), Rung(SERVER, "f", starts=False)]),
        ([Line("C:", "a X {1+}"), Line("C|", "b")], [Rung(CLIENT, "a X {1+}"), Rung(CLIENT, "b", starts=False)]),
        ([Line("@", "tls"), Line("@", "+1.5")], [Rung(EVENT, "TLS begins"), Rung(EVENT, "1.5 s later")]),
        ([Line("@", "closed server")], [Rung(EVENT, "the server closes the connection")]),
        ([Line("@", "guard off")], [Rung(EVENT, "guard off")]),
        ([Line("#", "... 20 octets left out")], [Rung(REMARK, "... 20 octets left out")]),
        ([Line("C:", "x" * 801)], [Rung(CLIENT, "x" * 400, "x" * 401)]),
        ([Line("C:", "x" * 800)], [Rung(CLIENT, "x" * 800)]),
    ],
)  # fmt: skip
def test_a_line_becomes_a_rung(lines: list[Line], rungs: list[Rung]) -> None:
    assert ladder(lines) == (Stretch(tuple(rungs), folded=False),)


def sizes(*, lines: int, offends: int | None) -> list[tuple[int, bool]]:
    talk = [Line("C:", str(number), offends=number == offends) for number in range(lines)]
    stretches = ladder(talk)
    assert [rung.text for stretch in stretches for rung in stretch.rungs] == [line.text for line in talk]
    return [(len(stretch.rungs), stretch.folded) for stretch in stretches]


@pytest.mark.parametrize(
    ("lines", "offends", "expected"),
    [
        (0, None, []),
        (SHORT, 3, [(SHORT, False)]),
        (100, 50, [(50 - BEFORE, True), (BEFORE + 1 + AFTER, False), (49 - AFTER, True)]),
        (100, 0, [(1 + AFTER, False), (99 - AFTER, True)]),
        (100, 99, [(99 - BEFORE, True), (BEFORE + 1, False)]),
        (100, None, [(99 - BEFORE, True), (BEFORE + 1, False)]),
    ],
)
def test_what_is_far_from_the_offending_line_is_folded(
    lines: int, offends: int | None, expected: list[tuple[int, bool]]
) -> None:
    assert sizes(lines=lines, offends=offends) == expected
