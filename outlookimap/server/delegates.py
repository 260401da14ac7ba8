"""User names that mean two people: the delegate, whose password is asked for, and the principal, whose mail it is.

The form is that of [MS-OXIMAP4]: ``domain/alias/principal`` or ``alias@domain/principal``, the principal an alias or
``alias@domain``. Knows no password and no permission.
"""

from __future__ import annotations

from collections.abc import Container


def parted(name: str, users: Container[str]) -> tuple[str, str] | None:
    """Return delegate and principal, both in `users`, None for a name that is not of this form or names others."""
    delegate, _, principal = name.rpartition("/")
    if name in users or ("/" not in delegate and "@" not in delegate):
        return None
    found = _user(delegate, users), _user(principal, users)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _user(name: str, users: Container[str]) -> str | None:
    """Return the user who is called `name`, or the alias in it, since this server knows no domains."""
    alias = name.partition("@")[0] if "@" in name else name.rpartition("/")[2]
    return next((known for known in (name, alias) if known and known in users), None)
