"""`outlookimap lint`: recordings and logs judged, a file after the other. How they are judged it does not know."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from outlookimap.cli.output import json_option, write_json
from outlookimap.cli.verdicts import FileVerdict, Unread, as_json, as_text
from outlookimap.conformance import lint as client_lint
from outlookimap.conformance import server_lint
from outlookimap.conformance.verdict import Verdict
from outlookimap.errors import TranscriptError, UsageError
from outlookimap.profiles import Profile, load, products
from outlookimap.traffic import imports
from outlookimap.traffic.format import Provenance
from outlookimap.traffic.imports import Imported, ImportedSession

ANY = "any"
_NOBODY = {
    "client": "no command of a client is in it: there is nothing to judge",
    "server": "no response of a server is in it: there is nothing to judge",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """By which profiles one side is judged: it is enough to conform to one of them."""

    kind: str
    profiles: Sequence[Profile]


def lint(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Recordings or logs; the other side of a rawlog is found.")
    ],
    format: Annotated[  # noqa: A002 - the user reads it
        str, typer.Option(metavar="NAME", help=f"auto, or one of {', '.join(imports.FORMATS)}.")
    ] = "auto",
    outlook: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Judge the client: 2007, 2010, 2013 or any, which ranks them all."),
    ] = None,
    exchange: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Judge the server: 2007sp1 to 2019, or any, which ranks them all."),
    ] = None,
    observed: Annotated[
        bool, typer.Option("--observed", help="Accept what was seen of the product against its documents.")
    ] = False,
    alternative: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Of the server: switch on a rejected reading, or another setting."),
    ] = None,
    json: Annotated[
        str | None,
        json_option(
            "a list, for each file and profile one object (file, format, sessions (label, conforms, judged, fragment), "
            "profile, conforms, violations (line, statements, text, expected, observed, session, connection), "
            "remarks (line, statements, text), exercised, error)"
        ),
    ] = None,
) -> None:
    """Judge recordings and logs: whether their client is an Outlook, their server an Exchange.

    The client by any version unless an option says otherwise. Exit status: 0 when every file conforms, 1 when one does
    not, 2 when one cannot be read or has nothing to judge.
    """
    wanted = _wanted(outlook, exchange, alternative or [])
    found: list[FileVerdict | Unread] = []
    for file in files:
        judged = _judged(file, format, wanted, observed=observed)
        found += judged
        if json is None:
            for part in judged:
                _print(part)
    if json is not None:
        write_json(json, [entry for part in found for entry in as_json(part)])
        for part in found:
            if isinstance(part, Unread):
                _print(part)
    verdicts = [part for part in found if isinstance(part, FileVerdict)]
    if len(verdicts) < len(found):
        raise typer.Exit(2)
    if not all(verdict.conforms for verdict in verdicts):
        raise typer.Exit(1)


def _wanted(outlook: str | None, exchange: str | None, alternatives: list[str]) -> list[_Wanted]:
    if alternatives and exchange in (None, ANY):
        raise UsageError(f"--alternative {alternatives[0]}: this is for one version, named by --exchange")
    if outlook is None and exchange is None:
        outlook = ANY
    wanted = []
    for kind, version in (("client", outlook), ("server", exchange)):
        if version == ANY:
            wanted.append(_Wanted(kind, [load(name, kind=kind) for name in products(kind)]))
        elif version is not None:
            profile = load(version, kind=kind).with_alternatives(alternatives if kind == "server" else ())
            wanted.append(_Wanted(kind, [profile]))
    return wanted


def _judged(file: str, form: str, wanted: list[_Wanted], *, observed: bool) -> list[FileVerdict | Unread]:
    """Judge a file by each side that is wanted."""
    try:
        imported = imports.load(file, format=form)
        return [_of_side(file, imported, side, observed=observed) for side in wanted]
    except TranscriptError as error:
        return [Unread(file, str(error))]
    except OSError as error:
        return [Unread(file, error.strerror or str(error))]


def _of_side(file: str, imported: Imported, side: _Wanted, *, observed: bool) -> FileVerdict | Unread:
    verdicts = [_of_session(session, side, observed=observed) for session in imported.sessions]
    if not any(verdict.commands for ranked in verdicts for verdict in ranked):
        return Unread(file, _NOBODY[side.kind], imported.format)
    labels = [session.label for session in imported.sessions]
    return FileVerdict.of(file, imported.format, labels, verdicts)


def _of_session(session: ImportedSession, side: _Wanted, *, observed: bool) -> list[Verdict]:
    fragment = session.header.provenance is Provenance.FRAGMENT
    judge = client_lint.judge_any if side.kind == "client" else server_lint.judge_any
    return judge(session.entries(), side.profiles, observed=observed, fragment=fragment)


def _print(part: FileVerdict | Unread) -> None:
    if isinstance(part, Unread):
        sys.stderr.write(f"outlookimap: {part.file}: {part.reason}\n")
    else:
        sys.stdout.write(as_text(part))
