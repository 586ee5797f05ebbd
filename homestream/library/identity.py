"""When two names are the same name, and where a name stands in a list.

A place in a list is a text that SQLite compares byte by byte (`sort_key`): small letters without
accents and signs, digits as numbers ("2 Unlimited" before "10cc"), hiragana for katakana, a sort
name from the tags before rules, or else no article. What begins with a sign or a digit stands
before all letters; then come the scripts in the order of Unicode: Latin, Greek, Cyrillic, Hebrew,
Arabic ... Hangul, kana, Han. `SECTIONS` are the places a list can be opened at.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

VARIOUS: Final = "Various Artists"
VARIOUS_MBID: Final = "89ad4ac3-39f7-470e-963a-56509c546377"
UNKNOWN_ARTIST: Final = "Unknown artist"
UNKNOWN_ALBUM: Final = "Unknown album"

# of several languages; those that are words in others too ("de", "as", "i") are left
_ARTICLES: Final = re.compile(
    r"^(?:(?:the|an?|der|die|das|le|la|les|el|los|las|il|lo|gli|os|het|een) (?=\S)|l'(?=\w))"
)
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


def without_article(text: str) -> str:
    """`text`, folded, without the article it begins with; "The The" is "the"."""
    return _ARTICLES.sub("", fold(text), count=1)


@lru_cache(maxsize=4096)
def sort_key(text: str, tagged: str | None = None) -> str:
    """Where `text` stands in a list; see above.

    `tagged` is the sort name from the file's tags; it goes before rules.
    """
    folded = fold(tagged) if tagged and tagged.strip() else _ARTICLES.sub("", fold(text), count=1)
    if folded.isascii() and folded.isalpha():
        return folded
    key = " ".join(folded.translate(_SORTED).split())
    if not key:
        return SIGN + folded
    key = _NUMBER.sub(_number, unicodedata.normalize("NFC", key))
    return key if key[0].isalnum() else SIGN + key


def genre_key(name: str) -> str:
    """When two genres are one: "Hip-Hop", "hip hop" and "HipHop", "R'n'B" and "R&B"."""
    folded = fold(name)
    key = "".join(letter for letter in folded if letter.isalnum()) or folded
    return _GENRES.get(key, key)


def _number(match: re.Match[str]) -> str:
    """Digits so that longer numbers stand behind shorter ones: 2 is "12", 10 is "210"."""
    digits = match[0].lstrip("0") or "0"
    return f"{min(len(digits), 9)}{digits}"


class Section(NamedTuple):
    """A part of a list, under the letter that is shown for it."""

    letter: str
    begin: str  # the first sort key that may be in it


def section(key: str) -> str:
    """The letter under which a sort key stands: "A", "#", "あ", "가", "漢"."""
    at = bisect_right(_BEGINS, key) - 1
    return SECTIONS[max(at, 0)].letter


SIGN: Final = "!"  # before all letters and digits
_NUMBER: Final = re.compile(r"\d+")


class _Sorted(dict[int, str]):
    """Characters of folded text as they are sorted, found out once each."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        kind = unicodedata.category(letter)
        if 0x30A1 <= code <= 0x30F6:
            code -= 0x60
        if 0x3041 <= code <= 0x3096:
            # voiced and small kana stand with the plain ones
            base = unicodedata.normalize("NFD", chr(code))[0]
            sorted_as = base.translate(_LARGE_KANA)
        elif kind[0] == "N":
            digit = unicodedata.decimal(letter, None)
            sorted_as = letter if digit is None else str(digit)
        elif kind[0] in "LM":
            sorted_as = letter
        elif letter in "'.":
            sorted_as = ""
        else:
            sorted_as = " "
        self[ord(letter)] = sorted_as
        return sorted_as


_LARGE_KANA: Final = str.maketrans("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ")
_SORTED: Final = _Sorted(
    {
        ord(letter): plain
        for letter, plain in {
            "ı": "i",
            "þ": "th",
            "ð": "d",
            "ħ": "h",
            "ŧ": "t",
            "ŋ": "n",
            "ə": "e",
            "і": "и",
            "ї": "и",
            "є": "е",
            "ґ": "г",
            "ー": "",
        }.items()
    }
)
_GENRES: Final = {
    "hiphoprap": "hiphop",
    "raphiphop": "hiphop",
    "rnb": "rb",
    "randb": "rb",
    "rhythmandblues": "rb",
    "rhythmblues": "rb",
    "dnb": "drumbass",
    "db": "drumbass",
    "drumnbass": "drumbass",
    "drumandbass": "drumbass",
    "rockandroll": "rockroll",
    "rocknroll": "rockroll",
    "electronica": "electronic",
    "soundtracks": "soundtrack",
    "ost": "soundtrack",
    "originalsoundtrack": "soundtrack",
    "altrock": "alternativerock",
    "synthpopmusic": "synthpop",
    "classicalmusic": "classical",
    "childrens": "children",
    "childrensmusic": "children",
}

SECTIONS: Final = (
    Section("#", ""),
    *(Section(letter.upper(), letter) for letter in "abcdefghijklmnopqrstuvwxyz"),
    Section("Ω", "{"),  # other Latin letters, if any, stand here too
    *(Section(letter.upper(), letter) for letter in "αβγδεζηθικλμνξοπρστυφχψω"),
    *(Section(letter.upper(), letter) for letter in "абвгдежзиклмнопрстуфхцчшщыэюя"),
    Section("Ա", "\u0531"),
    Section("א", "\u0590"),
    Section("ا", "\u0600"),
    Section("अ", "\u0900"),
    Section("ก", "\u0e00"),
    Section("ა", "\u10a0"),
    Section("…", "\u1100"),
    *(
        Section(row, begin)
        for row, begin in zip("あかさたなはまやらわ", "あかさたなはまやらわ", strict=True)
    ),
    Section("漢", "\u30ff"),
    *(Section(syllable, syllable) for syllable in "가나다라마바사아자차카타파하"),
    Section("…", "\ud7b0"),
)
_BEGINS: Final = [each.begin for each in SECTIONS]
