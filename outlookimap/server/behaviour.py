"""What a server says and lists, as data: texts, capabilities, limits and times.

Knows no product: whoever wants to be one fills these values. No text here decides anything; a condition does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from outlookimap.server.store import Problem
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire.building import Style
from outlookimap.wire.responses import Code, Condition


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tagged response says (RFC 3501 section 7.1)."""

    condition: Condition
    text: bytes
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """Every text for people that a server sends; ``%s`` stands for the command as it was given, UID included."""

    greeting: bytes = b"IMAP server ready."
    completed: bytes = b"%s completed."
    failed: bytes = b"%s failed."
    begin_tls: bytes = b"Begin TLS negotiation now."
    literal: bytes = b"Ready for additional command text."
    idling: bytes = b"IDLE accepted, awaiting DONE."
    permanent_flags: bytes = b"Permanent flags."
    unseen: bytes = b"The first unseen message."
    uidvalidity: bytes = b"UIDVALIDITY value."
    uidnext: bytes = b"The next unique identifier value."
    copied: bytes = b"Copied."
    goodbye: bytes = b"Server closing the connection."
    goodbye_silent: bytes = b"Connection closed: nothing was said for too long."
    goodbye_sign_in: bytes = b"Connection closed: nobody signed in."
    goodbye_stopping: bytes = b"Server stopping."
    goodbye_unreadable: bytes = b"Connection closed: what was sent cannot be followed."


_PROBLEMS: Mapping[Problem, Reply] = MappingProxyType(
    {
        Problem.NO_SUCH_MAILBOX: Reply(Condition.NO, b"There is no such mailbox."),
        Problem.NO_SELECT: Reply(Condition.NO, b"This name holds no messages."),
        Problem.EXISTS: Reply(Condition.NO, b"There is a mailbox of this name."),
        Problem.HAS_CHILDREN: Reply(Condition.NO, b"This name has inferior names."),
        Problem.FIXED: Reply(Condition.NO, b"This cannot be done with INBOX."),
        Problem.BAD_NAME: Reply(Condition.NO, b"A mailbox cannot have this name."),
    }
)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Every answer but success whose reason is not in the store; `problems` are those of the store."""

    unknown: Reply = Reply(Condition.BAD, b"Unknown command.")
    unreadable: Reply = Reply(Condition.BAD, b"The command cannot be read.")
    wrong_state: Reply = Reply(Condition.BAD, b"This command is not allowed now.")
    encrypted: Reply = Reply(Condition.BAD, b"TLS is on already.")
    plaintext: Reply = Reply(Condition.NO, b"A password is not taken without TLS.")
    mechanism: Reply = Reply(Condition.NO, b"This mechanism is not offered.")
    initial: Reply = Reply(Condition.BAD, b"No initial response is taken.")
    cancelled: Reply = Reply(Condition.BAD, b"AUTHENTICATE was cancelled.")
    base64: Reply = Reply(Condition.BAD, b"This is not base64.")
    not_done: Reply = Reply(Condition.BAD, b"DONE was expected.")
    message_set: Reply = Reply(Condition.BAD, b"The set names messages that do not exist.")
    gone: Reply = Reply(Condition.NO, b"Some of the messages no longer exist.", Code(b"EXPUNGEISSUED"))
    read_only: Reply = Reply(Condition.NO, b"The mailbox was opened for reading only.")
    try_create: Reply = Reply(Condition.NO, b"There is no such mailbox.", Code(b"TRYCREATE"))
    too_large: Reply = Reply(Condition.NO, b"This is larger than the server takes.", Code(b"TOOBIG"))
    date: Reply = Reply(Condition.BAD, b"This is no date and time.")
    flags: Reply = Reply(Condition.BAD, b"This is no flag.")
    nul: Reply = Reply(Condition.BAD, b"A message holds no NUL.")
    charset: Reply = Reply(
        Condition.NO, b"This charset is not supported.", Code(b"BADCHARSET", (b"US-ASCII", b"UTF-8"))
    )
    not_yet: Reply = Reply(Condition.NO, b"This is not supported yet.")
    problems: Mapping[Problem, Reply] = field(default_factory=lambda: _PROBLEMS)


_COMMON = (
    b"IDLE", b"UIDPLUS", b"NAMESPACE", b"CHILDREN", b"LITERAL+", b"UNSELECT", b"XLIST", b"SPECIAL-USE",
)  # fmt: skip

NEEDS: Mapping[type[c.Command], bytes] = MappingProxyType(
    {
        c.Enable: b"ENABLE",
        c.Id: b"ID",
        c.Idle: b"IDLE",
        c.Move: b"MOVE",
        c.Namespace: b"NAMESPACE",
        c.Unselect: b"UNSELECT",
        c.Xlist: b"XLIST",
    }
)
"""Commands that do not exist where their capability is not listed."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    r"""How a server behaves; times are seconds, limits octets.

    A mechanism serves when it is in `mechanisms` and listed as ``AUTH=``; one that is only listed answers NO.
    `permanent_flags` with ``\*`` keeps any keyword, without it those listed. `identity` answers ID, None is NIL.
    `append_limit` bounds a message of APPEND, `literal_limit` any other literal that waits for a go-ahead.
    `sign_in_time` counts from the connection, whatever is said; `inactivity` from the client's last octet.
    """

    capabilities_before_tls: tuple[bytes, ...] = (
        b"IMAP4rev1", b"STARTTLS", b"LOGINDISABLED", b"AUTH=NTLM", b"AUTH=DIGEST-MD5", *_COMMON,
    )  # fmt: skip
    capabilities_after_tls: tuple[bytes, ...] = (
        b"IMAP4rev1", b"AUTH=NTLM", b"AUTH=DIGEST-MD5", b"AUTH=PLAIN", *_COMMON,
    )  # fmt: skip
    mechanisms: tuple[str, ...] = ("NTLM", "DIGEST-MD5", "PLAIN")
    texts: Texts = field(default_factory=Texts)
    refusals: Refusals = field(default_factory=Refusals)
    flags: tuple[bytes, ...] = f.SYSTEM
    permanent_flags: tuple[bytes, ...] = (*f.SYSTEM, b"\\*")
    root_attributes: tuple[bytes, ...] = (f.NOSELECT,)
    identity: tuple[tuple[bytes, bytes | None], ...] | None = None
    style: Style = field(default_factory=Style)
    append_limit: int = 64 << 20
    literal_limit: int = 64 << 10
    sign_in_time: float = 60.0
    inactivity: float = 1800.0
    handshake_time: float = 10.0
    send_silence: float = 60.0

    def capabilities(self, *, encrypted: bool, plaintext: bool, tls: bool) -> tuple[bytes, ...]:
        """Return what CAPABILITY lists on a connection as it is now.

        `plaintext` says that passwords are taken without TLS, `tls` that STARTTLS can be had.
        """
        if encrypted:
            return self.capabilities_after_tls
        starttls = (b"STARTTLS",) if tls and b"STARTTLS" in self.capabilities_before_tls else ()
        if plaintext:
            return (*self.capabilities_after_tls, *starttls)
        return tuple(name for name in self.capabilities_before_tls if name != b"STARTTLS" or tls)

    def knows(self, command: c.Command) -> bool:
        """Tell whether the capability that `command` needs is listed."""
        needs = NEEDS.get(type(command))
        return needs is None or needs in self.capabilities_after_tls

    def keeps(self, flag: bytes) -> bool:
        r"""Tell whether a mailbox keeps `flag`; \Recent is never a client's to change (RFC 3501 section 2.3.2)."""
        lower = flag.lower()
        if any(lower == known.lower() for known in self.permanent_flags if known != b"\\*"):
            return True
        return not flag.startswith(b"\\") and b"\\*" in self.permanent_flags
