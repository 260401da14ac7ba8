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
from outlookimap.client.results import Alert, Event, Other
from outlookimap.client.texts import harmless
from outlookimap.profiles import Context, Policy, Profile
from outlookimap.protocol import events as e
from outlookimap.wire import commands as c
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
)

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
        self.delimiter: bytes | None = None

    def context(self) -> Context:
        """Return what is known now."""
        connection = self.link.connection
        return Context(self.profile, self.policy, connection.state, self.link.capabilities.known(), self.delimiter)

    def perform(self, calls: Iterable[Call[Any]], *, guarded: bool | None = None) -> list[Running]:
        """Send all commands of all calls, then wait until each is answered.

        Nothing is sent when the guard objects to one of them. Raises what `Link.step` raises.

        Statements: O5:V0026
        """
        running = [Running(call) for call in calls]
        for one in running:
            for command in one.call.commands:
                self.check(command, guarded=guarded)
        for one in running:
            one.tags = [self.link.connection.submit(command) for command in one.call.commands]
        while not all(one.done for one in running):
            self.sort(self.link.step(), running)
        return running

    def check(self, command: c.Command, *, guarded: bool | None = None) -> None:
        """Raise ProfileViolation where the guard objects to `command`; `guarded` overrides the session's setting."""
        if self.guarded if guarded is None else guarded:
            guard.check(command, self.context())

    def command(self, command: c.Command) -> e.Completed:
        """Send one command and return its answer, whatever it is."""
        return self.perform([Call((command,), lambda _: None, self._ignore)])[0].completed()[0]

    @staticmethod
    def _ignore(events: list[e.Event]) -> None:
        """Leave data that `sort` has already seen."""

    def sort(self, events: Sequence[e.Event], running: Sequence[Running] = ()) -> None:
        """Hand answers to the calls that asked, the rest to the news; the first error of a caller's code is raised."""
        answers: dict[int, list[e.Event]] = {}
        for event in events:
            self._listen(event)
            tag = event.tag if isinstance(event, e.Completed) else getattr(event, "answers", None)
            asked = next((place for place, one in enumerate(running) if tag in one.tags), None)
            if asked is None:
                self._note(event)
            elif isinstance(event, e.Completed):
                running[asked].answers[event.tag] = event
            else:
                answers.setdefault(asked, []).append(event)
        for place, data in answers.items():
            running[place].call.take(data)

    def _listen(self, event: e.Event) -> None:
        """Take from any event what matters wherever it stands: alerts, capabilities, the delimiter.

        Statements: O5:V0062, O5:V0063, O5:V0064, O5:V0065
        """
        if isinstance(event, e.Goodbye):
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

        Statements: O5:V0001, O5:V0023, O5:V0024, O5:V0067, O5:V0068, O5:V0069
        """
        if isinstance(event, e.Exists | e.Expunged):
            self.news.append(event)
        elif isinstance(event, e.Fetched):
            self.news.append(reading.message(event, self.profile))
        elif isinstance(event, e.Data):
            if isinstance(event.response, ListData):
                self.news.append(reading.folder(event.response, self.profile))
            elif not isinstance(event.response, CapabilityData | Continuation) and not self._ignores(event.response):
                self.news.append(Other(event.response))

    def _ignores(self, response: Response) -> bool:
        ignored = self.profile.words("answers.ignored")
        return any(isinstance(response, kind) and name in ignored for kind, name in _NAMES)
