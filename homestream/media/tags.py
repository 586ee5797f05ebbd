"""What a file says about itself: titles, people, numbers, dates, gains, lyrics.

Every format comes as the same table of fields (see `tagfile`), so that one set of rules makes
`Tags` of it. Names of files and folders play no part here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import IO, Final

import msgspec

from homestream.formats import lrc
from homestream.media import tagfile
from homestream.media.tagfile import Fields

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


class Tags(msgspec.Struct, frozen=True, omit_defaults=True):
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


def made(
    collected: tagfile.Collected, marks: Iterable[tuple[int, str]] = (), suffix: str = ""
) -> Tags:
    """`Tags` from one table of fields, whoever read it."""
    return _tags(
        {name: _tidy(values) for name, values in collected.fields.items()},
        collected.fields,
        collected.lyrics,
        collected.marks or list(_numbered_chapters(collected.fields)) or marks,
        book=suffix.lower() == ".m4b",
    )


def text(value: str, limit: int = LONGEST_VALUE) -> str:
    """One line of text for people: composed, without control characters, bounded."""
    value = value[: limit * 4]
    if not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        value = unicodedata.normalize("NFC", value)
    if not value.isprintable():
        value = _CONTROL.sub("", _SPACE.sub(" ", value))
    return value.strip()[:limit].rstrip()


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


def _tags(
    fields: Fields,
    raw: Fields,
    lyrics: list[lrc.Lyrics],
    marks: Iterable[tuple[int, str]],
    *,
    book: bool,
) -> Tags:
    position, position_total, disc, side = _numbers(fields)
    artist_ids = _ids(fields, "musicbrainzartistid")
    artists, credit = _people(fields, "artist", "artists", len(artist_ids))
    album_artist_ids = _ids(fields, "musicbrainzalbumartistid")
    album_artists, album_credit = _people(
        fields, "albumartist", "albumartists", len(album_artist_ids)
    )
    sorts, album_sorts = fields.get("artistsort", []), fields.get("albumartistsort", [])
    date, released, original = _dates(fields)
    movement, movement_number, movement_total = _movement(fields)
    genres = _genres(fields.get("genre", []))
    work, grouping = _first(fields, "work"), _first(fields, "grouping")
    if not work and (movement or "group" in fields):
        # iTunes writes the work where others write the grouping, and the grouping to a new frame
        work, grouping = grouping, ""
    return Tags(
        title=_first(fields, "title"),
        title_sort=_first(fields, "titlesort"),
        artists=artists,
        artist_credit=credit,
        artist_sort=JOIN.join(sorts),
        artist_sorts=_matching(_split_alike(sorts, len(artists)), artists),
        album=_first(fields, "album"),
        album_sort=_first(fields, "albumsort"),
        album_artists=album_artists,
        album_artist_credit=album_credit,
        album_artist_sort=JOIN.join(album_sorts),
        album_artist_sorts=_matching(_split_alike(album_sorts, len(album_artists)), album_artists),
        disc=disc,
        disc_total=_number_in(fields, "disc")[1] or _number_in(fields, "disctotal")[0],
        disc_subtitle=_first(fields, "discsubtitle") or side,
        position=position,
        position_total=position_total,
        date=date,
        release_date=released,
        original_date=original,
        year=_year(released) or _year(date) or _year(original),
        original_year=_year(original),
        genres=genres,
        moods=_unique(_divided(fields.get("mood", []), _BETWEEN_GENRES)),
        compilation=_flag(fields, "compilation"),
        explicit={"1": True, "4": True, "2": False}.get(_first(fields, "advisory")),
        podcast=_flag(fields, "podcast"),
        audiobook=book or _flag(fields, "audiobook") or _spoken(genres),
        recording_mbid=_id(fields, "musicbrainztrackid"),
        track_mbid=_id(fields, "musicbrainzreleasetrackid"),
        release_mbid=_id(fields, "musicbrainzalbumid"),
        release_group_mbid=_id(fields, "musicbrainzreleasegroupid"),
        work_mbid=_id(fields, "musicbrainzworkid"),
        artist_mbids=_matching(artist_ids, artists),
        album_artist_mbids=_matching(album_artist_ids, album_artists),
        release_types=tuple(
            kind.lower() for kind in _divided(fields.get("releasetype", []), _BETWEEN_GENRES)
        ),
        version=_first(fields, "albumversion"),
        label=_joined(fields, "label"),
        catalog_number=_joined(fields, "catalognumber"),
        barcode=_first(fields, "barcode"),
        isrc=_joined(fields, "isrc"),
        media=_joined(fields, "media"),
        copyright=_joined(fields, "copyright"),
        license=_joined(fields, "license"),
        composers=_role(fields, "composer"),
        composer_sort=_joined(fields, "composersort"),
        conductors=_role(fields, "conductor"),
        performers=_performers(fields.get("performer", [])),
        credits=tuple(Credit(name, role) for role in _ROLES for name in _role(fields, role)),
        work=work,
        movement=movement,
        movement_number=movement_number,
        movement_total=movement_total,
        show_movement=_flag(fields, "showmovement"),
        bpm=_bpm(_first(fields, "bpm")),
        key=_first(fields, "key"),
        grouping=grouping or _joined(fields, "group"),
        comment=_prose(raw.get("comment", [])) or _prose(raw.get("description", [])),
        language=_language(fields),
        rating=_rating(fields),
        replaygain=_replaygain(fields),
        lyrics=_lyrics(raw, lyrics),
        chapters=_chapters(marks),
        cue=_cue(raw),
    )


def _tidy(values: list[str]) -> list[str]:
    return [clean for value in values[: tagfile.MOST_VALUES] if (clean := text(value))]


def _first(fields: Fields, name: str) -> str:
    values = fields.get(name)
    return values[0] if values else ""


def _joined(fields: Fields, name: str) -> str:
    return "; ".join(_unique(fields.get(name, [])))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for value in values:
        seen.setdefault(value.casefold(), value)
    return tuple(seen.values())[: tagfile.MOST_VALUES]


def _flag(fields: Fields, name: str) -> bool:
    return _first(fields, name).lower() in ("1", "true", "yes")


def _people(fields: Fields, one: str, many: str, ids: int) -> tuple[tuple[str, ...], str]:
    """Names and the credit: a single field is for printing, a plural one is the list."""
    printed, listed = fields.get(one, []), fields.get(many, [])
    if len(listed) == 1:
        listed = list(split_names(listed[0], ids))
    if len(printed) == 1 and not listed:
        return _unique(split_names(printed[0], ids)), printed[0]
    names = _unique(listed or printed)
    credit = printed[0] if len(printed) == 1 else JOIN.join(_unique(printed) or names)
    return names, credit[:LONGEST_VALUE]


def _role(fields: Fields, name: str) -> tuple[str, ...]:
    values = fields.get(name, [])
    return _unique(_split(_BETWEEN_ROLES, values[0]) if len(values) == 1 else values)


def _performers(values: list[str]) -> tuple[Credit, ...]:
    found = []
    for value in _unique(values):
        match = _PERFORMER.fullmatch(value)
        found.append(Credit(match[1], match[2].strip()) if match else Credit(value))
    return tuple(found)


def _split(separator: re.Pattern[str], value: str) -> tuple[str, ...]:
    """`value` at each separator that is not part of a name on the list of whole names."""
    kept = [match.span() for match in _WHOLE.finditer(value)]
    parts, begin = [], 0
    for match in separator.finditer(value):
        if not any(start <= match.start() < end for start, end in kept):
            parts.append(value[begin : match.start()])
            begin = match.end()
    parts.append(value[begin:])
    return tuple(part.strip() for part in parts if part.strip())


def _split_alike(sorts: list[str], count: int) -> Sequence[str]:
    return split_names(sorts[0], count) if len(sorts) == 1 and count > 1 else sorts


def _matching(values: Sequence[str], names: tuple[str, ...]) -> tuple[str, ...]:
    # a count that differs says nothing about which belongs to whom
    return tuple(values) if len(values) == len(names) else ()


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    found = _UUID.findall(" ".join(fields.get(name, [])))
    return tuple(dict.fromkeys(each.lower() for each in found))[: tagfile.MOST_VALUES]


def _id(fields: Fields, name: str) -> str:
    found = _ids(fields, name)
    return found[0] if found else ""


def _number_in(fields: Fields, name: str) -> tuple[int | None, int | None]:
    match = _NUMBER.match(_first(fields, name))
    if not match:
        return None, None
    number, total = int(match[1]), int(match[2] or 0)
    return number or None, total or None


def _numbers(fields: Fields) -> tuple[int | None, int | None, int | None, str]:
    """Position, total, disc and side: of a record "B2" is the second piece of side B."""
    disc = _number_in(fields, "disc")[0]
    written = _first(fields, "track")
    total = _number_in(fields, "tracktotal")[0]
    if match := _VINYL.fullmatch(written):
        letter = match[1].upper()
        number = int(match[2] or 1) or None
        if disc is not None:
            return number, total, disc, ""
        return number, total, ord(letter) - ord("A") + 1, f"Side {letter}"
    if match := _DISC_AND_TRACK.fullmatch(written):
        return int(match[2]) or None, total, disc or int(match[1]) or None, ""
    position, of_all = _number_in(fields, "track")
    return position, of_all or total, disc, ""


def _language(fields: Fields) -> str:
    told = _joined(fields, "language")
    return "" if told.lower() in ("und", "xxx", "zxx") else told


def _movement(fields: Fields) -> tuple[str, int | None, int | None]:
    name = _first(fields, "movementname")
    number, total = _number_in(fields, "movement")
    if number is None and not name:
        name = _first(fields, "movement")
    return name, number, total or _number_in(fields, "movementtotal")[0]


def _dates(fields: Fields) -> tuple[str, str, str]:
    """Date, release date and original date, as written.

    Taggers that know the original date write the release's into the plain one.
    """
    date = _first(fields, "date") or _first(fields, "year")
    released = _first(fields, "releasedate")
    original = _first(fields, "originaldate") or _first(fields, "originalyear")
    if original and not released and (_year(date) or 0) >= (_year(original) or 0):
        released = date
    return date, released, original


def _year(date: str) -> int | None:
    match = _YEAR.search(date)
    return int(match[0]) if match else None


def _genres(values: list[str]) -> tuple[str, ...]:
    found = []
    for value in _divided(values, _BETWEEN_GENRES):
        code = value.strip("()")
        if code.isascii() and code.isdigit() and len(code) < 4 and int(code) < len(tagfile.GENRES):
            value = tagfile.GENRES[int(code)]
        found.append(value)
    return _unique(found)


def _spoken(genres: tuple[str, ...]) -> bool:
    return not _SPOKEN.isdisjoint(map(str.casefold, genres))


def _divided(values: list[str], separator: re.Pattern[str]) -> list[str]:
    return [part for value in values for part in _split(separator, value)]


def _bpm(written: str) -> float | None:
    found = _real(written)
    return round(found, 2) if found is not None and 1 <= found <= 1_000 else None


def _real(written: str) -> float | None:
    match = _REAL.match(written)
    found = float(match[0].replace(",", ".").replace("−", "-")) if match else math.nan
    return found if math.isfinite(found) else None


def _rating(fields: Fields) -> int | None:
    """Out of 100. Scales differ: 0 to 255 (POPM), to 1 (FMPS), to 5 stars, to 100."""
    if told := _first(fields, "popularimeter"):
        value = int(told)
        return _POPM.get(value, round(value / 255 * 100)) if 0 < value <= 255 else None
    if (share := _real(_first(fields, "fmpsrating"))) is not None and 0 <= share <= 1:
        return round(share * 100)
    if (share := _real(_first(fields, "shareduserrating"))) is not None and 0 < share <= 99:
        return 20 if share == 1 else round((share + 5) / 20) * 20
    value_told = _real(_first(fields, "rating"))
    if value_told is None or not 0 < value_told <= 100:
        return None
    return round(value_told * 20 if value_told <= 5 else value_told)


def _replaygain(fields: Fields) -> ReplayGain | None:
    track, album = _gain(fields, "track"), _gain(fields, "album")
    if track is None and album is None:
        return None
    return ReplayGain(track, _peak(fields, "track"), album, _peak(fields, "album"))


def _gain(fields: Fields, kind: str) -> float | None:
    found = _real(_first(fields, f"replaygain{kind}gain"))
    steps = _real(_first(fields, f"r128{kind}gain"))
    if steps is not None:
        found = steps / 256 + R128_TO_REPLAYGAIN
    if found is None:
        return None
    return round(min(max(found, GAIN_LIMITS[0]), GAIN_LIMITS[1]), 4)


def _peak(fields: Fields, kind: str) -> float | None:
    found = _real(_first(fields, f"replaygain{kind}peak"))
    return round(found, 6) if found is not None and 0 < found <= 64 else None


def _prose(values: list[str]) -> str:
    lines = "\n".join(values[: tagfile.MOST_VALUES]).splitlines()
    return "\n".join(text(line) for line in lines[:200]).strip()[:LONGEST_VALUE]


def _lyrics(raw: Fields, found: list[lrc.Lyrics]) -> tuple[lrc.Lyrics, ...]:
    told = [*found, *(lrc.parse(value) for value in raw.get("lyrics", [])[:MOST_LYRICS])]
    unlike = {lyrics: None for lyrics in told if lyrics.lines}
    ordered = sorted(unlike, key=lambda each: (not each.synced, each.language))
    return tuple(ordered[:MOST_LYRICS])


def _chapters(marks: Iterable[tuple[int, str]]) -> tuple[Chapter, ...]:
    found: dict[int, str] = {}
    for start, title in islice(marks, MOST_CHAPTERS):
        found.setdefault(start, text(title, LONGEST_TITLE))
    return tuple(Chapter(start, found[start]) for start in sorted(found))


def _numbered_chapters(fields: Fields) -> Iterable[tuple[int, str]]:
    """CHAPTER001=00:00:00.000 and CHAPTER001NAME (Ogg's chapter extension)."""
    for name in [each for each in fields if each.startswith("chapter")]:
        if match := _CHAPTER_TIME.fullmatch(_first(fields, name)) if name[7:].isdecimal() else None:
            hours, minutes, seconds, part = match.groups()
            start = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
            yield start * 1000 + int((part or "")[:3].ljust(3, "0")), _first(fields, f"{name}name")


def _cue(raw: Fields) -> str:
    """A text that has no track in it is none; what it means is for its grammar to say."""
    told = next(iter(raw.get("cuesheet", [])), "")[:LONGEST_CUE]
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
_ROLES: Final = ("lyricist", "arranger", "remixer", "producer", "engineer", "mixer", "djmixer")
# the values that players write for half stars; a player that has no halves writes 1 for one star
_POPM: Final = dict(
    zip(
        (1, 13, 54, 64, 118, 128, 186, 196, 242, 255),
        (20, 10, 30, 40, 50, 60, 70, 80, 90, 100),
        strict=True,
    )
)
