"""The server's side compared as values: hand-typed pairs that say the same, and pairs that do not."""

from __future__ import annotations

import pytest

from outlookimap.traffic.compare import Difference, compare
from outlookimap.traffic.reader import parse
from outlookimap.transport.tap import Sender

C, S = Sender.CLIENT, Sender.SERVER
TOP = "# outlookimap recording 1\nprovenance: synthetic\n\n"  # the body begins in line 4


def differences(expected: str, actual: str) -> list[Difference]:
    return compare(parse(TOP + expected), parse(TOP + actual), sides=(C, S), values=True)


ASKED, DONE = "C: $tag X\n", "S: $tag OK done\n"
CAME, ENDED = "C: a1b2 X\n", "S: a1b2 OK finished\n"


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("", ""),
        # words, case, spelling
        ("S: * OK Dovecot ready.", "S: * OK The Microsoft Exchange IMAP4 service is ready."),
        ("S: * BYE Logging out", "S: * bye Good bye"),
        ("S: * OK [ALERT] a", "S: * ok [alert] b"),
        ("S: + idling", "S: + IDLE accepted, awaiting DONE command."),
        ('S: * LIST () "/" "INBOX"', 'S: * list () "/" inbox'),
        ('S: * LIST (\\Marked \\HasNoChildren) "/" Work', 'S: * LIST (\\hasnochildren \\MARKED) "/" {4}\nS| Work\nS:'),
        ('S: * LIST () "/" "a\\"b"', 'S: * LIST () "/" {3}\nS| a"b\nS:'),
        ("S: * CAPABILITY IMAP4rev1 IDLE", "S: * CAPABILITY idle IMAP4REV1"),
        ("S: * FLAGS (\\Seen \\Draft)", "S: * FLAGS (\\draft \\seen)"),
        ("S: * OK [PERMANENTFLAGS (\\Seen \\*)] a", "S: * OK [PERMANENTFLAGS (\\* \\Seen)] Permanent flags"),
        ("S: * SEARCH 2 84", "S: * SEARCH 84 2"),
        ("S: * STATUS Work (UNSEEN 1 MESSAGES 2)", 'S: * STATUS "Work" (MESSAGES 2 UNSEEN 1)'),
        # items
        ("S: * 1 FETCH (UID 5 FLAGS (\\Seen \\Draft))", "S: * 1 FETCH (FLAGS (\\Draft \\seen) UID 5)"),
        ("S: * 1 FETCH (BODY[] {2}\nS| ab\nS: )", 'S: * 1 FETCH (BODY[] "ab")'),
        (
            'S: * 1 FETCH (INTERNALDATE "01-Jan-2020 12:00:00 +0000")',
            'S: * 1 FETCH (INTERNALDATE " 1-Jan-2020 14:00:00 +0200")',
        ),
        (
            'S: * 1 FETCH (BODY[HEADER.FIELDS (To From)] "")',
            'S: * 1 FETCH (BODY[HEADER.FIELDS ("FROM" "TO")] {0}\nS|\nS: )',
        ),
        (
            'S: * 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "us-ascii" "NAME" "A") NIL NIL "7BIT" 1 1))',
            'S: * 1 FETCH (BODYSTRUCTURE ("text" "plain" ("name" "A" "charset" "US-ASCII") NIL NIL "7bit" 1 1))',
        ),
        # order
        ('S: * LIST () "/" A\nS: * LIST () "/" B', 'S: * LIST () "/" B\nS: * LIST () "/" A'),
        ("S: * 3 EXISTS\nS: * FLAGS ()", "S: * FLAGS ()\nS: * 3 EXISTS"),
        ("S: * 3 EXPUNGE\nS: * FLAGS ()\nS: * 3 EXISTS", "S: * FLAGS ()\nS: * 3 EXPUNGE\nS: * 3 EXISTS"),
        # an untagged OK that is nothing but words
        ("S: * OK Still here\nS: * 1 EXISTS", "S: * 1 EXISTS"),
        # the server's own numbers
        ("S: * OK [UIDVALIDITY 17] a\nS: * OK [UIDNEXT 9] b", "S: * OK [UIDNEXT 1] c\nS: * OK [UIDVALIDITY 99] d"),
        (
            "S: * STATUS A (UIDNEXT 7)\nS: * STATUS B (UIDNEXT 7)",
            "S: * STATUS A (UIDNEXT 8)\nS: * STATUS B (UIDNEXT 9)",
        ),
        # secrets and what is no IMAP
        ("S: * XDATA ****", "S: * XDATA ******"),
        ("S: nonsense", "S: nonsense"),
    ],
)
def test_the_same(expected: str, actual: str) -> None:
    assert differences(f"{ASKED}{expected}\n{DONE}", f"{CAME}{actual}\n{ENDED}") == []


@pytest.mark.parametrize(
    ("expected", "actual", "note"),
    [
        ("S: * 3 EXISTS", "S: * 4 EXISTS", ""),
        ("S: * FLAGS (\\Seen)", "S: * FLAGS ()", ""),
        ('S: * LIST () "/" A', 'S: * LIST (\\Marked) "/" A', ""),
        ('S: * LIST () "/" A', 'S: * LIST () "." A', ""),
        ("S: * SEARCH 1 2", "S: * SEARCH 1", ""),
        ("S: * STATUS A (UNSEEN 1)", "S: * STATUS A (UNSEEN 2)", ""),
        ("S: * CAPABILITY IMAP4rev1", "S: * CAPABILITY IMAP4rev1 IDLE", ""),
        (
            "S: * 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 3)",
            "S: * 1 FETCH (UID 5 FLAGS () RFC822.SIZE 4)",
            "not the same: FLAGS, RFC822.SIZE",
        ),
        ("S: * 1 FETCH (UID 5)", "S: * 1 FETCH (UID 5 MODSEQ (1))", "not the same: MODSEQ"),
        ('S: * 1 FETCH (BODY[] "a")', 'S: * 1 FETCH (BODY[] "b")', "not the same: BODY"),
        ("S: * OK [UNSEEN 1] a", "S: * OK [UNSEEN 2] a", "not the same response code"),
        ("S: * STATUS A (UIDNEXT 7)", "S: * STATUS A (MESSAGES 7)", ""),
        ("S: nonsense", "S: other nonsense", ""),
    ],
)
def test_one_line_in_place_of_another(expected: str, actual: str, note: str) -> None:
    found = differences(f"{ASKED}{expected}\n{DONE}", f"{CAME}{actual}\n{ENDED}")
    assert [(d.sender, d.line, d.expected, d.actual, d.note) for d in found] == [(S, 5, expected, actual, note)]


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        (f"{ASKED}S: * 1 RECENT\n{DONE}", CAME + ENDED, [(5, "S: * 1 RECENT", None)]),
        (f"{ASKED}{DONE}", f"{CAME}S: * 1 RECENT\n{ENDED}", [(0, None, "S: * 1 RECENT")]),
        (
            f'{ASKED}S: * LIST () "/" A\nS: * LIST () "/" B\n{DONE}',
            f'{CAME}S: * LIST () "/" B\nS: * LIST () "/" C\n{ENDED}',
            [(5, 'S: * LIST () "/" A', None), (6, None, 'S: * LIST () "/" C')],
        ),
        (f"{ASKED}S: $tag NO why\n", f"{CAME}{ENDED}", [(5, "S: $tag NO why", "S: a1b2 OK finished")]),
        (f"{ASKED}{DONE}", f"{CAME}S: a1b2 OK [READ-ONLY] x\n", [(5, "S: $tag OK done", "S: a1b2 OK [READ-ONLY] x")]),
        (f"{ASKED}{DONE}", CAME, [(5, "S: $tag OK done", None)]),
        (ASKED, CAME + ENDED, [(0, None, "S: a1b2 OK finished")]),
        ("S: * OK hi\n", "S: * PREAUTH hi\n", [(4, "S: * OK hi", "S: * PREAUTH hi")]),
        ("S: * OK hi\n", "", [(4, "S: * OK hi", None)]),
        # EXPUNGE stays where it was, and EXISTS with it
        (
            f"{ASKED}S: * 2 EXPUNGE\nS: * 2 EXISTS\n{DONE}",
            f"{CAME}S: * 2 EXISTS\nS: * 2 EXPUNGE\n{ENDED}",
            [(6, "S: * 2 EXISTS", "S: * 2 EXISTS")],
        ),
        (
            f"{ASKED}S: * 3 EXPUNGE\nS: * 1 EXPUNGE\n{DONE}",
            f"{CAME}S: * 1 EXPUNGE\nS: * 3 EXPUNGE\n{ENDED}",
            [(5, "S: * 3 EXPUNGE", "S: * 3 EXPUNGE"), (6, "S: * 1 EXPUNGE", "S: * 1 EXPUNGE")],
        ),
    ],
)
def test_differences(expected: str, actual: str, found: list[tuple[int, str | None, str | None]]) -> None:
    assert [(d.line, d.expected, d.actual) for d in differences(expected, actual)] == found


def test_a_number_stands_for_one_other_only() -> None:
    select = 'C: {0} SELECT "A"\nS: * OK [UIDVALIDITY {1}] ok\nS: {0} OK\n'
    expected = select.format("$tag", 17) * 2
    assert differences(expected, select.format("a", 99) + select.format("b", 99)) == []
    [found] = differences(expected, select.format("a", 99) + select.format("b", 98))
    assert found.line == 8
    assert str(found).endswith("98] ok\n  UIDVALIDITY 17 stood for 99 before, and now for 98")
    other = select.replace('"A"', "B")
    assert differences(expected + other.format("$tag", 17), select.format("a", 99) * 2 + other.format("a", 5)) == []


def test_the_placeholder_is_one_number_everywhere() -> None:
    expected = (
        "C: $tag APPEND A {2}\nS: +\nC| ab\nC:\nS: $tag OK [APPENDUID $uidvalidity 3] done\n"
        "C: $tag SELECT A\nS: * OK [UIDVALIDITY $uidvalidity] ok\nS: $tag OK\n"
    )
    actual = (
        "C: a APPEND A {{2}}\nS: + go\nC| ab\nC:\nS: a OK [APPENDUID {0} 3] done\n"
        "C: b SELECT A\nS: * OK [UIDVALIDITY {1}] ok\nS: b OK\n"
    )
    assert differences(expected, actual.format(5, 5)) == []
    assert [d.note for d in differences(expected, actual.format(5, 6))] == [
        "UIDVALIDITY $uidvalidity stood for 5 before, and now for 6"
    ]


def test_commands_in_flight_together_are_one() -> None:
    expected = "C: $tag1 A\nC: $tag2 B\nS: * FLAGS ()\nS: $tag1 OK\nS: * SEARCH 1\nS: $tag2 OK\n"
    actual = "C: x A\nC: y B\nS: * SEARCH 1\nS: y OK\nS: * FLAGS ()\nS: x OK\n"
    assert differences(expected, actual) == []
    one_by_one = "C: x A\nS: * SEARCH 1\nS: x OK\nC: y B\nS: * FLAGS ()\nS: y OK\n"
    assert differences(expected, one_by_one) == []
    apart = "C: $tag A\nS: * FLAGS ()\nS: $tag OK\nC: $tag B\nS: * SEARCH 1\nS: $tag OK\n"
    assert [d.line for d in differences(apart, one_by_one)] == [5, 5, 8, 8]


def test_news_may_come_with_the_next_command() -> None:
    apart = "C: {0} A\nS: * 4 EXISTS\nS: * 1 FETCH (FLAGS ())\nS: {0} OK\nC: {0} B\nS: {0} OK\n"
    later = "C: {0} A\nS: {0} OK\nC: {0} B\nS: * 1 FETCH (FLAGS ())\nS: * 4 EXISTS\nS: {0} OK\n"
    assert differences(apart.format("$tag"), later.format("a")) == []
    assert differences(later.format("$tag"), apart.format("a")) == []
    gone = later.replace("S: * 4", "S: * 4 EXPUNGE\nS: * 4")
    assert [d.line for d in differences(apart.format("$tag"), gone.format("a"))] == [5, 6, 7, 7, 7]


def test_the_same_octets_are_the_same_values() -> None:
    text = (
        "S: * OK [CAPABILITY IMAP4rev1] hi\n@tls\nC: $tag AUTHENTICATE NTLM\nS: +\nC: ****\nS: + TlRM\nC: ****\n"
        "S: $tag OK in\nC: $tag IDLE\nS: + idling\nS: * 1 EXISTS\n@+9\nC: DONE\nS: $tag OK\n"
        "C: ZZZZ LOGOUT\nS: * BYE\nS: ZZZZ OK\n@closed server\n@connected\nS: * OK hi\n"
        "C: ZZZZ LOGOUT\nS: ZZZZ OK\nS- cut\n"
    )
    assert differences(text, text) == []


def test_what_breaks_the_reader_is_compared_as_octets() -> None:
    expected = "C: $tag X\nS: * 1 FETCH (UID\nS: $tag OK\n"
    assert differences(expected, expected) == []
    assert [d.actual for d in differences(expected, expected.replace("UID", "FLAGS"))] == ["S: * 1 FETCH (FLAGS"]


def test_only_the_sides_asked_for() -> None:
    one, other = parse(TOP + "C: a X\nS: * 1 EXISTS\n"), parse(TOP + "C: a Y\nS: * 2 EXISTS\n")
    assert [d.sender for d in compare(one, other, values=True)] == [C]
    assert [d.sender for d in compare(one, other, sides=(S,), values=True)] == [S]
