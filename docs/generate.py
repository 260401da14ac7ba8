"""Writes the pages that are made from tables: `python docs/generate.py`; a test fails when one is stale."""

from __future__ import annotations

import inspect
import itertools
from pathlib import Path
from typing import Any

import typer.main

from outlookimap.cli import app
from outlookimap.profiles import Evidence, Profile, load, versions
from outlookimap.profiles.schema import SERVER, Value
from outlookimap.protocol import diagram
from outlookimap.server import fault_docs
from outlookimap.wire.leniency import Leniency

HERE = Path(__file__).parent


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
    return f"`{value}`"


def pages() -> dict[Path, str]:
    """Return every made page by its path."""
    return {
        HERE / "cli.md": cli_page(),
        HERE / "exchange.md": exchange_page(),
        HERE / "faults.md": fault_docs.markdown(),
        HERE / "leniencies.md": leniencies_page(),
        HERE / "protocol.md": diagram.markdown(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
