"""What is in a message: parsed, its text, what is attached to it. Pure; knows no cache and no server.

Mail comes from strangers: what does not decode is shown as well as it can be.
"""

from __future__ import annotations

import builtins
import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from typing import Any

from outlookimap.cache.summary import decode, field_text
from outlookimap.cache.words import text_of
from outlookimap.errors import UsageError

_AS_ON_THE_WIRE = email.policy.compat32.clone(linesep="\r\n")
_HTML = b"Content-Type: text/html; charset=utf-8\n\n"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something attached to a message, decoded; `name` is its file name, empty where it has none.

    A forwarded message has the type ``message/rfc822``, and the subject as its name where it has no other. A file name
    is what a stranger chose: take `pathlib.Path(name).name` at most before writing to it.
    """

    name: str
    content_type: str
    bytes: builtins.bytes = field(repr=False)


def parsed(octets: bytes) -> EmailMessage:
    """Return a message parsed; UsageError where its parts are nested too deeply."""
    message: EmailMessage = _parsed(octets, email.policy.default)
    return message


def text(octets: bytes) -> str:
    """Return what a person reads of a message: its plain text, where it has none its HTML without the tags."""
    shown = [part for part in _leaves(_parsed(octets, email.policy.compat32)) if not _is_attached(part)]
    plain = [_text(part) for part in shown if part.get_content_type() == "text/plain"]
    if plain:
        return "\n".join(plain)
    pages = (_text(part) for part in shown if part.get_content_type() == "text/html")
    return "\n".join(text_of(_HTML + page.encode("utf-8", "replace")) for page in pages)


def attachments(octets: bytes) -> list[Attachment]:
    """Return what is attached to a message, in the order it is in it; pictures its HTML shows are among it."""
    whole = _parsed(octets, email.policy.compat32)
    return [
        Attachment(_name(part), part.get_content_type(), _octets(part)) for part in _leaves(whole) if _is_attached(part)
    ]


def _parsed(octets: bytes, policy: Any) -> Any:
    try:
        return email.message_from_bytes(octets, policy=policy)
    except RecursionError:
        raise UsageError("the parts of the message are nested too deeply: `bytes` has it as it is") from None


def _leaves(part: Message) -> Iterator[Message]:
    """Yield the parts that are no multipart; a forwarded message is one part."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in part.get_payload():
            if isinstance(child, Message):
                yield from _leaves(child)
    else:
        yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_type() not in ("text/plain", "text/html") or bool(_file_name(part)) or _disposed(part)


def _disposed(part: Message) -> bool:
    return str(part.get("Content-Disposition", "")).partition(";")[0].strip().lower() == "attachment"


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename("")
    except (ValueError, LookupError, TypeError, AttributeError):  # parameters that the standard library trips over
        return ""
    return field_text(name.encode("utf-8", "replace"))


def _name(part: Message) -> str:
    subjects = [str(message.get("Subject", "")) for message in _forwarded(part)]
    return _file_name(part) or field_text("".join(subjects).encode("utf-8", "replace"))


def _forwarded(part: Message) -> list[Message]:
    """Return the message that a part forwards, or nothing."""
    payload: Any = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def _octets(part: Message) -> bytes:
    if part.is_multipart():
        return b"".join(message.as_bytes(policy=_AS_ON_THE_WIRE) for message in _forwarded(part))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    return decode(_octets(part), str(part.get_content_charset("")))
