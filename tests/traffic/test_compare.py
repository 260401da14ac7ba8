"""Two hand-typed conversations, and what the comparison says of them."""

from __future__ import annotations

import pytest

from outlookimap.traffic.compare import Difference, compare
from outlookimap.traffic.format import Form, Header, Said, Transcript
from outlookimap.traffic.reader import parse
from outlookimap.transport.tap import Sender

C, S = Sender.CLIENT, Sender.SERVER
TOP = "# outlookimap recording 1\nprovenance: synthetic\n\n"  # the body begins in line 4
BOTH = (C, S)


def differences(expected: str, actual: str, *, sides: tuple[Sender, ...] = (C,)) -> list[Difference]:
    return compare(parse(TOP + expected), parse(TOP + actual), sides=sides)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("", ""),
        ("C: a NOOP\n", "C: a NOOP\n"),
        ("C: $tag NOOP\nC: $tag NOOP\n", "C: x1y2 NOOP\nC: 0abc NOOP\n"),
        ("C: $tag NOOP\n", "C: $tag NOOP\n"),
        ("C: $tag IDLE\nC: DONE\nC: ZZZZ LOGOUT\n", "C: a1b2 IDLE\nC: DONE\nC: ZZZZ LOGOUT\n"),
        ("C: $tag X $tag\n", "C: abcd X abcd\n"),
        ("C: $tag1 A\nC: $tag2 B $tag1\n", "C: a A\nC: b B a\n"),
        # how it was cut, marks, pauses, comments and the other side do not count
        ("C: $tag NOOP\n", "@tls\n# hm\n@+5\nC- ab\nS: * 1 EXISTS\nC-  NO\nC- OP\\x0d\\x0a\n@closed\n"),
        ("C- $tag\nC:  NOOP\n", "C: ab NOOP\n"),
        ("C- $tag NO\n", "C- ab N\nC- O\n"),
        ("C: $tag X {3}\nS: + OK\nC| abc\nC:\n", "C: t X {3}\nS: +\nC| abc\nC:\n"),
        # secrets
        ('C: $tag LOGIN "ann" "********"\n', 'C: t LOGIN "ann" "***"\n'),
        ("C: $tag LOGIN {3}\nC| ***\nC:  {2+}\nC| **\nC:\n", "C: t LOGIN {8}\nC| ********\nC:  {3+}\nC| ***\nC:\n"),
        ("C: $tag AUTHENTICATE NTLM\nC: ****\nC: ******\n", "C: t AUTHENTICATE NTLM\nC: ********\nC: **\n"),
        ('C: $tag LIST "" *\n', 'C: t LIST "" *\n'),
    ],
)
def test_the_same_conversation(expected: str, actual: str) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ("C: a NOOP\n", "C: a noop\n", [(4, "C: a NOOP", "C: a noop")]),
        ("C: $tag NOOP\n", "C:  NOOP\n", [(4, "C: $tag NOOP", "C:  NOOP")]),
        ("C: $tag NOOP\n", "C- a NOOP\\x0a\n", [(4, "C: $tag NOOP", "C- a NOOP\\x0a")]),
        ("C: $tag X $tag\n", "C: abcd X dcba\n", [(4, "C: $tag X $tag", "C: abcd X dcba")]),
        ("C: $tag1 A\nC: $tag2 $tag1\n", "C: a A\nC: b b\n", [(5, "C: $tag2 $tag1", "C: b b")]),
        ("C: a.c\n", "C: abc\n", [(4, "C: a.c", "C: abc")]),
        # missing, unexpected, changed: in the middle and at both ends
        ("C: a\nC: b\nC: c\n", "C: a\nC: c\n", [(5, "C: b", None)]),
        ("C: a\nC: c\n", "C: a\nC: b\nC: c\n", [(4, None, "C: b")]),
        ("C: a\nC: b\nC: c\n", "C: a\nC: x\nC: c\n", [(5, "C: b", "C: x")]),
        ("C: a\nC: b\n", "C: b\n", [(4, "C: a", None)]),
        ("C: b\n", "C: a\nC: b\n", [(0, None, "C: a")]),
        ("C: a\nC: b\n", "C: a\n", [(5, "C: b", None)]),
        ("C: a\n", "C: a\nC: b\n", [(4, None, "C: b")]),
        ("", "C: a\n", [(0, None, "C: a")]),
        ("C: a\n", "", [(4, "C: a", None)]),
        (
            "C: a\nC: b\nC: c\nC: d\n",
            "C: a\nC: x\nC: y\nC: z\nC: d\n",
            [(5, "C: b", "C: x"), (6, "C: c", "C: y"), (6, None, "C: z")],
        ),
        ("C- cut\n", "C- cu\n", [(4, "C- cut", "C- cu")]),
        # stars
        ("C: x *\n", "C: x **\n", [(4, "C: x *", "C: x **")]),
        ("C: x **\n", "C: x *\n", [(4, "C: x **", "C: x *")]),
        ("C: x **\n", "C: x ab\n", [(4, "C: x **", "C: x ab")]),
        # literals
        ("C: X {2}\nC| ab\nC:\n", "C: X {2}\nC| ac\nC:\n", [(5, "C| ab", "C| ac")]),
        ("C: X {2}\nC| ab\nC:\n", "C: X {3}\nC| abc\nC:\n", [(4, "C: X {2}", "C: X {3}"), (5, "C| ab", "C| abc")]),
        ("C: X {2}\nC| **\nC:\n", "C: X {2+}\nC| **\nC:\n", [(4, "C: X {2}", "C: X {2+}")]),
        ("C: X {4}\nC| ab**\nC:\n", "C: X {4}\nC| ab*c\nC:\n", [(5, "C| ab**", "C| ab*c")]),
        ("C: X {2}\nC: ab\n", "C: X {2}\nC| ab\nC:\n", [(5, "C: ab", "C| ab"), (5, None, "C:")]),
        (
            "C: X {6}\nC| a\nC|\nC| b\nC:\n",
            "C: X {6}\nC| a\nC|\nC| c\nC:\n",
            [(5, "C| a\n    C|\n    C| b", "C| a\n    C|\n    C| c")],
        ),
    ],
)
def test_differences(expected: str, actual: str, found: list[tuple[int, str | None, str | None]]) -> None:
    given = differences(expected, actual)
    assert sorted((d.line, d.expected or "", d.actual or "") for d in given) == sorted(
        (line, due or "", came or "") for line, due, came in found
    )
    assert {d.sender for d in given} == {C}
    assert [d.line for d in given] == sorted(d.line for d in given)


def test_beyond_reach_every_line_is_a_difference() -> None:
    expected = "".join(f"C: a{number}\n" for number in range(9))
    actual = "".join(f"C: b{number}\n" for number in range(10))
    found = differences(expected, actual)
    assert [d.line for d in found] == [*range(4, 13), 12]
    assert found[-1].actual == "C: b9"


def test_the_servers_side_is_literal_too() -> None:
    expected = (
        "S: * OK hi\nC: $tag SELECT X\nS: * OK [UIDVALIDITY $uidvalidity]\nS: $tag OK\n"
        "C: $tag SELECT X\nS: * OK [UIDVALIDITY $uidvalidity]\nS: $tag OK\n"
    )
    actual = (
        "S: * OK hi\nC: a1b2 SELECT X\nS: * OK [UIDVALIDITY 17]\nS: a1b2 OK\n"
        "C: c3d4 SELECT X\nS: * OK [UIDVALIDITY {}]\nS: {} OK\n"
    )
    assert differences(expected, actual.format(17, "c3d4"), sides=BOTH) == []
    assert differences(expected, actual.format(18, "a1b2"), sides=(C,)) == []
    found = differences(expected, actual.format(18, "a1b2"), sides=BOTH)
    assert [(d.sender, d.line, d.actual) for d in found] == [
        (S, 9, "S: * OK [UIDVALIDITY 18]"),
        (S, 10, "S: a1b2 OK"),
    ]
    assert differences(expected, actual.format("x", "c3d4"), sides=(S,))[0].line == 9


def test_the_tag_of_a_command_that_never_came_may_be_any() -> None:
    expected = "C: $tag A\nS: $tag OK\nC: $tag B\nS: $tag OK\nC: $tag C\nS: $tag OK\n"
    actual = "C: a A\nS: a OK\nC: b X\nS: b OK\nC: c C\nS: c OK\n"
    assert [d.line for d in differences(expected, actual, sides=BOTH)] == [6]


def test_commands_in_flight_together() -> None:
    expected = "C: $tag1 A\nC: $tag2 B\nS: $tag2 OK\nS: $tag1 OK\n"
    assert differences(expected, "C: x A\nC: y B\nS: y OK\nS: x OK\n", sides=BOTH) == []
    assert [d.line for d in differences(expected, "C: x A\nC: y B\nS: x OK\nS: y OK\n", sides=BOTH)] == [0, 7]


def test_an_empty_line_binds_nothing() -> None:
    assert differences("C:\nC: $uidvalidity\n", "C:\nC: 12\n") == []


@pytest.mark.parametrize(
    ("expected", "actual", "text"),
    [
        ("C: a\n", "C: b\n", "line 4: expected\n    C: a\n  but this came:\n    C: b"),
        ("C: a\n", "", "line 4: expected\n    C: a\n  but nothing came"),
        ("C: a\n", "C: a\n@+9\nC: b\n", "after line 4: nothing more was expected here, but this came:\n    C: b"),
        ("", "C: b\n", "at the beginning: nothing more was expected here, but this came:\n    C: b"),
    ],
)
def test_a_difference_in_words(expected: str, actual: str, text: str) -> None:
    assert [str(difference) for difference in differences(expected, actual)] == [text]


def test_a_difference_without_a_file() -> None:
    one, other = (Transcript(Header(), (Said(C, Form.LINE, (text,)),)) for text in (b"a", b"b"))
    assert str(compare(one, other)[0]) == "expected\n    C: a\n  but this came:\n    C: b"


def test_a_long_literal_is_cut_off_in_messages() -> None:
    lines = "".join(f"C| {number:02}\n" for number in range(20))
    text = str(differences("C: X {78}\n" + lines, "C: X {78}\n" + lines.replace("19", "91"))[0])
    assert "C| 11\n    ... and 8 lines more" in text
    assert "C| 12" not in text
