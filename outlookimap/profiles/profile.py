"""Profiles: how one product behaves, read from its TOML file, each value with its evidence.

A profile is data: nothing here or above compares its name. `load()` is the one resolver of names: ``"2013"``,
``"outlook-2013"``, and a `Profile` itself. Knows no command and no connection.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeVar

from outlookimap.errors import ProfileError
from outlookimap.profiles.schema import BASES, SCHEMAS, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One profile value with why it is believed: `basis`, the statements it cites, and a remark."""

    value: Value
    basis: str
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Profile:
    """How one product behaves: `values` by dotted key (`fetch.purpose.bodies`).

    `origins` says which file each value comes from: a profile inherits from its base.
    """

    id: str
    name: str
    kind: str
    values: Mapping[str, Evidence] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        schema = SCHEMAS.get(self.kind)
        if schema is None:
            raise ProfileError(f"{self.id}: kind {self.kind!r} is none of {', '.join(SCHEMAS)}")
        for key in sorted(self.values.keys() - schema.keys()):
            raise ProfileError(f"{self.id}: there is no value {key}; see profiles/schema.py")
        for key, kind in schema.items():
            if key not in self.values:
                raise ProfileError(f"{self.id}: the value {key} is missing")
            value = self.values[key].value
            if type(value) is not kind:
                raise ProfileError(f"{self.id}: {key} is {value!r}, not a {kind.__name__}")
            if isinstance(value, tuple) and not all(isinstance(word, str) for word in value):
                raise ProfileError(f"{self.id}: {key} is {value!r}, not a list of strings")

    def cites(self, key: str) -> tuple[str, ...]:
        """Return the statements that the value at `key` rests on."""
        return self._evidence(key).cites

    def flag(self, key: str) -> bool:
        """Return a yes or no."""
        return self._typed(key, bool)

    def number(self, key: str) -> int:
        """Return a number."""
        return self._typed(key, int)

    def text(self, key: str) -> str:
        """Return a string."""
        return self._typed(key, str)

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of strings."""
        return self._typed(key, tuple)

    def _evidence(self, key: str) -> Evidence:
        try:
            return self.values[key]
        except KeyError:
            raise ProfileError(f"{self.id}: there is no value {key}") from None

    def _typed(self, key: str, kind: type[T]) -> T:
        value = self._evidence(key).value
        if type(value) is not kind:
            raise ProfileError(f"{self.id}: {key} is a {type(value).__name__}, not a {kind.__name__}")
        return value


def names() -> tuple[str, ...]:
    """Return the ids of all profiles that ship, sorted."""
    folder = resources.files(__package__)
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load(name: str | Profile, *, kind: str = "client") -> Profile:
    """Return the profile called `name`: its id (``outlook-2013``) or, within a kind, what follows the dash (``2013``).

    Raises ProfileError naming the profiles there are.
    """
    if isinstance(name, Profile):
        return name
    found = [known for known in names() if known == name or known.partition("-")[2] == name]
    profiles = [profile for profile in map(_read, found) if profile.kind == kind]
    if len(profiles) != 1:
        raise ProfileError(f"there is no {kind} profile {name!r}; there are: {', '.join(names())}")
    return profiles[0]


@functools.cache
def _read(name: str) -> Profile:
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return parse(name, tomllib.loads(text))


def parse(name: str, document: Mapping[str, Any]) -> Profile:
    """Return the profile that a TOML document holds, its base read from the files that ship; raises ProfileError."""
    product = document.get("product")
    if not isinstance(product, dict) or product.get("id") != name:
        raise ProfileError(f"{name}: [product] with id = {name!r} is missing")
    # a misspelt table would leave a profile with the values of its base, without a word
    _only(name, document, {"product", "values"})
    _only(f"{name}: [product]", product, {"id", "name", "kind", "base"})
    kind, title = product.get("kind", ""), product.get("name", name)
    if not isinstance(kind, str) or not isinstance(title, str):
        raise ProfileError(f"{name}: [product] kind = {kind!r} and name = {title!r} are strings")
    values: dict[str, Evidence] = {}
    origins: dict[str, str] = {}
    if "base" in product:
        base = _base(name, product["base"], kind)
        values.update(base.values)
        origins.update(base.origins)
    for key, entry in _flatten(f"{name}: ", document.get("values", {}), ""):
        values[key] = _evidence(f"{name}: {key}", entry)
        origins[key] = name
    return Profile(name, title, kind, values, origins)


def _base(name: str, base: object, kind: str) -> Profile:
    if base == name or base not in names():
        raise ProfileError(f"{name}: the base {base!r} is no other profile; there are: {', '.join(names())}")
    found = _read(str(base))
    if found.kind != kind:
        raise ProfileError(f"{name}: a {kind} cannot have the {found.kind} {base} as its base")
    return found


def _only(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = table.keys() - known
    if unknown:
        raise ProfileError(f"{where}: unknown key {min(unknown)!r}")


def _flatten(where: str, table: object, prefix: str) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(table, dict):
        raise ProfileError(f"{where}{prefix or 'values'} is no table: a value stands as {{ value, basis, cites }}")
    if prefix and "value" in table:
        return [(prefix, table)]
    found: list[tuple[str, Mapping[str, Any]]] = []
    for key, entry in table.items():
        found += _flatten(where, entry, f"{prefix}.{key}" if prefix else key)
    return found


def _evidence(where: str, entry: Mapping[str, Any]) -> Evidence:
    _only(where, entry, {"value", "basis", "cites", "note"})
    if entry.get("basis") not in BASES:
        raise ProfileError(f"{where}: basis is {entry.get('basis')!r}, none of {', '.join(BASES)}")
    cites = entry.get("cites")
    if not isinstance(cites, list) or not cites or not all(isinstance(cite, str) for cite in cites):
        raise ProfileError(f"{where}: cites names at least one statement")
    note = entry.get("note", "")
    if not isinstance(note, str):
        raise ProfileError(f"{where}: the note is {note!r}, not a string")
    value = entry["value"]
    return Evidence(tuple(value) if isinstance(value, list) else value, entry["basis"], tuple(cites), note)
