"""Hypothesis strategies for every command, with the values its writer can spell in each style."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from outlookimap.wire import commands, fetch, search
from outlookimap.wire.building import Style
from outlookimap.wire.flags import SYSTEM
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import MAX_NUMBER, SequenceSet

ATOM_OCTETS = bytes(octet for octet in range(0x21, 0x7F) if octet not in b'(){%*"\\]')
PRINTABLE = bytes(range(0x20, 0x7F))

STYLES = [
    Style(quote_always=quote_always, quoted_limit=quoted_limit, literal_plus=literal_plus)
    for quote_always in (False, True)
    for quoted_limit in (0, 5, 1024)
    for literal_plus in (False, True)
]


def octets_of(alphabet: bytes, *, min_size: int = 0, max_size: int = 12) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(list(alphabet)), min_size=min_size, max_size=max_size).map(bytes)


tags = octets_of(bytes(set(ATOM_OCTETS) - {ord("+")}) + b"]", min_size=1, max_size=6)
atoms = octets_of(ATOM_OCTETS, min_size=1)
upper_atoms = atoms.map(bytes.upper)
strings = st.one_of(
    st.sampled_from([b"", b"NIL", b"INBOX", b"a]b", b'say "no"', b"back\\slash", b"{5}", b"line\r\nline", b"\x01\x7f"]),
    octets_of(PRINTABLE),
    st.binary(max_size=12).map(lambda octets: octets.replace(b"\0", b"")),
)
secrets = strings.map(Secret)
flags = st.lists(st.one_of(st.sampled_from([*SYSTEM, b"$MDNSent", b"\\Extension"]), atoms), max_size=4).map(tuple)
attributes = st.lists(st.sampled_from([b"\\Sent", b"\\Drafts", b"\\Trash", b"\\Mine"]), max_size=3).map(tuple)
options = st.lists(upper_atoms, max_size=2).map(tuple)

numbers = st.one_of(st.none(), st.integers(1, MAX_NUMBER), st.integers(1, 9))
sequence_sets = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5).map(
    lambda ranges: SequenceSet(tuple(ranges))
)

moments = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 12, 31)).map(
    lambda moment: moment.strftime("%d-%b-%Y %H:%M:%S +0130").encode()
)
days = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))


def _leaves() -> st.SearchStrategy[search.SearchKey]:
    return st.one_of(
        st.builds(search.Flagging, st.sampled_from(sorted(search.BARE))),
        st.builds(search.Containing, st.sampled_from(sorted(search.TEXTS)), strings),
        st.builds(search.Dated, st.sampled_from(sorted(search.DATES)), days),
        st.builds(search.Sized, st.sampled_from(sorted(search.NUMBERS)), st.integers(0, MAX_NUMBER)),
        st.builds(search.Keyworded, st.sampled_from(sorted(search.KEYWORDS)), atoms),
        st.builds(search.HeaderContaining, strings, strings),
        st.builds(search.Numbered, sequence_sets, st.booleans()),
    )


search_keys: st.SearchStrategy[search.SearchKey] = st.recursive(
    _leaves(),
    lambda keys: st.one_of(
        st.builds(search.Not, keys),
        st.builds(search.Either, keys, keys),
        st.builds(search.Every, st.lists(keys, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)

_parts = st.lists(st.integers(1, MAX_NUMBER), max_size=3).map(tuple)
_fields = st.lists(strings, min_size=1, max_size=3).map(tuple)
sections = st.one_of(
    st.builds(fetch.Section, _parts, st.sampled_from([None, fetch.HEADER, fetch.TEXT])),
    st.builds(fetch.Section, _parts.filter(bool), st.just(fetch.MIME)),
    st.builds(fetch.Section, _parts, st.sampled_from([fetch.HEADER_FIELDS, fetch.HEADER_FIELDS_NOT]), _fields),
)
_body_names = st.sampled_from([fetch.BODY, fetch.BODY_PEEK])
fetch_atts = st.one_of(
    st.builds(fetch.FetchAtt, st.sampled_from(sorted(fetch.PLAIN_NAMES))),
    st.builds(fetch.FetchAtt, _body_names, sections),
    st.builds(fetch.FetchAtt, _body_names, sections, st.integers(0, MAX_NUMBER), st.integers(1, MAX_NUMBER)),
)

_fetches = st.one_of(
    st.builds(
        commands.Fetch, sequence_sets, st.lists(fetch_atts, min_size=1, max_size=4).map(tuple), uid=st.booleans()
    ),
    st.builds(
        commands.Fetch, sequence_sets, fetch_atts.map(lambda item: (item,)), uid=st.booleans(),
        parenthesized=st.just(False),
    ),
    st.builds(commands.Fetch, sequence_sets, macro=st.sampled_from(fetch.MACROS), uid=st.booleans()),
)  # fmt: skip
_actions = st.sampled_from(commands.StoreAction)
_stores = st.one_of(
    st.builds(commands.Store, sequence_sets, _actions, flags, st.booleans(), st.booleans()),
    st.builds(
        commands.Store, sequence_sets, _actions, flags.filter(bool), st.booleans(), st.booleans(), st.just(False)
    ),
)
_id_fields = st.lists(
    st.tuples(strings, st.one_of(st.none(), strings)), max_size=3, unique_by=lambda field: field[0].upper()
).map(tuple)
_status_items = st.lists(st.sampled_from(commands.STATUS_ITEMS), min_size=1, max_size=5).map(tuple)
_charsets = st.one_of(st.none(), st.sampled_from([b"UTF-8", b"US-ASCII", b"NF_Z_62-010_(1973)"]))
_unknown = st.builds(
    commands.UnknownCommand,
    st.one_of(upper_atoms.filter(commands.is_unknown), st.sampled_from([b"UID SORT", b"XAPPLE"])),
    st.sampled_from([b"", b"(DATE) UTF-8 ALL", b'"quoted \x01" tab\there  ', b"{5}x", b"%*]"]),
)

STRATEGIES: dict[type[commands.Command], st.SearchStrategy[commands.Command]] = {
    **{
        command: st.builds(command)
        for command in (
            commands.Capability, commands.Noop, commands.Logout, commands.StartTls, commands.Namespace, commands.Idle,
            commands.Check, commands.Close, commands.Unselect,
        )
    },
    **{
        command: st.builds(command, strings)
        for command in (commands.Select, commands.Examine, commands.Delete, commands.Subscribe, commands.Unsubscribe)
    },
    commands.Authenticate: st.builds(
        commands.Authenticate, st.sampled_from([b"PLAIN", b"DIGEST-MD5"]), st.one_of(st.none(), secrets)
    ),
    commands.Login: st.builds(commands.Login, strings, secrets),
    commands.Enable: st.builds(commands.Enable, st.lists(upper_atoms, min_size=1, max_size=3).map(tuple)),
    commands.Create: st.builds(commands.Create, strings, attributes),
    commands.Rename: st.builds(commands.Rename, strings, strings),
    commands.List: st.builds(commands.List, strings, strings, options, options),
    commands.Lsub: st.builds(commands.Lsub, strings, strings),
    commands.Xlist: st.builds(commands.Xlist, strings, strings),
    commands.Status: st.builds(commands.Status, strings, _status_items),
    commands.Append: st.builds(
        commands.Append, strings, strings, st.one_of(st.none(), flags), st.one_of(st.none(), moments)
    ),
    commands.Id: st.builds(commands.Id, st.one_of(st.none(), _id_fields)),
    commands.Expunge: st.builds(commands.Expunge, st.one_of(st.none(), sequence_sets)),
    commands.Search: st.builds(
        commands.Search, st.lists(search_keys, min_size=1, max_size=3).map(tuple), _charsets, st.booleans()
    ),
    commands.Fetch: _fetches,
    commands.Store: _stores,
    commands.Copy: st.builds(commands.Copy, sequence_sets, strings, st.booleans()),
    commands.Move: st.builds(commands.Move, sequence_sets, strings, st.booleans()),
    commands.UnknownCommand: _unknown,
}  # fmt: skip
"""A strategy for each command."""

any_command: st.SearchStrategy[commands.Command] = st.one_of(*STRATEGIES.values())
