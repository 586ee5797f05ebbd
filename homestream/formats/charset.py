"""Which characters the bytes of an old text file stand for, where nothing in it tells.

By its byte order mark, else UTF-8 where it is that; else Shift-JIS where it reads like Japanese,
else Windows-1252. Names in a file that is none of these are still shown, with some signs wrong.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# hiragana, katakana, ideographs and the signs between them; not the half-width katakana, which
# are single bytes and look like anything
_JAPANESE: Final = re.compile("[\u3001-\u303f\u3041-\u30ff\u4e00-\u9fff\uff01-\uff5e]")
_ENOUGH: Final = 0.8


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the name of its charset: "utf-8-sig" where UTF-8 begins with its mark."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            text = raw[len(mark) :].decode(name, "replace")
            return text, "utf-8-sig" if name == "utf-8" else name
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        pass
    if _reads_japanese(raw):
        return raw.decode("cp932"), "cp932"
    try:
        return raw.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _reads_japanese(raw: bytes) -> bool:
    """Whether Shift-JIS makes Japanese of nearly all that is not ASCII, two signs in a row at
    least: a lone accented letter and the one after it also make a sign."""
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    foreign = sum(not sign.isascii() for sign in text)
    together = sum(len(run[0]) for run in re.finditer(f"{_JAPANESE.pattern}{{2,}}", text))
    return foreign > 0 and together >= _ENOUGH * foreign
