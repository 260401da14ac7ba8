"""Every exception this package raises on purpose, under one root.

An error is named by who broke the rule: `LocalProtocolError` is ours or our caller's, `RemoteProtocolError` the
peer's. This module knows no other module of the package.
"""

from __future__ import annotations

from collections.abc import Sequence


class OutlookImapError(Exception):
    """Root of every exception raised on purpose by this package.

    `statements` holds the ids of the Microsoft statements the error rests on (`O5:V0036`), in the order of weight;
    it is empty where an RFC or plain operation of a network is the reason.
    """

    def __init__(self, message: str, *, statements: Sequence[str] = ()) -> None:
        """Keep `message` for people and `statements` for programs."""
        self.statements: tuple[str, ...] = tuple(statements)
        if self.statements:
            message = f"{message} [{', '.join(self.statements)}]"
        super().__init__(message)


# ---------------------------------------------------------------- what the caller got wrong


class UsageError(OutlookImapError, ValueError):
    """An argument, option or setting that cannot be used; the message names it and says what to do."""


class UrlError(UsageError):
    """A URL that is not an RFC 5092 server URL, or contradicts the policy."""


class PolicyError(UsageError):
    """A policy value outside what the product allows, or two that contradict each other."""


class ProfileError(UsageError):
    """A profile that is unknown, or a profile file that breaks the rules of profile files."""


class StatementError(UsageError):
    """A statement id that is not in the catalogue, or a catalogue file that breaks its rules."""


class TranscriptError(UsageError):
    """A recording that cannot be read; `line` is the 1-based line of the file where reading stopped."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        """Name the line in the message as well."""
        self.line = line
        super().__init__(message if line is None else f"line {line}: {message}")


# ---------------------------------------------------------------- protocol


class ProtocolError(OutlookImapError):
    """A rule of the protocol was broken, by us (`LocalProtocolError`) or by the peer (`RemoteProtocolError`)."""


class LocalProtocolError(ProtocolError):
    """Something was asked of us that may not be sent, or not now; nothing was sent."""


class ProfileViolation(LocalProtocolError):
    """The product this session behaves as never sends that; `statements` says where that is written."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol so that the stream cannot be followed any more; the connection is over.

    `excerpt` holds at most 200 octets of what could not be read.
    """

    def __init__(self, message: str, *, excerpt: bytes = b"", statements: Sequence[str] = ()) -> None:
        """Show the excerpt in the message with control characters made visible."""
        self.excerpt = excerpt[:200]
        super().__init__(f"{message}: {self.excerpt!r}" if excerpt else message, statements=statements)


class LimitExceeded(RemoteProtocolError):
    """The peer sent more than a limit allows; `limit` is the name of the field of `wire.Limits`."""

    def __init__(self, limit: str, allowed: int, *, what: str, excerpt: bytes = b"") -> None:
        """Name the limit, its value and what exceeded it."""
        self.limit = limit
        self.allowed = allowed
        super().__init__(f"{what} exceeds the limit {limit}={allowed}", excerpt=excerpt)


class CommandFailed(OutlookImapError):
    """The server answered a command with NO or BAD.

    `status` is ``"NO"`` or ``"BAD"``, `code` the name of the response code (``"TRYCREATE"``) or None, `text` what the
    server wrote, made harmless for a terminal (O5:V0019).
    """

    def __init__(
        self, command: str, status: str, text: str, *, code: str | None = None, statements: Sequence[str] = ()
    ) -> None:
        """Say which command failed and in whose words."""
        self.command = command
        self.status = status
        self.code = code
        self.text = text
        shown = f"[{code}] {text}" if code else text
        super().__init__(f"{command}: the server answered {status} {shown}".rstrip(), statements=statements)


class SelectIncomplete(ProtocolError):
    """A SELECT succeeded without EXISTS or UIDVALIDITY, without which Outlook does not work (O5:V0036, O5:V0037)."""


class SweepIncomplete(ProtocolError):
    """A folder with messages was asked for all of them and none was named; nothing was taken away on such a word."""


# ---------------------------------------------------------------- sign-in


class AuthenticationFailed(OutlookImapError):
    """No way of signing in worked; `attempts` lists (mechanism, why it failed) in the order tried.

    `refused` is False where nothing speaks against the password: all that went wrong is that connections ended.
    """

    refused: bool = True

    def __init__(
        self, message: str, *, attempts: Sequence[tuple[str, str]] = (), statements: Sequence[str] = ()
    ) -> None:
        """List the attempts in the message."""
        self.attempts: tuple[tuple[str, str], ...] = tuple(attempts)
        tried = "; ".join(f"{mechanism}: {why}" for mechanism, why in self.attempts)
        super().__init__(f"{message} ({tried})" if tried else message, statements=statements)


class MechanismError(OutlookImapError):
    """One SASL exchange cannot go on: a challenge that does not fit, a proof that is wrong, a name that is unknown."""


class ServerUnproven(MechanismError):
    """The server did not prove that it knows the password: it may be another, and no other mechanism is tried."""


# ---------------------------------------------------------------- connections


class ConnectionLost(OutlookImapError):
    """The connection is gone; nothing more can be said on it.

    `pending` is the id of the queued change that was being made, which the next sync will play; None where none was.
    """

    pending: int | None = None


class ConnectError(ConnectionLost):
    """No connection could be made: no such host, nothing listens there, or no greeting came."""


class ConnectionTimeout(ConnectionLost):
    """Silence: no octet was received or accepted for the allowed time (seconds) while an answer was due."""


class ServerGoodbye(ConnectionLost):
    """The server said BYE, or refused the connection with it; `text` is what it wrote, for logs only (O5:V0064)."""

    def __init__(self, message: str, *, text: str = "") -> None:
        """Keep the text out of the message: Outlook never shows it."""
        self.text = text
        super().__init__(message)


class TlsError(ConnectionLost):
    """TLS could not be agreed on, or the certificate was refused; the cause is the ssl module's error."""


class EncryptionRequired(ConnectionLost):
    """The policy demands TLS and the server does not offer it, or what it did would have gone around it."""


class SessionClosed(LocalProtocolError):
    """The session was closed, by `logout()`, by its context manager or after an error; open a new one."""


# ---------------------------------------------------------------- the local copy


class CacheError(OutlookImapError):
    """A cache file that cannot be used: it is none, it is damaged, it belongs to another account, the disk refuses."""


class CacheTooNew(CacheError):
    """A cache file made by a newer version of this package; nothing in it was touched."""


class CacheBusy(CacheError):
    """Another process works on the same cache and did not finish in time; nothing was lost.

    `pending` is the id of the queued change that waits, None where none does.
    """

    pending: int | None = None


class FolderUnknown(UsageError):
    """A folder that is not in the local copy; the message names those that are near it."""


class MessageGone(OutlookImapError):
    """A message that is no longer there: it was removed, here or by another client."""


class NotConnected(OutlookImapError):
    """Something that only the server has was asked for without a connection to it."""


class ChangeRefused(CommandFailed):
    """The server refused a change; `change` is its id. Where its content exists nowhere else it stays in the queue."""

    change: int | None = None


# ---------------------------------------------------------------- a server under check


class CheckImpossible(OutlookImapError):
    """A server cannot be checked: nobody could sign in, or no folder of our own could be made there."""


class ScenarioFailed(OutlookImapError):
    """A server does not do what a scenario demands; `said` finds the response that shows it, None for the last one.

    `refused` says that it did not come so far: the server refused what the product did, or broke off.
    """

    def __init__(self, message: str, *, said: bytes | None = None, refused: bool = False) -> None:
        """Keep `said`, a regular expression over one line or literal of the server."""
        self.said = said
        self.refused = refused
        super().__init__(message)


class ScenarioSkipped(OutlookImapError):
    """A scenario does not apply to this server, or could not be set up; the message says why."""


class ObserverFailed(OutlookImapError):
    """The connection that sets scenarios up and looks at their outcome could not do its part."""
