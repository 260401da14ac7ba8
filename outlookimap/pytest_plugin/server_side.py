"""The part `server` of a recording's test: the embedded Exchange hears the recorded commands.

Where the recording says what mail was there, its answers are compared with the recorded ones as values. Where it does
not, they depend on nobody knows what; then every command has to be answered, and none with BAD that was not before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from outlookimap import auth
from outlookimap.errors import OutlookImapError, TranscriptError
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Profile, load, versions
from outlookimap.pytest_plugin import rehearsal
from outlookimap.pytest_plugin.findings import EMPTY, MAIL, Findings, Nothing, Problem, Settings
from outlookimap.pytest_plugin.script import Command, Heard, Step, conversations, steps
from outlookimap.server.store import Incoming
from outlookimap.traffic import Difference, Header, Transcript
from outlookimap.traffic.filling import Answers, SignIn
from outlookimap.traffic.reaching import Target
from outlookimap.traffic.replaying import Stopped, connections, replay
from outlookimap.transport.tls import client_context
from outlookimap.wire import commands as c
from outlookimap.wire.secret import Secret

NEWEST = "2019"
_SILENCE = 20.0
_MESSAGE = b"Subject: a message\r\n\r\nHello.\r\n"
_LISTED = re.compile(rb"\* +CAPABILITY ([^\r\n]*)", re.IGNORECASE)
_WHERE = re.compile(r"(?:after )?line [0-9]+: ")
_EXTENSIONS = {
    b"ENABLE": b"ENABLE", b"ID": b"ID", b"IDLE": b"IDLE", b"MOVE": b"MOVE", b"NAMESPACE": b"NAMESPACE",
    b"UID EXPUNGE": b"UIDPLUS", b"UID MOVE": b"MOVE", b"UNSELECT": b"UNSELECT", b"XLIST": b"XLIST",
}  # fmt: skip
"""Which capability brings a command: a server that does not list it answers BAD, and is right."""
_HAS_TO_SUCCEED = (c.Login, c.Authenticate, c.Select, c.Examine)
"""Where these fail, what follows means something else."""


def findings(transcript: Transcript, settings: Settings, folder: Path) -> Findings:
    """Return where our server answers otherwise than it may; `folder` is what `x-mail` is relative to.

    Raises UsageError (ProfileError, TranscriptError) for a header that cannot be followed.
    """
    found = conversations(transcript)
    if isinstance(found, Nothing):
        return found
    profile = version(transcript.header, settings)
    whole = bool(settings.mail)
    mechanisms = frozenset(profile.words("auth.mechanisms"))
    played = [rehearsal.rehearsed(one, whole=whole, mechanisms=mechanisms) for one in found]
    told: list[Difference | Stopped] = []
    with ExchangeServer(profile, users={rehearsal.USER: rehearsal.PASSWORD}, mail=_mail(settings, folder)) as server:
        if not whole:
            _furnish(server, found)
        try:
            replay(rehearsal.joined(played), _target(server), _sign_in(), told.append, pauses=False)
        except OutlookImapError as error:
            return [Problem(0, f"it cannot be said to {profile.name}: {error}")]
    if whole:
        return [_problem(one) for one in told]
    stopped = [_problem(one) for one in told if isinstance(one, Stopped)]
    heard = [steps(entries) for entries in connections(server.transcript.entries)]
    return [*_refusals(map(steps, played), heard, profile), *stopped]


def version(header: Header, settings: Settings) -> Profile:
    """Return which Exchange hears a recording: the one it names, by `x-exchange`, profile or server, or the newest."""
    named = settings.exchange or (header.profile if header.profile in versions("server") else "")
    if not named:
        named = next((one for one in versions("server") if load(one, kind="server").name == header.server), NEWEST)
    return load(named, kind="server").with_alternatives(settings.alternatives)


# ---------------------------------------------------------------- the server


def _mail(settings: Settings, folder: Path) -> dict[str, Path]:
    if settings.mail in ("", EMPTY):
        return {}
    place = folder / settings.mail
    if not place.exists():
        raise TranscriptError(f"{MAIL}: there is no {place}; it is a Maildir, an mbox, a folder of .eml files, or none")
    return {rehearsal.USER: place}


def _furnish(server: ExchangeServer, found: Sequence[Sequence[Step]]) -> None:
    """Make the folders the recording uses, each with as many messages as it had at most."""
    furniture = rehearsal.Furniture()
    for connection in found:
        furniture.note(connection)
    account = server.store.account(rehearsal.USER)
    if account is None:
        raise AssertionError("the server was made with this user")
    for name, count in furniture.folders.items():
        account.make(name)  # what no mailbox of ours can be called, SELECT will tell
        if count:
            account.mailbox(name).add([Incoming(_MESSAGE)] * count)


def _target(server: ExchangeServer) -> Target:
    context = client_context(ca_file=server.ca_file, verify=True)
    return Target("localhost", server.tls_port, "tls", context, _SILENCE)


def _sign_in() -> SignIn:
    password = Secret(rehearsal.PASSWORD)

    def answers(name: str) -> Answers:
        return auth.client_mechanism(name, user=rehearsal.USER, password=password, host="localhost").answer

    return SignIn(rehearsal.USER, password, answers)


# ---------------------------------------------------------------- what it said


def _problem(told: Difference | Stopped) -> Problem:
    return Problem(told.line, _WHERE.sub("", str(told), count=1))


def _refusals(said: Iterable[Sequence[Step]], heard: Sequence[Sequence[Step]], profile: Profile) -> Iterator[Problem]:
    """Yield where a command was taken otherwise, command by command in the order they were sent."""
    listed = _capabilities(heard)
    for due, came in zip(said, heard, strict=False):
        sent = [step for step in due if isinstance(step, Command)]
        answered = [step for step in came if isinstance(step, Command)]
        for before, now in zip(sent, answered, strict=False):
            problem = _refusal(before, now, listed, profile)
            if problem is not None:
                yield problem
                if isinstance(before.read(), _HAS_TO_SUCCEED):
                    break


def _refusal(before: Command, now: Command, listed: frozenset[bytes], profile: Profile) -> Problem | None:
    if before.condition is None or before.condition == now.condition:
        return None
    was = before.condition.decode()
    if now.condition is None:
        return Problem(before.line, f"{before.text}\n  was answered {was}, and {profile.name} does not answer")
    command = before.read()
    matters = now.condition == b"BAD" or (before.condition == b"OK" and isinstance(command, _HAS_TO_SUCCEED))
    if not matters or _beyond(command, listed):
        return None
    answer = "" if now.completion is None else now.completion.octets.rstrip().decode("latin-1").partition(" ")[2]
    return Problem(before.line, f"{before.text}\n  was answered {was}, and {profile.name} answers {answer}")


def _beyond(command: c.Command | None, listed: frozenset[bytes]) -> bool:
    """Tell whether a command belongs to an extension that our server does not list."""
    if command is None:
        return False
    keyword = c.keyword(command)
    return c.is_unknown(keyword) or (keyword in _EXTENSIONS and _EXTENSIONS[keyword] not in listed)


def _capabilities(heard: Iterable[Sequence[Step]]) -> frozenset[bytes]:
    lines = (step.octets for connection in heard for step in connection if isinstance(step, Heard))
    return frozenset(word.upper() for line in lines if (found := _LISTED.match(line)) for word in found[1].split())
