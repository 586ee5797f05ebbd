"""What the names of a file and of its folders tell about an untagged track.

"Artist/Album (1999)/CD1/03 - Title.mp3", "Artist - Title.mp3", "1-03 Title.flac" and their kin. A
guess, and marked as one: whatever tags say goes before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec


class Guess(msgspec.Struct, frozen=True):
    """Empty or None where the names tell nothing. `title` is never empty."""

    title: str
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    disc: int | None = None
    position: int | None = None
    year: int | None = None


def names_from_path(path: str | bytes) -> Guess:
    """The guess for a path relative to its library, with "/" between its parts."""
    text = path.decode("utf-8", "replace") if isinstance(path, bytes) else path
    parts = [part for part in text.split("/") if part not in ("", ".", "..")]
    *folders, name = parts or ["Untitled"]
    disc, position, artist, title = _file(_spaced(_stem(name)))
    folder_disc = _disc_of(folders[-1]) if folders else None
    if folder_disc is not None:
        folders = folders[:-1]
    album_artist, album, year = _folders([_spaced(folder) for folder in folders[-2:]])
    return Guess(
        title=title,
        artist=artist or album_artist,
        album=album,
        album_artist=album_artist,
        disc=disc if disc is not None else folder_disc,
        position=position,
        year=year,
    )


def _file(stem: str) -> tuple[int | None, int | None, str, str]:
    """Disc, position, artist and title of "1-03 - Artist - Title", whatever of it is there."""
    disc = position = None
    rest = stem
    if match := _DISC_AND_TRACK.match(rest):
        disc, position, rest = int(match[1]), int(match[2]), rest[match.end() :]
    elif match := _TRACK.match(rest):
        digits = match[1]
        position, rest = int(digits), rest[match.end() :]
        if len(digits) == 3:
            # "103" is the third of disc 1, as players of the time wrote it
            disc, position = int(digits[0]) or None, int(digits[1:])
    parts = [part.strip() for part in _BETWEEN.split(rest) if part.strip()]
    if position is None and len(parts) >= 3 and (match := _NUMBER.fullmatch(parts[-2])):
        position = int(match[0])
        parts = [parts[0], parts[-1]]
    if position is None and len(parts) >= 2 and (match := _LATER_TRACK.match(parts[1])):
        position, parts[1] = int(match[1]), parts[1][match.end() :]
    if not parts:
        return None, position or None, "", stem.strip() or "Untitled"
    if len(parts) == 1:
        return disc, position or None, "", parts[0]
    return disc, position or None, parts[0], " - ".join(parts[1:])


def _folders(folders: Sequence[str]) -> tuple[str, str, int | None]:
    """Album artist, album and year of "Artist/1999 - Album" or "Artist - Album (1999)"."""
    if not folders:
        return "", "", None
    album, year = _with_year(folders[-1])
    above = folders[0] if len(folders) > 1 else ""
    parts = [part.strip() for part in _BETWEEN.split(album) if part.strip()]
    if len(parts) >= 2 and (not above or parts[0].casefold() == above.casefold()):
        above, album = parts[0], " - ".join(parts[1:])
        if year is None:
            album, year = _with_year(album)
    if _NO_ARTIST.fullmatch(above):
        above = ""
    return above, album, year


def _with_year(folder: str) -> tuple[str, int | None]:
    for grammar in (_YEAR_IN_FRONT, _YEAR_BEHIND):
        if (match := grammar.search(folder)) and (rest := grammar.sub(" ", folder).strip(" -")):
            return " ".join(rest.split()), int(match[1])
    return folder.strip(), None


def _disc_of(folder: str) -> int | None:
    match = _DISC_FOLDER.fullmatch(folder.strip())
    return int(match[1]) if match else None


def _stem(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and 1 <= len(ending) <= 5 and " " not in ending else name


def _spaced(name: str) -> str:
    text = _CONTROL.sub("", name)
    if "_" in text and " " not in text:
        text = text.replace("_", " ")
    elif " " not in text and text.count(".") >= 2:
        text = text.replace(".", " ")
    return " ".join(text.split())


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BETWEEN: Final = re.compile(r"\s+[-–—]\s+")
_NUMBER: Final = re.compile(r"\d{1,3}")
_DISC_AND_TRACK: Final = re.compile(
    r"(?:(?:cd|disc|disk)\s*)?(\d{1,2})\s?[-.]\s?(\d{2,3})(?!\d)(?:\s*[-–—.)_]+\s*|\s+)(?=\S)", re.I
)
_TRACK: Final = re.compile(
    r"(?:track\s*)?[(\[]?(\d{1,3})(?!\d)(?:[)\]]?\s*[-–—.)_\]]+\s*(?=\D)|[)\]]?\s+(?=\S))", re.I
)
_LATER_TRACK: Final = re.compile(r"(\d{1,2})(?:\s*[.)]\s*|\s+)(?=\D)")
_YEAR_IN_FRONT: Final = re.compile(
    r"^[(\[]?((?:19|20)\d{2})[)\]]?(?:\s*[-–—.]\s*|\s+|(?<=[)\]]))(?=\S)"
)
_YEAR_BEHIND: Final = re.compile(r"\s*[(\[]((?:19|20)\d{2})[)\]]\s*")
_DISC_FOLDER: Final = re.compile(r"(?:cd|disc|disk|part)[\s_.#-]*(\d{1,2})(?:\s*[-–—:].*)?", re.I)
_NO_ARTIST: Final = re.compile(r"(?:music|albums?|unknown artist|downloads?|audio)?", re.I)
