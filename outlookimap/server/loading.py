"""Loads mail from disk: finds out of what kind it is by what is there, and fills an account with it.

Knows which kinds there are, not how one is read. Nothing is kept in memory but the names of files and one batch of
messages; the files stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from outlookimap.errors import UsageError
from outlookimap.server.mail_files import Source, entries, joined, level, read_message
from outlookimap.server.maildir import maildir_sources
from outlookimap.server.mbox import is_mbox, mbox_messages
from outlookimap.server.store import Account, Incoming, Problem
from outlookimap.wire.mailbox import INBOX

_SUFFIX = ".eml"
_BATCH_MESSAGES = 500
_BATCH_OCTETS = 4 << 20


def sources(path: Path | str, *, remove_nul: bool = False) -> list[Source]:
    """Return the mailboxes at `path`, also empty ones; UsageError where there is no mail that is understood.

    A Maildir, or a directory of Maildirs; a directory with ``.eml`` files in it or below it, each directory a mailbox;
    an mbox file; one ``.eml`` file. What has no name of its own is INBOX. A message with a NUL is a UsageError when it
    is read, or with `remove_nul` loses it.
    """
    path = Path(path)
    if path.is_dir():
        found = maildir_sources(path, remove_nul=remove_nul) or _eml_sources(path, remove_nul=remove_nul)
        if not found:
            raise UsageError(f"{path}: neither a Maildir (with cur or new) nor a folder with {_SUFFIX} files")
        return found
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or directory")
    if _is_eml(path):
        return [Source(INBOX, path, partial(_eml_messages, [path], remove_nul=remove_nul))]
    if path.is_file() and is_mbox(path):
        return [Source(INBOX, path, partial(mbox_messages, path, remove_nul=remove_nul))]
    raise UsageError(f"{path}: neither an mbox, which begins with 'From ', nor a message in an {_SUFFIX} file")


def load(path: Path | str, *, remove_nul: bool = False) -> Iterator[tuple[bytes, Incoming]]:
    """Return an iterator over all messages at `path`, each with the raw name of its mailbox; errors as in `sources`."""
    return _flat(sources(path, remove_nul=remove_nul))


def _flat(found: Iterable[Source]) -> Iterator[tuple[bytes, Incoming]]:
    for source in found:
        for message in source.messages():
            yield source.name, message


def _as_it_is(incoming: Incoming) -> Incoming:
    return incoming


def fill(
    account: Account,
    path: Path | str,
    *,
    remove_nul: bool = False,
    prepare: Callable[[Incoming], Incoming] = _as_it_is,
) -> int:
    """Put all mail at `path` into an account, make its mailboxes and subscribe them; return how many messages came.

    `prepare` is called with each message on its way in. UsageError as in `sources`, and for a name that no mailbox can
    have; what was loaded before it stays.
    """
    count = 0
    for source in sources(path, remove_nul=remove_nul):
        problem = account.make(source.name)
        mailbox = account.find(source.name)
        if isinstance(mailbox, Problem):
            raise UsageError(f"{source.path}: no mailbox {source.name!r}: {(problem or mailbox).value}")
        account.subscribe(source.name)
        for batch in _batches(source.messages()):
            count += len(mailbox.add([prepare(message) for message in batch]))
    return count


def _batches(messages: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    batch: list[Incoming] = []
    octets = 0
    for message in messages:
        batch.append(message)
        octets += len(message.octets)
        if len(batch) >= _BATCH_MESSAGES or octets >= _BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


# ---------------------------------------------------------------- folders of .eml files


def _is_eml(path: Path) -> bool:
    return path.suffix.lower() == _SUFFIX and path.is_file()


def _eml_sources(path: Path, *, remove_nul: bool) -> list[Source]:
    """Return a mailbox for each directory; none at all where there is not one file in any of them."""
    found = list(_eml_directories(path, ()))
    if not any(files for _, _, files in found):
        return []
    return [Source(name, where, partial(_eml_messages, files, remove_nul=remove_nul)) for name, where, files in found]


def _eml_directories(path: Path, above: tuple[bytes, ...]) -> Iterator[tuple[bytes, Path, list[Path]]]:
    inside = [entry for entry in entries(path) if not entry.name.startswith(".")]
    yield joined(above), path, [file for entry in inside if _is_eml(file := Path(entry.path))]
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            inner = Path(entry.path)
            yield from _eml_directories(inner, (*above, level(entry.name, inner)))


def _eml_messages(files: Iterable[Path], *, remove_nul: bool) -> Iterator[Incoming]:
    for file in files:
        yield read_message(file, (), remove_nul=remove_nul)
