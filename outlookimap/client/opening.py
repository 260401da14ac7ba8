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
from outlookimap.errors import ConnectError, EncryptionRequired, ServerGoodbye
from outlookimap.profiles import Policy, Profile
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
        """Return how the product spells what the grammar leaves open.

        Statements: O5:V0017
        """
        return Style(
            quote_always=self.profile.flag("strings.quote_always"),
            quoted_limit=self.profile.number("strings.quoted_limit"),
            literal_plus=self.profile.flag("strings.non_synchronizing_literals"),
        )

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
        except BaseException:
            link.abort()
            raise
        return conversation

    def _greeting(self, conversation: Conversation) -> None:
        link = conversation.link
        events: list[e.Event] = []
        while not events:
            events = link.step()
        greeting = events[0]
        conversation.sort(events)
        if not isinstance(greeting, e.Greeted):
            raise ConnectError(f"{link.transport.peer} sent no greeting")
        if greeting.condition is Condition.BYE:
            text = greeting.text.decode("utf-8", "replace")
            raise ServerGoodbye(f"{link.transport.peer} refused the connection", text=text)
        if link.connection.state is State.AUTHENTICATED and self.encryption == "starttls":
            raise EncryptionRequired(
                f"{link.transport.peer} greets with PREAUTH, which leaves no room for STARTTLS: use imaps://, "
                "or encryption='none' if that is what you want"
            )

    def _start_tls(self, conversation: Conversation) -> None:
        link = conversation.link
        if b"STARTTLS" not in link.capabilities:
            raise EncryptionRequired(
                f"{link.transport.peer} does not offer STARTTLS: use imaps://, "
                "or encryption='none' if that is what you want"
            )
        answer = conversation.command(c.StartTls())
        if answer.condition is not Condition.OK:
            raise EncryptionRequired(f"{link.transport.peer} answered STARTTLS with {answer.condition.value.decode()}")
        if self.tls is None:
            raise EncryptionRequired("no TLS context for STARTTLS")
        link.transport.start_tls(self.tls, self.host, timeout=self.timeout)
        link.started_tls()
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
