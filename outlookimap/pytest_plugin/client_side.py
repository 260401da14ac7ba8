"""The part `client` of a recording's test: our client says the recorded commands again and hears the recorded answers.

It runs in memory, without threads and without time: each recorded line of the server is what the client receives next.
Nothing is compared with what another client said; what is tested is that ours takes every octet for what it is.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from outlookimap.client.calls import Call, Calls
from outlookimap.client.conversation import Conversation, Running
from outlookimap.client.link import Link
from outlookimap.errors import (
    CommandFailed,
    ConnectionLost,
    LocalProtocolError,
    OutlookImapError,
    ProfileError,
    UsageError,
)
from outlookimap.profiles import Policy, Profile, load
from outlookimap.profiles.forms import style
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.states import Flow
from outlookimap.pytest_plugin.findings import Findings, Nothing, Problem
from outlookimap.pytest_plugin.script import Answer, Command, Heard, Secured, Step, conversations
from outlookimap.traffic import Transcript
from outlookimap.traffic.parts import Part
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.tap import Taps
from outlookimap.wire import commands as c
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece

NEWEST = "2013"
_LIMITS = Limits(literal=1 << 40)
_SILENCE = 60.0
_GO_AHEAD = b"+ \r\n"


def findings(transcript: Transcript) -> Findings:
    """Return what our client does not take of what the recorded server said."""
    try:
        profile = load(transcript.header.profile or NEWEST)
    except ProfileError:
        profile = load(NEWEST)  # the recording names a server's, or one the part `lint` complains of
    found = conversations(transcript)
    if isinstance(found, Nothing):
        return found
    return [problem for connection in found for problem in _Playing(profile).play(connection)]


class _Playing:
    """Our client on one recorded connection."""

    def __init__(self, profile: Profile) -> None:
        self._transport = _Recorded()
        self._connection = ClientConnection(
            self._no_tag,
            limits=_LIMITS,
            style=style(profile),
            keep_extensions=profile.flag("answers.body_extensions"),
        )
        self._link = Link(self._transport, self._connection, clock=FakeClock(), taps=Taps(), silence=_SILENCE)
        self._conversation = Conversation(self._link, profile, Policy(encryption="none"), guarded=False)
        self._calls = Calls(self._conversation.context, style(profile), self._conversation.shown)
        self._running: list[tuple[Command, Running]] = []
        self._left_out: set[bytes] = set()  # tags of commands that we cannot say, and that were refused
        self._completed: set[bytes] = set()

    def play(self, found: Iterable[Step]) -> list[Problem]:
        """Return what goes wrong; nothing can be told of what follows a broken stream."""
        problems: list[Problem] = []
        line = 0
        try:
            for step in found:
                line = step.entry.line if isinstance(step, Heard) else step.line
                problem = self._step(step)
                if problem is not None:
                    problems.append(Problem(line, problem))
        except ConnectionLost:
            pass  # BYE: whatever was said after it had no answer
        except OutlookImapError as error:
            problems.append(Problem(line, f"our client cannot go on here: {error}"))
        return problems

    def _step(self, step: Step) -> str | None:
        if isinstance(step, Secured) or self._connection.flow is Flow.TLS:
            self._secure()
        if isinstance(step, Command):
            return self._say(step)
        if isinstance(step, Answer):
            return self._answer(step)
        return self._take(step) if isinstance(step, Heard) else None

    @staticmethod
    def _no_tag() -> NoReturn:
        raise LocalProtocolError("every command of a recording has its tag")

    def _secure(self) -> None:
        if self._connection.flow is Flow.TLS:
            self._connection.encrypted(0.0)
            self._link.capabilities.forget()

    # ---------------------------------------------------------------- the client's side

    def _say(self, step: Command) -> str | None:
        command = step.read()
        why = "it cannot be read"
        if command is not None:
            try:
                self._link.submit(command, tag=step.tag)
            except LocalProtocolError as error:
                why = str(error)
            else:
                self._running.append((step, self._begun(command, step.tag)))
                self._go_ahead(step)
                return None
        self._left_out.add(step.tag)
        if step.condition == b"OK":
            return f"our client cannot say this: {step.text}: {why}"
        return None  # it was refused, or never answered: nothing of ours depends on it

    def _go_ahead(self, step: Command) -> None:
        """Let the command go out whole, whether or not the recorded client spelled the same strings as literals."""
        self._link.flush()
        given = [*step.go_aheads]
        while self._connection.flow is Flow.LITERAL and (given or not step.cut):
            self._hear(given.pop(0) if given else _GO_AHEAD)

    def _begun(self, command: c.Command, tag: bytes) -> Running:
        running = Running(self._call(command))
        running.tags.append(tag)
        return running

    def _call(self, command: c.Command) -> Call[Any]:
        """Return what makes a result of the answers, as the session's own verbs do."""
        calls = self._calls
        call: Call[Any] = calls.plain(command)
        try:
            match command:
                case c.List() | c.Lsub() | c.Xlist():
                    call = calls.folders(command)
                case c.Select():
                    call = calls.select(command.mailbox)
                case c.Status():
                    call = calls.status_unseen(command.mailbox)
                case c.Search():
                    call = calls.search(command.keys)
                case c.Fetch() | c.Store():
                    call = calls.messages(lambda _: command, command.messages, None)
                case c.Copy():
                    call = calls.copy(command.messages, command.mailbox)
                case c.Append():
                    call = calls.append(command.mailbox, command.message, (), None)
        except UsageError:
            return call
        return replace(call, commands=(command,))

    def _answer(self, step: Answer) -> str | None:
        try:
            if self._connection.flow is Flow.AUTHENTICATING:
                if step.octets.strip() == b"*":
                    self._connection.cancel()
                else:
                    self._connection.answer(b"")
            else:
                self._connection.done()
        except LocalProtocolError as error:
            return None if self._left_out else f"our client cannot say this line: {error}"
        self._link.flush()
        return None

    # ---------------------------------------------------------------- the server's side

    def _take(self, step: Heard) -> str | None:
        if step.part in (Part.CONTINUATION, Part.COMPLETION):
            tag = step.to.tag if step.to is not None else step.tag
            if tag in self._left_out:
                if step.part is Part.COMPLETION:
                    self._left_out.discard(tag)
                return None
        self._hear(step.octets)
        if step.part is Part.COMPLETION and step.octets.endswith(b"\n") and step.tag not in self._completed:
            return "our client does not take this for the answer to a command"
        return self._settle()

    def _hear(self, octets: bytes) -> None:
        self._transport.octets = octets
        events = self._link.step()
        self._completed = {event.tag for event in events if isinstance(event, e.Completed)}
        self._conversation.sort(events, [running for _, running in self._running])
        for event in events:
            signs_in = isinstance(event, e.Completed) and isinstance(event.command, c.Login | c.Authenticate)
            if isinstance(event, e.Completed) and signs_in and event.condition.value == b"OK":
                self._conversation.signed_in(event.code)

    def _settle(self) -> str | None:
        """Make the results of what has been answered."""
        done = [(step, running) for step, running in self._running if running.done]
        self._running = [(step, running) for step, running in self._running if not running.done]
        for step, running in done:
            try:
                running.call.result(running.completed())
            except CommandFailed:
                continue  # the server refused, and our client knows that it did
            except OutlookImapError as error:
                return f"our client can do nothing with the answer to {step.text}: {error}"
        return None


class _Recorded:
    """A transport that receives what it is given next, and lets nothing out."""

    peer = "the recorded server"
    encrypted = False
    server_name = None

    def __init__(self) -> None:
        self.octets = b""

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Let nothing out."""

    def receive(self, timeout: float | None) -> bytes | None:  # noqa: ARG002 - the contract's
        """Return what is to be heard, once."""
        octets, self.octets = self.octets, b""
        return octets or None

    def wake(self) -> None:
        """Do nothing: nobody waits."""

    def start_tls(
        self, context: ssl.SSLContext, server_hostname: str | None, *, server_side: bool = False, timeout: float | None
    ) -> None:
        """Do nothing: TLS is a mark of the recording."""

    def close(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""
