"""`outlookimap redact`: a recording that can be given away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic import entries
from outlookimap.traffic.recorder import opened
from outlookimap.traffic.redaction import KEEPS, redacted_header
from outlookimap.traffic.redaction import redact as redacted
from outlookimap.traffic.writer import write_entries


def redact(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (.imap).")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The redacted one, made anew, readable by you alone.")],
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT", help=f"Leave it as it is; can be given several times: {', '.join(KEEPS)}."),
    ] = None,
) -> None:
    """Take passwords, names, addresses, folder names and mail out of a recording; every length stays true."""
    kept = tuple(keep or ())
    redacted((), keep=kept)  # a word it does not know is said before anything is touched
    try:
        source = file.open(encoding="latin-1", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    with source:
        if out.exists() and out.samefile(file):
            raise UsageError(f"--out {out} is the recording itself: give another name")
        with opened(out, os.O_TRUNC) as target:
            try:
                header, said = entries(source)
                write_entries(redacted_header(header, keep=kept), redacted(said, keep=kept), target)
            except TranscriptError as error:
                if out.is_file():
                    out.unlink()  # half of a recording would look like one
                raise TranscriptError(f"{file}: {error}; nothing was written") from error
    typer.echo(f"redacted in {out}; read it before you give it away")
