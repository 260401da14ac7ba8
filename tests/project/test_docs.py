"""The documents are tests: commands are the ones CI runs, made pages are fresh, examples run, code blocks compile."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.real_session import sent

from outlookimap import Policy, Session
from outlookimap.profiles import load
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming
from outlookimap.traffic import Recorder

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
    "page",
    [
        "README.md",
        "docs/sessions.md",
        "docs/profiles.md",
        "docs/transcripts.md",
        "docs/logs.md",
        "docs/lint.md",
        "docs/recording.md",
        "docs/exchange-server.md",
        "docs/mail.md",
        "docs/connection.md",
        "docs/check.md",
        "docs/regression.md",
    ],
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


@pytest.mark.parametrize("place", [0, 1])
def test_readme_scripts_work(place: int, tmp_path: Path) -> None:
    block = re.findall(r"```python\n(.+?)\n```", README, re.DOTALL)[place]
    store = MemoryStore(["user1"])
    store.add("user1", b"INBOX", [Incoming(b"Subject: %d\r\n\r\nHi\r\n" % number) for number in range(3)])
    with MailServer({"user1": "secret"}, store=store) as server:
        script = block.replace("mail.example.com", f"localhost:{server.tls_port}").replace(
            'profile="2013"', f'profile="2013", ca_file={str(server.ca_file)!r}'
        )
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        account = store.account("user1")
        assert account is not None
        assert all(message.has(b"\\Seen") for message in account.mailbox(b"INBOX").messages())


def test_the_listener_of_the_sessions_page_works() -> None:
    page = (ROOT / "docs/sessions.md").read_text(encoding="utf-8")
    [block] = [one for one in re.findall(r"```python\n(.+?)\n```", page, re.DOTALL) if "session.wake()" in one]
    recorder = Recorder(None)
    with MailServer({"user1": "secret"}, allow_plaintext=True) as server:
        url, policy = f"imap://user1@127.0.0.1:{server.port}/", Policy(encryption="none")
        with Session.connect(url, password="secret", policy=policy, record=recorder, drive=True) as session:
            exec(compile(block, "docs/sessions.md", "exec"), {"session": session})
    assert b'SELECT "INBOX"' in sent(recorder)


@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_the_profiles_page_has_every_alternative_of_a_client(version: str) -> None:
    page = (ROOT / "docs/profiles.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| .+ \| `([a-z_.]+)` \|$", page, re.MULTILINE))
    assert rows == {name: next(iter(one.values)) for name, one in load(version).alternatives.items()}
