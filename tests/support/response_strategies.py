"""Hypothesis strategies for every response a strict server may send, and for streams that are almost right."""

from __future__ import annotations

import re
from typing import TypeVar

from hypothesis import strategies as st

from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.fetch import HEADER_FIELDS, HEADER_FIELDS_NOT, MIME, PLAIN_NAMES, FetchAtt, Section
from outlookimap.wire.flags import RECENT, SYSTEM, in_order
from outlookimap.wire.sequence import MAX_NUMBER, SequenceSet
from outlookimap.wire.structure import (
    Address,
    Body,
    Disposition,
    Envelope,
    Extension,
    ExtensionValue,
    Multipart,
    Part,
)

T = TypeVar("T")

ATOM_OCTETS = bytes(octet for octet in range(0x21, 0x7F) if octet not in b'(){%*"\\]')
TEXT_OCTETS = bytes(octet for octet in range(0x01, 0x80) if octet not in b"\r\n")
LITERAL_OCTETS = bytes(range(0x01, 0x100))

styles = st.builds(
    Style, quote_always=st.booleans(), quoted_limit=st.sampled_from([0, 3, 1024]), literal_plus=st.booleans()
)


def opaque(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """The same strategy with a short repr: hypothesis warns of long ones."""

    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        return draw(strategy)

    return drawn()


def octets_of(alphabet: bytes, *, min_size: int = 0, max_size: int = 10) -> st.SearchStrategy[bytes]:
    # deferred: what hypothesis shows of a strategy is short then, which it wants
    return st.deferred(
        lambda: st.lists(st.sampled_from(list(alphabet)), min_size=min_size, max_size=max_size).map(bytes)
    )


def some(strategy: st.SearchStrategy[T], *, min_size: int = 0, max_size: int = 4) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, min_size=min_size, max_size=max_size).map(tuple)


atoms = octets_of(ATOM_OCTETS, min_size=1)
upper_atoms = atoms.map(bytes.upper)
ODD_STRINGS = (b"", b"NIL", b"INBOX", b"a]b", b'say "no"', b"back\\slash", b"{5}", b"line\r\nline", b"\x01\x7f")
strings = opaque(st.one_of(st.sampled_from(ODD_STRINGS), octets_of(LITERAL_OCTETS)))
nstrings = st.one_of(st.none(), strings)
numbers = st.one_of(st.integers(0, 9), st.integers(0, MAX_NUMBER))
nz_numbers = st.one_of(st.integers(1, 9), st.integers(1, MAX_NUMBER))
delimiters = st.one_of(st.none(), st.sampled_from([b"/", b".", b"\\", b'"', b" "]))


# ---------------------------------------------------------------- status responses

texts = octets_of(TEXT_OCTETS, min_size=1, max_size=20).filter(lambda text: not re.match(rb"[ \t]*\[", text))
tags = octets_of(bytes(set(ATOM_OCTETS + b"]") - set(b"+[")), min_size=1, max_size=5)
uid_sets = some(st.tuples(nz_numbers, nz_numbers), min_size=1).map(SequenceSet)
keywords = st.one_of(st.sampled_from([*SYSTEM, b"$MDNSent", b"\\Extension"]), atoms)
flags = some(keywords).map(in_order)
capabilities = st.one_of(
    st.sampled_from([b"IMAP4REV1", b"IDLE", b"AUTH=PLAIN", b"AUTH=DIGEST-MD5"]), upper_atoms
).filter(lambda name: name != b"AUTH=")
charsets = some(strings.filter(lambda charset: charset.upper() != b"NIL"), max_size=3)
KNOWN_CODES = (
    b"ALERT", b"APPENDUID", b"BADCHARSET", b"CAPABILITY", b"COPYUID", b"PARSE", b"PERMANENTFLAGS", b"READ-ONLY",
    b"READ-WRITE", b"TRYCREATE", b"UIDNEXT", b"UIDNOTSTICKY", b"UIDVALIDITY", b"UNSEEN",
)  # fmt: skip
codes = st.one_of(
    st.builds(
        r.Code, st.sampled_from([b"ALERT", b"PARSE", b"READ-ONLY", b"READ-WRITE", b"TRYCREATE", b"UIDNOTSTICKY"])
    ),
    st.builds(r.Code, st.sampled_from([b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN"]), nz_numbers),
    st.builds(r.Code, st.just(b"BADCHARSET"), charsets),
    st.builds(r.Code, st.just(b"CAPABILITY"), some(capabilities, min_size=1)),
    st.builds(r.Code, st.just(b"PERMANENTFLAGS"), some(st.one_of(keywords, st.just(b"\\*"))).map(in_order)),
    st.builds(r.Code, st.just(b"APPENDUID"), st.builds(r.AppendUid, nz_numbers, uid_sets)),
    st.builds(r.Code, st.just(b"COPYUID"), st.builds(r.CopyUid, nz_numbers, uid_sets, uid_sets)),
    st.builds(
        r.Code,
        upper_atoms.filter(lambda name: name not in KNOWN_CODES),
        st.one_of(st.none(), octets_of(bytes(set(TEXT_OCTETS) - set(b']"')), min_size=1)),
    ),
)
statuses = st.one_of(
    st.builds(r.StatusResponse, st.none(), st.sampled_from(r.Condition), st.one_of(st.none(), codes), texts),
    st.builds(
        r.StatusResponse,
        tags,
        st.sampled_from([r.Condition.OK, r.Condition.NO, r.Condition.BAD]),
        st.one_of(st.none(), codes),
        texts,
    ),
)


# ---------------------------------------------------------------- body structures

addresses = some(st.builds(Address, nstrings, nstrings, nstrings, nstrings), max_size=2)
envelopes = st.builds(
    Envelope, nstrings, nstrings, addresses, addresses, addresses, addresses, addresses, addresses, nstrings, nstrings
)
params = some(st.tuples(strings, strings), max_size=2)
dispositions = st.one_of(st.none(), st.builds(Disposition, strings, params))
languages = some(strings, max_size=2)
further: st.SearchStrategy[ExtensionValue] = st.recursive(
    st.one_of(nstrings, numbers), lambda inner: some(inner, min_size=1, max_size=2), max_leaves=4
)
furthers = some(further, max_size=2)
part_extensions = st.builds(
    Extension, md5=nstrings, disposition=dispositions, language=languages, location=nstrings, further=furthers
)
multipart_extensions = st.builds(
    Extension, params=params, disposition=dispositions, language=languages, location=nstrings, further=furthers
)


def _parts(*, extended: bool) -> st.SearchStrategy[Part]:
    extensions = st.one_of(st.none(), part_extensions) if extended else st.none()
    basic = st.builds(
        Part, st.sampled_from([b"IMAGE", b"application"]), strings, params, nstrings, nstrings, strings, numbers,
        extension=extensions,
    )  # fmt: skip
    text = st.builds(
        Part, st.sampled_from([b"TEXT", b"text"]), strings, params, nstrings, nstrings, strings, numbers, numbers,
        extension=extensions,
    )  # fmt: skip
    return st.one_of(basic, text)


def _bodies(*, extended: bool) -> st.SearchStrategy[Body]:
    extensions = st.one_of(st.none(), multipart_extensions) if extended else st.none()
    leaves: st.SearchStrategy[Body] = _parts(extended=extended)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Multipart, some(inner, min_size=1, max_size=3), strings, extensions),
            st.builds(
                Part, st.just(b"MESSAGE"), st.just(b"RFC822"), params, nstrings, nstrings, strings, numbers, numbers,
                envelopes, inner, st.none() if not extended else st.one_of(st.none(), part_extensions),
            ),
        ),
        max_leaves=4,
    )  # fmt: skip


bodies = _bodies(extended=True)
body_structures = bodies.map(lambda body: r.FetchData(1, ((FetchAtt(b"BODYSTRUCTURE"), body),)))
base_bodies = _bodies(extended=False)


# ---------------------------------------------------------------- FETCH

dates = st.sampled_from([b"17-Jul-1996 02:44:25 -0700", b" 1-Jan-2001 00:00:00 +0000", b"29-Feb-2012 23:59:59 +1300"])
part_numbers = some(st.integers(1, 99), max_size=3)
fields = some(st.one_of(upper_atoms, strings), min_size=1, max_size=3)
sections = st.one_of(
    st.builds(Section, part_numbers, st.sampled_from([None, b"HEADER", b"TEXT"])),
    st.builds(Section, some(st.integers(1, 99), min_size=1, max_size=3), st.just(MIME)),
    st.builds(Section, part_numbers, st.sampled_from([HEADER_FIELDS, HEADER_FIELDS_NOT]), fields),
)
RAW_VALUES = (b"(12)", b"12", b"NIL", b'"a ) b"', b'(a (b "c" {3}\r\n)))) NIL)', b"{2}\r\n\xff\n", b"~{1}\r\nx")


def _item(name: bytes, values: st.SearchStrategy[r.FetchValue]) -> st.SearchStrategy[tuple[FetchAtt, r.FetchValue]]:
    return st.tuples(st.just(FetchAtt(name)), values)


unknown_names = st.from_regex(r"[A-Z][A-Z0-9.\-_/$:]{0,8}", fullmatch=True).map(str.encode).filter(
    lambda name: name not in PLAIN_NAMES
)  # fmt: skip
fetch_items = st.one_of(
    _item(b"UID", nz_numbers),
    _item(b"RFC822.SIZE", numbers),
    _item(b"FLAGS", some(st.one_of(keywords, st.just(RECENT))).map(in_order)),
    _item(b"INTERNALDATE", dates),
    _item(b"ENVELOPE", envelopes),
    _item(b"BODY", base_bodies),
    _item(b"BODYSTRUCTURE", bodies),
    _item(b"RFC822", nstrings),
    _item(b"RFC822.HEADER", nstrings),
    _item(b"RFC822.TEXT", nstrings),
    st.tuples(
        st.builds(FetchAtt, st.just(b"BODY"), sections, st.one_of(st.none(), numbers)),
        nstrings,
    ),
    st.tuples(st.builds(FetchAtt, unknown_names), st.sampled_from(RAW_VALUES)),
)
fetches = st.builds(
    r.FetchData,
    nz_numbers,
    st.lists(fetch_items, min_size=1, max_size=5, unique_by=lambda item: item[0]).map(tuple),
)


# ---------------------------------------------------------------- everything else

attributes = some(st.sampled_from([b"\\Noinferiors", b"\\HasChildren", b"\\HasNoChildren", b"\\Sent", b"\\Mine"])).map(
    in_order
)
list_data = st.builds(
    lambda kind, selectable, others, delimiter, mailbox: r.ListData(kind, selectable + others, delimiter, mailbox),
    st.sampled_from([b"LIST", b"LSUB", b"XLIST"]),
    st.sampled_from([(), (b"\\Noselect",), (b"\\Marked",), (b"\\Unmarked",)]),
    attributes,
    delimiters,
    strings,
)
namespaces = some(st.tuples(strings, delimiters), max_size=2)
id_fields = st.lists(
    st.tuples(strings, nstrings), max_size=3, unique_by=lambda field: field[0].upper()
).map(tuple)  # fmt: skip
RESPONSE_STRATEGIES: dict[type[r.Response], st.SearchStrategy[r.Response]] = {
    r.Continuation: st.builds(
        r.Continuation, st.one_of(st.just(b""), texts.filter(lambda text: text[:1] not in b" \t"))
    ),
    r.StatusResponse: statuses,
    r.CapabilityData: st.builds(r.CapabilityData, some(capabilities, min_size=1)),
    r.ListData: list_data,
    r.StatusData: st.builds(r.StatusData, strings, some(st.tuples(upper_atoms, numbers))),
    r.SearchData: st.builds(r.SearchData, some(nz_numbers, max_size=8)),
    r.FlagsData: st.builds(r.FlagsData, flags),
    r.Exists: st.builds(r.Exists, numbers),
    r.Recent: st.builds(r.Recent, numbers),
    r.ExpungeData: st.builds(r.ExpungeData, nz_numbers),
    r.FetchData: fetches,
    r.NamespaceData: st.builds(r.NamespaceData, namespaces, namespaces, namespaces),
    r.IdData: st.builds(r.IdData, st.one_of(st.none(), id_fields)),
    r.EnabledData: st.builds(r.EnabledData, some(capabilities)),
    r.UnknownData: st.builds(
        r.UnknownData,
        st.sampled_from(
            [b"XPIG-LATIN ow-nay", b"12 XPIG", b"THREAD (2)(3 6 (4 23)(44 7 96))", b"X {3}\r\na\r\n y", b'"odd"']
        ),
    ),
}
any_response = st.one_of(*RESPONSE_STRATEGIES.values())


# ---------------------------------------------------------------- streams

LOOSE_LINES = (
    b"", b" ", b"+", b"*", b"* ", b"a OK", b"* 5 EXISTS ", b"*  OK  [UIDNEXT 5 ]x", b"* OK [COPYUID 14  ]", b"* OK [X",
    b"[COPYUID 55 31 6]", b'* OK [Error="x ]" y] z', b"* LIST () NIL my box ", b'* LIST () "\\" "x"', b"* SEARCH 1  2 ",
    b"* STATUS a b (MESSAGES 1 )", b"* CAPABILITY imap4 AUTH= NTLM", b"* 1 FETCH (FLAGS (\\Seen) FLAGS () UID 0)",
    b"* 1 FETCH (BODY[]{012}\r\n123456789012\r\n \r\n FLAGS ())", b"* 1 FETCH (BODY (NIL NIL) MODSEQ (12))",
    b'* 2 FETCH (BODYSTRUCTURE ("TEXT" "X" () NIL NIL NIL -1 NIL "inline" NIL))', b"* 3 FETCH (ENVELOPE (NIL) UID 1)",
    b"\x00\xff", b"a b c", b"* NAMESPACE NIL", b'* ID ("a")', b"* LIST", b"{3}\r\nabc", b"* X {99999999999}",
)  # fmt: skip
TOKENS = (
    b"* ", b"+ ", b"a ", b"OK ", b"1 ", b"FETCH ", b"LIST ", b"STATUS ", b"SEARCH ", b"ID ", b"NAMESPACE ", b"(", b")",
    b"[", b"]", b'"', b"\\", b"\r\n", b"\n", b" ", b"{1}\r\n", b"{2", b"}", b"NIL", b"BODY", b"BODYSTRUCTURE ", b"UID ",
    b"FLAGS ", b"ENVELOPE ", b"COPYUID ", b"x", b"0", b"99999999999", b"99999999999999999999", b"\0", b"\xe9", b"<",
    b">",
)  # fmt: skip
loose_lines = st.sampled_from(LOOSE_LINES).map(lambda line: line + b"\r\n")
garbage = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from(TOKENS), max_size=30).map(lambda tokens: b"".join(tokens) + b"\r\n"),
)


@st.composite
def mutated(draw: st.DrawFn, streams: st.SearchStrategy[bytes]) -> bytes:
    """A stream with a few octets taken out, put in or exchanged."""
    octets = bytearray(draw(streams))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(octets)))
        octets[start : start + draw(st.integers(0, 3))] = draw(
            st.one_of(st.sampled_from(TOKENS), st.binary(max_size=2))
        )
    return bytes(octets)


@st.composite
def cut(draw: st.DrawFn, octets: bytes) -> list[bytes]:
    """A stream in chunks."""
    if draw(st.booleans()):
        return [octets[i : i + 1] for i in range(len(octets))]
    ends = sorted(draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    return [octets[start:end] for start, end in zip([0, *ends], [*ends, len(octets)], strict=True)]
