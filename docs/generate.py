"""Writes the pages that are made from tables: `python docs/generate.py`; a test fails when one is stale."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer.main

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]  # run as a script, it is of this checkout

from support import servers_page  # noqa: E402

from outlookimap.cli import app  # noqa: E402
from outlookimap.client import waiting  # noqa: E402
from outlookimap.conformance import (  # noqa: E402
    conversation_rules,
    scenario_docs,
    server_visibility,
    statement_docs,
    traceability,
    visibility,
)
from outlookimap.conformance.scenario import scenarios  # noqa: E402
from outlookimap.profiles import Evidence, Policy, Profile, load, names, versions  # noqa: E402
from outlookimap.profiles.schema import CLIENT, SERVER, Value  # noqa: E402
from outlookimap.protocol import diagram  # noqa: E402
from outlookimap.protocol.states import ALLOWED, Flow, State  # noqa: E402
from outlookimap.server import fault_docs  # noqa: E402
from outlookimap.sync import reconnecting, watching  # noqa: E402
from outlookimap.wire.commands import Idle  # noqa: E402
from outlookimap.wire.leniency import Leniency  # noqa: E402


def cli_page() -> str:
    """Return docs/cli.md: every command with its arguments and options."""
    group: Any = typer.main.get_command(app)
    parts = ["# The command line\n", "Made by `docs/generate.py` from the commands themselves.\n"]
    parts += [_command(command, f"outlookimap {name}") for name, command in group.commands.items()]
    parts += [
        "`outlookimap --version` prints the version, `--help` after any command what it takes. Exit status: 0 when it",
        "worked, 1 for a negative answer, 2 when it could not be done (standard error says why), 130 after Ctrl-C.\n",
    ]
    return "\n".join(parts)


def _command(command: Any, name: str) -> str:
    rows = "".join(f"| `{_spelled(param)}` | {param.help} |\n" for param in command.params if param.name != "help")
    return f"## {name}\n\n{inspect.cleandoc(command.help)}\n\n| argument | meaning |\n|---|---|\n{rows}"


def _spelled(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar)
    return f"{param.opts[-1]} {param.metavar}" if param.metavar else str(param.opts[-1])


def leniencies_page() -> str:
    """Return docs/leniencies.md: what the readers tolerate, by name."""
    rows = "\n".join(f"| `{leniency.name}` | {leniency.value} |" for leniency in Leniency)
    return (
        "# What is tolerated\n\n"
        "Made by `docs/generate.py` from `outlookimap.wire.leniency`.\n\n"
        "What is sent keeps to the grammar strictly; what is received is read as far as it can be (O5:2.1.3,\n"
        "O5:2.1.4). Each departure from RFC 3501 that is accepted has a name; it stands in the `leniencies` of the\n"
        "value that was read.\n\n"
        "| name | what was accepted |\n|---|---|\n"
        f"{rows}\n"
    )


EXCHANGE = """\
# What each Exchange does

Made by `docs/generate.py` from the profiles `outlookimap/profiles/exchange-*.toml`.

The embedded server behaves as one of these versions. Where the documents contradict each other one reading rules; the
others are alternatives that can be switched on, and so is what an administrator can change. Times are seconds, sizes
octets; no limit is 0. The word beside the ids says [how strong the evidence is](profiles.md); `outlookimap statement
X10:V0043` prints what an id says. `X10` is [MS-STANXIMAP] v10.0, `X3` its v3.0, `X1` its v1.0.

CAPABILITY is put together from `capability.*` and `auth.*`; `_insecure` is what holds without TLS. A mechanism in
`auth.listed` that is not in `auth.mechanisms` is listed and answers NO.

```python
from outlookimap.profiles import load, order

profile = load("2010", kind="server").with_alternatives(("ntlm", "unauthenticated-timer-restarts"))
assert order("2010") < order("2010sp2") < order("2013")
```
"""


def exchange_page() -> str:
    """Return docs/exchange.md: what each version does, and why; and what can be switched on."""
    profiles = [load(name, kind="server") for name in versions("server")]
    parts = [EXCHANGE, "## Where versions differ\n", _differences(profiles), "## Every value\n"]
    for group, keys in itertools.groupby(SERVER, lambda key: key.partition(".")[0]):
        parts.append(f"### {group}\n\n| value | versions | is | why |\n|---|---|---|---|")
        parts += [row for key in keys for row in _history(key, profiles)]
        parts.append("")
    parts += ["## Alternatives\n", _alternatives(profiles)]
    return "\n".join(parts)


LINT = """\
# Is this traffic Outlook's?

Made by `docs/generate.py` from `outlookimap/conformance/visibility.py`, `server_visibility.py`, the rules of lint and
the profiles.

On the command line it is [`outlookimap lint`](cli.md), which reads recordings and [logs](logs.md):

```
outlookimap lint session.imap --outlook 2013
outlookimap lint imap.log                        # which Outlook, if any: all are ranked
outlookimap lint session.imap --exchange 2019    # the server's side
```

Lint reads a recording and judges every command of its client by a profile: what a product sends
([`permits()`](profiles.md)), how it is spelled (written again, it must be the same octets), and what only a whole
conversation shows, such as order, timing and tags. Each violation names the line, the ids of the statements it breaks
and what the profile would have sent; each remark something worth knowing that breaks nothing.

```python
from outlookimap.conformance.lint import judge_any, lint
from outlookimap.profiles import load
from outlookimap.traffic import read

recording = read("session.imap")
verdict = lint(recording, load("2013"))
print("Outlook 2013" if verdict.conforms else "not Outlook 2013", *verdict.violations, sep="\\n")
best = judge_any(recording, map(load, ("2007", "2010", "2013")))[0]
```

Only what is shown is judged. A fragment may begin in the middle, lack literals, or show one side. Without the server's
side, capabilities are unknown, and then every list of items that suits some server will do; without a greeting nothing
is the first command; without time marks nobody was silent too long. In a fragment the order of the two sides is not
relied on either. Which mechanisms and which kind of date the account's settings allow a recording does not tell: a
mechanism left out is a remark, and a violation only where a `policy` is given.

A client is silent from its last words on; time in which it waits for an answer does not count, but that of IDLE does.
Ten minutes of silence may be exceeded by {grace:g} seconds: clocks of logs count whole seconds, and a busy machine
takes its time.

Where `AUTH=PLAIN` is listed, AUTHENTICATE PLAIN and LOGIN are both the product's, the second with a remark.
"""


SERVER_LINT = """\
## Is this server Exchange?

The server's side is judged with the same machinery, every response by a server profile: octets, grammar, capabilities,
names, flags, how commands are answered, what follows what, and how long it waits.

```python
from outlookimap.conformance.server_lint import lint
from outlookimap.profiles import load
from outlookimap.traffic import read

verdict = lint(read("session.imap"), load("2019", kind="server"))
```

A server may be another version than one thinks, or set up otherwise than by default: switch on the
[alternative](exchange.md#alternatives) that says so (`--alternative ntlm`); with `observed=True` mechanisms that public
logs of the version show are remarks. So are what CAPABILITY lacks and another greeting than the one that was seen: what
is known of them is from logs. A recording says where TLS begins; a log does not, and there no connection is called
unprotected unless the server lists STARTTLS.

"""


def lint_page() -> str:
    """Return docs/lint.md: which statements lint sees and how, which not and why, what was seen against them."""
    told = LINT.replace("{grace:g}", f"{conversation_rules.GRACE:g}")
    parts = [told, "## What lint sees\n", *_visible(visibility.SEEN, visibility.UNSEEN, "## What it cannot see")]
    parts += [
        "\n## Seen, but against the documents\n",
        OBSERVED,
        "| value | is | statements | seen |",
        "|---|---|---|---|",
    ]
    newest = load(versions_of_clients()[-1])
    for key, evidence in newest.values.items():
        if key.startswith("observed."):
            cites = ", ".join(f"`{cite}`" for cite in evidence.cites)
            parts.append(f"| `{key}` | {_shown(evidence.value)} | {cites} | {evidence.note} |")
    parts += ["", SERVER_LINT + "### What lint sees of a server\n"]
    parts += _visible(server_visibility.SEEN, server_visibility.UNSEEN, "### What it cannot see of a server")
    parts += ["", "The statements in neither table only point to others, or are about cipher suites."]
    return "\n".join(parts) + "\n"


def _visible(seen: dict[str, str], unseen: dict[str, str], heading: str) -> list[str]:
    """Return the two tables of one side."""
    rules = {entry.id: entry.rules for entry in traceability.index()}
    parts = ["| statement | is broken by | rules |", "|---|---|---|"]
    for one, how in seen.items():
        shown = "<br>".join(f"`{rule.rpartition('.')[2]}`" for rule in rules[one])
        parts.append(f"| `{one}` | {how} | {shown} |")
    parts += [f"\n{heading}\n", "| statement | why |", "|---|---|"]
    return parts + [f"| `{one}` | {why} |" for one, why in unseen.items()]


OBSERVED = """\
Public logs of the product show these, its documents say otherwise. Each is a violation; with `observed=True` it is a
remark. So is the tag of LOGOUT in the alternative `logout-tag-constant` of the profiles.
"""


def versions_of_clients() -> list[str]:
    """Return the ids of the client profiles, sorted."""
    return [name for name in names() if name.startswith("outlook-")]


def _version(profile: Profile) -> str:
    return profile.id.partition("-")[2]


def _differences(profiles: list[Profile]) -> str:
    rows = [f"| value | {' | '.join(map(_version, profiles))} |", f"|---{'|---' * len(profiles)}|"]
    for key in SERVER:
        cells = [_shown(profile.value(key)) for profile in profiles]
        if len(set(cells)) > 1:
            rows.append(f"| `{key}` | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _history(key: str, profiles: list[Profile]) -> list[str]:
    """Return a row for each run of versions in which a value stands with the same evidence."""
    rows = []
    for evidence, run in itertools.groupby(profiles, lambda profile: profile.values[key]):
        held = [_version(profile) for profile in run]
        span = held[0] if len(held) == 1 else f"{held[0]} to {held[-1]}"
        rows.append(f"| `{key}` | {span} | {_shown(evidence.value)} | {_why(evidence)} |")
    return rows


def _alternatives(profiles: list[Profile]) -> str:
    rows = ["| name | what it does | versions | values | why |", "|---|---|---|---|---|"]
    names = dict.fromkeys(name for profile in profiles for name in profile.alternatives)
    for name in sorted(names):
        having = [profile for profile in profiles if name in profile.alternatives]
        for alternative, run in itertools.groupby(having, lambda profile: profile.alternatives[name]):  # noqa: B023
            held = ", ".join(map(_version, run))
            values = "<br>".join(f"`{key}` {_shown(found.value)}" for key, found in alternative.values.items())
            whys = "<br>".join(dict.fromkeys(map(_why, alternative.values.values())))
            rows.append(f"| `{name}` | {alternative.summary} | {held} | {values} | {whys} |")
    return "\n".join(rows) + "\n"


def _why(evidence: Evidence) -> str:
    note = f": {evidence.note}" if evidence.note else ""
    return f"{evidence.basis}, {', '.join(evidence.cites)}{note}"


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(f"`{word}`" for word in value) or "none"
    return f"`{value}`" if value != "" else "empty"


# ---------------------------------------------------------------- a connection that lives

MADE = "<!-- what follows is made by docs/generate.py -->\n"
"""The line of docs/connection.md that ends what is written by hand."""

TIMERS = (waiting, watching, reconnecting)
"""Modules whose constants are seconds, each with a docstring that begins so."""

_SECONDS = re.compile(r"Seconds?:? ")


def connection_page() -> str:
    """Return docs/connection.md: what is written by hand, then states and timers from the tables."""
    path = HERE / "connection.md"
    head = path.read_text(encoding="utf-8").partition(MADE)[0].rstrip("\n")
    profiles = [load(name) for name in names() if name.startswith("outlook-")]
    parts = [head, "", MADE, "## States\n", _drawn_states(), "## Timers\n", _timers(profiles)]
    parts += ["## What each Outlook does\n", _connection_values(profiles)]
    parts += ["## What can be switched on\n", '`load("2013").with_alternatives([name])` is a profile that does it.\n']
    parts += [_alternatives([profile for profile in profiles if _lives(profile)])]
    return "\n".join(parts).rstrip("\n") + "\n"


def _drawn_states() -> str:
    policy = Policy()
    idle_after = load("2013").number("idle.after")
    may_idle = " or ".join(state.value for state in State if state in ALLOWED[Idle])
    arrows = [
        "[*] --> COMMANDS : sign-in",
        f"COMMANDS --> IDLING : {idle_after} s without a command, or a watch waits, and IDLE is listed",
        "IDLING --> COMMANDS : DONE, for a command of anybody",
        f"IDLING --> NOOP : DONE, {policy.keepalive:g} s after the last command",
        "NOOP --> IDLING : IDLE",
        f"COMMANDS --> NOOP : {policy.keepalive:g} s after the last command, {policy.poll:g} s where there is no IDLE",
        "NOOP --> COMMANDS : no IDLE",
        "COMMANDS --> LOST : end of the stream, BYE, silence, an error",
        "IDLING --> LOST : end of the stream, BYE",
        "NOOP --> LOST : end of the stream, BYE, silence",
        f"LOST --> PAUSE : a watch runs and reconnect_longest is not 0 (it is {policy.reconnect_longest:g} s)",
        f"PAUSE --> CATCHING_UP : sign-in, after 0 to {reconnecting.FIRST:g} s, the limit doubles each time",
        "PAUSE --> PAUSE : no connection",
        "CATCHING_UP --> COMMANDS : queue played, SELECT, UIDVALIDITY, flags and new mail",
        "CATCHING_UP --> LOST : end of the stream, BYE, silence, an error",
        "PAUSE --> [*] : the password is refused, or disconnect()",
        "COMMANDS --> [*] : LOGOUT",
        "IDLING --> [*] : DONE, LOGOUT",
    ]
    named = {
        "COMMANDS": f"signed in, {Flow.COMMANDS.value}",
        "IDLING": f"{Flow.IDLING.value} (RFC 2177 allows it when {may_idle})",
        "NOOP": "NOOP and its answer",
        "LOST": "lost, callers get ConnectionLost",
        "PAUSE": "a pause, at random",
        "CATCHING_UP": "catching up",
    }
    drawn = [f"{name} : {text}" for name, text in named.items()] + arrows
    return "\n".join(("```mermaid", "stateDiagram-v2", *(f"    {line}" for line in drawn), "```", ""))


def _timers(profiles: list[Profile]) -> str:
    rows = ["| seconds | where | what |", "|---|---|---|"]
    told = dict(re.findall(r"^\* `(\w+)`: (.+(?:\n  .+)*)", inspect.cleandoc(Policy.__doc__ or ""), re.MULTILINE))
    for setting in dataclasses.fields(Policy):
        about = " ".join(told.get(setting.name, "").split())
        if re.search(r"\bseconds\b", about):
            rows.append(f"| {setting.default:g} | `Policy({setting.name}=)` | {about} |")
    rows += _same("keepalive.longest", profiles, "no more lie between two commands of its own")
    rows += _same("idle.after", profiles, "it idles after so much time without a command, unless a watch waits")
    for module in TIMERS:
        place = module.__name__.removeprefix("outlookimap.")
        for name, value, about in _constants(module):
            rows.append(f"| {value:g} | `{place}.{name}` | {_SECONDS.sub('', about, count=1)} |")
    servers = [load(name, kind="server") for name in versions("server")]
    rows += _same("timers.inactivity", servers, "it hangs up after so much silence")
    return "\n".join(rows) + "\n"


def _same(key: str, profiles: list[Profile], about: str) -> Iterator[str]:
    """Yield a row of the timers for each run of versions in which a value stands."""
    for evidence, run in itertools.groupby(profiles, lambda profile: profile.values[key]):
        held = [profile.name.removeprefix("Microsoft ") for profile in run]
        span = held[0] if len(held) == 1 else f"{held[0]} to {held[-1]}"
        yield f"| {evidence.value} | {span} | {about}: {evidence.basis}, {', '.join(evidence.cites)} |"


def _constants(module: ModuleType) -> Iterator[tuple[str, float, str]]:
    """Yield the constants of a module whose docstring says that they are seconds."""
    body = ast.parse(inspect.getsource(module)).body
    for before, after in itertools.pairwise(body):
        match before, after:
            case ast.Assign([ast.Name(name)]), ast.Expr(ast.Constant(str(about))) if _SECONDS.match(about):
                yield name, getattr(module, name), about


def _lives(profile: Profile) -> bool:
    return any(key.startswith(("idle.", "logout.")) for one in profile.alternatives.values() for key in one.values)


def _connection_values(profiles: list[Profile]) -> str:
    rows = ["| value | versions | is | why |", "|---|---|---|---|"]
    for key in CLIENT:
        if key.startswith(("keepalive.", "idle.", "logout.")) or key in ("commands.IDLE", "commands.NOOP"):
            rows += _history(key, profiles)
    return "\n".join(rows) + "\n"


def pages() -> dict[Path, str]:
    """Return every made page by its path."""
    return {
        HERE / "cli.md": cli_page(),
        HERE / "conformance.md": statement_docs.markdown(traceability.index()),
        HERE / "connection.md": connection_page(),
        HERE / "exchange.md": exchange_page(),
        HERE / "faults.md": fault_docs.markdown(),
        HERE / "leniencies.md": leniencies_page(),
        HERE / "lint.md": lint_page(),
        HERE / "protocol.md": diagram.markdown(),
        HERE / "scenarios.md": scenario_docs.markdown(scenarios()),
        HERE / "servers.md": servers_page.markdown(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
