"""One signed-in conversation that any thread may use: whose turn it is, what an error does to it, how it ends.

Any error inside a turn that may have left the connection out of step ends it. Knows no verb and no result: what is
said comes as calls.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from outlookimap.client.calls import Call
from outlookimap.client.conversation import Conversation, Running
from outlookimap.client.results import Event
from outlookimap.client.turns import Turns
from outlookimap.client.waiting import Waiting
from outlookimap.errors import LocalProtocolError, OutlookImapError, ServerGoodbye, SessionClosed, UsageError
from outlookimap.transport.clock import Clock
from outlookimap.wire import commands as c

_log = logging.getLogger(__name__)


class Shared:
    """A conversation in use; `closed` says that it is over, `turns` whose it is."""

    def __init__(self, conversation: Conversation, clock: Clock) -> None:
        """Begin with a conversation that has signed in."""
        self.turns = Turns(conversation.link.transport.wake)
        self.closed = False
        self._conversation = conversation
        self._link = conversation.link
        self._clock = clock
        self._waiting = Waiting(conversation, clock, self.turns.wanted)
        self._failure: BaseException | None = None  # what ended the connection while nobody used it
        self._told = False  # somebody has been told

    # ---------------------------------------------------------------- errors

    @contextmanager
    def using(self, *, nothing_sent: bool = False) -> Iterator[None]:
        """End the connection when what happens inside fails: it may have left it out of step.

        With `nothing_sent` a refusal of ours ends nothing. Raises SessionClosed when the connection is over; before
        that, once, what ended it while nobody used it.

        Statements: O5:V0011
        """
        self._refuse_when_closed()
        try:
            yield
        except BaseException as error:
            if not (nothing_sent and isinstance(error, LocalProtocolError | UsageError)):
                self.drop()
            raise

    def _refuse_when_closed(self) -> None:
        if not self.closed:
            return
        if self._failure is not None and not self._told:
            self._told = True
            raise self._failure
        raise SessionClosed("the session is closed: connect anew") from self._failure

    def drop(self) -> None:
        """Drop the connection without LOGOUT.

        Statements: O5:V0011
        """
        self.closed = True
        self._link.abort()

    # ---------------------------------------------------------------- commands

    def run(
        self,
        calls: Sequence[Call[Any]],
        *,
        guard: bool | None = None,
        noting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> list[Running]:
        """Perform calls together, after IDLE has been left; what is sent is sent within `noting`."""
        with self.turns.take():
            with self.using(nothing_sent=True):
                running = self._conversation.prepare(calls, guarded=guard)
            if any(one.call.commands for one in running):
                with self.using(), noting():
                    self._waiting.leave_idle()
                    self._conversation.perform(running)
            return running

    # ---------------------------------------------------------------- between commands

    def poll(self, timeout: float) -> list[Event]:
        """Return the news, waiting up to `timeout` seconds for some; other threads' commands go first.

        Statements: O5:V0025, O5:V0028
        """
        until = self._clock.now() + timeout
        turn = self.turns.wait_politely if timeout > 0 else self.turns.take  # who does not wait goes before who does
        while True:
            with turn():
                if self._failure is not None and (last := self._waiting.take()):
                    return last  # what came before the connection was lost is told before the loss
                with self.using():
                    news = self._waiting.once(until)
            if news or self._clock.now() >= until:
                return news

    def wait(self, timeout: float, unless: Callable[[], bool], *, at_once: bool) -> bool:
        """Wait up to `timeout` seconds for news and leave them; a wake makes it ask `unless`, which ends it early.

        Statements: O5:V0025, O5:V0028
        """
        until = self._clock.now() + timeout
        while True:
            with self.turns.wait_politely(), self.using():
                found = self._waiting.listen(until, unless, at_once=at_once)
            if found or unless() or self._clock.now() >= until:
                return found

    def linger(self) -> bool:
        """Wait while nobody else wants the connection, and do what is due; return whether it is still there.

        What ends it is kept for the next who uses it.

        Statements: O5:V0025, O5:V0028
        """
        with self.turns.wait_last():
            try:
                if not self.closed:
                    self._waiting.linger()
            except BaseException as error:  # noqa: BLE001 - told to the next who uses the connection
                if not self.closed:
                    _log.info("the connection to %s is lost: %s", self._link.transport.peer, error)
                    self._failure = error
                    self.drop()
            return not self.closed

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Want IDLE inside the block, whenever no command runs.

        Statements: O5:V0028
        """
        with self.turns.take(), self.using():
            self._waiting.idle_blocks += 1
        try:
            yield
        except Exception:
            # nothing that goes wrong here may hide the error of the caller's code
            with suppress(OutlookImapError):
                self._leave_block()
            raise
        except BaseException:
            self.drop()
            raise
        self._leave_block()

    def _leave_block(self) -> None:
        with self.turns.take():
            self._waiting.idle_blocks -= 1
            if not self.closed:
                with self.using():
                    self._waiting.stop_wanting_idle()

    def want_idle(self, *, wanted: bool, after: float) -> None:
        """Want IDLE from here on whenever no command runs, `after` seconds after the last one; or no more.

        Statements: O5:V0028
        """
        with self.turns.take(), self.using():
            self._waiting.idle_always = wanted
            self._waiting.idle_after = after
            self._waiting.stop_wanting_idle()

    # ---------------------------------------------------------------- the end

    def logout(self) -> None:
        """Say goodbye and close; do nothing once closed.

        Statements: O5:2.1.2
        """
        with self.turns.take():
            if self.closed:
                return
            # a server that says goodbye first has done what was asked of it
            with self.using(), suppress(ServerGoodbye):
                self._say_goodbye()
            self.closed = True
            self._link.close()

    def _say_goodbye(self) -> None:
        """Send LOGOUT with the tag the profile gives it, and wait unless the policy says otherwise.

        Statements: O5:2.1.2, O5:C0001
        """
        profile, drops = self._conversation.profile, self._conversation.policy.logout == "drop"
        tag = profile.text("logout.tag").encode() or None
        self._link.refuse_when_over()
        self._waiting.leave_for_good(wait=not drops and not profile.flag("logout.with_done"))
        if drops:
            self._link.submit(c.Logout(), tag=tag)
            self._link.flush()
        else:
            self._conversation.command(c.Logout(), tag=tag)
