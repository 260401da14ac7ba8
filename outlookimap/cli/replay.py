"""`outlookimap replay`: a recording as a regression test, of a server or of a client."""

from __future__ import annotations

import contextlib
import functools
import hmac
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from outlookimap import auth
from outlookimap.cli.connecting import (
    PASSWORD_VARIABLE,
    CaFile,
    Encryption,
    Insecure,
    PasswordFile,
    Timeout,
    User,
    password_of,
)
from outlookimap.cli.output import harmless_text, json_option, write_json
from outlookimap.cli.places import CaOut, certificate, end_on_sigterm, place_of, shown_place, target_of, wait_for
from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic import Difference, Entry, entries
from outlookimap.traffic.filling import Answers, SignIn
from outlookimap.traffic.recorded_server import RecordedServer
from outlookimap.traffic.replaying import Outcome, Stopped, Told
from outlookimap.traffic.replaying import replay as replay_against
from outlookimap.wire.secret import Secret


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording in the .imap format.")],
    against: Annotated[
        str | None, typer.Option(metavar="URL", help="Play the client's side against this server, imaps://user@host/.")
    ] = None,
    serve: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Play the server's side for clients that connect here.")
    ] = None,
    no_pauses: Annotated[
        bool, typer.Option("--no-pauses", help="Do not wait where the recording shows that only time passed.")
    ] = False,
    json: Annotated[
        str | None,
        json_option(
            "file, same, connections, commands, differences (line, side, expected, actual, note; where a conversation "
            "ended early line, stopped, unplayed)"
        ),
    ] = None,
    encryption: Encryption = None,
    ca_file: CaFile = None,
    insecure: Insecure = False,
    user: User = None,
    password_file: PasswordFile = None,
    timeout: Timeout = 60.0,
    ca_out: CaOut = None,
) -> None:
    """Say again what one side of a recording said, and show where the other side answers otherwise.

    Exit status 0 when it says the same, 1 when there are differences, 2 when it could not be done.
    """
    if (against is None) is (serve is None):
        raise UsageError("say either --against URL or --serve HOST:PORT")
    with reading(file) as recorded:
        for _ in recorded:
            pass  # what cannot be read is told before anything is connected
    found: list[Difference | Stopped] = []
    tell = functools.partial(_tell, found, shown=json != "-", kept=json is not None)
    if against is not None:
        target, named = target_of(against, encryption, ca_file, timeout, insecure=insecure)
        if ca_out is not None:
            raise UsageError("--ca-out is for --serve; --ca-file says whom to trust")
        sign_in = sign_in_of(user or named, target.host, password_file)
        with reading(file) as recorded:
            outcome = replay_against(recorded, target, sign_in, tell, pauses=not no_pauses)
    else:
        outcome = _serve(file, serve or "", ca_out, tell, pauses=not no_pauses)
    if json is not None:
        write_json(json, to_json(file, outcome, found))
    if json != "-":
        sys.stdout.write(f"{summary(outcome)}\n")
    if outcome.differences:
        raise typer.Exit(1)


def _serve(file: Path, place: str, ca_out: Path | None, tell: Told, *, pauses: bool) -> Outcome:
    host, port = place_of(place, "--serve")
    end_on_sigterm()
    with (
        certificate(host, ca_out) as context,
        RecordedServer(functools.partial(reading, file), context, tell, host=host, port=port, pauses=pauses) as server,
    ):
        sys.stderr.write(f"serving {file} on {shown_place(server.host, server.port)}\n")
        sys.stderr.flush()
        wait_for(server.over)
        return server.outcome


@contextlib.contextmanager
def reading(file: Path) -> Iterator[Iterable[Entry]]:
    """Give the entries of the recording in `file`, read one by one.

    Raises UsageError for one that cannot be opened, TranscriptError, naming it, for one that cannot be read or played.
    """
    try:
        stream = file.open(encoding="latin-1", newline="\n")  # the line that is not ASCII gets named
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    with stream:
        try:
            yield entries(stream)[1]
        except TranscriptError as error:
            raise TranscriptError(f"{file}: {error}") from error


def sign_in_of(user: str | None, host: str, password_file: Path | None) -> SignIn:
    """Return who signs in where the recording does; a password is asked for where somebody can be asked."""
    password: Secret | None = None
    if user is not None or password_file is not None or os.environ.get(PASSWORD_VARIABLE) or sys.stdin.isatty():
        password = password_of(user or "the recorded user", host, password_file)

    def answers(name: str) -> Answers:
        if user is None or password is None:
            raise UsageError(f"the recording signs in by {name} and does not show as whom: give --user and a password")
        if name == "LOGIN":
            said = iter((user.encode(), password.reveal()))
            return lambda _: next(said, b"")
        if name == "CRAM-MD5":
            return functools.partial(_cram_md5, user, password)
        return auth.client_mechanism(name, user=user, password=password, host=host).answer

    return SignIn(user, password, answers)


def _cram_md5(user: str, password: Secret, challenge: bytes) -> bytes:
    """Answer as RFC 2195 has it."""
    return f"{user} {hmac.new(password.reveal(), challenge, 'md5').hexdigest()}".encode()


def summary(outcome: Outcome) -> str:
    """Return in one line how a replay went."""
    differences = f"{outcome.differences} differences" if outcome.differences else "no difference"
    return f"{outcome.connections} connections, {outcome.commands} commands: {differences}"


def to_json(file: Path, outcome: Outcome, found: Iterable[Difference | Stopped]) -> dict[str, Any]:
    """Return how a replay went, for programs."""
    return {
        "file": str(file),
        "same": not outcome.differences,
        "connections": outcome.connections,
        "commands": outcome.commands,
        "differences": [_one(difference) for difference in found],
    }


def _one(difference: Difference | Stopped) -> dict[str, Any]:
    if isinstance(difference, Stopped):
        return {"line": difference.line, "stopped": difference.reason, "unplayed": difference.unplayed}
    return {
        "line": difference.line,
        "side": "client" if difference.sender.value == "C" else "server",
        "expected": difference.expected,
        "actual": difference.actual,
        "note": difference.note,
    }


def _tell(found: list[Difference | Stopped], difference: Difference | Stopped, *, shown: bool, kept: bool) -> None:
    if kept:
        found.append(difference)
    if shown:
        sys.stdout.write(harmless_text(str(difference)) + "\n")
        sys.stdout.flush()
