"""The options of every command with a URL, and the four places a password can come from."""

from __future__ import annotations

import getpass
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from outlookimap.cli.connecting import PASSWORD_VARIABLE, Connecting, connecting, in_options, password_of
from outlookimap.errors import UsageError
from outlookimap.profiles import load

URL = "imaps://ann@mail.example.com/"


class Terminal(io.StringIO):
    """Standard input that says that a person sits there."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without a password anywhere: not in the environment, no keyring, no terminal."""
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def keyring_with(monkeypatch: pytest.MonkeyPatch, passwords: dict[tuple[str, str], str] | None) -> None:
    """Put a keyring in place; None is one that has no service behind it."""
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    failure = type("KeyringError", (Exception,), {})

    def get_password(service: str, name: str) -> str | None:
        if passwords is None:
            raise failure("no service")
        return passwords.get((service, name))

    vars(keyring).update(get_password=get_password, errors=errors)
    vars(errors).update(KeyringError=failure)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def made(url: str = URL, **options: Any) -> Connecting:
    asked: dict[str, Any] = {
        "encryption": None, "ca_file": None, "insecure": False, "user": None, "password_file": None, "timeout": 60.0,
        "mechanism": None,
    }  # fmt: skip
    return connecting(url, load("2013"), **{**asked, **options})


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"pencil", "pencil"),
        (b"pencil\nnot this\n", "pencil"),
        (b"pen cil \r\n", "pen cil "),
        ("Grün\n".encode(), "Grün"),
    ],
)
def test_a_password_is_the_first_line_of_its_file(tmp_path: Path, content: bytes, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    assert password_of("ann", "host", file).reveal().decode() == password


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\nx", "its first line is empty"),
        (b"Gr1mm\xff", "is not UTF-8"),
    ],
)
def test_password_files_that_cannot_be(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=says) as refused:
        password_of("ann", "host", file)
    assert "Gr1mm" not in str(refused.value)
    assert content is None or refused.value.__cause__ is None  # an error that quotes the file is not kept


def test_the_first_place_that_has_a_password_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return "typed"

    monkeypatch.setattr(getpass, "getpass", typed)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert password_of("ann", "host", None).reveal() == b"typed"
    assert asked == ["Password of ann on host: "]
    keyring_with(monkeypatch, {("host", "ann"): "kept"})
    assert password_of("ann", "host", None).reveal() == b"kept"
    assert password_of("bob", "host", None).reveal() == b"typed"
    monkeypatch.setenv(PASSWORD_VARIABLE, "set")
    assert password_of("ann", "host", None).reveal() == b"set"
    (tmp_path / "file").write_text("filed")
    assert password_of("ann", "host", tmp_path / "file").reveal() == b"filed"
    assert len(asked) == 2


@pytest.mark.parametrize("keyring", [False, True])
def test_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch, keyring: bool) -> None:
    if keyring:
        keyring_with(monkeypatch, None)
    with pytest.raises(UsageError, match=r"no password for ann: use --password-file, .* \(standard input is no"):
        password_of("ann", "host", None)


def test_a_prompt_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", closed)
    with pytest.raises(UsageError, match="no password for ann was given"):
        password_of("ann", "host", None)


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("https://ann@host/", {}, "begins with imaps:// or imap://"),
        ("imaps://ann:pencil@host/", {}, "never holds the password"),
        ("imaps://host/", {}, "nobody is named: write imaps://user@host/ or --user NAME"),
        (URL, {"encryption": "starttls"}, "imaps:// contradicts encryption='starttls'"),
        (URL, {"encryption": "ssl"}, "encryption='ssl' is none of"),
        ("imap://ann@host/", {"encryption": "none", "insecure": True}, "are about TLS"),
        ("imap://ann@host/", {"encryption": "none", "ca_file": Path("x")}, "are about TLS"),
        (URL, {"insecure": True, "ca_file": Path("x")}, "leave one out"),
        (URL, {"timeout": 0.0}, "more than 0 seconds"),
        (URL, {"timeout": float("nan")}, "more than 0 seconds"),
        (URL, {"mechanism": "gssapi"}, "does not know GSSAPI, only NTLM, DIGEST-MD5, PLAIN"),
    ],
)
def test_what_cannot_be_is_said_before_a_password_is_asked_for(url: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        made(url, **options)
    assert "pencil" not in str(refused.value)
    assert "no password" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "options", "user", "mechanisms", "login"),
    [
        (URL, {}, "ann", None, True),
        (URL, {"user": "bob"}, "bob", None, True),
        (URL, {"mechanism": "ntlm"}, "ann", ("NTLM",), False),
        (URL, {"mechanism": "LOGIN"}, "ann", (), True),
        ("imaps://ann;AUTH=NTLM@host/", {"mechanism": "PLAIN"}, "ann", ("PLAIN",), False),
    ],
)  # fmt: skip
def test_what_is_handed_on(
    monkeypatch: pytest.MonkeyPatch, url: str, options: dict[str, Any], user: str, mechanisms: object, login: bool
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "pencil")
    arguments = made(url, **options).arguments()
    assert sorted(arguments) == ["ca_file", "password", "policy", "timeout", "user", "verify"]
    assert arguments["user"] == user
    assert arguments["verify"] is True
    assert (arguments["policy"].mechanisms, arguments["policy"].login) == (mechanisms, login)
    assert "pencil" not in repr(arguments)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("give it as ca_file, or say verify=False to", "give it as --ca-file, or say --insecure to"),
        ("use imaps://, or encryption='none' if", "use imaps://, or --encryption none if"),
        ("cannot read /tmp/ca_file", "cannot read /tmp/ca_file"),
        ("cannot read ca_file.pem", "cannot read ca_file.pem"),
    ],
)
def test_errors_name_options(message: str, shown: str) -> None:
    assert in_options(message) == shown
