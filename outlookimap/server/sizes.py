"""How large a message is said to be: by RFC822.SIZE, and by LARGER and SMALLER of SEARCH.

One function for all of them, or a search would contradict a fetch. Knows no command.
"""

from __future__ import annotations

from outlookimap.server.behaviour import Sizing
from outlookimap.server.store import Message


def size_of(message: Message, sizing: Sizing) -> int:
    """Return the size of `message` in octets, as `sizing` counts them.

    Statements: X10:V0006, X10:V0040, X10:V0041, X10:V0045, X3:V0006, X1:2.1.1
    """
    if not sizing.stored or message.measured:
        return len(message.octets)
    return len(message.octets) + sizing.per_part * parts_of(message)


def parts_of(message: Message) -> int:
    """Return how many parts with a body of their own a message has, those of messages inside it as well; at least 1."""
    waiting, leaves = [message.structure.of(message.octets)], 0
    while waiting:
        entity = waiting.pop()
        inner = (entity.message,) if entity.message is not None else entity.parts
        leaves += not inner
        waiting += inner
    return leaves
