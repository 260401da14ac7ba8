"""What a server said, as values: how it was spelled, in which order and in whose words is gone from them.

Knows which differences in a server's lines mean nothing (RFC 3501 section 7), and nothing of how two conversations are
brought in step.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from outlookimap.traffic.format import STAR_ROW, Placeholder, Slot
from outlookimap.traffic.units import Unit
from outlookimap.wire.dates import parse_date_time
from outlookimap.wire.fetch import FLAGS, INTERNALDATE, UID, FetchAtt
from outlookimap.wire.limits import Limits
from outlookimap.wire.mailbox import INBOX, is_inbox
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import (
    AppendUid,
    CapabilityData,
    Code,
    Continuation,
    CopyUid,
    EnabledData,
    Exists,
    ExpungeData,
    FetchData,
    FetchValue,
    FlagsData,
    IdData,
    ListData,
    NamespaceData,
    Recent,
    Response,
    SearchData,
    StatusData,
    StatusResponse,
    UnknownData,
)
from outlookimap.wire.structure import Body, Multipart, Params, Part

Number: TypeAlias = tuple[bytes, bytes, int]
"""A number each server chooses for itself: ``UIDVALIDITY`` or ``UIDNEXT``, the mailbox if it is known, the number."""

Tags: TypeAlias = Callable[[Unit], dict[Slot, bytes]]
"""What the placeholders of a unit stand for, as far as that is known."""

_BOUND = (b"UIDVALIDITY", b"UIDNEXT")
UNBOUND = 0
"""What stands for ``$uidvalidity`` among numbers; no server may choose it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response.

    Two with the same `value` say the same, but for `numbers`, which are compared by what they stand for. `subject` says
    what it is about: of two with the same subject one has come in place of the other.
    """

    units: tuple[Unit, ...]
    response: Response | None
    subject: Hashable
    value: Hashable
    numbers: tuple[Number, ...] = ()

    @property
    def tag(self) -> bytes | None:
        """The tag of the command it completes, or None."""
        return self.response.tag if isinstance(self.response, StatusResponse) else None

    @property
    def place(self) -> int:
        """The index of its last entry's unit: when it was whole."""
        return self.units[-1].place

    @property
    def line(self) -> int:
        """The 1-based line in the file, 0 without one."""
        return self.units[0].line

    @property
    def shown(self) -> str:
        """The response as the file shows it, long literals cut off."""
        return "\n    ".join(unit.shown for unit in self.units)

    @property
    def expunges(self) -> bool:
        """Whether numbers of messages mean others after it."""
        return isinstance(self.response, ExpungeData)

    @property
    def is_counted(self) -> bool:
        """Whether it means something else before an EXPUNGE than after it."""
        return isinstance(self.response, Exists | Recent | FetchData | ExpungeData)

    @property
    def is_news(self) -> bool:
        """Whether a server may say it whenever it likes: EXISTS, RECENT, flags."""
        if isinstance(self.response, FetchData):
            return {item.name for item, _ in self.response.items} <= {FLAGS, UID}
        return isinstance(self.response, Exists | Recent)

    @property
    def means_nothing(self) -> bool:
        """Whether it is an untagged OK of which only words are left."""
        return isinstance(self.response, StatusResponse) and self.value == (None, b"OK", None)


def answers(said: Sequence[Unit], known: Tags) -> list[Answer]:
    """Return what the units of a server say, in their order; what cannot be read is compared as octets."""
    return [_answer(units, octets, response) for units, octets, response in _read(said, known)]


def _read(said: Sequence[Unit], known: Tags) -> Iterator[tuple[tuple[Unit, ...], bytes, Response | None]]:
    reader = ResponseReader(Limits())
    units: list[Unit] = []
    fed: list[bytes] = []
    for unit in said:
        units.append(unit)
        fed.append(_octets(unit, known(unit)))
        responses = reader.feed(fed[-1])
        if responses or reader.broken is not None:
            yield tuple(units), b"".join(fed), responses[0] if responses else None
            units, fed = [], []
        if reader.broken is not None:
            reader = ResponseReader(Limits())
    if units:
        yield tuple(units), b"".join(fed), None


def _octets(unit: Unit, known: dict[Slot, bytes]) -> bytes:
    return b"".join(part if isinstance(part, bytes) else _filled(part, known) for part in unit.text)


def _filled(slot: Slot, known: dict[Slot, bytes]) -> bytes:
    return b"%d" % UNBOUND if slot.kind is Placeholder.UIDVALIDITY else known.get(slot, slot.written)


def _answer(units: tuple[Unit, ...], octets: bytes, response: Response | None) -> Answer:
    match response:
        case StatusResponse():
            value, numbers = _code(response.code)
            about = (response.tag, response.code.name if response.code and response.tag is None else None)
            return Answer(units, response, about, (response.tag, response.condition.value, value), numbers)
        case StatusData():
            mailbox = _mailbox(response.mailbox)
            items = frozenset(item for item in response.items if item[0].upper() not in _BOUND)
            numbers = tuple(
                (item.upper(), mailbox, number) for item, number in response.items if item.upper() in _BOUND
            )
            value = (mailbox, items, frozenset(kind for kind, _, _ in numbers))
            return Answer(units, response, (b"STATUS", mailbox), value, numbers)
        case None:
            return Answer(units, None, "octets", ("octets", octets))
        case _:
            subject = _subject(response)
            return Answer(units, response, subject, (subject, _value(response)))


def _code(code: Code | None) -> tuple[Hashable, tuple[Number, ...]]:
    if code is None:
        return None, ()
    match code.value:
        case int() if code.name in _BOUND:
            return code.name, ((code.name, b"", code.value),)
        case AppendUid():
            return code.name, ((b"UIDVALIDITY", b"", code.value.uidvalidity),)
        case CopyUid():
            return (code.name, code.value.source), ((b"UIDVALIDITY", b"", code.value.uidvalidity),)
        case tuple():
            return (code.name, _folded(code.value)), ()
        case _:
            return (code.name, code.value), ()


def _subject(response: Response) -> Hashable:
    match response:
        case FetchData() | ExpungeData():
            return type(response).__name__, response.seq
        case ListData():
            return response.kind.upper(), _mailbox(response.mailbox)
        case _:
            return type(response).__name__


def _value(response: Response) -> Hashable:
    match response:
        case CapabilityData() | EnabledData():
            return _folded(response.capabilities)
        case FlagsData():
            return _folded(response.flags)
        case ListData():
            return _folded(response.attributes), response.delimiter
        case SearchData():
            return frozenset(response.numbers)
        case Exists() | Recent():
            return response.count
        case FetchData():
            return frozenset((_item(item), _fetched(item, value)) for item, value in response.items)
        case NamespaceData():
            return response.personal, response.others, response.shared
        case IdData():
            return (
                None if response.fields is None else frozenset((key.lower(), value) for key, value in response.fields)
            )
        case UnknownData():
            return _starred(response.data)
        case Continuation() | ExpungeData():
            return None  # a text, or a challenge that is never the same; all is said by the subject
        case _:
            return response


def _item(item: FetchAtt) -> Hashable:
    return item.name.upper(), item.section.folded() if item.section else None, item.origin


def _fetched(item: FetchAtt, value: FetchValue) -> Hashable:
    match value:
        case bytes() if item.name == INTERNALDATE:
            return parse_date_time(value) or value
        case bytes():
            return _starred(value)
        case tuple():
            return _folded(value)
        case Part() | Multipart():
            return _structure(value)
        case _:
            return value


def _structure(body: Body) -> Body:
    """Return a body structure with everything whose case means nothing in one case."""
    extension = body.extension
    if extension is not None:
        disposition = extension.disposition
        if disposition is not None:
            disposition = replace(disposition, kind=disposition.kind.upper(), params=_params(disposition.params))
        extension = replace(extension, params=_params(extension.params), disposition=disposition)
    if isinstance(body, Multipart):
        parts = tuple(_structure(part) for part in body.parts)
        return replace(body, parts=parts, subtype=body.subtype.upper(), extension=extension)
    return replace(
        body,
        media=body.media.upper(),
        subtype=body.subtype.upper(),
        params=_params(body.params),
        encoding=body.encoding.upper(),
        body=None if body.body is None else _structure(body.body),
        extension=extension,
    )


def _params(params: Params) -> Params:
    return tuple(
        sorted((name.upper(), value.upper() if name.upper() == b"CHARSET" else value) for name, value in params)
    )


def _folded(names: Sequence[bytes]) -> frozenset[bytes]:
    return frozenset(name.upper() for name in names)


def _mailbox(name: bytes) -> bytes:
    return INBOX if is_inbox(name) else name


def _starred(octets: bytes) -> bytes:
    return STAR_ROW.sub(b"**", octets)
