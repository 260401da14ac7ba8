"""Profiles: how one product behaves, read from its TOML file, each value with its evidence.

A profile is data: nothing here or above compares its name. `load()` is the one resolver of names: ``"2013"``,
``"outlook-2013"``, and a `Profile` itself. `alternatives` are readings that lost where the documents contradict each
other, and settings an administrator can change: sets of values that can be switched on. Knows no command and no
connection.
"""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading, or another setting, that can be switched on: what it is, and the values it puts in place."""

    summary: str
    values: Mapping[str, Evidence] = field(repr=False)


@dataclass(frozen=True)
class Profile:
    """How one product behaves: `values` by dotted key (`fetch.purpose.bodies`).

    `origins` says which file each value comes from: a profile inherits from its base. `order` is the place of the
    version among those of its product, None where none is stated. `switched` names the alternatives that are on.
    """

    id: str
    name: str
    kind: str
    values: Mapping[str, Evidence] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False, default_factory=dict)
    alternatives: Mapping[str, Alternative] = field(repr=False, default_factory=dict)
    order: int | None = field(repr=False, default=None)
    switched: tuple[str, ...] = field(repr=False, default=())

    def __post_init__(self) -> None:
        schema = SCHEMAS.get(self.kind)
        if schema is None:
            raise ProfileError(f"{self.id}: kind {self.kind!r} is none of {', '.join(SCHEMAS)}")
        _check(self.id, schema, self.values)
        for key in schema:
            if key not in self.values:
                raise ProfileError(f"{self.id}: the value {key} is missing")
        for name, alternative in self.alternatives.items():
            _check(f"{self.id}: alternative {name}", schema, alternative.values)

    def with_alternatives(self, wanted: Iterable[str]) -> Profile:
        """Return this profile with the alternatives called `wanted` switched on.

        Raises ProfileError naming those there are for an unknown one, and for two that give one value differently.
        """
        values, origins, by = dict(self.values), dict(self.origins), dict[str, str]()
        switched = tuple(dict.fromkeys((*self.switched, *wanted)))
        for name in switched:
            if name not in self.alternatives:
                there = ", ".join(sorted(self.alternatives)) or "none"
                raise ProfileError(f"{self.id}: there is no alternative {name!r}; there are: {there}")
            for key, evidence in self.alternatives[name].values.items():
                if key in by and values[key].value != evidence.value:
                    raise ProfileError(f"{self.id}: {by[key]} and {name} do not go together: both give {key}")
                values[key], origins[key], by[key] = evidence, f"{self.id}:{name}", name
        return dataclasses.replace(self, values=values, origins=origins, switched=switched)

    def cites(self, key: str) -> tuple[str, ...]:
        """Return the statements that the value at `key` rests on."""
        return self._evidence(key).cites

    def basis(self, key: str) -> str:
        """Return how strong the evidence for the value at `key` is."""
        return self._evidence(key).basis

    def value(self, key: str) -> Value:
        """Return the value at `key`, whatever its type."""
        return self._evidence(key).value

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


def _check(where: str, schema: Mapping[str, type], values: Mapping[str, Evidence]) -> None:
    for key in sorted(values.keys() - schema.keys()):
        raise ProfileError(f"{where}: there is no value {key}; see profiles/schema.py")
    for key, evidence in values.items():
        value = evidence.value
        if type(value) is not schema[key]:
            raise ProfileError(f"{where}: {key} is {value!r}, not a {schema[key].__name__}")
        if isinstance(value, tuple) and not all(isinstance(word, str) for word in value):
            raise ProfileError(f"{where}: {key} is {value!r}, not a list of strings")


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


def order(name: str | Profile, *, kind: str = "server") -> int:
    """Return the place of a version among those of its product: an older one has a smaller number.

    Raises ProfileError for an unknown name, and for a profile that states no order.
    """
    profile = load(name, kind=kind)
    if profile.order is None:
        raise ProfileError(f"{profile.id}: [product] states no order")
    return profile.order


def versions(kind: str = "server") -> tuple[str, ...]:
    """Return the ids of the profiles of one kind that state an order, the oldest version first."""
    placed = [(profile.order, profile.id) for profile in map(_read, names()) if profile.kind == kind]
    return tuple(name for place, name in sorted((place, name) for place, name in placed if place is not None))


def products(kind: str = "client") -> tuple[str, ...]:
    """Return the ids of the profiles of one kind, sorted; `versions()` is for those that state an order."""
    return tuple(profile.id for profile in map(_read, names()) if profile.kind == kind)


@functools.cache
def _read(name: str) -> Profile:
    return parse(name, _document(name))


@functools.cache
def _document(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, document: Mapping[str, Any]) -> Profile:
    """Return the profile that a TOML document holds, its base read from the files that ship; raises ProfileError."""
    product = document.get("product")
    if not isinstance(product, dict) or product.get("id") != name:
        raise ProfileError(f"{name}: [product] with id = {name!r} is missing")
    # a misspelt table would leave a profile with the values of its base, without a word
    _only(name, document, {"product", "values", "alternatives"})
    _only(f"{name}: [product]", product, {"id", "name", "kind", "base", "order", "drops"})
    kind, title, place = product.get("kind", ""), product.get("name", name), product.get("order")
    if not isinstance(kind, str) or not isinstance(title, str):
        raise ProfileError(f"{name}: [product] kind = {kind!r} and name = {title!r} are strings")
    if place is not None and type(place) is not int:
        raise ProfileError(f"{name}: [product] order = {place!r} is a number")
    values: dict[str, Evidence] = {}
    origins: dict[str, str] = {}
    alternatives: dict[str, Alternative] = {}
    if "base" in product:
        base = _base(name, product["base"], kind)
        values.update(base.values)
        origins.update(base.origins)
        alternatives.update(base.alternatives)
    for dropped in _strings(f"{name}: [product] drops", product.get("drops", [])):
        if alternatives.pop(dropped, None) is None:
            raise ProfileError(f"{name}: [product] drops {dropped!r}, which the base does not have")
    for key, evidence in _values(name, document.get("values", {})).items():
        values[key] = evidence
        origins[key] = name
    alternatives |= _alternatives(name, document.get("alternatives", {}))
    return Profile(name, title, kind, values, origins, alternatives, place)


def _values(name: str, table: object) -> dict[str, Evidence]:
    return {key: _evidence(f"{name}: {key}", entry) for key, entry in _flatten(f"{name}: ", table, "")}


def _alternatives(name: str, table: object) -> dict[str, Alternative]:
    if not isinstance(table, dict):
        raise ProfileError(f"{name}: alternatives is no table")
    found: dict[str, Alternative] = {}
    for title, entry in table.items():
        where = f"{name}: alternative {title}"
        if not isinstance(entry, dict):
            raise ProfileError(f"{where} is no table")
        _only(where, entry, {"summary", "values"})
        summary, values = entry.get("summary"), _values(where, entry.get("values", {}))
        if not isinstance(summary, str) or not summary.strip():
            raise ProfileError(f"{where}: the summary is {summary!r}, not a sentence")
        if not values:
            raise ProfileError(f"{where} changes no value")
        found[title] = Alternative(summary, values)
    return found


def _strings(where: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ProfileError(f"{where} is {value!r}, not a list of strings")
    return value


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
