r"""What is sent for folders, octet for octet, and what is made of the answers. The scripts are typed by hand."""

from __future__ import annotations

import pytest
from support.scripted import talk

from outlookimap.client import Folder, Mailbox, Session
from outlookimap.errors import CommandFailed, ProfileViolation, SelectIncomplete, UsageError
from outlookimap.profiles import Policy

VERSIONS = ["2007", "2010", "2013"]
OLD = ["2007", "2010"]


def policy(**values: object) -> Policy:
    """Return a policy without encryption."""
    return Policy(encryption="none", **values)  # type: ignore[arg-type]


def names(folders: list[Folder]) -> list[str]:
    """Return the names of folders."""
    return [folder.name for folder in folders]


# ---------------------------------------------------------------- lists


@pytest.mark.cites("O5:V0066", "O5:V0041", "O5:V0016")
@pytest.mark.parametrize("version", VERSIONS)
def test_list(version: str) -> None:
    with talk(
        r"""
        C: $tag LIST "" "*"
        S: * LIST (\Noinferiors \Marked) "/" INBOX
        S: * LIST (\noselect \HasChildren \Unmarked \X-Odd) "/" "Public Folders"
        S: * list () "/" {7}
        S| Entw&-x
        S:
        S: $tag OK done
        """,
        version,
    ) as session:
        assert session.list() == [
            Folder("INBOX", b"INBOX", "/", frozenset(("\\Noinferiors",)), "LIST"),
            Folder("Public Folders", b"Public Folders", "/", frozenset(("\\Noselect",)), "LIST"),
            Folder("Entw&x", b"Entw&-x", "/", frozenset(), "LIST"),
        ]
        assert session.delimiter == "/"
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0066")
def test_what_the_attributes_of_a_folder_mean() -> None:
    plain = Folder("a", b"a", "/", frozenset(), "LIST")
    odd = Folder("b", b"b", None, frozenset(("\\Noselect", "\\Noinferiors")), "LIST")
    assert (plain.selectable, plain.may_have_children) == (True, True)
    assert (odd.selectable, odd.may_have_children) == (False, False)


@pytest.mark.cites("O5:V0043")
@pytest.mark.parametrize("version", VERSIONS)
def test_lsub(version: str) -> None:
    with talk(
        r"""
        C: $tag LSUB "#mail/" "%"
        S: * LSUB (\Noselect) NIL "#mail/a"
        S: $tag OK done
        """,
        version,
    ) as session:
        assert session.lsub("%", "#mail/") == [Folder("#mail/a", b"#mail/a", None, frozenset(("\\Noselect",)), "LSUB")]
        assert session.delimiter is None


@pytest.mark.cites("O5:V0061", "O5:V0066")
def test_xlist_and_the_names_servers_have_for_the_same() -> None:
    marks = r"\Inbox \Sent \Drafts \Trash \Spam \Starred \AllMail \Important \All \Archive \Flagged \Junk"
    every = "".join(f'S: * XLIST ({mark}) "/" "{place}"\n' for place, mark in enumerate(marks.split()))
    with talk(f'C: $tag XLIST "" "*"\n{every}S: * LIST (\\junk \\Noselect) "." "13"\nS: $tag OK done') as session:
        found = session.xlist()
    assert [folder.attributes for folder in found[:-1]] == [{mark} for mark in marks.split()]
    assert {folder.source for folder in found[:-1]} == {"XLIST"}
    assert (sorted(found[-1].attributes), found[-1].source) == (["\\Junk", "\\Noselect"], "LIST")
    assert session.delimiter == "."


@pytest.mark.cites("O5:V0066", "O5:V0061")
@pytest.mark.parametrize("version", OLD)
def test_special_uses_mean_nothing_to_older_versions(version: str) -> None:
    with talk('C: $tag LIST "" "*"\nS: * LIST (\\Sent \\Inbox) "/" x\nS: $tag OK done', version) as session:
        assert session.list()[0].attributes == frozenset()


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize("version", OLD)
def test_xlist_is_2013s(version: str) -> None:
    with talk("", version) as session, pytest.raises(ProfileViolation, match="XLIST") as caught:
        session.xlist()
    assert caught.value.statements == ("O5:V0061",)


# ---------------------------------------------------------------- the folder list

LISTED = r"""
    C: $tag LIST "" "*"
    S: * LIST (\Noselect) "/" Public
    S: * LIST () "/" INBOX
    S: $tag OK done
    C: $tag LSUB "" "*"
    S: * LSUB () "/" Public
    S: * LSUB (\Noselect) "/" Gone
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0041", "O5:V0043", "O5:V0061")
@pytest.mark.parametrize("version", OLD)
def test_folders_by_list_and_lsub_the_latest_attributes_win(version: str) -> None:
    with talk(LISTED, version) as session:
        assert session.folders() == [
            Folder("Public", b"Public", "/", frozenset(), "LSUB"),
            Folder("INBOX", b"INBOX", "/", frozenset(), "LIST"),
        ]


@pytest.mark.cites("O5:V0041", "O5:V0022", "O5:V0042")
@pytest.mark.parametrize("version", OLD)
def test_subscribed_folders_only(version: str) -> None:
    with talk(LISTED, version, policy=policy(show_all_folders=False)) as session:
        # without INBOX in it, which is fine
        assert names(session.folders()) == ["Public", "Gone"]


@pytest.mark.cites("O5:V0016")
@pytest.mark.parametrize("version", OLD)
def test_names_that_differ_by_case_alone_are_different_folders(version: str) -> None:
    script = r"""
        C: $tag LIST "" "*"
        S: * LIST () "/" Work
        S: * LIST () "/" WORK
        S: $tag OK done
        C: $tag LSUB "" "*"
        S: * LSUB (\Noselect) "/" WORK
        S: * LSUB () "/" work
        S: $tag OK done
        C: $tag CREATE "wORK"
        S: $tag OK done
    """
    with talk(script, version) as session:
        found = session.folders()
        assert [(folder.name, folder.selectable) for folder in found] == [("Work", True), ("WORK", False)]
        session.create("wORK")


@pytest.mark.cites("O5:V0061", "O5:V0041")
def test_folders_of_2013_by_xlist_the_separator_first() -> None:
    script = r"""
        C: $tag XLIST "" ""
        S: * XLIST (\Noselect) "." ""
        S: $tag OK done
        C: $tag XLIST "" "*"
        S: * XLIST (\Inbox) "." "Posteingang"
        S: * XLIST (\Sent \HasNoChildren) "." "Sent Items"
        S: $tag OK done
    """
    with talk(script) as session:
        assert [(folder.name, *folder.attributes) for folder in session.folders()] == [
            ("Posteingang", "\\Inbox"),
            ("Sent Items", "\\Sent"),
        ]
        assert session.delimiter == "."


@pytest.mark.cites("O5:V0061", "O5:V0041", "O5:V0022")
def test_folders_of_2013_subscribed_ones_below_the_root() -> None:
    script = r"""
        C: $tag XLIST "" ""
        S: $tag OK done
        C: $tag XLIST "" "#mail/*"
        S: * XLIST () "/" "#mail/a"
        S: * XLIST () "/" "#mail/b"
        S: $tag OK done
        C: $tag LSUB "" "#mail/*"
        S: * LSUB () "/" "#mail/b"
        S: $tag OK done
    """
    with talk(script, policy=policy(show_all_folders=False, root_folder="#mail/")) as session:
        assert names(session.folders()) == ["#mail/b"]


@pytest.mark.cites("O5:V0061", "O5:V0041", "O5:V0022")
@pytest.mark.parametrize("version", VERSIONS)
def test_folders_where_the_server_has_no_xlist(version: str) -> None:
    script = 'C: $tag LIST "" "a&AOQ-/*"\nS: $tag OK done\nC: $tag LSUB "" "a&AOQ-/*"\nS: $tag OK done'
    with talk(script, version, capabilities="IMAP4rev1", policy=policy(root_folder="a\xe4/")) as session:
        assert session.folders() == []


# ---------------------------------------------------------------- folders made and unmade


@pytest.mark.cites("O5:V0017", "O5:V0019", "O5:V0021", "O5:V0022", "O5:V0013", "O5:V0015")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Work", '"Work"'),
        ("a&b", '"a&-b"'),
        ("#shared", '"#shared"'),
        ("100% *", '"100% *"'),
        ('say "hi" \\o', '"say \\"hi\\" \\\\o"'),
        ("Entw\xfcrfe", '"Entw&APw-rfe"'),
        ("\u53f0\u5317", '"&U,BTFw-"'),
        ("\u65e5\u672c\u8a9e", '"&ZeVnLIqe-"'),
        ("x" * 1024, '"' + "x" * 1024 + '"'),
        ("x" * 1025, "{1025}\nS: + OK\nC| " + "x" * 1025 + "\nC:"),
        ('"' * 1024, '"' + '\\"' * 1024 + '"'),
    ],
)
def test_how_names_are_written(version: str, name: str, written: str) -> None:
    with talk(f"C: $tag CREATE {written}\nS: $tag OK done", version) as session:
        assert session.create(name) == name


@pytest.mark.cites("O5:V0019")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("condition", ["NO", "BAD"])
def test_a_refused_name_shows_what_the_server_wrote(version: str, condition: str) -> None:
    script = f'C: $tag CREATE "a*b"\nS: $tag {condition} [CANNOT] no \\x07stars\\xc2\\x9b here'
    with talk(script, version) as session:
        with pytest.raises(CommandFailed) as caught:
            session.create("a*b")
        assert (caught.value.command, caught.value.status, caught.value.code) == ("CREATE", condition, "CANNOT")
        assert caught.value.text == "no \N{REPLACEMENT CHARACTER}stars\N{REPLACEMENT CHARACTER} here"
        assert str(caught.value) == f"CREATE: the server answered {condition} [CANNOT] {caught.value.text}"
        assert not session.closed


@pytest.mark.cites("O5:V0018")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["a\x07b", "a\nb", "a\x85b", "\x7f"])
def test_new_names_have_no_control_characters(version: str, name: str) -> None:
    with talk("", version) as session:
        for refused in (lambda: session.create(name), lambda: session.rename("a", name)):
            with pytest.raises(ProfileViolation, match="a folder name without") as caught:
                refused()
            assert caught.value.statements == ("O5:V0018",)


@pytest.mark.cites("O5:V0020")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_name_with_the_separator_in_it_is_refused(version: str) -> None:
    with talk('C: $tag LIST "" ""\nS: * LIST (\\Noselect) "/" ""\nS: $tag OK done', version) as session:
        session.list("")
        with pytest.raises(ProfileViolation, match="'a/b' holds the hierarchy delimiter '/'") as caught:
            session.create("a/b")
        assert caught.value.statements == ("O5:V0020",)
        assert not session.closed


@pytest.mark.cites("O5:V0020", "O5:V0021")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_folder_below_another(version: str) -> None:
    script = """
        C: $tag LIST "" ""
        S: * LIST (\\Noselect) "." ""
        S: $tag OK done
        C: $tag CREATE "Work.a&AOQ-"
        S: $tag OK done
        C: $tag CREATE "\\x01.b"
        S: $tag OK done
    """
    with talk(script, version, capabilities="IMAP4rev1") as session:
        assert session.create("a\xe4", parent="Work") == "Work.a\xe4"
        assert session.create("b", parent=b"\x01") == "\x01.b"


@pytest.mark.cites("O5:V0020", "O5:V0061")
def test_2013_asks_for_the_separator_by_xlist() -> None:
    script = """
        C: $tag XLIST "" ""
        S: * XLIST (\\Noselect) "/" ""
        S: $tag OK done
        C: $tag CREATE "Work/b"
        S: $tag OK done
    """
    with talk(script) as session:
        assert session.create("b", parent=Folder("Work", b"Work", None, frozenset(), "LIST")) == "Work/b"


def test_no_folder_below_another_where_there_is_no_hierarchy() -> None:
    script = 'C: $tag XLIST "" ""\nS: * XLIST (\\Noselect) NIL ""\nS: $tag OK done'
    with talk(script) as session, pytest.raises(UsageError, match="no hierarchy"):
        session.create("b", parent="a")


@pytest.mark.cites("O5:V0019", "O5:V0043")
@pytest.mark.parametrize("version", VERSIONS)
def test_delete_rename_subscribe_unsubscribe(version: str) -> None:
    script = """
        C: $tag RENAME "a" "b &- c"
        S: $tag OK done
        C: $tag SUBSCRIBE "b &- c"
        S: $tag OK done
        C: $tag UNSUBSCRIBE "b &- c"
        S: $tag OK done
        C: $tag DELETE "&AOQ-"
        S: $tag OK done
    """
    with talk(script, version) as session:
        session.rename("a", "b & c")
        session.subscribe("b & c")
        session.unsubscribe(b"b &- c")
        session.delete("\xe4")


@pytest.mark.cites("O5:V0013")
def test_a_raw_name_has_no_octet_above_127() -> None:
    with (
        talk("") as session,
        pytest.raises(ProfileViolation, match="a mailbox name without octets above 127") as caught,
    ):
        session.select(b"\xe4")
    assert caught.value.statements == ("O5:V0013",)


# ---------------------------------------------------------------- SELECT, CLOSE, STATUS


@pytest.mark.cites("O5:V0036", "O5:V0037", "O5:V0062", "O5:V0002", "O5:V0038", "O5:V0068", "O5:V0069")
@pytest.mark.parametrize("version", VERSIONS)
def test_select(version: str) -> None:
    script = r"""
        C: $tag SELECT "INBOX"
        S: * FLAGS (\Seen \Answered $MDNSent)
        S: * OK [PERMANENTFLAGS ()] none
        S: * 23 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 17] first
        S: * OK [UIDVALIDITY 170535] fixed
        S: * OK [UIDNEXT 23072] next
        S: $tag OK [READ-WRITE] SELECT completed.
    """
    with talk(script, version) as session:
        assert session.select("INBOX") == Mailbox("INBOX", b"INBOX", exists=23, uidvalidity=170535, unseen=17)
        assert session.poll(0) == []
        assert "selected" in repr(session)


@pytest.mark.cites("O5:V0036", "O5:V0037", "O5:V0039")
@pytest.mark.parametrize("version", VERSIONS)
def test_select_with_the_least_a_server_must_say(version: str) -> None:
    script = """
        C: $tag SELECT "a &- b"
        S: * OK [UIDVALIDITY 0] odd
        S: * NO [UIDNOTSTICKY] no
        S: * 0 EXISTS
        S: $tag OK [READ-ONLY] done
        C: $tag CREATE "c"
        S: $tag OK done
    """
    with talk(script, version) as session:
        mailbox = session.select("a & b")
        assert mailbox == Mailbox("a & b", b"a &- b", exists=0, uidvalidity=0, uids_persist=False)
        session.create("c")


@pytest.mark.cites("O5:V0036", "O5:V0037")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ("* OK [UIDVALIDITY 7] fixed", "EXISTS"),
        ("* 3 EXISTS", "UIDVALIDITY"),
        ("* 3 RECENT", "EXISTS and UIDVALIDITY"),
    ],
)
def test_select_without_what_is_needed(version: str, data: str, missing: str) -> None:
    with talk(f'C: $tag SELECT "INBOX"\nS: {data}\nS: $tag OK done', version) as session:
        with pytest.raises(SelectIncomplete, match=f"'INBOX' was answered OK without {missing} ") as caught:
            session.select("INBOX")
        assert caught.value.statements == ("O5:V0036", "O5:V0037")
        assert not session.closed


@pytest.mark.cites("O5:V0050")
@pytest.mark.parametrize("version", VERSIONS)
def test_another_folder_without_close_and_close_on_request(version: str) -> None:
    script = """
        C: $tag SELECT "a"
        S: * 1 EXISTS
        S: * OK [UIDVALIDITY 1] fixed
        S: $tag OK done
        C: $tag SELECT "b"
        S: * 2 EXISTS
        S: * OK [UIDVALIDITY 2] fixed
        S: $tag OK done
        C: $tag CLOSE
        S: $tag OK done
        C: $tag LOGOUT
        S: * BYE
        S: $tag OK done
        @closed client
    """
    with talk(script, version) as session, session:
        session.select("a")
        assert session.select("b").exists == 2
        session.close()


@pytest.mark.cites("O5:V0045")
@pytest.mark.parametrize("version", VERSIONS)
def test_status_asks_for_unseen_only(version: str) -> None:
    script = """
        C: $tag STATUS "a" (UNSEEN)
        S: * STATUS other (UNSEEN 1)
        S: * STATUS "a" (MESSAGES 9 UNSEEN 3 )
        S: $tag OK done
        C: $tag STATUS "INBOX" (UNSEEN)
        S: * STATUS inbox (MESSAGES 3)
        S: $tag OK done
    """
    with talk(script, version) as session:
        assert session.status_unseen("a") == 3
        assert session.status_unseen("INBOX") is None


@pytest.mark.cites("O5:V0045", "O5:V0017")
def test_the_go_ahead_for_a_long_name_is_no_answer() -> None:
    long = "x" * 1025
    script = f"""
        C: $tag STATUS {{1025}}
        S: + OK
        C| {long}
        C:  (UNSEEN)
        S: * STATUS {{1025}}
        S| {long}
        S:  (UNSEEN 3)
        S: $tag OK done
    """
    with talk(script) as session:
        assert session.status_unseen(long) == 3


@pytest.mark.cites("O5:V0040", "O5:V0049", "O5:V0022", "O5:V0061")
@pytest.mark.parametrize("command", ["examine", "check", "namespace", "id", "enable", "unselect", "move", "command"])
def test_what_is_never_sent_has_no_method(command: str) -> None:
    assert not hasattr(Session, command)
