"""The documents are tests: commands are the ones CI runs, made pages are fresh, examples run, code blocks compile."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands_of_readme() -> list[str]:
    return re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)


def test_readme_has_two_commands_and_ci_calls_the_second() -> None:
    demo, tests = commands_of_readme()
    assert demo.endswith("outlookimap demo")
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == tests
    assert next(line for line in script if "install" in line) == "sh tests/servers/install_debian.sh"


def test_made_pages_are_fresh() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    stale = [path.name for path, text in generate.pages().items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "made anew by: python docs/generate.py"


@pytest.mark.parametrize(
    "page", ["README.md", "docs/sessions.md", "docs/profiles.md", "docs/transcripts.md", "docs/exchange-server.md"]
)
def test_python_in_the_documents_compiles(page: str) -> None:
    blocks = re.findall(r"```python\n(.+?)\n```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        compile(block, page, "exec")


@pytest.mark.parametrize("page", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")))
def test_every_page_is_reached_from_the_readme(page: str) -> None:
    assert f"]({page})" in README


def test_links_in_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def run_example(name: str, *arguments: str) -> str:
    environment = {**os.environ, "OUTLOOKIMAP_PASSWORD": "pencil", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_examples_run() -> None:
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == {"first_look.py", "watch.py"}
    store = MemoryStore(["ann"])
    store.add("ann", b"INBOX", [Incoming(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHi\r\n")])
    with MailServer({"ann": "pencil"}, store=store) as server:
        url = f"imaps://ann@localhost:{server.tls_port}/"
        shown = run_example("first_look.py", url, "--ca-file", str(server.ca_file), "--outlook", "2007")
        assert "1 messages in the inbox\n1 Grüße\n" in shown
        assert run_example("watch.py", url, "--ca-file", str(server.ca_file), "--seconds", "0.1") == ""


def test_readme_script_works() -> None:
    block, _ = re.findall(r"```python\n(.+?)\n```", README, re.DOTALL)
    store = MemoryStore(["user1"])
    store.add("user1", b"INBOX", [Incoming(b"Subject: %d\r\n\r\nHi\r\n" % number) for number in range(3)])
    with MailServer({"user1": "secret"}, store=store) as server:
        place = f"localhost:{server.tls_port}"
        script = block.replace("mail.example.com", place).replace(
            'profile="2013")', f'profile="2013", ca_file={str(server.ca_file)!r})'
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        account = store.account("user1")
        assert account is not None
        assert all(message.has(b"\\Seen") for message in account.mailbox(b"INBOX").messages())
