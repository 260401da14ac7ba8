"""The states of RFC 3501 section 3 and the flows inside them, as tables for both roles.

The tables are the machine: what a command may do, and what its completion does, is looked up here and nowhere else.
`docs/protocol.md` is drawn from them.
"""

from __future__ import annotations

import enum

from outlookimap.wire import commands as c
from outlookimap.wire import search as s
from outlookimap.wire.responses import Condition


class Role(enum.Enum):
    """Which end of the connection this is."""

    CLIENT = "client"
    SERVER = "server"


class State(enum.Enum):
    """RFC 3501 section 3, with the moment before the greeting as a state of its own."""

    CONNECTED = "connected, no greeting yet"
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


class Flow(enum.Enum):
    """The hard flows: while one of them runs, octets do not mean commands and responses by turns."""

    COMMANDS = "commands and responses"
    LITERAL = "a synchronizing literal waits for the go-ahead"
    AUTHENTICATING = "challenges and answers of AUTHENTICATE"
    IDLING = "IDLE, ended by DONE"
    TLS = "the TLS handshake is due"
    CLOSED = "the stream has ended or cannot be followed"


_ANY = frozenset((State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED))
_BEFORE = frozenset((State.NOT_AUTHENTICATED,))
_AFTER = frozenset((State.AUTHENTICATED, State.SELECTED))
_AUTHENTICATED = frozenset((State.AUTHENTICATED,))
_SELECTED = frozenset((State.SELECTED,))

ALLOWED: dict[type[c.Command], frozenset[State]] = {
    **dict.fromkeys((c.Capability, c.Noop, c.Logout, c.Id, c.UnknownCommand), _ANY),
    **dict.fromkeys((c.StartTls, c.Authenticate, c.Login), _BEFORE),
    **dict.fromkeys(
        (
            c.Select, c.Examine, c.Create, c.Delete, c.Rename, c.Subscribe, c.Unsubscribe, c.List, c.Lsub, c.Xlist,
            c.Status, c.Append, c.Namespace, c.Idle,
        ),
        _AFTER,
    ),
    c.Enable: _AUTHENTICATED,
    **dict.fromkeys((c.Check, c.Close, c.Unselect, c.Expunge, c.Search, c.Fetch, c.Store, c.Copy, c.Move), _SELECTED),
}  # fmt: skip
"""In which states a command may be sent (RFC 3501 section 6; ENABLE: RFC 5161 section 3.1)."""

COMPLETED: dict[tuple[type[c.Command], Condition], State] = {
    (c.Login, Condition.OK): State.AUTHENTICATED,
    (c.Authenticate, Condition.OK): State.AUTHENTICATED,
    (c.Select, Condition.OK): State.SELECTED,
    (c.Examine, Condition.OK): State.SELECTED,
    (c.Select, Condition.NO): State.AUTHENTICATED,
    (c.Examine, Condition.NO): State.AUTHENTICATED,
    (c.Close, Condition.OK): State.AUTHENTICATED,
    (c.Unselect, Condition.OK): State.AUTHENTICATED,
    (c.Logout, Condition.OK): State.LOGOUT,
}
"""Which completion leads to which state; a pair that is not here changes nothing (RFC 3501 sections 3 and 6)."""

GREETED: dict[Condition, State] = {
    Condition.OK: State.NOT_AUTHENTICATED,
    Condition.PREAUTH: State.AUTHENTICATED,
    Condition.BYE: State.LOGOUT,
}
"""What a greeting leads to (RFC 3501 section 7.1)."""

FLOWS: dict[type[c.Command], Flow] = {
    c.Authenticate: Flow.AUTHENTICATING,
    c.Idle: Flow.IDLING,
    c.StartTls: Flow.TLS,
}
"""Commands that begin a flow of their own; nothing may follow them before it has ended."""


ALONE: frozenset[type[c.Command]] = frozenset((c.StartTls,))
"""Commands that wait until everything before them is answered: nothing said in the clear is left open under TLS."""

LAST: frozenset[type[c.Command]] = frozenset((*FLOWS, c.Logout))
"""Commands that nothing may follow before they have ended."""


def allowed(command: c.Command, state: State) -> bool:
    """Tell whether `command` may be sent in `state`; what no table has may not be sent at all."""
    return state in ALLOWED.get(type(command), ())


def completed(command: c.Command, condition: Condition, state: State) -> State:
    """Return the state after `command` was answered with `condition` in `state`; nothing leads out of LOGOUT."""
    if state is State.LOGOUT:
        return state
    return COMPLETED.get((type(command), condition), state)


def renumbers(command: c.Command) -> bool:
    """Tell whether EXPUNGE may come while `command` runs: with all but FETCH, STORE and SEARCH (section 7.4.1)."""
    return not (isinstance(command, c.Fetch | c.Store | c.Search) and not command.uid)


def names_numbers(command: c.Command) -> bool:
    """Tell whether `command` names message sequence numbers: it waits for what `renumbers` (RFC 3501 section 5.5)."""
    if isinstance(command, c.Search):
        return any(_key_names_numbers(key) for key in command.keys)
    return isinstance(command, c.Fetch | c.Store | c.Copy | c.Move) and not command.uid


def _key_names_numbers(key: s.SearchKey) -> bool:
    if isinstance(key, s.Numbered):
        return not key.uid
    if isinstance(key, s.Not):
        return _key_names_numbers(key.key)
    if isinstance(key, s.Either):
        return _key_names_numbers(key.left) or _key_names_numbers(key.right)
    return isinstance(key, s.Every) and any(_key_names_numbers(one) for one in key.keys)
