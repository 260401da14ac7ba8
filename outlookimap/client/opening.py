"""From nothing to a connection that may sign in: connect, greeting, CAPABILITY, STARTTLS, CAPABILITY.

Safe by default: no sign-in before the encryption the settings ask for, nothing learnt before TLS counts after it, a
PREAUTH that would go around it is refused, referrals are not followed.
"""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from outlookimap.client.conversation import Conversation
from outlookimap.client.link import Link
from outlookimap.client.texts import harmless
from outlookimap.errors import ConnectError, ConnectionLost, ConnectionTimeout, EncryptionRequired, ServerGoodbye
from outlookimap.profiles import Policy, Profile
from outlookimap.profiles.forms import style
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.states import State
from outlookimap.transport.clock import Clock
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Taps
from outlookimap.wire import commands as c
from outlookimap.wire.building import Style
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Condition


@dataclass(frozen=True)
class Opening:
    """How connections to one server are opened; `dial` makes a transport, with TLS where `encryption` is ``"tls"``."""

    dial: Callable[[], Transport]
    host: str
    encryption: str
    profile: Profile
    policy: Policy
    clock: Clock
    taps: Taps
    timeout: float
    limits: Limits
    tls: ssl.SSLContext | None
    guarded: bool
    choose: Callable[[str], str] = field(default=random.SystemRandom().choice)

    def style(self) -> Style:
        """Return how the product spells what the grammar leaves open."""
        return style(self.profile)

    def tag(self) -> bytes:
        """Return a random tag: four lower-case letters or digits.

        Statements: O5:C0001
        """
        alphabet = self.profile.text("tag.alphabet")
        return "".join(self.choose(alphabet) for _ in range(self.profile.number("tag.length"))).encode()

    def open(self) -> Conversation:
        """Return a conversation that may sign in, or that PREAUTH has signed in.

        Raises ConnectError, TlsError, EncryptionRequired, ServerGoodbye, ConnectionTimeout or a protocol error; then
        the connection is gone.
        """
        transport = self.dial()
        connection = ClientConnection(
            self.tag,
            limits=self.limits,
            style=self.style(),
            keep_extensions=self.profile.flag("answers.body_extensions"),
            now=self.clock.now(),
        )
        link = Link(transport, connection, clock=self.clock, taps=self.taps, silence=self.timeout)
        conversation = Conversation(link, self.profile, self.policy, guarded=self.guarded)
        try:
            self._greeting(conversation)
            capability(conversation)
            if self.encryption == "starttls":
                self._start_tls(conversation)
            link.refuse_when_over()
        except BaseException:
            link.abort()
            raise
        return conversation

    def _greeting(self, conversation: Conversation) -> None:
        link = conversation.link
        greeting = self._await_greeting(conversation)
        if greeting.condition is Condition.BYE:
            raise ServerGoodbye(f"{link.transport.peer} refused the connection", text=harmless(greeting.text))
        if link.connection.state is State.AUTHENTICATED and self.encryption == "starttls":
            raise EncryptionRequired(
                f"{link.transport.peer} greets with PREAUTH, which leaves no room for STARTTLS: use imaps://, "
                "or encryption='none' if that is what you want"
            )

    @staticmethod
    def _await_greeting(conversation: Conversation) -> e.Greeted:
        link = conversation.link
        while True:
            try:
                events = link.step()
            except ConnectionTimeout:
                raise
            except ConnectionLost as error:
                raise ConnectError(f"{link.transport.peer} sent no greeting: {error}") from error
            conversation.sort(events)
            greeting = next((event for event in events if isinstance(event, e.Greeted)), None)
            if greeting is not None:
                return greeting

    def _start_tls(self, conversation: Conversation) -> None:
        link = conversation.link
        if b"STARTTLS" not in link.capabilities:
            raise EncryptionRequired(
                f"{link.transport.peer} does not offer STARTTLS: use imaps://, "
                "or encryption='none' if that is what you want"
            )
        if self.tls is None:
            raise EncryptionRequired("STARTTLS needs a TLS context: pass `tls`")
        answer = conversation.command(c.StartTls())
        if answer.condition is not Condition.OK:
            raise EncryptionRequired(f"{link.transport.peer} answered STARTTLS with {answer.condition.value.decode()}")
        link.start_tls(self.tls, self.host)
        capability(conversation)


def capability(conversation: Conversation) -> None:
    """Ask for the capabilities, whatever was volunteered.

    Statements: O5:V0033, O5:V0035, O5:V0065
    """
    answer = conversation.command(c.Capability())
    if answer.condition is not Condition.OK:
        raise ConnectError(
            f"{conversation.link.transport.peer} answered CAPABILITY with {answer.condition.value.decode()}"
        )
    conversation.link.capabilities.asked = True
