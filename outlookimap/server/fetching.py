"""FETCH (RFC 3501 section 6.4.5): which items are answered, and how one is made from a message.

Knows neither how a message is cut nor how its structure is found. A part that a message does not have is NIL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from outlookimap.server import content
from outlookimap.server.behaviour import Behaviour, Reply
from outlookimap.server.body_structure import body_of
from outlookimap.server.envelope import envelope_of
from outlookimap.server.mime_parts import Structure, find
from outlookimap.server.replies import completed, selected_in
from outlookimap.server.selection import Named, Selected
from outlookimap.server.session import Handlers, Session
from outlookimap.server.seven_bit import to_seven_bit
from outlookimap.server.sizes import size_of
from outlookimap.server.store import Message
from outlookimap.wire import commands as c
from outlookimap.wire import fetch
from outlookimap.wire import flags as f
from outlookimap.wire import responses as r
from outlookimap.wire.dates import write_date_time
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.structure import Body, Envelope, Multipart, Part

MACROS: Mapping[bytes, tuple[bytes, ...]] = {
    b"FAST": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE),
    b"ALL": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE, fetch.ENVELOPE),
    b"FULL": (fetch.FLAGS, fetch.INTERNALDATE, fetch.RFC822_SIZE, fetch.ENVELOPE, fetch.BODY),
}

_OVERHEAD = 64  # octets of a response besides the message, about
_DESCRIBED = 1024  # octets of an envelope or a structure, about


@dataclass(frozen=True, slots=True)
class Item:
    r"""How one item of a request is answered: under which name and from what.

    `reads`: that sets \Seen. `opens`: the body is among what is answered.
    """

    answer: FetchAtt
    value: Callable[[Message, Behaviour], r.FetchValue]
    reads: bool = False
    opens: bool = False


def _envelope(message: Message, behaviour: Behaviour) -> Envelope:
    return envelope_of(content.header(message.octets), empty_as_nil=behaviour.empty_as_nil)


def _described(message: Message, behaviour: Behaviour, *, extended: bool) -> Body:
    root = message.structure.of(message.octets)
    return body_of(message.octets, root, extended=extended, empty_as_nil=behaviour.empty_as_nil)


_WHOLE = Section()
_HEADER = Section(specifier=fetch.HEADER)
_TEXT = Section(specifier=fetch.TEXT)

_PLAIN: Mapping[bytes, Item] = {
    fetch.UID: Item(FetchAtt(fetch.UID), lambda message, _: message.uid),
    fetch.FLAGS: Item(FetchAtt(fetch.FLAGS), lambda message, _: message.flags),
    fetch.INTERNALDATE: Item(FetchAtt(fetch.INTERNALDATE), lambda message, _: write_date_time(message.internaldate)),
    fetch.RFC822_SIZE: Item(FetchAtt(fetch.RFC822_SIZE), lambda message, be: size_of(message, be.sizing)),
    fetch.RFC822: Item(FetchAtt(fetch.RFC822), lambda message, _: cut(message, _WHOLE), reads=True, opens=True),
    fetch.RFC822_PEEK: Item(FetchAtt(fetch.RFC822), lambda message, _: cut(message, _WHOLE), opens=True),
    fetch.RFC822_HEADER: Item(FetchAtt(fetch.RFC822_HEADER), lambda message, _: cut(message, _HEADER)),
    fetch.RFC822_TEXT: Item(
        FetchAtt(fetch.RFC822_TEXT), lambda message, _: cut(message, _TEXT), reads=True, opens=True
    ),
    fetch.ENVELOPE: Item(FetchAtt(fetch.ENVELOPE), _envelope),
    fetch.BODY: Item(FetchAtt(fetch.BODY), lambda message, be: _described(message, be, extended=False)),
    fetch.BODYSTRUCTURE: Item(
        FetchAtt(fetch.BODYSTRUCTURE), lambda message, be: _described(message, be, extended=True)
    ),
}


def cut(message: Message, section: Section) -> bytes | None:
    """Return the octets of `message` that `section` names, None where it has no such part.

    HEADER and TEXT of a part are those of the message in it (RFC 3501 section 6.4.5).
    """
    octets = message.octets
    start, end = 0, len(octets)
    text = content.border(octets, start, end) if section.specifier is not None else end
    if section.part:
        part = find(message.structure.of(octets), section.part)
        if part is None:
            return None
        if section.specifier is None:
            return octets[part.text : part.end]
        if section.specifier == fetch.MIME:
            return octets[part.start : part.text]
        if part.message is None:
            return None
        start, text, end = part.message.start, part.message.text, part.message.end
    match section.specifier:
        case fetch.HEADER:
            return octets[start:text]
        case fetch.TEXT:
            return octets[text:end]
        case fetch.HEADER_FIELDS:
            return content.fields(octets[start:text], section.fields)
        case fetch.HEADER_FIELDS_NOT:
            return content.fields(octets[start:text], section.fields, others=True)
        case _:
            return octets


def item_for(asked: FetchAtt) -> Item:
    """Return how `asked` is answered."""
    if asked.section is None:
        return _PLAIN[asked.name]
    section, origin, count = asked.section, asked.origin, asked.count

    def value(message: Message, _: Behaviour) -> bytes | None:
        octets = cut(message, section)
        if octets is None or origin is None:
            return octets
        return octets[origin : origin + (count or 0)]

    opens = section.specifier in (None, fetch.TEXT)
    return Item(FetchAtt(fetch.BODY, section, origin), value, reads=asked.name == fetch.BODY, opens=opens)


def _items(asked: Iterable[FetchAtt]) -> list[Item]:
    """Return how a request is answered: no item of an answer stands in it twice."""
    items: dict[FetchAtt, Item] = {}
    for item in map(item_for, asked):
        known = items.setdefault(item.answer, item)
        if item.reads and not known.reads:  # BODY[] after BODY.PEEK[]
            items[item.answer] = replace(known, reads=True)
    return list(items.values())


def _fetch(session: Session, command: c.Fetch) -> Reply:
    r"""Send the items of the messages that a set names; what reads a message sets \Seen and shows it."""
    refusals, selected = session.behaviour.refusals, selected_in(session)
    asked = command.items if command.macro is None else tuple(map(FetchAtt, MACROS[command.macro]))
    if command.uid:
        asked = (FetchAtt(fetch.UID), *asked)
    items = _items(asked)
    if len(items) > session.behaviour.fetch_items:  # each may hold the whole message, and all go out in one response
        return refusals.unreadable
    named = selected.named(command.messages, uid=command.uid)
    if named is None:
        return refusals.message_set
    missing = 0
    for one in named:
        missing += not _sent(session, selected, one, items)
    return completed(session) if command.uid or not missing else refusals.gone


def _sent(session: Session, selected: Selected, one: Named, items: list[Item]) -> bool:
    """Send the items of one message; False when it is gone, though the client was not told yet."""
    behaviour = session.behaviour
    message = _opened(behaviour, selected, one, items)
    if message is None:
        return False
    reads = any(item.reads for item in items) and not selected.read_only and not message.has(f.SEEN)
    if reads:
        changed = selected.mailbox.change_flags((one.uid,), c.StoreAction.ADD, (f.SEEN,), by=selected.watch)
        message = replace(message, flags=changed[0].flags) if changed else message
    message = selected.shown(message)
    answers = [(item.answer, item.value(message, behaviour)) for item in items]
    if reads and all(answer.name != fetch.FLAGS for answer, _ in answers):
        answers.append((FetchAtt(fetch.FLAGS), message.flags))
    size = sum(
        len(value) if isinstance(value, bytes) else _DESCRIBED * isinstance(value, Part | Multipart | Envelope)
        for _, value in answers
    )
    session.send(r.FetchData(one.seq, tuple(answers)), octets=size + _OVERHEAD)
    return True


def _opened(behaviour: Behaviour, selected: Selected, one: Named, items: list[Item]) -> Message | None:
    """Return a message as it may go out, None when it is gone; whose body is asked for, its size is known then on.

    Statements: X10:V0007, X3:V0007, X10:V0045, X3:V0043
    """
    message = selected.mailbox.get(one.uid)
    if message is None:
        return None
    if behaviour.sizing.stored and not message.measured and any(item.opens for item in items):
        selected.mailbox.measure((one.uid,))
        message = replace(message, measured=True)
    if not behaviour.eight_bit and not message.octets.isascii():  # a store that was filled without a thought of this
        message = replace(message, octets=to_seven_bit(message.octets), structure=Structure())
    return message


HANDLERS: Handlers = {c.Fetch: _fetch}
"""Which function serves which command."""
