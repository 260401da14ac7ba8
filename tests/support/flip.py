"""Flips one value of one profile file, to see whether a test that cites its statements notices.

`--flip outlook-2007:fetch.macros` runs the tests with that value flipped; `outlook-2007:auth.mechanisms:reversed` says
how, where there is more than one way. The file is not touched: what is read from it is. Profiles with the file as
their base inherit the flipped value, as they would inherit another one. Alternatives are left alone: nothing is on
unless it is switched on, and what each changes is typed in the tests. Knows nothing of tests and statements.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from typing import TYPE_CHECKING

from outlookimap.profiles import Profile, names, profile
from outlookimap.profiles.schema import FETCH_PURPOSES, STORE_PURPOSES, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

ORDERED = frozenset(("auth.mechanisms",))
"""Lists of a client whose order is part of what it does; of the others only the members count."""

TEXTS = {
    "": "ZZZZ",
    "*": "%",
    "LIST": "XLIST",
    "XLIST": "LIST",
    "abcdefghijklmnopqrstuvwxyz0123456789": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
}
"""Another plausible value for a string of a client that has no siblings; a server's gets a letter more."""

SIBLINGS = {"fetch.purpose.": FETCH_PURPOSES, "store.purpose.": STORE_PURPOSES}
"""Strings of one family: each is flipped to the next one's value."""


@dataclasses.dataclass(frozen=True, slots=True)
class Flip:
    """One value, by the profile file that states it and its key, and how it is changed."""

    file: str
    key: str
    how: str

    def __str__(self) -> str:
        return f"{self.file}:{self.key}:{self.how}"


def ways(loaded: Profile, key: str, *, each: bool = False) -> dict[str, Value]:
    """Return what `key` is flipped to, by the word for how; with `each`, lists lose each member by turns."""
    value = loaded.values[key].value
    if isinstance(value, bool):
        return {"not": not value}
    if isinstance(value, int):
        return {"more": value + 1}
    if isinstance(value, str):
        return {"other": _other(loaded, key, value)}
    if not value:
        return {"with-X=other": ("X=other",)}
    dropped = range(len(value)) if each else range(len(value) - 1, len(value))
    found: dict[str, Value] = {f"without-{value[place]}": value[:place] + value[place + 1 :] for place in dropped}
    if key in ORDERED and loaded.kind == "client":
        found["reversed"] = value[::-1]
    return found


def _other(loaded: Profile, key: str, value: str) -> str:
    for prefix, family in SIBLINGS.items():
        if key.startswith(prefix):
            place = family.index(key.removeprefix(prefix))
            return loaded.text(prefix + family[(place + 1) % len(family)])
    return TEXTS[value] if loaded.kind == "client" else f"{value}x"


def flips(*, each: bool = False) -> list[Flip]:
    """Return every flip of every value, in the order of the files and of their keys."""
    return [
        Flip(file, key, how)
        for file in names()
        for key, origin in profile._read(file).origins.items()
        if origin == file
        for how in ways(profile._read(file), key, each=each)
    ]


def cites(flip: Flip) -> frozenset[str]:
    """Return the statements that the flipped value rests on."""
    return frozenset(profile._read(flip.file).cites(flip.key))


def parse(text: str) -> Flip:
    """Return the flip that ``FILE:KEY`` or ``FILE:KEY:HOW`` names; raises ValueError for one there is not."""
    file, _, rest = text.partition(":")
    key, _, how = rest.partition(":")
    if file not in names():
        raise ValueError(f"--flip {text}: no profile file {file!r}; there are: {', '.join(names())}")
    loaded = profile._read(file)
    if loaded.origins.get(key) != file:
        raise ValueError(f"--flip {text}: {file} states no value {key!r}")
    found = ways(loaded, key, each=True)
    if how and how not in found:
        raise ValueError(f"--flip {text}: {key} can be flipped: {', '.join(found)}")
    return Flip(file, key, how or next(iter(ways(loaded, key))))


@contextlib.contextmanager
def flipped(flip: Flip) -> Iterator[None]:
    """Load the profiles with one value flipped, until the context is left."""
    honest = profile._read
    value = ways(honest(flip.file), flip.key, each=True)[flip.how]

    @functools.cache
    def read(name: str) -> Profile:
        loaded = honest.__wrapped__(name)  # which asks `profile._read`, now this function, for the base
        if name != flip.file:
            return loaded
        evidence = dataclasses.replace(loaded.values[flip.key], value=value)
        return dataclasses.replace(loaded, values={**loaded.values, flip.key: evidence})

    profile._read = read
    try:
        yield
    finally:
        profile._read = honest


# ---------------------------------------------------------------- the option of pytest


def add_option(parser: pytest.Parser) -> None:
    """Offer ``--flip``."""
    parser.addoption("--flip", metavar="FILE:KEY[:HOW]", help="run with one value of one profile file flipped")


def configure(config: pytest.Config) -> None:
    """Flip before anything is collected, and undo it when pytest is done."""
    wanted: str | None = config.getoption("--flip")
    if wanted is not None:
        stack = contextlib.ExitStack()
        stack.enter_context(flipped(parse(wanted)))
        config.add_cleanup(stack.close)
