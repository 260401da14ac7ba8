r"""The tiers of reading: what is read by patterns is what the tolerant reader reads, however a stream is cut.

The streams that want to fool the patterns are typed by hand; what they mean is typed where it is not the tolerant
reader's to say.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import response_strategies as strategies
from support.tiers import check, cuts, steps

from outlookimap.errors import LimitExceeded
from outlookimap.traffic import read
from outlookimap.transport.tap import Sender
from outlookimap.wire import dates
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.fetch_shapes import LOWEST_LIMITS, FlagLists
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader, Tiers
from outlookimap.wire.responses import Exists, FetchData, FetchRun, Response

UID, FLAGS, SIZE, DATE = FetchAtt(b"UID"), FetchAtt(b"FLAGS"), FetchAtt(b"RFC822.SIZE"), FetchAtt(b"INTERNALDATE")
HEADER, BODY = FetchAtt(b"BODY", Section(specifier=b"HEADER")), FetchAtt(b"BODY", Section())
SEEN, ANSWERED = b"\\Seen", b"\\Answered"


def run(stream: bytes) -> list[Response]:
    reader = ResponseReader(Limits())
    responses = reader.feed(stream, runs=True)
    assert reader.broken is None
    assert reader.buffered == 0
    return responses


# ---------------------------------------------------------------- what a run is


def test_flags_by_uid_are_one_run_in_columns() -> None:
    stream = (
        b"* 1 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH (UID 7 FLAGS (\\Seen \\answered $Label1))\r\n"
        b"* 9 FETCH (UID 999999999 FLAGS (\\Seen))\r\n"
    )
    flags = [(), (SEEN, ANSWERED, b"$Label1"), (SEEN,)]
    assert run(stream) == [FetchRun([1, 2, 9], (UID, FLAGS), ([5, 7, 999_999_999], flags))]


def test_the_other_order_is_another_run() -> None:
    stream = b"* 1 FETCH (FLAGS () UID 5)\r\n* 2 FETCH (FLAGS (\\Seen) UID 6)\r\n* 3 FETCH (UID 7 FLAGS ())\r\n"
    assert run(stream) == [
        FetchRun([1, 2], (FLAGS, UID), ([(), (SEEN,)], [5, 6])),
        FetchRun([3], (UID, FLAGS), ([7], [()])),
    ]


def test_headers_are_one_run_with_what_stands_before_and_after_the_literal() -> None:
    stream = (
        b"* 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 70 BODY[HEADER] {7}\r\nA: b\r\n\n"
        b' INTERNALDATE "17-Jul-1996 02:44:25 -0700")\r\n'
        b'* 2 FETCH (UID 6 FLAGS () RFC822.SIZE 0 BODY[HEADER] {0}\r\n INTERNALDATE " 1-Feb-2000 00:00:00 +0000")\r\n'
    )
    columns = (
        [5, 6],
        [(SEEN,), ()],
        [70, 0],
        [b"A: b\r\n\n", b""],
        (b"17-Jul-1996 02:44:25 -0700", b" 1-Feb-2000 00:00:00 +0000"),
    )
    assert run(stream) == [FetchRun([1, 2], (UID, FLAGS, SIZE, HEADER, DATE), columns)]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        (b"BODY[]", BODY),
        (b"BODY[HEADER]", HEADER),
        (b"RFC822", FetchAtt(b"RFC822")),
        (b"RFC822.HEADER", FetchAtt(b"RFC822.HEADER")),
    ],
)
def test_the_literals_that_come_by_the_thousand(name: bytes, item: FetchAtt) -> None:
    stream = b"* 3 FETCH (FLAGS () " + name + b" {2}\r\n\x00\xff UID 9)\r\n"
    assert run(stream) == [FetchRun([3], (FLAGS, item, UID), ([()], [b"\x00\xff"], [9]))]


def test_a_run_says_what_its_responses_say() -> None:
    stream = b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n* 2 FETCH (UID 7 FLAGS ())\r\n"
    (whole,) = run(stream)
    assert isinstance(whole, FetchRun)
    assert len(whole) == 2
    assert whole.uids == [5, 7]
    assert whole.column(b"FLAGS") == [(SEEN,), ()]
    assert whole.column(b"RFC822.SIZE") is None
    assert whole.expanded() == [
        FetchData(1, ((UID, 5), (FLAGS, (SEEN,)))),
        FetchData(2, ((UID, 7), (FLAGS, ()))),
    ]
    assert ResponseReader(Limits()).feed(stream) == whole.expanded()


def test_what_stands_between_runs_keeps_its_place() -> None:
    first, second = b"* 1 FETCH (UID 5 FLAGS ())\r\n", b"* 2 FETCH (UID 6 FLAGS ())\r\n"
    body = b"* 3 FETCH (UID 7 FLAGS () BODY[] {1}\r\nx)\r\n"
    responses = run(first + b"* 4 EXISTS\r\n" + second + body + body + first)
    assert [type(response) for response in responses] == [FetchRun, Exists, FetchRun, FetchRun, FetchRun]
    assert [len(response) for response in responses if isinstance(response, FetchRun)] == [1, 1, 2, 1]


def test_the_same_flags_are_the_same_object() -> None:
    reader = ResponseReader(Limits())
    flags: list[object] = []
    for number in range(1, 4):
        for response in reader.feed(b"* %d FETCH (UID 5 FLAGS (\\Seen $a))\r\n" % number * 2):
            assert isinstance(response, FetchData)
            flags.append(response.flags)
    assert len(flags) == 6
    assert len({id(one) for one in flags}) == 1


def test_flags_that_a_server_makes_up_take_no_endless_memory() -> None:
    known = FlagLists()
    for number in range(5000):
        assert known[b"k%d" % number] == (b"k%d" % number,)
    assert len(known) == 4096


# ---------------------------------------------------------------- which tier takes what

LINE = b"* 1 FETCH (UID 5 FLAGS ())\r\n"
TAKEN: list[tuple[bytes, Tiers]] = [
    (LINE * 3, Tiers(columns=3)),
    (b"* 1 FETCH (FLAGS (\\Seen \\Flagged a) UID 5)\r\n", Tiers(columns=1)),
    (b"* 1 FETCH (UID 5 FLAGS () BODY[] {3}\r\nabc)\r\n" * 2, Tiers(shaped=2)),
    (b"* 1 FETCH (BODY[] {3}\r\nabc UID 5)\r\n", Tiers(shaped=1)),
    (b'* 1 FETCH (INTERNALDATE "31-Dec-1999 23:59:59 +1459" UID 5 RFC822 {0}\r\n)\r\n', Tiers(shaped=1)),
    (LINE + b"* 5 EXISTS\r\n" + LINE, Tiers(columns=2, tolerant=1)),
    # no UID, or nothing that is a literal
    (b"* 1 FETCH (FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (FLAGS () BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b'* 1 FETCH (UID 5 BODY[] "x")\r\n', Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] NIL)\r\n", Tiers(tolerant=1)),
    # the same item twice, before, after and around
    (b"* 1 FETCH (UID 5 FLAGS () UID 5)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (FLAGS () FLAGS () UID 5)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 UID 5 BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (BODY[] {1}\r\nx UID 5 UID 5)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1}\r\nx UID 5)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1}\r\nx BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    # numbers that may not be, and those that are not worth a look
    (b"* 0 FETCH (UID 5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 0 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 4294967295 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 4294967296 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 99999999999 FETCH (UID 5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 007 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 RFC822.SIZE 99999999999 BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    # flags that are none
    (b"* 1 FETCH (UID 5 FLAGS ( \\Seen))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\\Seen ))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\\Seen  a))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\\))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\\\\a))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\\*))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (a%b))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (\xe9))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (a\x00))\r\n", Tiers()),
    (b"* 1 FETCH (UID 5 FLAGS \\Seen)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (" + b"a" * 60 + b"))\r\n", Tiers(columns=1)),
    (b"* 1 FETCH (UID 5 FLAGS (" + b"a" * 61 + b"))\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS (" + b" ".join([b"a"] * 31) + b"))\r\n", Tiers(columns=1)),
    (b"* 1 FETCH (UID 5 FLAGS (" + b" ".join([b"a"] * 32) + b"))\r\n", Tiers(tolerant=1)),
    # spelling, spaces, line ends
    (b"* 1 fetch (uid 5 flags ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (uid 5 FLAGS () BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"*  1 FETCH (UID 5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH  (UID 5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID\t5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS () )\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS ()) \r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS ())\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 FLAGS ())\r\r\n", Tiers()),
    (b"* 1 FETCH (UID 5 BODY[] {1}\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1}\r\nx)\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1}\r\nx\r\n)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[]{1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {01}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1+}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[]<0> {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[TEXT] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (A)] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 X 1 BODY[] {1}\r\nx)\r\n", Tiers(tolerant=1)),
    (b"* 1 FETCH (UID 5 BODY[] {1}\r\nx MODSEQ (5))\r\n", Tiers(tolerant=1)),
    # moments that are none, or not the plainest
    (b'* 1 FETCH (INTERNALDATE "31-Feb-2000 00:00:00 +0000" UID 5 BODY[] {0}\r\n)\r\n', Tiers(tolerant=1)),
    (b'* 1 FETCH (INTERNALDATE "29-Feb-2000 00:00:00 +0000" UID 5 BODY[] {0}\r\n)\r\n', Tiers(tolerant=1)),
    (b'* 1 FETCH (INTERNALDATE "00-Jan-0000 00:00:00 +0000" UID 5 BODY[] {0}\r\n)\r\n', Tiers(tolerant=1)),
    (b'* 1 FETCH (INTERNALDATE "01-Jan-2000 24:00:00 +0000" UID 5 BODY[] {0}\r\n)\r\n', Tiers(tolerant=1)),
    (b'* 1 FETCH (INTERNALDATE "01-jan-2000 00:00:00 +0000" UID 5 BODY[] {0}\r\n)\r\n', Tiers(tolerant=1)),
    (b"* 1 FETCH (INTERNALDATE NIL UID 5 BODY[] {0}\r\n)\r\n", Tiers(tolerant=1)),
    # another answer altogether
    (b"* OK 1 FETCH (UID 5 FLAGS ())\r\n", Tiers(tolerant=1)),
    (b"a OK done\r\n+ go on\r\n\r\n", Tiers(tolerant=3)),
    (b"x* 1 FETCH (UID 5 FLAGS ())\r\n", Tiers()),
    (b"* 1 FETCH (UID 5 FLAGS ()* 1 FETCH (UID 5 FLAGS ())\r\n", Tiers()),
]


@pytest.mark.parametrize(("stream", "taken"), TAKEN)
def test_which_tier_takes_it_and_that_it_changes_nothing(stream: bytes, taken: Tiers) -> None:
    assert check([stream]) == taken
    assert check([LINE + stream + LINE]) == Tiers(
        taken.columns + (2 if taken != Tiers() else 1), taken.shaped, taken.tolerant
    )
    for chunks in cuts(stream + LINE):
        check(chunks)


def test_without_patterns_the_tolerant_reader_takes_everything() -> None:
    reader = ResponseReader(Limits(), patterns=False)
    assert reader.feed(LINE * 2, runs=True) == [FetchData(1, ((UID, 5), (FLAGS, ())))] * 2
    assert reader.taken == Tiers(tolerant=2)


# ---------------------------------------------------------------- streams that want to be taken for something else

LIES: list[tuple[str, bytes, list[bytes]]] = [
    ("a literal of responses", b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n" % (len(LINE * 3), LINE * 3), [LINE * 3]),
    (
        "a literal that ends as a response does",
        b"* 1 FETCH (UID 5 BODY[] {30}\r\n)\r\n* 2 FETCH (UID 6 BODY[] {1})\r\n",
        [b")\r\n* 2 FETCH (UID 6 BODY[] {1}"],
    ),
    (
        "a FETCH with a literal inside a literal",
        b"* 1 FETCH (UID 5 BODY[] {37}\r\n* 9 FETCH (UID 9 BODY[] {100}\r\nx)\r\n" + b"ab UID 7)\r\n)\r\n",
        [],
    ),
    (
        "an announcement at the end of a literal",
        b"* 1 FETCH (UID 5 BODY[] {5}\r\n{99}\r)\r\n" + LINE,
        [b"{99}\r"],
    ),
    ("a literal of line ends", b"* 1 FETCH (UID 5 BODY[] {6}\r\n\r\n\r\n\r\n)\r\n", [b"\r\n\r\n\r\n"]),
    (
        "a literal that is a tail, and a tail",
        b"* 1 FETCH (UID 5 BODY[] {11}\r\n FLAGS ())\r FLAGS ())\r\n",
        [b" FLAGS ())\r"],
    ),
    ("two lines in one", LINE[:-2] + LINE, []),
    ("a line inside the flags of a line", b"* 1 FETCH (UID 5 FLAGS (* 1 FETCH (UID 5 FLAGS ())))\r\n", []),
    ("a quoted line", b'* 1 FETCH (UID 5 X "\r\n* 1 FETCH (UID 5 FLAGS ())\r\n', []),
    ("lines in the literal of another response", b"* X {28}\r\n" + LINE + b" more\r\n" + LINE, []),
    ("lines in a LIST", b'* LIST () "/" {28}\r\n' + LINE + b"\r\n" + LINE, []),
    ("a broken item in the middle of a run", LINE * 3 + b"* 1 FETCH (UID x FLAGS ())\r\n" + LINE * 3, []),
    ("a lenient item in the middle of a run", LINE * 3 + b"* 1 FETCH (UID 5  FLAGS ())\r\n" + LINE * 3, []),
    ("a body in the middle of a run", LINE * 2 + b"* 2 FETCH (UID 6 BODY[] {28}\r\n" + LINE + b")\r\n" + LINE, [LINE]),
    ("a literal that says too much", b"* 1 FETCH (UID 5 BODY[] {999}\r\n" + LINE * 2, []),
    ("a literal that says too little", b"* 1 FETCH (UID 5 BODY[] {2}\r\nabc)\r\n" + LINE, []),
]


@pytest.mark.parametrize(("stream", "bodies"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_nothing_passes_for_something_else(stream: bytes, bodies: list[bytes]) -> None:
    for chunks in cuts(stream):
        check(chunks)
    read = ResponseReader(Limits()).feed(stream)
    found = [
        value for response in read if isinstance(response, FetchData) for item, value in response.items if item == BODY
    ]
    assert not bodies or found == bodies


# ---------------------------------------------------------------- generated and recorded streams

numbers = st.sampled_from([b"1", b"2", b"70", b"999999999", b"0", b"007", b"4294967295", b"4294967296", b"1" * 20, b""])
good_numbers = st.integers(1, 999_999_999).map(lambda number: b"%d" % number)
flag_lists = st.sampled_from(
    [
        b"",
        b"\\Seen",
        b"\\Seen \\Answered",
        b"\\seen $Label1",
        b"a" * 60,
        b"\\*",
        b"\\Seen  a",
        b" a",
        b"(",
        b"\\Seen\t",
        b'"',
    ]
)
days = st.sampled_from([b" 1", b"1", b"01", b"28", b"29", b"30", b"31", b"00", b"32"])
moments = st.builds(
    lambda day, month, rest: day + b"-" + month + rest,
    days,
    st.sampled_from([*dates.MONTHS, b"jan", b"Foo"]),
    st.sampled_from(
        [b"-2000 00:00:00 +0000", b"-1999 23:59:59 -1459", b"-2001 24:00:00 +0000", b"-0000 00:00:60 +2400"]
    ),
)
literals = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([LINE, b")\r\n", b" UID 5)\r\n", b"\r\n", LINE * 2, b"* 1 FETCH (UID 5 BODY[] {9}\r\n"]),
)
sizes = st.sampled_from([b"{%d}", b"{%d}", b"{%d}", b"{%d}", b"{0%d}", b"{%d+}", b"{1%d}", b"~{%d}"])


@st.composite
def items(draw: st.DrawFn, *, strict: bool) -> bytes:
    name = draw(st.sampled_from([b"UID", b"FLAGS", b"RFC822.SIZE", b"INTERNALDATE", b"X" if not strict else b"UID"]))
    if not strict and draw(st.booleans()):
        name = name.lower()
    if name.upper() == b"FLAGS":
        return name + b" (" + draw(st.just(b"\\Seen") if strict else flag_lists) + b")"
    if name.upper() == b"INTERNALDATE":
        return name + b' "' + (b"17-Jul-1996 02:44:25 -0700" if strict else draw(moments)) + b'"'
    return name + b" " + draw(good_numbers if strict else numbers)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """A FETCH response that fits a pattern, or nearly."""
    strict = draw(st.booleans())
    before = draw(
        st.lists(items(strict=strict), max_size=3, unique_by=lambda item: item.split()[0] if strict else item)
    )
    after = draw(st.lists(items(strict=strict), max_size=2))
    octets = draw(literals)
    size = b"{%d}" if strict else draw(sizes)
    name = draw(st.sampled_from([b"BODY[]", b"BODY[HEADER]", b"RFC822", b"RFC822.HEADER", b"BODY[1]"]))
    literal = [name + b" " + size % len(octets) + b"\r\n" + octets] if draw(st.booleans()) else []
    space = b" " if strict else draw(st.sampled_from([b" ", b" ", b" ", b"  ", b"\t", b""]))
    end = b"\r\n" if strict else draw(st.sampled_from([b"\r\n", b"\r\n", b"\n", b" \r\n", b"\r\r\n"]))
    number = draw(good_numbers if strict else numbers)
    answer = b"* " + number + b" FETCH (" + space.join([*before, *literal, *after]) + b")" + end
    return answer * draw(st.integers(1, 3))


lines = st.builds(
    lambda order, number, times: order % (number, number) * times,
    st.sampled_from([b"* %b FETCH (UID %b FLAGS (\\Seen))\r\n", b"* %b FETCH (FLAGS () UID %b)\r\n"]),
    good_numbers,
    st.integers(1, 4),
)
streams = st.lists(
    st.one_of(lines, lines, answers(), answers(), strategies.loose_lines, strategies.garbage), max_size=6
).map(b"".join)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=300)
@given(st.data(), st.one_of(streams, strategies.mutated(streams)), st.booleans())
def test_all_tiers_read_the_same(data: st.DataObject, stream: bytes, keep: bool) -> None:
    check(data.draw(strategies.cut(stream)), keep_extensions=keep)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=100)
@given(st.data(), streams, st.integers(0, 40))
def test_all_tiers_have_the_same_limits(data: st.DataObject, stream: bytes, literal: int) -> None:
    check(data.draw(strategies.cut(stream)), Limits(literal=literal + 1, line=8192, elements=128, nesting=2))


TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


@pytest.mark.parametrize("name", ["outlook-2007-with-2007", "outlook-2010-with-2010", "outlook-2013-with-2019"])
def test_recordings_of_exchange_are_read_alike_and_in_all_tiers(name: str) -> None:
    said = read(TRANSCRIPTS / "exchange" / f"{name}.imap").said(Sender.SERVER)
    stream = b"".join(one.octets.replace(b"$uidvalidity", b"1").replace(b"$", b"") for one in said)
    taken = check([stream])
    assert taken.columns
    assert taken.shaped
    assert taken.tolerant
    for size in (1, 7, 64, 200):
        check([stream[i : i + size] for i in range(0, len(stream), size)])


@pytest.mark.parametrize("path", sorted((TRANSCRIPTS / "logs").iterdir()), ids=lambda path: path.name)
def test_what_servers_log_is_read_alike_line_by_line(path: Path) -> None:
    """Most lines stand behind a time: what is left is what a reader says to them, each on its own."""
    stream = path.read_bytes()
    check([stream])
    for start in range(len(stream)):
        if stream[start : start + 2] == b"* ":
            check([stream[start:]])
            check([stream[start : start + 50], stream[start + 50 :]])


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("spare", [-1, 0, 1, 2, 3])
def test_the_line_limit_is_the_same_for_a_line_that_nearly_fits(spare: int) -> None:
    limits = Limits(line=LOWEST_LIMITS.line)
    flags = b"f" * (limits.line + 2 - len(LINE) - spare)
    check([LINE + b"* 1 FETCH (UID 5 FLAGS (" + flags + b"))\r\n" + LINE], limits)
    for gap in range(5):  # around a literal the lines count together
        body = b"* 1 FETCH (UID 5 BODY[] {1}\r\nx FLAGS (" + flags[: -10 - gap] + b"))\r\n"
        check([LINE, body[:100], body[100:], LINE], limits)


@pytest.mark.parametrize("size", [299, 300, 301])
@pytest.mark.parametrize("cut", [10, 29, 31, 200])
def test_the_literal_limit_is_the_same(size: int, cut: int) -> None:
    stream = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n" % (size, bytes(size))
    taken = check([stream[:cut], stream[cut:], LINE], Limits(literal=300))
    assert taken == (Tiers(columns=1, shaped=1) if size <= 300 else Tiers())
    assert check([LINE + stream + stream], Limits(literal=300)) == Tiers(columns=1, shaped=2 if size <= 300 else 0)


def test_a_literal_above_the_limit_within_a_run_ends_the_stream() -> None:
    body = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n"
    reader = ResponseReader(Limits(literal=3))
    read = reader.feed(body % (3, b"abc") * 2 + body % (4, b"abcd") + body % (3, b"abc"))
    assert len(read) == 2
    assert isinstance(reader.broken, LimitExceeded)
    assert reader.broken.limit == "literal"


@pytest.mark.parametrize("limits", [Limits(line=8191), Limits(elements=127), Limits(nesting=1)])
def test_under_lower_limits_the_tolerant_reader_sees_to_them(limits: Limits) -> None:
    assert check([LINE * 2], limits).columns == 0


@pytest.mark.parametrize("elements", [33, 34, 128])
def test_flags_count_as_elements_in_every_tier(elements: int) -> None:
    stream = b"* 1 FETCH (UID 5 FLAGS (" + b" ".join([b"a"] * 31) + b"))\r\n"
    check([stream * 2], Limits(elements=elements))


def test_a_literal_too_long_to_be_joined_is_left_to_the_tolerant_reader() -> None:
    size = (1 << 20) + 1
    stream = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % size
    body = bytes(size)
    assert check([stream, body, b")\r\n"]) == Tiers(tolerant=1)
    assert check([stream + body + b")\r\n"]) == Tiers(shaped=1)
    assert check([b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % (size - 1), body[1:], b")\r\n"]) == Tiers(tolerant=1)
    assert check([b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % (size - 1), body[1:] + b")\r\n"]) == Tiers(shaped=1)


def test_a_line_that_does_not_end_is_not_kept_beyond_its_limit() -> None:
    reader = ResponseReader(Limits(line=LOWEST_LIMITS.line))
    reader.feed(b"* 1 FETCH (UID 5 FLAGS (")
    while reader.broken is None and reader.buffered < 10_000:
        reader.feed(b"f" * 100)
    assert isinstance(reader.broken, LimitExceeded)
    assert reader.buffered == 24 + 82 * 100


@example(b"29-Feb-2024 00:00:00 +0000")
@given(st.one_of(moments, st.from_regex(dates.COMMON, fullmatch=True)))
def test_a_moment_of_the_common_form_is_the_moment_that_the_library_reads(octets: bytes) -> None:
    from imapclient.datetime_util import parse_to_datetime

    moment = dates.parse_date_time(octets)
    try:
        expected = parse_to_datetime(octets.strip(), normalise=False)
        expected.utcoffset()
    except ValueError:
        assert moment is None
    else:
        assert moment is not None
        assert (moment, moment.utcoffset()) == (expected, expected.utcoffset())


def test_steps_are_compared_at_every_chunk() -> None:
    reader = ResponseReader(Limits())
    seen = steps(reader, [LINE[:5], LINE[5:], b"\x00"], runs=True)
    assert [(len(read), buffered, state) for read, buffered, state in seen] == [
        (0, 5, "open"),
        (1, 0, "open"),
        (0, 1, "open"),
    ]
