"""Which values a profile has, by its kind, and of which type: a file with another value, or without one, is refused."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = "bool | int | str | tuple[str, ...]"
"""What a profile value can be."""

BASES = ("documented", "observed", "inferred", "assumed")
"""How strong the evidence for a value is, strongest first."""

COMMANDS = (
    "CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "ENABLE", "SELECT", "EXAMINE", "CREATE",
    "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "XLIST", "STATUS", "APPEND", "NAMESPACE", "ID",
    "IDLE", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID_FETCH",
    "UID_STORE", "UID_COPY", "UID_SEARCH", "UID_EXPUNGE", "UID_MOVE",
)  # fmt: skip
"""Commands a profile says yes or no to."""

FETCH_PURPOSES = (
    "uids", "flags", "headers_internaldate", "headers", "bodies",
    "old_headers_internaldate", "old_headers", "old_bodies", "old_bodies_read",
)  # fmt: skip
"""What a FETCH is for; `old` is for servers without IMAP4rev1."""

STORE_PURPOSES = (
    "delete", "undelete", "read", "unread", "flag", "unflag", "answered", "unanswered",
    "queued_delete", "queued_undelete", "queued_read", "queued_unread",
)  # fmt: skip
"""What a STORE is for; `queued` is for changes made while offline and the source of a move."""

CLIENT: dict[str, type] = {
    "tag.alphabet": str,
    "tag.length": int,
    "strings.quote_always": bool,
    "strings.quoted_limit": int,
    "strings.eight_bit": bool,
    "strings.non_synchronizing_literals": bool,
    "command.octets": int,
    "command.pipelining": bool,
    "ports.plain": int,
    "ports.tls": int,
    "keepalive.longest": int,
    "idle.after": int,
    "idle.without_mailbox": bool,
    "idle.noop_after_done": bool,
    "logout.may_drop": bool,
    "logout.tag": str,
    "logout.with_done": bool,
    "auth.mechanisms": tuple,
    "auth.advertised_only": bool,
    "auth.login_fallback": bool,
    "auth.initial_response": bool,
    "capability.first": bool,
    "capability.after_tls": bool,
    "capability.after_sign_in": bool,
    "capability.merge_code": bool,
    **{f"commands.{name}": bool for name in COMMANDS},
    "fetch.to_all": tuple,
    "fetch.to_imap4rev1": tuple,
    "fetch.to_others": tuple,
    "fetch.macros": bool,
    **{f"fetch.purpose.{name}": str for name in FETCH_PURPOSES},
    "flags.sent": tuple,
    "flags.ignored": tuple,
    "flags.extensions": bool,
    "store.forms": tuple,
    "store.replaces": bool,
    **{f"store.purpose.{name}": str for name in STORE_PURPOSES},
    "folders.command": str,
    "folders.pattern": str,
    "folders.attributes": tuple,
    "folders.control_characters": bool,
    "folders.delimiter_in_name": bool,
    "folders.special": tuple,
    "status.items": tuple,
    "select.requires": tuple,
    "answers.codes": tuple,
    "answers.codes_ignored": tuple,
    "answers.ignored": tuple,
    "answers.ok_text_with": tuple,
    "answers.bye_text": bool,
    "answers.body_extensions": bool,
    "observed.store_forms": tuple,
    "observed.fetch_forms": tuple,
    "observed.offline_window": bool,
    "observed.capability_skipped": bool,
}
"""The values of a client profile: dotted key and type.

`observed` is what was seen against the product's documents; an empty `logout.tag` is a tag like any other.
"""

TEXTS = (
    "greeting", "completed", "failed", "begin_tls", "literal", "idling", "permanent_flags", "unseen", "uidvalidity",
    "uidnext", "copied", "goodbye", "goodbye_silent", "goodbye_sign_in", "goodbye_failures", "goodbye_slow",
    "goodbye_too_large", "goodbye_stopping", "goodbye_unreadable",
)  # fmt: skip
"""Texts for people; ``%s`` stands for the command."""

REFUSALS = ("unknown", "unreadable", "wrong_state", "plaintext", "mechanism")
"""Answers but success of which something is known: ``BAD`` or ``NO``, a space, and the text."""

SERVER: dict[str, type] = {
    "ports.plain": int,
    "ports.tls": int,
    **{f"texts.{name}": str for name in TEXTS},
    **{f"refusals.{name}": str for name in REFUSALS},
    "capability.protocols": tuple,
    "capability.starttls": bool,
    "capability.extensions": tuple,
    "auth.mechanisms": tuple,
    "auth.listed": tuple,
    "auth.listed_insecure": tuple,
    "auth.login_disabled": bool,
    "auth.login_disabled_insecure": bool,
    "auth.plaintext_insecure": bool,
    "auth.failed_sign_ins": int,
    "auth.delegates": bool,
    "timers.sign_in": int,
    "timers.sign_in_restarts": bool,
    "timers.inactivity": int,
    "timers.command": int,
    "timers.handshake": int,
    "timers.send_silence": int,
    "limits.append": int,
    "limits.literal": int,
    "flags.applicable": tuple,
    "flags.permanent": tuple,
    "naming.root_attributes": tuple,
    "naming.case_insensitive": bool,
    "naming.literal_for": str,
    "naming.longest": int,
    "naming.deepest": int,
    "naming.wildcards": bool,
    "naming.encoded": bool,
    "naming.superiors_created": bool,
    "naming.delete_with_inferiors": bool,
    "naming.rename_across_levels": bool,
    "naming.subscribe_validates": bool,
    "naming.any_reference": bool,
    "naming.lsub_shows_superiors": bool,
    "naming.marked": bool,
    "parsing.any_spaces": bool,
    "parsing.tab_after_command": bool,
    "searching.charsets": tuple,
    "searching.badcharset": bool,
    "searching.keywords": tuple,
    "searching.deepest": int,
    "searching.most_keys": int,
    "searching.go_ahead_in_uid_search": bool,
    "sizing.stored": bool,
    "sizing.per_part": int,
    "telling.outside_commands": bool,
    "telling.foreign_flags": bool,
    "telling.exists_after_expunge": bool,
    "telling.exists_after_append": bool,
    "telling.identity": tuple,
    "sending.strict": bool,
    "sending.departures": tuple,
    "sending.eight_bit": bool,
    "sending.empty_as_nil": bool,
    "sending.quote_always": bool,
    "sending.quoted_limit": int,
}
"""The values of a server profile: dotted key and type; times are seconds, sizes octets, 0 is no limit."""

SCHEMAS: dict[str, dict[str, type]] = {"client": CLIENT, "server": SERVER}
"""The schema for each kind of product."""
