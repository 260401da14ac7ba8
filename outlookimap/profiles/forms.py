"""What a profile says of the form of commands, as values of `wire`: FETCH and STORE forms, the spelling of words."""

from __future__ import annotations

import functools

from outlookimap.errors import ProfileError
from outlookimap.profiles.profile import Profile
from outlookimap.wire.building import Style
from outlookimap.wire.command_items import ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.commands import Command, Fetch, Store, StoreAction
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.limits import Limits


def style(profile: Profile) -> Style:
    """Return how the product of a client profile spells what the grammar leaves open.

    Statements: O5:V0017
    """
    return Style(
        quote_always=profile.flag("strings.quote_always"),
        quoted_limit=profile.number("strings.quoted_limit"),
        literal_plus=profile.flag("strings.non_synchronizing_literals"),
    )


@functools.cache
def fetch_items(form: str) -> tuple[FetchAtt, ...]:
    """Return the data items of a FETCH form, ``(UID FLAGS)``; raises ProfileError where it is none."""
    command = _command(f"FETCH 1 {form}")
    if not isinstance(command, Fetch) or not command.items or not command.parenthesized:
        raise ProfileError(f"{form!r} is no list of FETCH data items")
    return command.items


@functools.cache
def store_form(form: str) -> tuple[StoreAction, bool, tuple[bytes, ...]]:
    r"""Return action, silence and flags of a STORE form, ``+FLAGS.SILENT (\Seen)``; raises ProfileError."""
    command = _command(f"STORE 1 {form}")
    if not isinstance(command, Store):
        raise ProfileError(f"{form!r} is no STORE data item with its flags")
    return command.action, command.silent, command.flags


def _command(text: str) -> Command | None:
    items = CommandReader(Limits()).feed(b"x " + text.encode() + b"\r\n")
    return items[0].command if len(items) == 1 and isinstance(items[0], ReceivedCommand) else None
