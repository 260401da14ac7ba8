"""What the Content fields of a message or part say, parameters of RFC 2231 included; pure, and never raises.

Knows no body and no table. Nearly all fields are simple, and one expression reads them; any other form is the standard
library's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value

from outlookimap.cache.summary import cleaned, decode, field_text

LONGEST_FIELD = 4000
"""Octets of a Content field that are read; the standard library goes over its parameters again and again."""

_CONTENT_FIELD = re.compile(rb"\n(content-[a-z-]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE)
_VALUE = r'(?:"([^"\\<]*)"|([a-z0-9!#$%&+./:=?@^_`{|}~-]+))'
_SIMPLE = re.compile(rf'([^;"\\<=]*)((?:; *[a-z0-9-]+={_VALUE} *)*);? *', re.IGNORECASE)
_PARAMETER = re.compile(rf"; *([a-z0-9-]+)={_VALUE}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContentFields:
    """What a part says of itself; empty where it says nothing, `kind` then what it was by default."""

    kind: str
    charset: str = ""
    boundary: str = ""
    name: str = ""
    attached: bool = False
    encoding: str = ""


def content_fields(header: bytes, default_kind: str) -> ContentFields:
    """Return what the Content fields of a header block say, of each the first; RFC 2045, RFC 2183, RFC 2231.

    The file name is decoded as RFC 2047 has it too: what should not be there often is.
    """
    fields: dict[str, str] = {}
    for name, value in _CONTENT_FIELD.findall(b"\n" + header):
        unfolded = value[:LONGEST_FIELD].strip().replace(b"\r", b"").replace(b"\n", b"")
        fields.setdefault(name.decode("ascii").lower(), cleaned(decode(unfolded, "ascii")))
    if not fields:
        return ContentFields(default_kind)
    kind, of_kind = _simply(fields.get("content-type", default_kind))
    disposition, of_disposition = _simply(fields.get("content-disposition", ""))
    if of_kind is None or of_disposition is None:
        return _by_the_standard_library(fields, default_kind)
    return ContentFields(
        kind=kind if kind.count("/") == 1 else "text/plain",
        charset=of_kind.get("charset", ""),
        boundary=of_kind.get("boundary", "").rstrip(),
        name=_file_name(of_disposition.get("filename", of_kind.get("name", ""))),
        attached=disposition == "attachment",
        encoding=_encoding(fields),
    )


def _simply(value: str) -> tuple[str, dict[str, str] | None]:
    """Return what comes before the parameters, and those; None for them where the form is not simple."""
    found = _SIMPLE.fullmatch(value)
    if found is None:
        return "", None
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(found[2]) if found[2] else ():
        parameters.setdefault(name.lower(), quoted or bare)
    return found[1].strip().lower(), parameters


def _by_the_standard_library(fields: dict[str, str], default_kind: str) -> ContentFields:
    message = Message()
    message.set_default_type(default_kind)
    for name, value in fields.items():
        message[name] = value
    try:
        return ContentFields(
            kind=message.get_content_type(),
            charset=collapse_rfc2231_value(message.get_param("charset", "")),
            boundary=message.get_boundary(""),
            name=_file_name(message.get_filename("")),
            attached=message.get_content_disposition() == "attachment",
            encoding=_encoding(fields),
        )
    except (ValueError, LookupError, TypeError, AttributeError):  # parameters that it trips over
        return ContentFields(default_kind)


def _file_name(name: str) -> str:
    return field_text(name.encode("utf-8", "replace")) if name else ""


def _encoding(fields: dict[str, str]) -> str:
    return fields.get("content-transfer-encoding", "").strip().lower()
