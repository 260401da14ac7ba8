"""What the Microsoft documents say, id by id, in our own words.

The data are the `*.toml` files of this folder, one per edition; `catalogue` reads them. This layer knows nothing of
what the statements are used for.
"""

from __future__ import annotations

from outlookimap.statements.catalogue import (
    ID_PATTERN,
    OBSERVABLES,
    State,
    Statement,
    all_statements,
    get,
    nearest,
)

__all__ = [
    "ID_PATTERN",
    "OBSERVABLES",
    "State",
    "Statement",
    "all_statements",
    "get",
    "nearest",
]
