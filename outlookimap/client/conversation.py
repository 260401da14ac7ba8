"""Performs calls on a link: guards, submits, waits, and sorts what arrives into answers and news.

News is what nobody asked for, as results, in the order it arrived; texts follow the profile: an OK text is heard only
with ALERT, a BYE text never (O5:V0063, O5:V0064).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from outlookimap.client import guard, reading
from outlookimap.client.calls import Call
from outlookimap.client.link import Link
from outlookimap.client.results import Alert, Event, Message, Other
from outlookimap.client.texts import harmless
from outlookimap.errors import LocalProtocolError
from outlookimap.profiles import Context, Policy, Profile
from outlookimap.protocol import events as e
from outlookimap.protocol.states import allowed
from outlookimap.wire import commands as c
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.responses import (
    CapabilityData,
    Code,
    Condition,
    Continuation,
    FlagsData,
    ListData,
    Recent,
    Response,
    SearchData,
    UnknownData,
)

_ANY_TAG = b"0000"
_FETCHED = (e.Fetched, e.FetchedRun)
_NAMES: tuple[tuple[type, str], ...] = ((FlagsData, "FLAGS"), (Recent, "RECENT"), (SearchData, "SEARCH"))


class Running:
    """A call that was submitted; `completed` fills in the order of its commands."""

    def __init__(self, call: Call[Any]) -> None:
        """Begin with nothing answered."""
        self.call = call
        self.tags: list[bytes] = []
        self.answers: dict[bytes, e.Completed] = {}

    @property
    def done(self) -> bool:
        """Whether every command was answered."""
        return len(self.answers) == len(self.call.commands)

    def completed(self) -> list[e.Completed]:
        """Return the answers in the order of the commands."""
        return [self.answers[tag] for tag in self.tags]


class Conversation:
    """What is said on one link by one product; `alerts` and `news` collect what the server said unasked."""

    def __init__(self, link: Link, profile: Profile, policy: Policy, *, guarded: bool) -> None:
        """Begin after the greeting."""
        self.link = link
        self.profile = profile
        self.policy = policy
        self.guarded = guarded
        self.alerts: list[str] = []
        self.news: deque[Event] = deque()
        self.shown = reading.ShownFlags(profile)
        self.delimiter: bytes | None = None
        self._border: int | None = None  # how many of the news were there when EXISTS answered a SELECT

    def context(self) -> Context:
        """Return what is known now."""
        connection = self.link.connection
        return Context(self.profile, self.policy, connection.state, self.link.capabilities.known(), self.delimiter)

    def prepare(self, calls: Iterable[Call[Any]], *, guarded: bool | None = None) -> list[Running]:
        """Return `calls` ready to be performed; nothing has been sent or queued.

        Raises ProfileViolation where the guard objects to one of their commands, LocalProtocolError where the grammar
        or the state does; what ended the connection where it has ended.
        """
        self.link.refuse_when_over()
        running = [Running(call) for call in calls]
        for one in running:
            for command in one.call.commands:
                self.check(command, guarded=guarded)
                self._refuse_impossible(command)
        return running

    def _refuse_impossible(self, command: c.Command) -> None:
        connection = self.link.connection
        if not allowed(command, connection.state):
            keyword = c.keyword(command).decode("ascii", "replace")
            raise LocalProtocolError(f"{keyword} may not be sent in the state {connection.state.value!r}")
        write_command(_ANY_TAG, command, connection.style)

    def perform(self, running: Sequence[Running]) -> None:
        """Send all commands of what was prepared, and wait until each is answered.

        A command goes out before those ahead of it are answered, unless it would not be clear then which messages its
        numbers mean (RFC 3501 section 5.5). Raises what `Link.step` raises.

        Statements: O5:V0026
        """
        waiting = deque((one, command) for one in running for command in one.call.commands)
        while waiting or not all(one.done for one in running):
            self._submit(waiting)
            self.sort(self.link.step(), running)

    def _submit(self, waiting: deque[tuple[Running, c.Command]]) -> None:
        while waiting:
            one, command = waiting[0]
            try:
                one.tags.append(self.link.submit(command, tag=one.call.tag))
            except LocalProtocolError:
                if not self.link.connection.in_flight:
                    raise
                return  # its time comes when what is in flight has been answered
            waiting.popleft()

    def check(self, command: c.Command, *, guarded: bool | None = None) -> None:
        """Raise ProfileViolation where the guard objects to `command`; `guarded` overrides the session's setting."""
        if self.guarded if guarded is None else guarded:
            guard.check(command, self.context())

    def command(self, command: c.Command, *, tag: bytes | None = None) -> e.Completed:
        """Send one command, with a fresh tag unless `tag` is given, and return its answer, whatever it is."""
        [running] = self.prepare([Call((command,), lambda _: None, self._ignore, tag)])
        self.perform([running])
        return running.completed()[0]

    @staticmethod
    def _ignore(events: list[e.Event]) -> None:
        """Leave data that `sort` has already seen."""

    def sort(self, events: Sequence[e.Event], running: Sequence[Running] = ()) -> None:
        """Hand answers to the calls that asked, the rest to the news; the first error of a caller's code is raised."""
        answers: dict[int, list[e.Event]] = {}
        for event in events:
            self._listen(event)
            if isinstance(event, e.Exists) and event.answers is not None and self._border is None:
                self._border = len(self.news)
            tag = event.tag if isinstance(event, e.Completed) else getattr(event, "answers", None)
            asked = next((place for place, one in enumerate(running) if tag in one.tags), None)
            if asked is None:
                self._note(event)
            elif isinstance(event, e.Completed):
                running[asked].answers[event.tag] = event
                self._leave_mailbox(event)
            else:
                answers.setdefault(asked, []).append(event)
        for place, data in answers.items():
            running[place].call.take(data)

    def _leave_mailbox(self, answer: e.Completed) -> None:
        """Forget news of the mailbox that SELECT or CLOSE left: its numbers would be taken for the new one's.

        Until EXISTS has come, news are of the mailbox that is left; BAD has left nothing.
        """
        if not isinstance(answer.command, c.Select | c.Close):
            return
        border, self._border = self._border, None
        left = answer.condition is Condition.OK or (
            answer.condition is Condition.NO and isinstance(answer.command, c.Select)
        )
        if left:
            before = border if border is not None and answer.condition is Condition.OK else len(self.news)
            kept = [
                event
                for place, event in enumerate(self.news)
                if place >= before or not isinstance(event, e.Exists | e.Expunged | Message)
            ]
            self.news = deque(kept)

    def _listen(self, event: e.Event) -> None:
        """Take from any event what matters wherever it stands: alerts, capabilities, the delimiter.

        Statements: O5:V0062, O5:V0063, O5:V0064, O5:V0065
        """
        if isinstance(event, _FETCHED):
            return  # thousands of them say nothing of this
        if isinstance(event, e.Goodbye) or (isinstance(event, e.Greeted) and event.condition is Condition.BYE):
            if self.profile.flag("answers.bye_text"):
                self._alert(event.text)
            return
        if isinstance(event, e.Greeted | e.Completed | e.Notice) and event.code is not None:
            self._code(event.code)
            name = event.code.name.decode("ascii", "replace")
            heard = event.condition is not Condition.OK or name in self.profile.words("answers.ok_text_with")
            if name == "ALERT" and name in self.profile.words("answers.codes") and heard:
                self._alert(event.text)
        if isinstance(event, e.Data):
            if isinstance(event.response, ListData) and event.response.delimiter:
                self.delimiter = event.response.delimiter
            elif isinstance(event.response, CapabilityData):
                self.link.capabilities.learn(event.response.capabilities)

    def signed_in(self, code: Code | None) -> None:
        """Begin the epoch after sign-in: of what came before, only the code of the tagged OK counts.

        Statements: O5:V0033, O5:V0035, O5:V0065
        """
        self.link.capabilities.forget()
        if code is not None:
            self._code(code)

    def _code(self, code: Code) -> None:
        """Merge the capabilities of a response code with what is known in this epoch.

        Statements: O5:V0065
        """
        if code.name == b"CAPABILITY" and isinstance(code.value, tuple) and self.profile.flag("capability.merge_code"):
            self.link.capabilities.learn(code.value)

    def _alert(self, text: bytes) -> None:
        alert = harmless(text)
        self.alerts.append(alert)
        self.news.append(Alert(alert))

    def _note(self, event: e.Event) -> None:
        """Keep what nobody asked for, unless the product ignores it.

        Statements: O5:V0001, O5:V0023, O5:V0024, O5:V0067, O5:V0068, O5:V0069, O5:C0002
        """
        if isinstance(event, e.Exists | e.Expunged):
            self.news.append(event)
        elif isinstance(event, _FETCHED):
            self.news.extend(reading.messages([event], self.shown))
        elif isinstance(event, e.Data):
            if isinstance(event.response, ListData):
                self.news.append(reading.folder(event.response, self.profile))
            elif not isinstance(event.response, CapabilityData | Continuation) and not self._ignores(event.response):
                self.news.append(Other(event.response))

    def _ignores(self, response: Response) -> bool:
        if isinstance(response, UnknownData) and not response.data:
            return True  # a blank line
        ignored = self.profile.words("answers.ignored")
        return any(isinstance(response, kind) and name in ignored for kind, name in _NAMES)
