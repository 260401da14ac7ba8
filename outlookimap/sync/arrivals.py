"""Takes what a FETCH brings, chunk by chunk, and stores it: in transactions of 1,000 messages or 4 MB.

Whatever ends a fetch early, a broken connection or somebody's patience: what has arrived by then is stored, so that it
is never fetched twice. Sends nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Self, TypeAlias

from outlookimap.cache import Arrived, Cache, Flag
from outlookimap.cache.rows import flag_bits, keywords
from outlookimap.client import Message
from outlookimap.errors import CacheError
from outlookimap.sync.plan import Seen

MESSAGES = 1000
OCTETS = 4_000_000
"""How much one transaction holds at most, but for what came with the last chunk."""

_SAID = ("flags", "size", "internaldate", "header")

Step: TypeAlias = Callable[[int, int], object]
"""Is told how many messages came, and how many octets of them."""


@lru_cache(maxsize=4096)
def flags_of(names: frozenset[str]) -> tuple[Flag, str]:
    """Return flags as the cache keeps them: the five, and keywords.

    Statements: O5:V0005
    """
    return flag_bits(names), keywords(names)


class _Batch(ABC):
    """What came and is not stored yet; leaving the ``with`` block stores it, whatever has happened."""

    def __init__(self, cache: Cache, step: Step) -> None:
        self._cache = cache
        self._step = step
        self._held: dict[int, Message] = {}
        self._octets = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not isinstance(error, CacheError):  # what could not be stored cannot be stored now either
            self._store(last=True)

    def take(self, messages: Sequence[Message]) -> None:
        """Take the messages of one chunk; what has to wait for its other half waits."""
        count = octets = 0
        for message in messages:
            if message.uid is None:
                continue
            known = self._held.get(message.uid)
            self._held[message.uid] = message if known is None else _joined(known, message)
            content = message.header if message.body is None else message.body
            if content is not None:
                count += 1
                octets += len(content)
        self._octets += octets
        if len(self._held) >= MESSAGES or self._octets >= OCTETS:
            self._store(last=False)
        self._step(count, octets)

    def _store(self, *, last: bool) -> None:
        ready = {uid: message for uid, message in self._held.items() if last or self._whole(message)}
        if ready:
            with self._cache.transaction():
                self._write(ready)
        for uid in ready:
            del self._held[uid]
        self._octets = 0

    @abstractmethod
    def _whole(self, message: Message) -> bool:
        """Tell whether all of it came: servers may say it in parts."""

    @abstractmethod
    def _write(self, messages: Mapping[int, Message]) -> None:
        """Write messages by UID."""


def _joined(first: Message, second: Message) -> Message:
    """Return what two responses say of one message; the second counts where both speak, unless it is but a part.

    Statements: O5:V0070
    """
    said = {name: value for name in _SAID if (value := getattr(second, name)) is not None}
    if second.body is not None and (first.body is None or first.partial or not second.partial):
        said |= {"body": second.body, "partial": second.partial}
    return first._replace(**said)


class Headers(_Batch):
    """Headers on their way into one generation of a folder; `ids` are the rows they became, by UID.

    A message of which everything came but a header, which a server may lack, is kept with an empty one.

    Statements: O5:C0002, O5:V0055
    """

    def __init__(self, cache: Cache, folder: int, generation: int, step: Step) -> None:
        """Begin with nothing; `step` is told of each chunk."""
        super().__init__(cache, step)
        self._folder = folder
        self._generation = generation
        self.ids: dict[int, int] = {}

    def _whole(self, message: Message) -> bool:
        return message.header is not None

    def _write(self, messages: Mapping[int, Message]) -> None:
        arrived = [_arrived(uid, message) for uid, message in messages.items()]
        ids = self._cache.messages.add(self._folder, self._generation, arrived)
        self.ids.update(zip(messages, ids, strict=True))


def _arrived(uid: int, message: Message) -> Arrived:
    flags, words = flags_of(message.flags or frozenset())
    return Arrived(uid, flags, words, message.size, message.internaldate, message.header or b"")


class Bodies(_Batch):
    """Whole messages on their way to the rows `ids` names by UID; the flags they come with are stored as well.

    `known` are the flags that are stored, by UID; `changed` counts those that were others. What came in part never
    takes the place of a whole.

    Statements: O5:V0070, O5:V0055
    """

    def __init__(
        self,
        cache: Cache,
        folder: int,
        generation: int,
        ids: Mapping[int, int],
        known: Mapping[int, tuple[int, str]],
        step: Step,
    ) -> None:
        """Begin with nothing; `step` is told of each chunk."""
        super().__init__(cache, step)
        self._folder = folder
        self._generation = generation
        self._ids = ids
        self._known = known
        self.changed = 0

    def _whole(self, message: Message) -> bool:
        return message.body is not None

    def _write(self, messages: Mapping[int, Message]) -> None:
        changed: list[Seen] = []
        bodies: list[tuple[int, bytes, bool]] = []
        for uid, message in messages.items():
            row = self._ids.get(uid)
            if row is None:
                continue
            if message.body is not None:
                bodies.append((row, message.body, message.partial))
            if message.flags is not None and (now := flags_of(message.flags)) != self._known.get(uid):
                changed.append((uid, *now))
        self._cache.messages.store_bodies(bodies)
        if changed:
            self._cache.messages.set_server_flags(self._folder, self._generation, changed)
            self.changed += len(changed)
