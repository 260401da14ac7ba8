"""What happens between commands: IDLE entered and left, NOOP when it is time, news collected.

Knows the clock and the profile, and neither threads nor whose turn it is: it is told when somebody wants to go on.
"""

from __future__ import annotations

from collections.abc import Callable

from outlookimap.client.calls import Call
from outlookimap.client.conversation import Conversation
from outlookimap.client.results import Event
from outlookimap.protocol import events as e
from outlookimap.protocol.states import Flow, State
from outlookimap.transport.clock import Clock
from outlookimap.wire import commands as c

SHORTEST_IDLE = 1.0
"""Seconds: where a server ends IDLE itself sooner, it might as well have refused, and is not asked again."""


class Waiting:
    """The time between two commands of one conversation; IDLE is used for it while somebody wants that.

    `idle_blocks` counts those who want IDLE for a while, `idle_always` says that somebody wants it for good: the latter
    begins `idle_after` seconds after the last command, unless somebody listens who wants it at once.
    """

    def __init__(self, conversation: Conversation, clock: Clock, wanted: Callable[[], bool]) -> None:
        """Begin without IDLE; `wanted` tells whether somebody else wants the connection: then nothing is waited for."""
        self._conversation = conversation
        self._link = conversation.link
        self._clock = clock
        self._wanted = wanted
        self._tag: bytes | None = None
        self._began: float | None = None  # when the go-ahead for IDLE came
        self._done = False  # whether DONE was said
        self._refused: set[State] = set()
        self.idle_blocks = 0
        self.idle_always = False
        self.idle_after = 0.0
        self._worked = clock.now()  # when a command last made an end to waiting

    def once(self, until: float) -> list[Event]:
        """Return the news there is; else wait once, until something comes, `until` or a wake; then return it.

        Sends NOOP when it is due, and enters IDLE when it is wanted and the server has it. Raises ServerGoodbye where
        the server has said so and nothing is left to report.

        Statements: O5:V0025, O5:V0028
        """
        self._pass(until, lambda: not self._conversation.news and not self._wanted(), idle_from=self._settled())
        return self.take()

    def listen(self, until: float, unless: Callable[[], bool], *, at_once: bool) -> bool:
        """Wait once as `once()` does, not at all where `unless` holds; leave the news and return whether there are any.

        With `at_once` IDLE is entered however short the last command is ago.

        Statements: O5:V0025, O5:V0028
        """
        self._pass(
            until,
            lambda: not self._conversation.news and not self._wanted() and not unless(),
            idle_from=self._worked if at_once else self._settled(),
        )
        return bool(self._conversation.news)

    def linger(self) -> None:
        """Wait once, until something comes, is due, or a wake, as `once()` does; what came is left for it.

        Statements: O5:V0025, O5:V0028
        """
        self._pass(None, lambda: not self._wanted(), idle_from=self._settled())

    def _settled(self) -> float:
        """Return the time from which IDLE is wanted where nobody waits for news."""
        return self._worked if self.idle_blocks else self._worked + self.idle_after

    def take(self) -> list[Event]:
        """Take the news."""
        news = [*self._conversation.news]
        self._conversation.news.clear()
        return news

    def leave_idle(self) -> None:
        """End IDLE if it runs, and wait for its completion; the NOOP that some products send then follows.

        Statements: O5:V0028
        """
        self._worked = self._clock.now()
        if self._end_idle() and self._conversation.profile.flag("idle.noop_after_done"):
            self._conversation.command(c.Noop())

    def leave_for_good(self, *, wait: bool) -> None:
        """Say DONE if IDLE runs, before the last command there is; with `wait` wait for its completion.

        Statements: O5:2.1.2
        """
        if wait:
            self._end_idle()
        else:
            self._say_done()

    def stop_wanting_idle(self) -> None:
        """Leave IDLE where nobody wants it any more."""
        if not self._idle_wanted:
            self.leave_idle()

    # ---------------------------------------------------------------- waiting

    def _pass(self, until: float | None, quiet: Callable[[], bool], *, idle_from: float) -> None:
        """Do what is due, then wait once; `quiet` tells, before each step, whether there is nothing better to do.

        IDLE is not entered before `idle_from`, a time of the clock.
        """
        if quiet():
            self._link.refuse_when_over()
        if quiet() and self._clock.now() >= self._due():
            self._keep_alive()
        idle_next = self._tag is None and self._idle_wanted and self._may_idle()
        if quiet() and idle_next and self._clock.now() >= idle_from:
            self._enter_idle()
            idle_next = False
        if quiet():
            due = min(self._due(), idle_from) if idle_next else self._due()
            self._step(due if until is None else min(until, due))

    def _keep_alive(self) -> None:
        """Leave IDLE if it runs and send NOOP behind DONE: whoever waited for a late answer to DONE would be late too.

        Statements: O5:V0025, O5:V0026, O5:V0028
        """
        if self._say_done():
            self._step(self._clock.now())
        self._conversation.command(c.Noop())
        if self._tag not in dict(self._link.connection.in_flight):
            self._tag = None

    def _due(self) -> float:
        """Return when the next NOOP is due: the keepalive, or the poll where no IDLE would tell of news.

        Counted from the last command of ours; neither octets received nor DONE count.

        Statements: O5:V0025, O5:V0028
        """
        policy = self._conversation.policy
        interval = policy.keepalive if self._has_idle() else min(policy.keepalive, policy.poll)
        return self._link.last_command + interval

    def _step(self, until: float | None) -> None:
        events = self._link.step(until)
        self._conversation.sort(events)
        for event in events:
            if isinstance(event, e.IdleBegan):
                self._began = self._clock.now()
            elif isinstance(event, e.Completed) and event.tag == self._tag:
                self._tag = None
                self._note_refusal()

    # ---------------------------------------------------------------- IDLE

    @property
    def _idle_wanted(self) -> bool:
        return self.idle_always or self.idle_blocks > 0

    def _has_idle(self) -> bool:
        """Tell whether product and server have IDLE, and the server did not refuse it in this state."""
        used = self._conversation.profile.flag("commands.IDLE")
        listed = b"IDLE" in self._link.capabilities
        return used and listed and self._link.connection.state not in self._refused

    def _may_idle(self) -> bool:
        """Tell whether IDLE is used here: some products do so even while no mailbox is selected.

        Statements: O5:V0028
        """
        selected = self._link.connection.state is State.SELECTED
        return self._has_idle() and (selected or self._conversation.profile.flag("idle.without_mailbox"))

    def _enter_idle(self) -> None:
        """Send IDLE and wait for the go-ahead; a server that refuses is not asked again in this state."""
        command = c.Idle()
        self._conversation.prepare([Call((command,), lambda _: None)])
        self._began, self._done = None, False
        self._tag = self._link.submit(command)
        while self._tag is not None and self._began is None:
            self._step(None)

    def _note_refusal(self) -> None:
        """Take an IDLE that the server has ended for refused, where it did so before it was of any use."""
        if not self._done and (self._began is None or self._clock.now() < self._began + SHORTEST_IDLE):
            self._refused.add(self._link.connection.state)

    def _say_done(self) -> bool:
        """Say DONE if IDLE runs, wait for nothing, and tell whether it was said."""
        if self._tag is None:
            return False
        # the server may have ended IDLE, or all, while nobody listened: DONE would be no command it knows
        self._step(self._clock.now())
        self._link.refuse_when_over()
        if self._link.connection.flow is not Flow.IDLING:
            return False
        self._link.connection.done()
        self._done = True
        return True

    def _end_idle(self) -> bool:
        """End IDLE if it runs, wait for its completion, and tell whether DONE was said."""
        said = self._say_done()
        while self._tag is not None:
            self._step(None)
        return said
