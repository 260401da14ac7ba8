"""The one place that knows what a product sends: `permits()` says what is wrong with a command, by the profile.

Pure: the guard of a session raises on the first breach, lint collects them all. It judges values; how they were spelled
is judged by writing them again. Each rule cites what it rests on through the profile value it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from outlookimap.profiles.forms import fetch_items, store_form
from outlookimap.profiles.policy import Policy
from outlookimap.profiles.profile import Profile
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire import mailbox as names


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason why a product does not send a command: the statements, and what it would do instead."""

    ids: tuple[str, ...]
    expected: str

    def __str__(self) -> str:
        return f"{self.expected} [{', '.join(self.ids)}]"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known where a command is about to be sent.

    `capabilities` are upper case, None while none are known; `delimiter` is the hierarchy delimiter, where known.
    """

    profile: Profile
    policy: Policy = field(default_factory=Policy)
    state: State = State.AUTHENTICATED
    capabilities: frozenset[bytes] | None = None
    delimiter: bytes | None = None

    @property
    def imap4rev1(self) -> bool:
        """Whether the server lists IMAP4rev1; assumed while no capabilities are known."""
        return self.capabilities is None or b"IMAP4REV1" in self.capabilities


Rule: TypeAlias = Callable[[Any, Context], Iterator[Breach]]
"""What is wrong with a command of the kinds it is registered for in `_RULES`."""


def permits(command: c.Command, context: Context) -> list[Breach]:
    """Return why the product of `context.profile` would not send `command`; an empty list means it would.

    Statements: O5:V0040, O5:V0049, O5:V0051, O5:V0059, O5:V0061, O5:V0022, O5:V0048
    """
    keyword = c.keyword(command).decode("ascii", "replace")
    key = f"commands.{keyword.replace(' ', '_')}"
    profile = context.profile
    if isinstance(command, c.UnknownCommand) or key not in profile.values:
        return [Breach(("O5:V0061",), f"no {keyword}")]
    if not profile.flag(key):
        return [Breach(profile.cites(key), f"no {keyword}")]
    return [breach for rule in _RULES.get(type(command), ()) for breach in rule(command, context)]


def _fetch_items(command: c.Fetch, context: Context) -> Iterator[Breach]:
    """Judge the data items of FETCH by the forms of the profile.

    Statements: O5:V0052, O5:V0053, O5:V0054, O5:V0055, O5:V0008, O5:V0009, O5:V0010, O5:V0070, O5:V0071, O5:V0072
    """
    profile = context.profile
    if command.macro is not None:
        if not profile.flag("fetch.macros"):
            yield Breach(profile.cites("fetch.macros"), f"no macros: {command.macro.decode()} is spelled out")
        return
    key = "fetch.to_imap4rev1" if context.imap4rev1 else "fetch.to_others"
    forms = (*profile.words("fetch.to_all"), *profile.words(key))
    if command.parenthesized and any(fetch_items(form) == command.items for form in forms):
        return
    ids = dict.fromkeys(cite for item in command.items for cite in _item_ids(item))
    yield Breach((*ids, *(cite for cite in profile.cites(key) if cite not in ids)), "one of " + " ".join(forms))


def _item_ids(item: f.FetchAtt) -> Iterator[str]:
    """Yield the statements that rule out one data item in every form."""
    if item.name == f.ENVELOPE:
        yield from ("O5:V0008", "O5:V0072")
    if item.section is None:
        if item.name == f.BODYSTRUCTURE:
            yield from ("O5:V0009", "O5:V0071")
        if item.name == f.BODY:
            yield "O5:V0009"
        return
    if item.name == f.BODY:
        yield "O5:V0053"
    elif item.origin is not None or item.section not in (f.Section(), f.Section(specifier=f.HEADER)):
        yield "O5:V0054"
    if item.origin is not None:
        yield "O5:V0070"
    if item.section.part:
        yield "O5:V0010"


def _store_form(command: c.Store, context: Context) -> Iterator[Breach]:
    """Judge STORE by the forms of the profile.

    Statements: O5:V0056, O5:V0005
    """
    profile = context.profile
    foreign = list(_foreign_flags(context, command.flags))
    if foreign:
        yield from foreign
        return
    forms = profile.words("store.forms")
    replaces = profile.flag("store.replaces")
    if command.parenthesized:
        if command.action is c.StoreAction.REPLACE and not command.silent and replaces:
            return
        if (command.action, command.silent, command.flags) in map(store_form, forms):
            return
    yield Breach(profile.cites("store.forms"), "one of " + ", ".join((*forms, *["FLAGS (...)"] * replaces)))


def _status_items(command: c.Status, context: Context) -> Iterator[Breach]:
    """Judge the items of STATUS.

    Statements: O5:V0045
    """
    items = context.profile.words("status.items")
    if tuple(item.decode("ascii", "replace") for item in command.items) != items:
        yield Breach(context.profile.cites("status.items"), f"STATUS ({' '.join(items)})")


def _append(command: c.Append, context: Context) -> Iterator[Breach]:
    """Judge the flags and the octets of APPEND.

    Statements: O5:V0005, O5:V0013, O5:V0014
    """
    yield from _foreign_flags(context, command.flags or ())
    yield from _eight_bit(context, "a message", command.message)


def _foreign_flags(context: Context, flags: tuple[bytes, ...]) -> Iterator[Breach]:
    sent = context.profile.words("flags.sent")
    for flag in flags:
        name = flag.decode("ascii", "replace")
        if name not in sent:
            yield Breach(context.profile.cites("flags.sent"), f"only the flags {' '.join(sent)}, not {name}")


def _eight_bit(context: Context, what: str, *strings: bytes) -> Iterator[Breach]:
    if not context.profile.flag("strings.eight_bit") and not all(string.isascii() for string in strings):
        yield Breach(context.profile.cites("strings.eight_bit"), f"{what} without octets above 127")


def _login(command: c.Login, context: Context) -> Iterator[Breach]:
    """Judge LOGIN: as a last resort, allowed, and 7-bit.

    Statements: O5:V0013, O5:V0034
    """
    profile = context.profile
    if not context.policy.login or not profile.flag("auth.login_fallback"):
        yield Breach(profile.cites("auth.login_fallback"), "no LOGIN: the policy forbids it")
    yield from _eight_bit(context, "LOGIN", command.user, command.password.reveal())


def _authenticate(command: c.Authenticate, context: Context) -> Iterator[Breach]:
    """Judge the mechanism: known, advertised, allowed.

    Statements: O5:V0027, O5:V0029, O5:V0030, O5:V0032, O5:V0034, O5:E0001
    """
    profile, policy = context.profile, context.policy
    mechanism = command.mechanism.decode("ascii", "replace").upper()
    known = profile.words("auth.mechanisms")
    if mechanism not in known:
        ids = ("O5:V0029",) if mechanism == "ANONYMOUS" else ()
        yield Breach((*ids, *profile.cites("auth.mechanisms")), "one of the mechanisms " + ", ".join(known))
        return
    advertised = context.capabilities is None or b"AUTH=" + mechanism.encode() in context.capabilities
    if profile.flag("auth.advertised_only") and not advertised:
        yield Breach(profile.cites("auth.advertised_only"), f"only mechanisms the server lists, not {mechanism}")
    if policy.mechanisms is not None and mechanism not in (name.upper() for name in policy.mechanisms):
        yield Breach(("O5:V0034",), f"only mechanisms the policy allows, not {mechanism}")
    if command.initial is not None and not profile.flag("auth.initial_response"):
        yield Breach(profile.cites("auth.initial_response"), "no initial response: the first challenge is waited for")


def _search(command: c.Search, context: Context) -> Iterator[Breach]:
    """Judge the strings of SEARCH.

    Statements: O5:V0013
    """
    yield from _eight_bit(context, "SEARCH", command.charset or b"", *_texts(command.keys))


def _texts(keys: tuple[object, ...]) -> Iterator[bytes]:
    for key in keys:
        for name in getattr(key, "__dataclass_fields__", ()):
            value = getattr(key, name)
            if isinstance(value, bytes):
                yield value
            elif isinstance(value, tuple):
                yield from _texts(value)
            else:
                yield from _texts((value,))


def _mailbox_octets(command: c.Command, context: Context) -> Iterator[Breach]:
    """Judge mailbox names: modified UTF-7 leaves no octet above 127.

    Statements: O5:V0013, O5:V0021
    """
    raw = [getattr(command, name) for name in ("mailbox", "to", "reference", "pattern") if hasattr(command, name)]
    yield from _eight_bit(context, "a mailbox name", *raw)


def _new_name(command: c.Create | c.Rename, context: Context) -> Iterator[Breach]:
    """Judge the name of a new folder: what a keyboard can type. The folders above it may be called what they are.

    Statements: O5:V0018
    """
    raw = command.to if isinstance(command, c.Rename) else command.mailbox
    if context.delimiter:
        raw = raw.removesuffix(context.delimiter).rpartition(context.delimiter)[2]
    control = names.control_character(names.decode(raw))
    if control is not None and not context.profile.flag("folders.control_characters"):
        yield Breach(context.profile.cites("folders.control_characters"), f"a folder name without {control!r}")


def _no_options(command: c.Create | c.List, context: Context) -> Iterator[Breach]:
    """Judge the options RFC 6154 gives to CREATE and LIST: its attributes are asked for by XLIST, or not at all.

    Statements: O5:V0061
    """
    options = command.use if isinstance(command, c.Create) else (*command.select, *command.returns)
    if options:
        named = b" ".join(options).decode("ascii", "replace")
        yield Breach(context.profile.cites("commands.XLIST"), f"{command.name.decode()} without {named}")


def _idle(_command: c.Idle, context: Context) -> Iterator[Breach]:
    """Judge IDLE: where the server lacks it, NOOP polls.

    Statements: O5:V0028
    """
    if context.capabilities is not None and b"IDLE" not in context.capabilities:
        yield Breach(context.profile.cites("commands.IDLE"), "NOOP: the server does not list IDLE")


_RULES: dict[type[c.Command], tuple[Rule, ...]] = {
    c.Fetch: (_fetch_items,),
    c.Store: (_store_form,),
    c.Status: (_status_items, _mailbox_octets),
    c.Append: (_append, _mailbox_octets),
    c.Login: (_login,),
    c.Authenticate: (_authenticate,),
    c.Search: (_search,),
    c.Create: (_mailbox_octets, _new_name, _no_options),
    c.Rename: (_mailbox_octets, _new_name),
    c.List: (_mailbox_octets, _no_options),
    c.Idle: (_idle,),
    **dict.fromkeys((c.Select, c.Delete, c.Subscribe, c.Unsubscribe, c.Lsub, c.Xlist, c.Copy), (_mailbox_octets,)),
}
