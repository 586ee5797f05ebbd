"""What a file says about itself: titles, people, numbers, dates, gains, lyrics.

Every format comes as the same table of fields (see `tagfile`), so that one set of rules makes
`Tags` of it. Names of files and folders play no part here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from homestream.formats import lrc
from homestream.media import late, table
from homestream.media.table import Collected, Fields

if TYPE_CHECKING:
    from homestream.media import tagfile
else:
    tagfile = late.module("homestream.media.tagfile")

LONGEST_VALUE: Final = 1_000  # characters
LONGEST_TITLE: Final = 200  # characters of a chapter's
MOST_LYRICS: Final = 8
MOST_CHAPTERS: Final = 1_000
LONGEST_CUE: Final = 200_000  # characters
GAIN_LIMITS: Final = (-24.0, 12.0)  # dB; a tag may say +9999
R128_TO_REPLAYGAIN: Final = 5.0  # dB between -23 LUFS (RFC 7845 section 5.2.1) and -18 LUFS
JOIN: Final = " • "  # between names when no tag tells how they are printed together


class Credit(msgspec.Struct, frozen=True, array_like=True):
    """A person and what they did: an instrument or voice of a performer, "producer" ..."""

    name: str
    role: str = ""


class Chapter(msgspec.Struct, frozen=True, array_like=True):
    """`start_ms` counts from the start of the file."""

    start_ms: int
    title: str = ""


class ReplayGain(msgspec.Struct, frozen=True, omit_defaults=True):
    """Gains in dB towards -18 LUFS, within GAIN_LIMITS; peaks as a fraction of full scale."""

    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None


class Tags(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the tags of one file say. Empty where they say nothing; ids are lower-case UUIDs."""

    title: str = ""
    title_sort: str = ""
    artists: tuple[str, ...] = ()
    artist_credit: str = ""  # as printed: "A feat. B"
    artist_sort: str = ""  # of the credit
    artist_sorts: tuple[str, ...] = ()  # one for each of `artists`, or empty
    album: str = ""
    album_sort: str = ""
    album_artists: tuple[str, ...] = ()
    album_artist_credit: str = ""
    album_artist_sort: str = ""
    album_artist_sorts: tuple[str, ...] = ()
    disc: int | None = None
    disc_total: int | None = None
    disc_subtitle: str = ""
    position: int | None = None  # the track's number on its disc
    position_total: int | None = None
    date: str = ""  # as written
    release_date: str = ""
    original_date: str = ""
    year: int | None = None  # of this release
    original_year: int | None = None  # of the first release
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    compilation: bool = False
    explicit: bool | None = None  # False: marked as clean; None: nothing said
    podcast: bool = False
    audiobook: bool = False
    recording_mbid: str = ""
    track_mbid: str = ""
    release_mbid: str = ""
    release_group_mbid: str = ""
    work_mbid: str = ""
    artist_mbids: tuple[str, ...] = ()  # one for each of `artists`, or empty
    album_artist_mbids: tuple[str, ...] = ()
    release_types: tuple[str, ...] = ()  # lower case, the primary one first
    version: str = ""  # edition of the album: "2011 remaster"
    label: str = ""
    catalog_number: str = ""
    barcode: str = ""
    isrc: str = ""
    media: str = ""  # "CD", "12\" Vinyl" ...
    copyright: str = ""
    license: str = ""
    composers: tuple[str, ...] = ()
    composer_sort: str = ""
    conductors: tuple[str, ...] = ()
    performers: tuple[Credit, ...] = ()
    credits: tuple[Credit, ...] = ()  # lyricists, producers, remixers ...
    work: str = ""
    movement: str = ""
    movement_number: int | None = None
    movement_total: int | None = None
    show_movement: bool = False
    bpm: float | None = None
    key: str = ""
    grouping: str = ""
    comment: str = ""
    language: str = ""
    rating: int | None = None  # 0 to 100; one star is 20
    plays: int | None = None  # as some player counted them
    replaygain: ReplayGain | None = None
    lyrics: tuple[lrc.Lyrics, ...] = ()
    chapters: tuple[Chapter, ...] = ()  # by their start
    cue: str = ""  # a cue sheet as its text, of a file that holds several tracks


def read(
    fileobj: IO[bytes], container: str, suffix: str = "", extra: Mapping[str, str] | None = None
) -> Tags:
    """The tags of an open file; empty ones when it has none. See `tagfile.load` and `of`."""
    return of(tagfile.load(fileobj, container, suffix), extra)


def of(
    loaded: tagfile.Loaded,
    extra: Mapping[str, str] | None = None,
    marks: Iterable[tuple[int, str]] = (),
    suffix: str = "",
) -> Tags:
    """`Tags` from what was loaded; `extra` are FFmpeg's, for a file with no tags that we know.

    `suffix` ".m4b" is a mark too, as no other kind of file is called so. `marks` are chapters
    that the container keeps, as milliseconds and titles.
    """
    return made(tagfile.fields(loaded, extra), marks, suffix)


def made(collected: Collected, marks: Iterable[tuple[int, str]] = (), suffix: str = "") -> Tags:
    """`Tags` from one table of fields, whoever read it."""
    raw = collected.fields
    fields: Fields = {}
    told: dict[str, Any] = {}
    marks = collected.marks or marks
    for name, values in raw.items():
        if name not in _USED:
            if name[:7] == "chapter":
                marks = collected.marks or _numbered_chapters(raw) or marks
            continue
        if len(values) == 1:
            value = values[0]
            if len(value) <= LONGEST_VALUE and value.isascii() and value.isprintable():
                value = value.strip()
            else:
                value = text(value)
            values = [value] if value else []
        else:
            values = _tidy(values)
        if values:
            fields[name] = values
            rule = _RULES.get(name)
            if rule is not None:
                told[rule[0]] = rule[1](values)
    for names, rules in _TOGETHER:
        if not names.isdisjoint(fields):
            rules(fields, told)
    if comment := _prose(raw.get("comment", ())) or _prose(raw.get("description", ())):
        told["comment"] = comment
    if collected.lyrics or "lyrics" in raw:
        told["lyrics"] = _lyrics(raw, collected.lyrics)
    if chapters := _chapters(marks):
        told["chapters"] = chapters
    if "cuesheet" in raw:
        told["cue"] = _cue(raw["cuesheet"])
    if suffix and suffix.lower() == ".m4b":
        told["audiobook"] = True
    return Tags(**told)


def text(value: str, limit: int = LONGEST_VALUE) -> str:
    """One line of text for people: composed, without control characters, bounded."""
    plain = len(value) <= limit and value.isprintable()
    if plain and (value.isascii() or unicodedata.is_normalized("NFC", value)):
        return value.strip()
    value = value[: limit * 4]
    if not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        value = unicodedata.normalize("NFC", value)
    if not value.isprintable():
        value = _CONTROL.sub("", _SPACE.sub(" ", value))
    return value.strip()[:limit].rstrip()


@lru_cache(1024)
def split_names(value: str, ids: int = 0) -> tuple[str, ...]:
    """The names in one artist field that was written as one value.

    "A feat. B", "A / B" and "A; B" are two names, "AC/DC" and "Simon & Garfunkel" are one. `ids`
    tells how many MusicBrainz artists stand beside the field, 0 if none: with it, commas and
    ampersands are understood too.
    """
    whole = (value,)
    if ids == 1 or not value:
        return whole if value else ()
    opened = _BRACKETED.sub(r" \1", value)
    parts = _split(_BETWEEN_NAMES, opened)
    if ids == 0 or len(parts) == ids:
        return parts or whole
    for separator in _BETWEEN_COUNTED:
        if len(parts := _split(separator, opened)) == ids:
            return parts
    return _split(_BETWEEN_NAMES, opened) or whole


# -- the rules that make Tags of the table ---------------------------------------------------------


def _names(fields: Fields, told: dict[str, Any]) -> None:
    for name, plural, ids_name, sort_name, into in _PEOPLE:
        printed, listed = fields.get(name), fields.get(plural)
        ids = _ids(fields[ids_name]) if ids_name in fields else ()
        if not printed and not listed:
            names: tuple[str, ...] = ()
        else:
            names, told[f"{into}_credit"] = _people(printed or [], listed or [], len(ids))
            told[f"{into}s"] = names
        if ids and len(ids) == len(names):  # else nothing says which belongs to whom
            told[f"{into}_mbids"] = ids
        if sorts := fields.get(sort_name):
            told[f"{into}_sort"] = sorts[0] if len(sorts) == 1 else JOIN.join(sorts)
            each = split_names(sorts[0], len(names)) if len(sorts) == 1 < len(names) else sorts
            if len(each) == len(names):
                told[f"{into}_sorts"] = tuple(each)


def _people(printed: list[str], listed: list[str], ids: int) -> tuple[tuple[str, ...], str]:
    """Names and the credit: a single field is for printing, a plural one is the list."""
    if len(listed) == 1:
        listed = list(split_names(listed[0], ids))
    if len(printed) == 1 and not listed:
        return _unique(split_names(printed[0], ids)), printed[0]
    names = _unique(listed or printed)
    credit = printed[0] if len(printed) == 1 else JOIN.join(_unique(printed) or names)
    return names, credit[:LONGEST_VALUE]


def _numbers(fields: Fields, told: dict[str, Any]) -> None:
    """Position, total, disc and side: of a record "B2" is the second piece of side B."""
    disc, discs = _number_in(_first(fields, "disc"))
    written = _first(fields, "track")
    position, total = _number_in(written)
    if not total:
        total = _number_in(_first(fields, "tracktotal"))[0]
    side = ""
    if position is None or not written.isdecimal():
        if match := _VINYL.fullmatch(written):
            letter = match[1].upper()
            position = int(match[2] or 1) or None
            total = _number_in(_first(fields, "tracktotal"))[0]
            if disc is None:
                disc, side = ord(letter) - ord("A") + 1, f"Side {letter}"
        elif match := _DISC_AND_TRACK.fullmatch(written):
            position, disc = int(match[2]) or None, disc or int(match[1]) or None
            total = _number_in(_first(fields, "tracktotal"))[0]
    told["position"], told["position_total"] = position, total
    told["disc"] = disc
    told["disc_total"] = discs or _number_in(_first(fields, "disctotal"))[0]
    if subtitle := _first(fields, "discsubtitle") or side:
        told["disc_subtitle"] = subtitle


def _dates(fields: Fields, told: dict[str, Any]) -> None:
    """Date, release date and original date, as written, and their years.

    Taggers that know the original date write the release's into the plain one.
    """
    date = _first(fields, "date") or _first(fields, "year")
    released = _first(fields, "releasedate")
    original = _first(fields, "originaldate") or _first(fields, "originalyear")
    first = _year(original)
    if original and not released and (_year(date) or 0) >= (first or 0):
        released = date
    told["date"], told["release_date"], told["original_date"] = date, released, original
    told["year"] = _year(released) or _year(date) or first
    told["original_year"] = first


def _works(fields: Fields, told: dict[str, Any]) -> None:
    movement = _first(fields, "movementname")
    number, total = _number_in(_first(fields, "movement"))
    if number is None and not movement:
        movement = _first(fields, "movement")
    work, grouping = _first(fields, "work"), _first(fields, "grouping")
    if not work and (movement or "group" in fields):
        # iTunes writes the work where others write the grouping, and the grouping to a new frame
        work, grouping = grouping, ""
    told["work"], told["movement"], told["movement_number"] = work, movement, number
    told["movement_total"] = total or _number_in(_first(fields, "movementtotal"))[0]
    told["grouping"] = grouping or _joined(fields.get("group", []))


def _credits(fields: Fields, told: dict[str, Any]) -> None:
    told["credits"] = tuple(
        Credit(name, role) for role in _ROLES if role in fields for name in _role(fields[role])
    )


def _ratings(fields: Fields, told: dict[str, Any]) -> None:
    told["rating"] = _rating(fields)


def _plays(fields: Fields, told: dict[str, Any]) -> None:
    """Of several counts the highest: each player keeps its own."""
    counted = [
        int(count)
        for name in _COUNTS
        for written in fields.get(name, [])
        if (count := _real(written)) is not None and 1 <= count <= _MOST_PLAYS
    ]
    told["plays"] = max(counted, default=None)


def _gains(fields: Fields, told: dict[str, Any]) -> None:
    track = _gain(fields.get("replaygaintrackgain"), fields.get("r128trackgain"))
    album = _gain(fields.get("replaygainalbumgain"), fields.get("r128albumgain"))
    if track is not None or album is not None:
        peaks = fields.get("replaygaintrackpeak"), fields.get("replaygainalbumpeak")
        told["replaygain"] = ReplayGain(track, _peak(peaks[0]), album, _peak(peaks[1]))


def _tidy(values: list[str]) -> list[str]:
    return [clean for value in values[: table.MOST_VALUES] if (clean := text(value))]


def _first(fields: Fields, name: str) -> str:
    values = fields.get(name)
    return values[0] if values else ""


def _only(values: list[str]) -> str:
    return values[0]


def _joined(values: list[str]) -> str:
    return values[0] if len(values) == 1 else "; ".join(_unique(values))


def _unique(values: Sequence[str]) -> tuple[str, ...]:
    if len(values) < 2:
        return tuple(values)
    seen: dict[str, str] = {}
    for value in values:
        seen.setdefault(value.casefold(), value)
    return tuple(seen.values())[: table.MOST_VALUES]


def _flag(values: list[str]) -> bool:
    return values[0].lower() in ("1", "true", "yes")


def _advisory(values: list[str]) -> bool | None:
    return {"1": True, "4": True, "2": False}.get(values[0])


def _role(values: list[str]) -> tuple[str, ...]:
    return _unique(_split(_BETWEEN_ROLES, values[0]) if len(values) == 1 else values)


def _performers(values: list[str]) -> tuple[Credit, ...]:
    found = []
    for value in _unique(values):
        match = _PERFORMER.fullmatch(value)
        found.append(Credit(match[1], match[2].strip()) if match else Credit(value))
    return tuple(found)


def _split(separator: re.Pattern[str], value: str) -> tuple[str, ...]:
    """`value` at each separator that is not part of a name on the list of whole names."""
    if separator.search(value) is None:
        return (whole,) if (whole := value.strip()) else ()
    kept = [match.span() for match in _WHOLE.finditer(value)]
    parts, begin = [], 0
    for match in separator.finditer(value):
        if not any(start <= match.start() < end for start, end in kept):
            parts.append(value[begin : match.start()])
            begin = match.end()
    parts.append(value[begin:])
    return tuple(part.strip() for part in parts if part.strip())


def _ids(values: Sequence[str]) -> tuple[str, ...]:
    if len(values) == 1 and len(values[0]) == 36:
        return (values[0].lower(),) if _UUID.fullmatch(values[0]) else ()
    found = _UUID.findall(" ".join(values))
    return tuple(dict.fromkeys(each.lower() for each in found))[: table.MOST_VALUES]


def _id(values: list[str]) -> str:
    if len(values[0]) == 36 and _UUID.fullmatch(values[0]):
        return values[0].lower()
    found = _ids(values)
    return found[0] if found else ""


def _number_in(written: str) -> tuple[int | None, int | None]:
    """A number and of how many it is one, where they are told."""
    match = _NUMBER.match(written) if written else None
    if not match:
        return None, None
    return int(match[1]) or None, int(match[2] or 0) or None


def _language(values: list[str]) -> str:
    told = _joined(values)
    return "" if told.lower() in ("und", "xxx", "zxx") else told


@lru_cache(1024)
def _year(date: str) -> int | None:
    match = _YEAR.search(date) if date else None
    return int(match[0]) if match else None


def _genres(fields: Fields, told: dict[str, Any]) -> None:
    told["genres"] = genres = _genres_in(tuple(fields["genre"]))
    if not _SPOKEN.isdisjoint(map(str.casefold, genres)):
        told["audiobook"] = True


@lru_cache(1024)
def _genres_in(values: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for value in _divided(values, _BETWEEN_GENRES):
        code = value.strip("()")
        if code.isascii() and code.isdigit() and len(code) < 4 and int(code) < len(table.GENRES):
            value = table.GENRES[int(code)]
        found.append(value)
    return _unique(found)


def _moods(values: list[str]) -> tuple[str, ...]:
    return _unique(_divided(values, _BETWEEN_GENRES))


def _release_types(values: list[str]) -> tuple[str, ...]:
    return _types_in(tuple(values))


@lru_cache(256)
def _types_in(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(str.lower, _divided(values, _BETWEEN_GENRES)))


def _divided(values: Sequence[str], separator: re.Pattern[str]) -> list[str]:
    return [part for value in values for part in _split(separator, value)]


def _bpm(values: list[str]) -> float | None:
    found = _real(values[0])
    return round(found, 2) if found is not None and 1 <= found <= 1_000 else None


def _real(written: str) -> float | None:
    match = _REAL.match(written)
    if match is None:
        return None
    try:
        return float(match[0])
    except ValueError:
        return float(match[0].replace(",", ".").replace("−", "-"))


def _rating(fields: Fields) -> int | None:
    """Out of 100. Scales differ: 0 to 255 (POPM), to 1 (FMPS), to 5 stars, to 100."""
    if (stored := _real(_first(fields, "popularimeter"))) is not None:
        value = int(stored)
        return _POPM.get(value, round(value / 255 * 100)) if 0 < value <= 255 else None
    if (share := _real(_first(fields, "fmpsrating"))) is not None and 0 <= share <= 1:
        return round(share * 100)
    if (share := _real(_first(fields, "shareduserrating"))) is not None and 0 < share <= 99:
        return 20 if share == 1 else round((share + 5) / 20) * 20
    value_told = _real(_first(fields, "rating"))
    if value_told is None or not 0 < value_told <= 100:
        return None
    return round(value_told * 20 if value_told <= 5 else value_told)


def _gain(written: list[str] | None, r128: list[str] | None) -> float | None:
    found = _real(written[0]) if written else None
    if r128 and (steps := _real(r128[0])) is not None:
        found = steps / 256 + R128_TO_REPLAYGAIN
    if found is None:
        return None
    return round(min(max(found, GAIN_LIMITS[0]), GAIN_LIMITS[1]), 4)


def _peak(written: list[str] | None) -> float | None:
    found = _real(written[0]) if written else None
    return round(found, 6) if found is not None and 0 < found <= 64 else None


def _prose(values: Sequence[str]) -> str:
    if not values:
        return ""
    if len(values) == 1 and len(values[0]) <= LONGEST_VALUE and values[0].isprintable():
        return text(values[0])
    lines = "\n".join(values[: table.MOST_VALUES]).splitlines()
    return "\n".join(text(line) for line in lines[:200]).strip()[:LONGEST_VALUE]


def _lyrics(raw: Fields, found: list[lrc.Lyrics]) -> tuple[lrc.Lyrics, ...]:
    written = raw.get("lyrics", [])[:MOST_LYRICS]
    told = [*found, *(each for value in written for each in table.sung(value))]
    unlike = {lyrics: None for lyrics in told if lyrics.lines}
    ordered = sorted(unlike, key=lambda each: (not each.synced, each.language))
    return tuple(ordered[:MOST_LYRICS])


def _chapters(marks: Iterable[tuple[int, str]]) -> tuple[Chapter, ...]:
    if not marks:
        return ()
    found: dict[int, str] = {}
    for start, title in islice(marks, MOST_CHAPTERS):
        found.setdefault(start, text(title, LONGEST_TITLE))
    return tuple(Chapter(start, found[start]) for start in sorted(found))


def _numbered_chapters(raw: Fields) -> list[tuple[int, str]]:
    """CHAPTER001=00:00:00.000 and CHAPTER001NAME (Ogg's chapter extension)."""
    found = []
    for name in [each for each in raw if each[:7] == "chapter" and each[7:].isdecimal()]:
        if match := _CHAPTER_TIME.fullmatch(_first(raw, name)):
            hours, minutes, seconds, part = match.groups()
            start = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
            start = start * 1000 + int((part or "")[:3].ljust(3, "0"))
            found.append((start, _first(raw, f"{name}name")))
    return found


def _cue(values: list[str]) -> str:
    """A text that has no track in it is none; what it means is for its grammar to say."""
    told = next(iter(values), "")[:LONGEST_CUE]
    lines = [_CONTROL.sub("", line).rstrip() for line in told.splitlines()]
    return "\n".join(lines).strip() if _CUE_TRACK.search(told) else ""


# -- tables ----------------------------------------------------------------------------------------

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SPACE: Final = re.compile(r"[\s\x85\u2028\u2029]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_YEAR: Final = re.compile(r"(?<!\d)[12]\d{3}(?=\d{4}(?!\d)|(?!\d))")
_NUMBER: Final = re.compile(r"\D{0,3}(\d{1,4})(?!\d)(?:\s*(?:/|of)\s*(\d{1,4})(?!\d))?", re.I)
_VINYL: Final = re.compile(r"([A-Za-z])\s?(\d{0,2})")
_DISC_AND_TRACK: Final = re.compile(r"(\d{1,2})[-.](\d{1,3})")
_REAL: Final = re.compile(r"[+\-−]?\d{1,12}(?:[.,]\d{1,12})?|[+\-−]?[.,]\d{1,12}")
_CHAPTER_TIME: Final = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")
_CUE_TRACK: Final = re.compile(r"^\s*TRACK\s+\d", re.IGNORECASE | re.MULTILINE)
_PERFORMER: Final = re.compile(r"(.+?)\s+\(([^()]*)\)")

# names that hold what else stands between names
_NAMES: Final = (
    "AC/DC",
    "Au/Ra",
    "Bremer/McCoy",
    "K/DA",
    "LOONA / ODD EYE CIRCLE",
    "LOONA / yyxy",
    "LOONA 1/3",
    "LSR/CITY",
    "M/A/R/R/S",
    "Ministry/Co-Conspirators",
    "Phantom/Ghost",
    "R&B/Soul",
    "She/Her/Hers",
    "Singer/Songwriter",
    "Smith/Kotzen",
    "5/8erl in Ehr'n",
    "22/7",
    "We;Na",
    "Earth, Wind & Fire",
    "Blood, Sweat & Tears",
    "Crosby, Stills, Nash & Young",
    "Crosby, Stills & Nash",
    "Emerson, Lake & Palmer",
    "Peter, Paul and Mary",
    "Tyler, the Creator",
)
_WHOLE: Final = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, _NAMES)) + r")(?!\w)", re.IGNORECASE
)
_BRACKETED: Final = re.compile(
    r"\s*[(\[]((?:featuring|feat|ft)\b\.?\s[^()\[\]]+)[)\]]", re.IGNORECASE
)
_FEATURING: Final = r"\s+(?:featuring|feat\.?|ft\.?)\s+"
_BETWEEN_NAMES: Final = re.compile(rf"{_FEATURING}|\s+/\s+|;\s+", re.IGNORECASE)
_BETWEEN_COUNTED: Final = (
    re.compile(rf"{_FEATURING}|\s*[/;]\s*", re.IGNORECASE),
    re.compile(rf"{_FEATURING}|\s*[/;,]\s*|\s+(?:&|and|x|vs\.?|with)\s+", re.IGNORECASE),
    re.compile(r"\s*,\s*"),
    re.compile(r"\s+(?:&|and)\s+", re.IGNORECASE),
)
_BETWEEN_ROLES: Final = re.compile(r"\s*[/;]\s*")
_BETWEEN_GENRES: Final = re.compile(r"\s*[;/,]\s*")

_SPOKEN: Final = frozenset({"audiobook", "audiobooks", "audio book", "hörbuch", "hörbücher"})
_COUNTS: Final = ("playcounter", "playcount", "fmpsplaycount")
_MOST_PLAYS: Final = 1_000_000
_ROLES: Final = ("lyricist", "arranger", "remixer", "producer", "engineer", "mixer", "djmixer")
# the values that players write for half stars; a player that has no halves writes 1 for one star
_POPM: Final = dict(
    zip(
        (1, 13, 54, 64, 118, 128, 186, 196, 242, 255),
        (20, 10, 30, 40, 50, 60, 70, 80, 90, 100),
        strict=True,
    )
)

# fields that have nothing to do with another one: what they become, and how
_RULES: Final[dict[str, tuple[str, Callable[[list[str]], Any]]]] = {
    "title": ("title", _only),
    "titlesort": ("title_sort", _only),
    "album": ("album", _only),
    "albumsort": ("album_sort", _only),
    "mood": ("moods", _moods),
    "compilation": ("compilation", _flag),
    "advisory": ("explicit", _advisory),
    "podcast": ("podcast", _flag),
    "audiobook": ("audiobook", _flag),
    "musicbrainztrackid": ("recording_mbid", _id),
    "musicbrainzreleasetrackid": ("track_mbid", _id),
    "musicbrainzalbumid": ("release_mbid", _id),
    "musicbrainzreleasegroupid": ("release_group_mbid", _id),
    "musicbrainzworkid": ("work_mbid", _id),
    "releasetype": ("release_types", _release_types),
    "albumversion": ("version", _only),
    "label": ("label", _joined),
    "catalognumber": ("catalog_number", _joined),
    "barcode": ("barcode", _only),
    "isrc": ("isrc", _joined),
    "media": ("media", _joined),
    "copyright": ("copyright", _joined),
    "license": ("license", _joined),
    "composer": ("composers", _role),
    "composersort": ("composer_sort", _joined),
    "conductor": ("conductors", _role),
    "performer": ("performers", _performers),
    "showmovement": ("show_movement", _flag),
    "bpm": ("bpm", _bpm),
    "key": ("key", _only),
    "language": ("language", _language),
}
_PEOPLE: Final = (
    ("artist", "artists", "musicbrainzartistid", "artistsort", "artist"),
    ("albumartist", "albumartists", "musicbrainzalbumartistid", "albumartistsort", "album_artist"),
)
# and those that are to be seen together
_TOGETHER: Final[tuple[tuple[frozenset[str], Callable[[Fields, dict[str, Any]], None]], ...]] = (
    (frozenset(name for names in _PEOPLE for name in names[:4]), _names),
    (frozenset({"track", "tracktotal", "disc", "disctotal", "discsubtitle"}), _numbers),
    (frozenset({"date", "year", "releasedate", "originaldate", "originalyear"}), _dates),
    (frozenset({"genre"}), _genres),
    (
        frozenset({"work", "grouping", "group", "movementname", "movement", "movementtotal"}),
        _works,
    ),
    (frozenset(_ROLES), _credits),
    (frozenset({"popularimeter", "fmpsrating", "shareduserrating", "rating"}), _ratings),
    (frozenset(_COUNTS), _plays),
    (
        frozenset(f"{by}{of}gain" for by in ("replaygain", "r128") for of in ("track", "album")),
        _gains,
    ),
)
_USED: Final = frozenset(_RULES).union(
    *(names for names, _ in _TOGETHER), ("replaygaintrackpeak", "replaygainalbumpeak")
)
