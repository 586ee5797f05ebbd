"""When two names are the same name, and where a name stands in a list."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

VARIOUS: Final = "Various Artists"
VARIOUS_MBID: Final = "89ad4ac3-39f7-470e-963a-56509c546377"
UNKNOWN_ARTIST: Final = "Unknown artist"
UNKNOWN_ALBUM: Final = "Unknown album"

_ARTICLES: Final = re.compile(r"^(?:(?:the|an?|der|die|das|le|la|les|el|los|las) (?=\S)|l'(?=\w))")
# typographic signs that people and taggers use for the plain ones
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ`´′＇", "'"),
        **dict.fromkeys("“”„‟″«»＂", '"'),
        **dict.fromkeys("‐‑‒–—―−－", "-"),
        "…": "...",
        "×": "x",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
    }
)
# Latin, Greek and Cyrillic accents; the marks of other scripts make other letters
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SPACES: Final = re.compile(r"\s+")
_LEADING: Final = re.compile(r"^[^\w]+")


# a scan asks for the same names again and again, and for each title twice
@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """`text` for comparing: no case, accents or typographic signs, single spaces (NFKD, casefold).

    Never empty unless `text` is blank.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).translate(_PLAIN)
    folded = unicodedata.normalize("NFKC", _ACCENTS.sub("", plain)).casefold()
    return _SPACES.sub(" ", folded).strip() or _SPACES.sub(" ", text).strip()


@lru_cache(maxsize=4096)
def sort_key(text: str, tagged: str | None = None) -> str:
    """Where `text` stands in a list: folded, without article and leading signs.

    `tagged` is the sort name from the file's tags; it goes before rules.
    """
    folded = fold(tagged) if tagged and tagged.strip() else _ARTICLES.sub("", fold(text), count=1)
    return _LEADING.sub("", folded) or folded
