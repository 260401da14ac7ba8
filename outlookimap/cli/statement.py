"""`outlookimap statement`: what the Microsoft documents say, in our words, and where each statement lives here."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from outlookimap.cli.output import json_option, write_json
from outlookimap.conformance import traceability
from outlookimap.statements import get


def statement(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="An id such as O5:V0055; all without one.")] = None,  # noqa: A002 - the user reads it
    json: Annotated[
        str | None,
        json_option(
            "a list of statements (id, edition, gist, section, rfc_section, products, observable, state, reason, "
            "values, code, tests, rules, scenarios)"
        ),
    ] = None,
) -> None:
    """Print a statement of the Microsoft documents and where profiles, code, tests, lint and scenarios act on it."""
    wanted = None if id is None else get(id).id
    entries = [entry for entry in traceability.index() if wanted in (None, entry.id)]
    if json is not None:
        write_json(json, [entry.to_json() for entry in entries])
    elif wanted is None:
        sys.stdout.write(traceability.catalogue_text(entries))
    else:
        sys.stdout.write(traceability.statement_text(entries[0]))
