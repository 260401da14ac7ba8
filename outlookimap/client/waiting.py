"""What happens between commands: IDLE entered and left, NOOP when it is time, news collected."""

from __future__ import annotations

from collections.abc import Callable

from outlookimap.client.calls import Call
from outlookimap.client.conversation import Conversation
from outlookimap.client.results import Event
from outlookimap.protocol import events as e
from outlookimap.protocol.states import Flow
from outlookimap.transport.clock import Clock
from outlookimap.wire import commands as c


class Waiting:
    """The time between two commands of one conversation; `idle_wanted` says that IDLE is to be used for it."""

    def __init__(self, conversation: Conversation, clock: Clock, wanted: Callable[[], bool]) -> None:
        """Begin without IDLE; `wanted` tells whether somebody else wants the connection: then nothing is waited for."""
        self._conversation = conversation
        self._link = conversation.link
        self._clock = clock
        self._wanted = wanted
        self._tag: bytes | None = None
        self._refused = False
        self.idle_wanted = False

    def once(self, until: float) -> list[Event]:
        """Return the news there is; else wait once, until something comes, `until` or a wake; then return it.

        Sends NOOP when it is due, and enters IDLE when it is wanted and the server has it.

        Statements: O5:V0025, O5:V0028
        """
        if self._quiet() and self._clock.now() >= self._due():
            self.leave_idle()
            self._conversation.command(c.Noop())
        if self._quiet() and self.idle_wanted and self._tag is None and self._has_idle():
            self._enter_idle()
        if self._quiet():
            self._step(min(until, self._due()))
        return self.take()

    def _quiet(self) -> bool:
        """Tell whether there is nothing to report and nobody else to let go first."""
        return not self._conversation.news and not self._wanted()

    def take(self) -> list[Event]:
        """Take the news."""
        news = [*self._conversation.news]
        self._conversation.news.clear()
        return news

    def leave_idle(self) -> None:
        """End IDLE if it runs, and wait for its completion."""
        if self._tag is not None:
            self.end_idle()
            while self._tag is not None:
                self._step(None)

    def end_idle(self) -> None:
        """Say DONE if IDLE runs, and wait for nothing."""
        if self._link.connection.flow is Flow.IDLING:
            self._link.connection.done()

    def _has_idle(self) -> bool:
        used = self._conversation.profile.flag("commands.IDLE")
        return used and b"IDLE" in self._link.capabilities and not self._refused

    def _due(self) -> float:
        """Return when the next NOOP is due: the keepalive, or where nothing idles the poll if the server has no IDLE.

        Octets received do not count, only what was sent.
        """
        policy = self._conversation.policy
        interval = policy.keepalive if self._has_idle() else min(policy.keepalive, policy.poll)
        return self._link.connection.last_sent + interval

    def _enter_idle(self) -> None:
        """Send IDLE and wait for the go-ahead; a server that refuses is not asked again."""
        command = c.Idle()
        self._conversation.prepare([Call((command,), lambda _: None)])
        self._tag = self._link.submit(command)
        while self._tag is not None and self._link.connection.flow is not Flow.IDLING:
            self._step(None)
        self._refused = self._tag is None

    def _step(self, until: float | None) -> None:
        events = self._link.step(until)
        self._conversation.sort(events)
        if any(isinstance(event, e.Completed) and event.tag == self._tag for event in events):
            self._tag = None
