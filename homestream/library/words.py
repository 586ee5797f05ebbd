"""Names as words to look for, however people write them: without accents, signs or spaces, in
another script's letters, half a word.

Both sides go through the same rules: what a name is found by (`words`, `keys`) and what was asked
(`asked`). A name is written down in up to three renderings: its own letters without accents, and
two ways of putting it into plain Latin ones (ä as ae; Cyrillic, Greek, kana and Hangul as people
spell them, long and short). Scripts that write no spaces become pairs of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from homestream.library import identity

MOST_WORDS: Final = 12  # of what was asked
_MOST_TOKENS: Final = 160  # of one name
_LONGEST: Final = 60  # characters of one word


class Asked(msgspec.Struct, frozen=True):
    """What somebody looks for. Each of `words` is there in one of its ways, each way is words that
    all have to be there; the last one may be unfinished. `keys` are the whole, without spaces.
    """

    words: tuple[tuple[tuple[str, ...], ...], ...]
    keys: tuple[str, ...]
    typed: tuple[str, ...]  # as typed, one for each of `words`


# an album's title and artists stand on each of its tracks
@lru_cache(maxsize=2048)
def words(text: str) -> tuple[str, ...]:
    """All words that a name is found by, each once."""
    found: dict[str, None] = {}
    for plain in _renderings(text):
        chunks = plain.split()
        if plain.isascii() and "".join(chunks).isalpha():
            found.update(dict.fromkeys(chunk[:_LONGEST] for chunk in chunks))
            continue
        for chunk in chunks:
            for way in _ways(chunk, whole=True):
                found.update(dict.fromkeys(way))
    return tuple(found)[:_MOST_TOKENS]


def spoken(text: str) -> list[str]:
    """The words of a line one after the other, each in the first of its ways: for phrases."""
    plain = _renderings(text)[0]
    chunks = plain.split()
    if plain.isascii() and "".join(chunks).isalnum():
        return chunks
    return [
        token
        for chunk in chunks
        for way in [next(iter(_ways(chunk, whole=False)), ())]
        for token in way
    ]


def keys(text: str) -> list[str]:
    """Each way to write the whole name without spaces and signs, also without its article.

    A name of signs alone is its own key.
    """
    if text.isascii() and (whole := text.lower().replace(" ", "")).isalnum():
        bare = identity.without_article(text).replace(" ", "")
        return [whole[:_LONGEST]] if bare == whole else [whole[:_LONGEST], bare[:_LONGEST]]
    found: dict[str, None] = {}
    bare = identity.without_article(text)
    for each in (text, bare) if len(bare) < len(text) else (text,):
        for plain in _renderings(each):
            found[_key(plain)] = None
            if (undressed := _undressed(plain)) != plain:
                found[_key(undressed)] = None
    found.pop("", None)
    if not found and (folded := identity.fold(text).replace(" ", "")):
        found[folded[:_LONGEST]] = None
    return list(found)


def asked(q: str) -> Asked:
    """What a text asks for; no words and no keys where it says nothing."""
    found: list[tuple[tuple[str, ...], ...]] = []
    typed: list[str] = []
    q = q.replace("\0", " ")
    for written in q.split():
        ways: dict[tuple[str, ...], None] = {}
        for plain in _renderings(written):
            chunks = [list(_ways(chunk, whole=False)) for chunk in plain.split()]
            if len(chunks) == 1:
                ways.update(dict.fromkeys(chunks[0]))
            elif chunks:
                ways[tuple(word for chunk in chunks if chunk for word in chunk[0])] = None
        ways.pop((), None)
        if ways:
            found.append(tuple(ways))
            typed.append(written)
    return Asked(tuple(found[:MOST_WORDS]), tuple(keys(q)), tuple(typed[:MOST_WORDS]))


SHORT: Final = 3  # letters: of such a word only a slip is forgiven


def may_be_mistyped(word: str) -> bool:
    """Whether a word is of a kind in which a wrong letter can be told: three letters or more."""
    return len(word) >= SHORT and not word.isdigit() and not _UNSPACED.search(word)


def slip(word: str, other: str, *, begins: bool = False) -> bool:
    """Whether a word of three letters is another one with one slip: two neighbours changed places,
    or a letter behind the first is wrong. With `begins` the former may be the beginning of `other`.
    """
    turned = (word[1] + word[0] + word[2], word[0] + word[2] + word[1])
    if other in turned or (begins and other.startswith(turned)):
        return other[: len(word)] != word
    same = [a == b for a, b in zip(word, other, strict=False)]
    return len(other) == len(word) and same[0] and sum(same) == SHORT - 1


def reach(word: str) -> int:
    """How many mistakes are forgiven in a word: one in four letters, two in eight."""
    return 2 if len(word) >= 8 else 1


def distance(a: str, b: str, most: int, *, begins: bool = False) -> int:
    """Letters that are wrong, missing, too many, or changed places with their neighbour; `most` + 1
    where there are more. With `begins`, between `a` and that beginning of `b` that is most like it.
    """
    longest = len(b)
    if not begins and abs(len(a) - longest) > most:
        return most + 1
    if begins:
        longest = min(longest, len(a) + most)
        b = b[:longest]
    before: list[int] = []
    row = list(range(longest + 1))
    for i, letter in enumerate(a, 1):
        above, row = row, [i] + [0] * longest
        low = max(1, i - most)
        high = min(longest, i + most)
        if low > 1:
            row[low - 1] = most + 1
        best = i if low == 1 else most + 1
        for j in range(low, high + 1):
            over = above[j] if j < i + most else most + 1
            cost = min(above[j - 1] + (letter != b[j - 1]), over + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, before[j - 2] + 1)
            row[j] = cost
            best = min(best, cost)
        if high < longest:
            row[high + 1] = most + 1
        if best > most:
            return most + 1
        before = above
    if not begins:
        return min(row[longest], most + 1)
    return min(min(row[max(0, len(a) - most) : longest + 1], default=most + 1), most + 1)


# -- renderings ------------------------------------------------------------------------------------


def _renderings(text: str) -> tuple[str, ...]:
    """`text` in small letters: words between spaces, "-" for a sign inside a word."""
    if text.isascii():
        return (text.lower().translate(_ASCII),)
    return _other_renderings(text)


@lru_cache(maxsize=2048)
def _other_renderings(text: str) -> tuple[str, ...]:
    composed = unicodedata.normalize("NFKC", text).casefold()
    composed = unicodedata.normalize("NFC", composed)
    found = {_plain(composed): None}
    if _LATINISED.search(composed):
        latin = _HANGUL.sub(_latin_of_hangul, composed)
        for table, short in ((_LONG, False), (_SHORT, True)):
            written = _KANA.sub(lambda m: _latin_of_kana(m[0], short=short), latin)  # noqa: B023
            found[_plain(written.translate(table))] = None
    return tuple(found)


def _plain(composed: str) -> str:
    return unicodedata.normalize("NFKD", composed).translate(_FOLD)


def _undressed(plain: str) -> str:
    """With letters for the signs that stand for them: "pink" for "p!nk"."""
    return plain.translate(_LETTERS) if _DRESSED.search(plain) else plain


def _key(plain: str) -> str:
    return _SIGNS.sub("", plain)[:_LONGEST]


def _ways(chunk: str, *, whole: bool) -> Iterator[tuple[str, ...]]:
    """The words in what stands between two spaces: joined ("acdc") and apart ("ac", "dc").

    Of a name (`whole`), with everything that its parts can be looked for by.
    """
    if chunk.isalnum() and chunk.isascii():
        yield (chunk[:_LONGEST],)
        if whole and len(chunk) > 3 and not chunk.isalpha():
            yield tuple(part for part in _DIGITS.findall(chunk) if len(part) > 1)
        return
    if chunk == "&" or chunk == "+":
        if whole:
            yield ("and",)
        return
    if (undressed := _undressed(chunk)) != chunk:
        yield (_key(undressed),)
    parts = [part for part in _SIGNS.split(chunk) if part]
    if len(parts) > 1:
        yield from ((token,) for token in _tokens("".join(parts), whole=False)[:1])
    yield tuple(token for part in parts for token in _tokens(part, whole=whole))


def _tokens(part: str, *, whole: bool) -> list[str]:
    """The words in letters and digits without a space or sign."""
    if part.isascii():
        return [part[:_LONGEST]]
    found: list[str] = []
    for run in _RUNS.findall(part):
        if _UNSPACED.match(run):
            run = unicodedata.normalize("NFC", run)[:_LONGEST]
            found += [run[at : at + 2] for at in range(len(run) - 1)]
            if whole or len(run) == 1:
                found.append(run[-1])
        else:
            found.append(run[:_LONGEST])
            if whole and _JAMO.match(run):
                syllables = [m.start() for m in _INITIAL.finditer(run)]
                found += [run[at:_LONGEST] for at in syllables[1:10]]
    return found


def _latin_of_hangul(match: re.Match[str]) -> str:
    """Hangul as the Revised Romanization spells it, letter by letter."""
    written = []
    for letter in match[0]:
        at = ord(letter) - 0xAC00
        written.append(_INITIALS[at // 588] + _VOWELS[at % 588 // 28] + _FINALS[at % 28])
    return "".join(written)


def _latin_of_kana(run: str, *, short: bool) -> str:
    """Kana in Hepburn's spelling; `short` writes long vowels as short ones: "tokyo"."""
    written = ""
    doubled = False
    at = 0
    hira = run.translate(_TO_HIRAGANA)
    while at < len(hira):
        kana = hira[at : at + 2]
        if kana not in _HEPBURN:
            kana = hira[at]
        at += len(kana)
        if kana == "っ":
            doubled = True
        if kana == "ー" and not short:
            written += written[-1:]
        latin = _HEPBURN.get(kana, "")
        if doubled and latin:
            latin = ("t" if latin.startswith("ch") else latin[0]) + latin
            doubled = False
        written += latin
    if short:
        written = written.replace("ou", "o").replace("oo", "o").replace("uu", "u")
    return written


# -- tables ----------------------------------------------------------------------------------------

# what can stand for a letter: "p!nk", "ke$ha"
_LETTERS: Final = str.maketrans({"!": "i", "$": "s", "@": "a"})
_DRESSED: Final = re.compile(r"[^\W\d_][$@!](?=[^\W\d_])|[$@](?=[^\W\d_])|[^\W\d_][$@]")
_ASCII: Final = str.maketrans(
    {
        chr(code): " " if chr(code).isspace() or code < 32 else "-"
        for code in range(128)
        if not chr(code).isalnum() and chr(code) not in "!$@&+"
    }
)
_SIGNS: Final = re.compile(r"[-!$@&+\s]+")
_DIGITS: Final = re.compile(r"\d+|\D+")
_UNSPACED_CLASS: Final = (
    "\u3005-\u3007\u3041-\u309f\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3"
)
_UNSPACED: Final = re.compile(f"[{_UNSPACED_CLASS}]+")
_JAMO: Final = re.compile("[\u1100-\u11ff]")
_INITIAL: Final = re.compile("[\u1100-\u115f]")
_RUNS: Final = re.compile(
    f"[{_UNSPACED_CLASS}]+|[\u1100-\u11ff]+|[^{_UNSPACED_CLASS}\u1100-\u11ff]+"
)
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]+")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]+")
_LATINISED: Final = re.compile(
    "[äöüåøœæ\u0370-\u03ff\u1f00-\u1fff\u0400-\u052f\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3]"
)
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


class _Fold(dict[int, str]):
    """Characters of decomposed small letters as they are looked for, found out once each."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = self._folded(chr(code), code)
        return folded

    @staticmethod
    def _folded(letter: str, code: int) -> str:
        if code in _TO_HIRAGANA:
            return chr(_TO_HIRAGANA[code])
        # accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones
        if 0x300 <= code <= 0x36F or 0x591 <= code <= 0x5C7 or 0x610 <= code <= 0x61A:
            return ""
        if 0x64B <= code <= 0x65F or code in (0x640, 0x670, 0x200B, 0x200C, 0x200D, 0xFEFF):
            return ""
        kind = unicodedata.category(letter)
        if kind[0] in "LM" or letter == "ー":
            return letter
        if kind[0] == "N":
            digit = unicodedata.decimal(letter, None)
            return letter if digit is None else str(digit)
        if letter in "!$@&+":
            return letter
        return " " if kind[0] in "ZC" else "-"


_FOLD: Final = _Fold(
    {
        ord(letter): plain
        for letter, plain in {
            "ø": "o",
            "ł": "l",
            "đ": "d",
            "ð": "d",
            "þ": "th",
            "æ": "ae",
            "œ": "oe",
            "ħ": "h",
            "ı": "i",
            "ŋ": "ng",
            "ŧ": "t",
            "ə": "e",
            "ى": "ي",
            "ة": "ه",
            "ٱ": "ا",
            "ς": "σ",
            "ʻ": "-",
            "ʼ": "-",
            "ʹ": "-",
            "ʿ": "-",
            "ʾ": "-",
        }.items()
    }
)


def _table(text: str) -> dict[str, str]:
    """A letter and what is written for it, in turn; "-" for nothing."""
    told = text.split()
    return {
        letter: "" if plain == "-" else plain
        for letter, plain in zip(told[::2], told[1::2], strict=True)
    }


def _letters(text: str) -> tuple[str, ...]:
    return tuple("" if letter == "-" else letter for letter in text.split())


_GERMANIC: Final = _table("ä ae ö oe ü ue å aa ø oe")
# Cyrillic as passports spell it, and as people who think of German or Czech do
_CYRILLIC: Final = _table(
    "а a б b в v г g д d е e з z и i й y к k л l м m н n о o п p р r с s т t у u ф f "
    "ё yo ж zh х kh ц ts ч ch ш sh щ shch ъ - ы y ь - э e ю yu я ya і i ї yi є ye ґ g ў u "
    "ђ dj ј j љ lj њ nj ћ c џ dz ѓ gj ќ kj ѕ dz"
)
_CYRILLIC_SHORT: Final = _CYRILLIC | _table("ё e ж j х h ц c щ sch ю ju я ja й i ї i є e")
_GREEK: Final = _table(
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f "
    "χ ch ψ ps ω o ά a έ e ή i ί i ό o ύ y ώ o ϊ i ϋ y ΐ i ΰ y"
)
_GREEK_SHORT: Final = _GREEK | _table("β b η e ή e υ u ύ u φ ph χ h")
_LONG: Final = str.maketrans({**_GERMANIC, **_CYRILLIC, **_GREEK})
_SHORT: Final = str.maketrans({**_GERMANIC, **_CYRILLIC_SHORT, **_GREEK_SHORT})

_INITIALS: Final = _letters("g kk n d tt r m b pp s ss - j jj ch k t p h")
_VOWELS: Final = _letters("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_FINALS: Final = _letters("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")

# the fifty sounds by their rows; the small ones make one sound with the kana before
_HEPBURN: Final = _table(
    "あ a い i う u え e お o か ka き ki く ku け ke こ ko が ga ぎ gi ぐ gu げ ge ご go "
    "さ sa し shi す su せ se そ so ざ za じ ji ず zu ぜ ze ぞ zo た ta ち chi つ tsu て te と to "
    "だ da ぢ ji づ zu で de ど do な na に ni ぬ nu ね ne の no は ha ひ hi ふ fu へ he ほ ho "
    "ば ba び bi ぶ bu べ be ぼ bo ぱ pa ぴ pi ぷ pu ぺ pe ぽ po ま ma み mi む mu め me も mo "
    "や ya ゆ yu よ yo ら ra り ri る ru れ re ろ ro わ wa を o ん n ゔ vu "
    "ぁ a ぃ i ぅ u ぇ e ぉ o ゃ ya ゅ yu ょ yo ゎ wa "
    "きゃ kya きゅ kyu きょ kyo ぎゃ gya ぎゅ gyu ぎょ gyo しゃ sha しゅ shu しょ sho "
    "じゃ ja じゅ ju じょ jo ちゃ cha ちゅ chu ちょ cho ぢゃ ja ぢゅ ju ぢょ jo "
    "にゃ nya にゅ nyu にょ nyo ひゃ hya ひゅ hyu ひょ hyo びゃ bya びゅ byu びょ byo "
    "ぴゃ pya ぴゅ pyu ぴょ pyo みゃ mya みゅ myu みょ myo りゃ rya りゅ ryu りょ ryo "
    "ふぁ fa ふぃ fi ふぇ fe ふぉ fo ゔぁ va ゔぃ vi ゔぇ ve ゔぉ vo つぁ tsa つぃ tsi つぇ tse "
    "つぉ tso うぃ wi うぇ we うぉ wo てぃ ti でぃ di しぇ she じぇ je ちぇ che とぅ tu どぅ du"
)
