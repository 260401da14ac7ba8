"""FETCH (RFC 3501 section 6.4.5): which items are answered, and how one is made from a message.

ENVELOPE, BODYSTRUCTURE and the parts of a message need its structure, which is not known here: they are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from outlookimap.server import content
from outlookimap.server.behaviour import Reply
from outlookimap.server.replies import completed, selected_in
from outlookimap.server.selection import Named, Selected
from outlookimap.server.session import Handlers, Session
from outlookimap.server.store import Message
from outlookimap.wire import commands as c
from outlookimap.wire import fetch
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire.dates import write_date_time
from outlookimap.wire.fetch import FetchAtt, Section

MACROS: Mapping[bytes, tuple[bytes, ...]] = {
    b"FAST": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE),
    b"ALL": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE, fetch.ENVELOPE),
    b"FULL": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE, fetch.ENVELOPE, fetch.BODY),
}

_OVERHEAD = 64  # octets of a response besides the message, about


@dataclass(frozen=True, slots=True)
class Item:
    r"""How one item of a request is answered: under which name, from what, and whether that sets \Seen."""

    answer: FetchAtt
    value: Callable[[Message], r.FetchValue]
    reads: bool = False


_PLAIN: Mapping[bytes, Item] = {
    fetch.UID: Item(FetchAtt(fetch.UID), lambda message: message.uid),
    fetch.FLAGS: Item(FetchAtt(fetch.FLAGS), lambda message: message.flags),
    fetch.INTERNALDATE: Item(FetchAtt(fetch.INTERNALDATE), lambda message: write_date_time(message.internaldate)),
    fetch.RFC822_SIZE: Item(FetchAtt(fetch.RFC822_SIZE), lambda message: len(message.octets)),
    fetch.RFC822: Item(FetchAtt(fetch.RFC822), lambda message: message.octets, reads=True),
    fetch.RFC822_PEEK: Item(FetchAtt(fetch.RFC822), lambda message: message.octets),
    fetch.RFC822_HEADER: Item(FetchAtt(fetch.RFC822_HEADER), lambda message: content.header(message.octets)),
    fetch.RFC822_TEXT: Item(FetchAtt(fetch.RFC822_TEXT), lambda message: content.text(message.octets), reads=True),
}

_SECTIONS: Mapping[bytes | None, Callable[[bytes, Section], bytes]] = {
    None: lambda octets, _: octets,
    fetch.HEADER: lambda octets, _: content.header(octets),
    fetch.TEXT: lambda octets, _: content.text(octets),
    fetch.HEADER_FIELDS: lambda octets, section: content.fields(octets, section.fields),
    fetch.HEADER_FIELDS_NOT: lambda octets, section: content.fields(octets, section.fields, others=True),
}


def item_for(asked: FetchAtt) -> Item | None:
    """Return how `asked` is answered, None when it cannot be yet."""
    if asked.section is None:
        return _PLAIN.get(asked.name)
    section, origin, count = asked.section, asked.origin, asked.count
    cut = _SECTIONS.get(section.specifier)
    if section.part or cut is None:
        return None
    answer = FetchAtt(fetch.BODY, section, origin)

    def value(message: Message) -> bytes:
        octets = cut(message.octets, section)
        return octets if origin is None else octets[origin : origin + (count or 0)]

    return Item(answer, value, reads=asked.name == fetch.BODY)


def _fetch(session: Session, command: c.Fetch) -> Reply:
    r"""Send the items of the messages that a set names; what reads a message sets \Seen and shows it."""
    refusals, selected = session.behaviour.refusals, selected_in(session)
    asked = command.items if command.macro is None else tuple(map(FetchAtt, MACROS[command.macro]))
    if command.uid:
        asked = (FetchAtt(fetch.UID), *asked)
    items: list[Item] = []
    for att in dict.fromkeys(asked):
        item = item_for(att)
        if item is None:
            return refusals.not_yet
        items.append(item)
    named = selected.named(command.messages, uid=command.uid)
    if named is None:
        return refusals.message_set
    missing = 0
    for one in named:
        missing += not _sent(session, selected, one, items)
    return completed(session) if command.uid or not missing else refusals.gone


def _sent(session: Session, selected: Selected, one: Named, items: list[Item]) -> bool:
    """Send the items of one message; False when it is gone, though the client was not told yet."""
    message = selected.mailbox.get(one.uid)
    if message is None:
        return False
    reads = any(item.reads for item in items) and not selected.read_only and not message.has(f.SEEN)
    if reads:
        changed = selected.mailbox.change_flags((one.uid,), c.StoreAction.ADD, (f.SEEN,), by=selected.watch)
        message = changed[0] if changed else message
    answers = [(item.answer, item.value(message)) for item in items]
    if reads and all(answer.name != fetch.FLAGS for answer, _ in answers):
        answers.append((FetchAtt(fetch.FLAGS), message.flags))
    size = sum(len(value) for _, value in answers if isinstance(value, bytes))
    session.send(r.FetchData(one.seq, tuple(answers)), octets=size + _OVERHEAD)
    return True


HANDLERS: Handlers = {c.Fetch: _fetch}
"""Which function serves which command."""
