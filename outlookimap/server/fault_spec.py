r"""Faults as text, for command lines: a name of the library, or ``when=UID FETCH,nth=2;do=close``.

A fault has sections, separated by semicolons: one ``when=PATTERN``, then any number of ``do=ACTION``, each with
``key=value`` after commas; a key alone is yes. A value with a comma or semicolon stands in double quotes, in which
``\"`` is a quote. In texts ``\r``, ``\n``, ``\t``, ``\xNN`` and ``\\`` are single octets; patterns of octets are
Python's regular expressions. ``NAME;when=...`` is a fault of the library at another time. Knows no connection.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from outlookimap.errors import UsageError
from outlookimap.protocol.states import State
from outlookimap.server.fault import At, Fault, When
from outlookimap.server.fault_actions import ACTIONS, Action
from outlookimap.server.fault_library import library_fault
from outlookimap.wire.responses import Condition

_ITEM = re.compile(r'\s*([A-Za-z-]+)\s*(?:=(?:"((?:[^"\\]|\\.)*)"\s*|([^,;]*)))?(?:(,|;)|\Z)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(r|n|t|\\|x[0-9A-Fa-f]{2})")
_AMBIGUOUS = re.compile(r'\\(?=[rntx"\\]|[^ -~]|\Z)')  # a backslash that would be read as the start of an escape
_OCCASIONS = re.compile(r"([0-9]{1,9})(?:(-)([0-9]{1,9})?)?")
_CONTROL = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}
_STATES = {state.name.lower().replace("_", "-"): state for state in State if state is not State.LOGOUT}
_PATTERNS = ("on", "pattern")

Item = tuple[str, str]


def faults_of(spec: str) -> tuple[Fault, ...]:
    """Return the faults that a text names; UsageError says what in it cannot be read, and what could stand there."""
    try:
        return _faults(spec)
    except UsageError as error:
        raise UsageError(f"fault {spec!r}: {error}") from error


def _faults(spec: str) -> tuple[Fault, ...]:
    name, semicolon, rest = spec.partition(";")
    name = name.strip()
    if "=" not in name:
        found = library_fault(name)
        if not semicolon:
            return found
        sections = _sections(rest)
        if len(sections) != 1 or sections[0][0][0] != "when":
            raise UsageError(f"{rest!r}: after a name of the library comes one section: when=...")
        return tuple(dataclasses.replace(fault, when=_when(sections[0], fault.when)) for fault in found)
    when = When()
    actions: list[Action] = []
    for number, section in enumerate(_sections(spec)):
        key, value = section[0]
        if key == "when" and not number:
            when = _when(section, when)
        elif key == "do":
            actions.append(_action(value, section[1:]))
        elif key == "when":
            raise UsageError(f"when={value}: there is one `when`, and it comes first")
        else:
            raise UsageError(f"{key}={value}: a section begins with when= or do=")
    if not actions:
        raise UsageError(f"it does nothing: add ;do=ACTION, one of {', '.join(ACTIONS)}")
    return (Fault(when, tuple(actions), name=spec),)


def _sections(text: str) -> list[list[Item]]:
    """Return the sections as lists of key and value."""
    sections: list[list[Item]] = [[]]
    position = 0
    while position < len(text):
        found = _ITEM.match(text, position)
        if found is None:
            raise UsageError(f"{text[position:]!r}: this is not key=value")
        key, quoted, plain, separator = found.groups()
        value = "yes" if quoted is None and plain is None else plain
        if quoted is not None:
            value = re.sub(r"\\(.)", lambda pair: '"' if pair[1] == '"' else pair[0], quoted, flags=re.DOTALL)
        else:
            value = value.strip()
        sections[-1].append((key, value))
        position = found.end()
        if separator == ";":
            sections.append([])
    if not all(sections):
        raise UsageError("a section between semicolons is empty")
    return sections


# ---------------------------------------------------------------- when


def _occasions(text: str) -> int | tuple[int, int | None]:
    found = _OCCASIONS.fullmatch(text)
    if found is None:
        raise UsageError("this is not a number, as 2, or a range, as 2-5 or 2-")
    first = int(found[1])
    return (first, int(found[3]) if found[3] else None) if found[2] else first


_WHEN: dict[str, tuple[str, Callable[[str], Any]]] = {
    "when": ("command", str),
    "at": ("at", lambda text: _one_of({at.value: at for at in At}, text)),
    "state": ("state", lambda text: _one_of(_STATES, text)),
    "nth": ("nth", _occasions),
    "since": ("since", str),
    "longer": ("longer", lambda text: _number(text, int)),
}
"""Keys of a `when`, the fields they set and how they are read."""


def _when(section: list[Item], base: When) -> When:
    values: dict[str, Any] = {}
    for key, text in section:
        row = _WHEN.get(key)
        if row is None:
            raise UsageError(f"{key}={text}: a when has no such key, but {', '.join(_WHEN)}")
        _set(values, row[0], key, text, row[1])
    return dataclasses.replace(base, **values)


# ---------------------------------------------------------------- do


def _action(word: str, items: list[Item]) -> Action:
    kind = ACTIONS.get(word)
    if kind is None:
        raise UsageError(f"do={word}: there is no such action, but {', '.join(ACTIONS)}")
    known = {field.name: field for field in sorted(dataclasses.fields(kind), key=lambda field: field.kw_only is True)}
    values: dict[str, Any] = {}
    for key, text in items:
        if key not in known:
            raise UsageError(f"do={word},{key}={text}: the action has no such key, but {', '.join(known)}")
        _set(values, key, key, text, _reader(known[key]))
    for field in known.values():
        if field.default is dataclasses.MISSING and field.name not in values:
            raise UsageError(f"do={word} needs {field.name}=")
    return kind(**values)


def _set(values: dict[str, Any], name: str, key: str, text: str, read: Callable[[str], Any]) -> None:
    if name in values:
        raise UsageError(f"{key}={text}: {key} is given twice")
    try:
        values[name] = read(text)
    except UsageError as error:
        raise UsageError(f"{key}={text}: {error}") from error


def _reader(field: dataclasses.Field[Any]) -> Callable[[str], Any]:
    if field.name in _PATTERNS:
        return str.encode
    kind = str(field.type).removesuffix(" | None")
    return _READERS[kind]


def unescaped(text: str) -> bytes:
    r"""Return the octets of a text with ``\r`` and the like in it; any other backslash is itself."""
    return _ESCAPE.sub(
        lambda found: _CONTROL.get(found[1]) or bytes((int(found[1][1:], 16),)), text.encode("utf-8", "surrogateescape")
    )


def _number(text: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(text)
    except (ValueError, OverflowError) as error:
        raise UsageError("this is not a number") from error


def _one_of(known: dict[str, Any], text: str) -> Any:
    if text.lower() not in known:
        raise UsageError(f"choose from {', '.join(known)}")
    return known[text.lower()]


_READERS: dict[str, Callable[[str], Any]] = {
    "bytes": unescaped,
    "int": lambda text: _number(text, int),
    "float": lambda text: _number(text, float),
    "bool": lambda text: _one_of({"yes": True, "no": False}, text),
    "Condition": lambda text: _one_of({"ok": Condition.OK, "no": Condition.NO, "bad": Condition.BAD}, text),
}
"""How the value of a field is read, by its type."""


# ---------------------------------------------------------------- the way back


def spelled(fault: Fault) -> str:
    """Return the text that `faults_of` reads as this fault; its name is not in it."""
    when = [
        f"{key}={_quoted(_spelled(value))}"
        for key, (name, _) in _WHEN.items()
        if (value := getattr(fault.when, name)) != getattr(When(), name) or key == "when"
    ]
    return ";".join([",".join(when), *map(_spelled_action, fault.actions)])


def _spelled_action(action: Action) -> str:
    word = next(word for word, kind in ACTIONS.items() if kind is type(action))
    items = [f"do={word}"]
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        if value != field.default:
            raw = field.name in _PATTERNS
            items.append(f"{field.name}={_quoted(_spelled(value, raw=raw))}")
    return ",".join(items)


def _spelled(value: Any, *, raw: bool = False) -> str:
    if isinstance(value, bytes):
        text = value.decode("latin-1")
        if not raw:
            text = _AMBIGUOUS.sub(r"\\\\", text)
        return "".join(_octet(char) for char in text)
    if isinstance(value, State):
        return next(name for name, state in _STATES.items() if state is value)
    if isinstance(value, At):
        return value.value
    if isinstance(value, Condition):
        return value.name.lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        first, last = value
        return f"{first}-{'' if last is None else last}"
    return str(value)


def _octet(char: str) -> str:
    known = {"\r": "\\r", "\n": "\\n", "\t": "\\t"}
    return known.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}")


def _quoted(text: str) -> str:
    """Return `text` in quotes where a separator, a quote at its start or a space at an end is in it."""
    if not re.search(r'[,;]|\A"|\A\s|\s\Z|\A\Z', text):
        return text
    plain = re.sub(r"\\(.)", lambda pair: '"' if pair[1] == '"' else pair[0], text)
    return '"' + plain.replace('"', "\\x22") + '"'
