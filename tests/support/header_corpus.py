"""Values of header fields as mail programs wrote them, well and badly, and parameters of Content fields.

The same for the same seed. Knows neither our decoder nor the standard library's: encoded words are spelled out here.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from urllib.parse import quote

SEED = 2047
TEXTS = {
    "us-ascii": "Plain words only, no. 7",
    "iso-8859-1": "Grüße für Ångström, ça va",
    "ISO-8859-2": "Příliš žluťoučký kůň",
    "iso-8859-15": "cœur à 45 €",
    "windows-1252": "„quoted“, “more” …",
    "windows-1251": "Съешь ещё этих булок",
    "koi8-r": "Чай, пожалуйста",
    "iso-8859-7": "Καλημέρα κόσμε",
    "iso-8859-8": "שלום עולם",
    "iso-2022-jp": "会議のお知らせ abc",
    "shift_jis": "佐藤 花子",
    "euc-jp": "東京タワー",
    "euc-kr": "안녕하세요",
    "gb2312": "会议通知",
    "GB18030": "第二次会议",
    "big5": "開會通知",
    "utf-8": "Zażółć gęślą jaźń 🌻",
    "UTF-8": "naïve café 日本",
    "utf-16": "wide ü",
}
_PLAIN = (
    "Re:", "meeting", "(at", "home)", '"Lee,', 'Ann"', "<ann@example.com>,", "bob@example.org", "a_b", "50%", "x=y",
    "what?", "?=", "=?", "=", "a=?b", "[list]", "--", ";", "=?utf-8?", "=?utf-8?q?", "?q?=", "undisclosed:;",
)  # fmt: skip
_GAPS = (" ", " ", " ", "  ", "\t", "\r\n ", "\r\n\t", "\r\n  ", " \r\n ", "\n ", "")
_BROKEN = (
    "=?utf-8?b?w7w?=", "=?utf-8?B?w7w?= =?utf-8?B?w7w=?=", "=?utf-8?B?A?=", "=?utf-8?b?!!!?=", "=?utf-8?b??=",
    "=?utf-8?q??=", "=?utf-8?q?a=?=", "=?utf-8?q?a=4?=", "=?utf-8?q?==41?=", "=?utf-8?q?=zz=C3=BC?=",
    "=?utf-8?q?a b?=", "=?utf-8?q?a?b?=", "=?utf-8?q?a=?= =?utf-8?q?41?=", "=?utf-8?x?a?=", "=?utf-8?q?a", "=??q?a?=",
    "=?nope?q?a=FC?=", "=?us-ascii?q?=FC?=", "=?utf-8*en?q?a=C3=BC?=", "=?utf-8?q?=FC?=", "=?utf-7?q?+2AA-?=",
    "=?utf-8?Q?=e2=80=a8?=", "=?utf-8?b?w7w=w7w=?=", "=?utf-8?b?w7\tw=?=", "=?iso-8859-1?q?=A0?=", "=?utf-8?q?=1B?=",
    "=?utf-8?Q?_?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf 8?q?a?=", "=?utf-8?qq?a?=", "\xfc", "\xc3\xbc",
)  # fmt: skip


def values(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Yield values of unstructured and address fields, folded, without the line end that closes them."""
    chance = random.Random(f"values {seed}")
    for _ in range(count):
        pieces = []
        for _ in range(chance.randrange(1, 6)):
            kind = chance.random()
            if kind < 0.35:
                pieces.append(chance.choice(_PLAIN))
            elif kind < 0.9:
                pieces.append(_words(chance))
            else:
                pieces.append(chance.choice(_BROKEN))
            pieces.append(chance.choice(_GAPS))
        yield "".join(pieces).encode("latin-1").strip()


def _words(chance: random.Random) -> str:
    """Return adjacent encoded words of one charset, or two, which may cut a character."""
    words = []
    charset = chance.choice([*TEXTS])
    for _ in range(chance.choice((1, 1, 1, 2))):
        text = TEXTS[charset] * chance.choice((1, 1, 1, 3))
        octets = text[chance.randrange(len(text)) :].encode(charset)
        while octets:
            size = chance.choice((3, 9, 30, 45))
            words.append(_word(octets[:size], charset, chance))
            octets = octets[size:]
        charset = chance.choice([*TEXTS])
    return chance.choice((" ", "\r\n ", "  ", "\r\n\t", "")).join(words)


def _word(octets: bytes, charset: str, chance: random.Random) -> str:
    if chance.random() < 0.5:
        text = base64.b64encode(octets).decode("ascii")
        if chance.random() < 0.05:
            text = text.rstrip("=")
        return f"=?{charset}?{chance.choice('bB')}?{text}?="
    lower = chance.random() < 0.2
    bare = chance.random() < 0.1  # what should be written as hexadecimal digits often is not
    return f"=?{charset}?{chance.choice('qQ')}?{''.join(_q(octet, lower=lower, bare=bare) for octet in octets)}?="


def _q(octet: int, *, lower: bool, bare: bool) -> str:
    letter = chr(octet)
    if letter.isascii() and (letter.isalnum() or letter in "!*+-/" or (bare and letter in ".,()'\"&;")):
        return letter
    if letter == " ":
        return "_"
    return f"={octet:02x}" if lower else f"={octet:02X}"


# ---------------------------------------------------------------- parameters


_NAMES = (
    "report.pdf", "a name with spaces.txt", "semi;colon.txt", 'quo"te.txt', "back\\slash.txt", "Übersicht 2024.pdf",
    "отчёт.doc", "会議.xls", "it's.txt", "100%.txt", "<angle>.txt", "a=b.txt", "comma,comma.txt", "", " padded ",
)  # fmt: skip
_KINDS = (
    "text/plain", "TEXT/HTML", "multipart/mixed", "application/octet-stream", "text", "text/plain/more", "",
    "text/plain charset=utf-8", "charset=utf-8", "image/png ",
)  # fmt: skip
_ODD_PARAMETERS = (
    "; name", ";; name=a", '; name="a', "; name=a b", "; name = a", "; name='a'", "; NAME=a", "; name=a; name=b",
    "; name*=utf-8''a%zz", "; name*=nope''%FC", "; name*0=a; name*2=c", "; name*1=b; name*0=a", "; name*=a'b",
    "; name*0*=utf-8''%C3; name*1*=%BC", '; name*0*=utf-8\'\'a; name*1="b c"', "; name*=''a", "; name=(a) b", ";",
    "; name=<a>", '; name="<a>"', '; name=""', "; name=", '; name="a;b"', '; name="a" b', "; name=a;", "; name=a ;x=y",
    "; name*0*=koi8-r'ru'%F0; name*1*=%F2", "; name==a", '; n\xe4me="a"', '; name="\xfc"', "; charset*=utf-8''koi8-r",
)  # fmt: skip


def content_types(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Yield values of Content-Type with parameters, plain, quoted, of RFC 2231 and odd."""
    return _parameters(count, seed, _KINDS, ("name", "charset", "boundary"))


def dispositions(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Yield values of Content-Disposition like that."""
    return _parameters(count, seed, ("attachment", "Inline", " ATTACHMENT", ""), ("filename",))


def _parameters(count: int, seed: int, kinds: tuple[str, ...], names: tuple[str, ...]) -> Iterator[bytes]:
    chance = random.Random(f"parameters {seed} {names}")
    for _ in range(count):
        pieces = [chance.choice(kinds)]
        for _ in range(chance.randrange(4)):
            name, value = chance.choice(names), chance.choice(_NAMES)
            odd = chance.choice(_ODD_PARAMETERS).replace("name", name)
            pieces.append(odd if chance.random() < 0.3 else _parameter(name, value, chance))
        yield "".join(pieces).encode("latin-1")


def _parameter(name: str, value: str, chance: random.Random) -> str:
    name = name.upper() if chance.random() < 0.1 else name
    gap = chance.choice(("; ", ";", ";\r\n\t", ";\r\n ", " ; "))
    if value.isascii() and chance.random() < 0.8:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f"{gap}{name}={value}" if value.isalnum() else f'{gap}{name}="{quoted}"'
    charset = chance.choice(("utf-8", "UTF-8", "gb18030"))
    if chance.random() < 0.2:
        return f'{gap}{name}="{_word(value.encode(charset), charset, chance)}"'
    encoded = quote(value.encode(charset))
    if chance.random() < 0.5:
        return f"{gap}{name}*={charset}'{chance.choice(('', 'de'))}'{encoded}"
    cut = chance.randrange(len(encoded) + 1)
    return f"{gap}{name}*0*={charset}''{encoded[:cut]};\r\n {name}*1*={encoded[cut:]}"
