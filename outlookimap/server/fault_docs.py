"""Writes `docs/faults.md` from the actions and the library themselves, so that the page cannot be wrong.

Knows no connection.
"""

from __future__ import annotations

import dataclasses
import inspect

from outlookimap.server.fault import At
from outlookimap.server.fault_actions import ACTIONS, Action
from outlookimap.server.fault_library import GROUPS
from outlookimap.server.fault_spec import spelled

_HEAD = r"""# Faults on purpose

Made by `docs/generate.py` from `outlookimap.server`.

A fault spoils what the embedded server says, after its strict writer has written it: the server itself is never
confused, other connections go on. A fault is data: *when* it is due and what to *do*. Those of the library have names.

```python
from outlookimap.server.fault import Fault, When
from outlookimap.server.fault_actions import Close
from outlookimap.server.faults import Faults
from outlookimap.server.listening import MailServer

faults = Faults(["status-trailing-space", Fault(When("UID FETCH", nth=2), Close(half=True, on=rb"\{\d+\}"))])
with MailServer({"user1": "secret"}, faults=faults) as server:
    ...  # a client does its work
    server.faults.add("wrong-tag")  # any time; due from each connection's next command on
    server.faults.clear()
    print([(fired.fault.name, fired.nth, fired.command) for fired in server.faults.fired])
```

## As text

`outlookimap serve --fault SPEC`, as often as needed; the same text may stand wherever a `Fault` can.

```text
status-trailing-space
bye;when=SELECT,nth=2
when=UID FETCH,nth=2;do=close
when=*FETCH *BODY.PEEK[]*;do=close,half,on=\{\d+\}
when=NOOP,state=selected;do=insert,text=* 99 EXISTS\r\n
when=IDLE,at=idle;do=delay,seconds=5;do=insert,text="* OK Still here, still alive\r\n"
when=LIST;do=replace,pattern=\\Sent\b,by=\Gesendet
when=*,at=greeting;do=delay,seconds=3
```

Sections stand between semicolons: one `when=`, then what to do, in order. A key without a value is `yes`. A value with
a comma or a semicolon stands in double quotes. In texts `\r`, `\n`, `\t`, `\x07` and `\\` are single octets.

| key of a `when` | meaning |
|---|---|
| `when` | the command, by keyword or by all of its line: `*` any octets, `?` one, `\|` between alternatives, brackets are themselves |
| `at` | the moment, see below; `answer` unless given |
| `state` | `not-authenticated`, `authenticated` or `selected`, when the command came |
| `nth` | which time, over all connections: `2`, `2-5`, `2-`; every time unless given |
| `since` | only when a command of this keyword was answered before on the connection |
| `longer` | only for commands of more octets than this |

"""  # noqa: E501 - a row of a table
_ACTIONS = r"""
## Actions

`on` and `pattern` are Python's regular expressions over the octets of one response, its CRLF and its literals
included; `\A` is its start, `\r\n\Z` its end. `%t` is the command's tag and `%n` the number of messages in the selected
mailbox, in patterns and in texts; `\1` is a group of the pattern. An action with `on` acts on responses where that is
found, with `most` on that many at most. Without `on`, `insert`, `delay`, `close`, `stall` and `expire` act at the
completion, before it or with `after` after it; the others on every response.

| action | keys | what it does |
|---|---|---|
"""


def markdown() -> str:
    """Return the page."""
    moments = "".join(f"| `{at.value}` | {_MOMENTS[at]} |\n" for at in At)
    actions = "".join(f"| `{word}` | {_keys(kind)} | {_said(kind)} |\n" for word, kind in ACTIONS.items())
    parts = [_HEAD, "| `at` | moment |\n|---|---|\n", moments, _ACTIONS, actions, "\n## The library\n"]
    for title, entries in GROUPS.items():
        parts.append(f"\n### {title}\n\n| name | what a client sees | as text |\n|---|---|---|\n")
        for entry in entries:
            texts = "<br>".join(_code(spelled(fault)) for fault in entry.faults)
            parts.append(f"| `{entry.name}` | {entry.gist} | {texts} |\n")
    return "".join(parts)


_MOMENTS = {
    At.ANSWER: "what is said from the command to its completion, pushes of IDLE not included",
    At.BEFORE: "right before the command is carried out",
    At.AFTER: "right after its completion",
    At.GREETING: "the greeting; no command comes before it",
    At.GO_AHEAD: "the go-ahead for a literal; `when` sees the command's keyword only",
    At.IDLE: "what is pushed while IDLE runs; without `on`, its beginning",
}


def _keys(kind: type[Action]) -> str:
    return ", ".join(
        f"`{field.name}`" + ("" if field.default is dataclasses.MISSING else f" ({_default(field.default)})")
        for field in sorted(dataclasses.fields(kind), key=lambda field: field.kw_only is True)
        if not (kind is ACTIONS["skip"] and field.kw_only is True)
    )


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == b"":
        return "none"
    return value.decode() if isinstance(value, bytes) else str(getattr(value, "name", value))


def _said(kind: type[Action]) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split())


def _code(text: str) -> str:
    """Return `text` as code in a cell; one that is too long to be read is cut."""
    shown = text if len(text) <= 300 else f"{text[:100]}..."
    return "`" + shown.replace("|", "\\|") + "`"
