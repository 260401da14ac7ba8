"""What a server says and lists, as data: texts, capabilities, limits and times.

Knows no product: whoever wants to be one fills these values. No text here decides anything; a condition does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from outlookimap.server.store import Problem
from outlookimap.wire import commands as c
from outlookimap.wire import flags as f
from outlookimap.wire.building import Style
from outlookimap.wire.leniency import Leniency
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
    goodbye_failures: bytes = b"Connection closed: too many attempts to sign in have failed."
    goodbye_slow: bytes = b"Connection closed: a command took too long to come."
    goodbye_too_large: bytes = b"Connection closed: this is larger than the server takes."
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
    rename_levels: Reply = Reply(Condition.BAD, b"A new name holds no hierarchy delimiter.")
    try_create: Reply = Reply(Condition.NO, b"There is no such mailbox.", Code(b"TRYCREATE"))
    too_large: Reply = Reply(Condition.NO, b"This is larger than the server takes.", Code(b"TOOBIG"))
    date: Reply = Reply(Condition.BAD, b"This is no date and time.")
    flags: Reply = Reply(Condition.BAD, b"This is no flag.")
    nul: Reply = Reply(Condition.BAD, b"A message holds no NUL.")
    charset: Reply = Reply(Condition.NO, b"This charset is not supported.")
    criteria: Reply = Reply(Condition.NO, b"This cannot be searched for: too much, or nested too deep.")
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
class Naming:
    r"""How a server treats mailbox names; the values are RFC 3501's own where it leaves no choice.

    * `case_insensitive`: names that differ only in case are one mailbox; the spelling of CREATE is kept.
    * `literal_for`: a name with one of these octets is sent as a literal.
    * `longest`: characters of a name; `deepest`: levels. CREATE beyond answers NO, a longer name made behind the
      clients' backs is cut when it is listed. None is no limit.
    * `superiors_created`: CREATE makes the superior names it needs.
    * `delete_with_inferiors`: a mailbox with inferior names may be deleted, and leaves \Noselect.
    * `wildcards`: ``*`` and ``%`` may stand in a name.
    * `encoded`: a name must be well-formed modified UTF-7, so that ``&`` is ``&-``; else any octets are taken.
    * `rename_across_levels`: RENAME takes a name with the delimiter; else it is answered BAD.
    * `subscribe_validates`: SUBSCRIBE wants a mailbox that exists.
    * `any_reference`: LIST and LSUB put any reference before the pattern; else one that is not the name of a level
      with the delimiter at its end lists nothing.
    * `lsub_shows_superiors`: ``LSUB "" "%"`` shows ``foo`` as \Noselect when only ``foo/bar`` is subscribed.
    * `marked`: a mailbox with messages that came since it was last selected is \Marked.
    """

    case_insensitive: bool = False
    literal_for: bytes = b""
    longest: int | None = None
    deepest: int | None = None
    wildcards: bool = False
    encoded: bool = False
    superiors_created: bool = True
    delete_with_inferiors: bool = True
    rename_across_levels: bool = True
    subscribe_validates: bool = True
    any_reference: bool = True
    lsub_shows_superiors: bool = True
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Parsing:
    """Which departures from the rule on spaces, and which other freedoms, are taken; else the answer is BAD.

    * `any_spaces`: any run of spaces and TABs where one space is due, and at the end of the line.
    * `tab_after_command`: a TAB as the delimiter after the command name.
    """

    any_spaces: bool = True
    tab_after_command: bool = True

    def takes(self, leniencies: Iterable[Leniency]) -> bool:
        """Tell whether a command with these departures is read; a space that is missing is never supplied.

        Statements: X10:2.1.6, X10:V0003, X3:2.1.7, X3:V0003
        """
        spacing = _SPACING.intersection(leniencies)
        if not spacing or (self.any_spaces and Leniency.MISSING_SPACE not in spacing):
            return True
        return self.tab_after_command and spacing == {Leniency.TAB_AFTER_COMMAND}


_SPACING = frozenset(
    (
        Leniency.EXTRA_SPACE, Leniency.MISSING_SPACE, Leniency.TAB, Leniency.TAB_AFTER_COMMAND, Leniency.TRAILING_SPACE,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Searching:
    """What SEARCH takes.

    * `charsets`: the charsets that are known, upper case; another is NO, with BADCHARSET where `badcharset` says so.
    * `deepest`: levels of parentheses; `most_keys`: search keys in all, NOT and OR counted, parentheses not. None is
      no limit but the reader's.
    * `keywords`: what KEYWORD and UNKEYWORD know; no message has another. None is any.
    * `go_ahead_in_uid_search`: a literal in UID SEARCH gets its go-ahead; else it is read without one.
    """

    charsets: tuple[bytes, ...] = (b"US-ASCII", b"UTF-8")
    badcharset: bool = True
    deepest: int | None = None
    most_keys: int | None = None
    keywords: tuple[bytes, ...] | None = None
    go_ahead_in_uid_search: bool = True


@dataclass(frozen=True, slots=True)
class Sizing:
    """What RFC822.SIZE, LARGER and SMALLER count, in octets.

    With `stored` a message counts as its octets and `per_part` for each part until its body was fetched once, and as
    its octets from then on; without it always as its octets.
    """

    stored: bool = False
    per_part: int = 1024


@dataclass(frozen=True, slots=True)
class Telling:
    """What a client is told unasked.

    * `outside_commands`: EXISTS is sent as soon as mail comes, also while no command runs.
    * `foreign_flags`: FETCH is sent when flags were changed elsewhere.
    * `exists_after_expunge`: the completion of EXPUNGE is followed by EXISTS with the number of messages left.
    * `exists_after_append`: EXISTS follows the completion of APPEND; else it goes before.
    """

    outside_commands: bool = False
    foreign_flags: bool = True
    exists_after_expunge: bool = False
    exists_after_append: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    r"""How a server behaves; times are seconds, limits octets.

    A mechanism serves when it is in `mechanisms` and listed as ``AUTH=``; one that is only listed answers NO.
    `permanent_flags` with ``\*`` keeps any keyword, without it those listed. `identity` answers ID, None is NIL.
    `append_limit` bounds a message of APPEND, `literal_limit` the other literals of a command: the go-ahead for a
    larger one is refused, and one that does not wait for it ends the connection once both limits are used up.
    `fetch_items` bounds how many items one FETCH may ask for: each may be a whole message.
    `sign_in_time` counts from the connection, or with `sign_in_restarts` from the client's last command; `inactivity`
    from the client's last octet, and `command_time` from the first octet of a command to its last. After
    `failed_sign_ins` failures the connection is dropped, None never. `eight_bit` lets octets above 127 out; without
    it messages are re-encoded when they come in. `empty_as_nil` makes a text field that is there but empty NIL in the
    envelope. `delegates` takes user names of the form ``delegate/principal``. `plaintext` takes passwords without
    TLS, as an administrator can allow it.
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
    fetch_items: int = 256
    literal_limit: int = 64 << 10
    sign_in_time: float = 60.0
    inactivity: float = 1800.0
    command_time: float = 1800.0
    handshake_time: float = 10.0
    send_silence: float = 60.0
    sign_in_restarts: bool = False
    failed_sign_ins: int | None = None
    eight_bit: bool = True
    empty_as_nil: bool = False
    delegates: bool = False
    plaintext: bool = False
    naming: Naming = field(default_factory=Naming)
    parsing: Parsing = field(default_factory=Parsing)
    searching: Searching = field(default_factory=Searching)
    sizing: Sizing = field(default_factory=Sizing)
    telling: Telling = field(default_factory=Telling)

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
        r"""Tell whether a mailbox keeps `flag`; \Recent is never a client's to change (RFC 3501 section 2.3.2).

        Statements: X10:V0005, X10:E0001, X3:V0005, X3:E0001, X1:2.2.2
        """
        lower = flag.lower()
        if any(lower == known.lower() for known in self.permanent_flags if known != b"\\*"):
            return True
        return not flag.startswith(b"\\") and b"\\*" in self.permanent_flags
