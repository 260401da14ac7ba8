"""Which versions a mark names: single ones, comparisons with one, several that all hold.

Knows neither pytest nor what a version does; imports the package when it is asked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
"""What may stand before a version in the mark; the two-letter ones come first, for they begin like the others."""


def known(kind: str) -> tuple[str, ...]:
    """Return the ids of all versions of one kind, ``"client"`` or ``"server"``, the oldest first."""
    from outlookimap.profiles import products, versions

    return versions(kind) or products(kind)  # those that state no order are named by their years


def chosen(wanted: Iterable[object], kind: str = "server") -> list[str]:
    """Return the ids of the versions that fit any of `wanted`, oldest first; raises ProfileError where none fits one.

    Each is a version or a comparison with one (``"2013"``, ``">=2010sp2"``), or several with commas, that all hold.
    """
    from outlookimap.errors import ProfileError
    from outlookimap.profiles import load

    ids = known(kind)
    found: set[str] = set()
    for spec in wanted:
        rules = [_rule(part.strip()) for part in str(spec).split(",")]
        places = [(hold, ids.index(load(name, kind=kind).id)) for hold, name in rules]
        fitting = {one for place, one in enumerate(ids) if all(hold(place, other) for hold, other in places)}
        if not fitting:
            raise ProfileError(f"no version fits {spec!r}; there are: {', '.join(ids)}")
        found |= fitting
    return [one for one in ids if one in found]


def _rule(text: str) -> tuple[Callable[[int, int], bool], str]:
    sign = next((sign for sign in COMPARISONS if text.startswith(sign)), "")
    return COMPARISONS[sign or "=="], text[len(sign) :].strip()
