"""Which album a track belongs to: rules over what its tags and its folder say.

Evidence in order of weight: the MusicBrainz release, the folder with the album's title, the album
artist with the album's title and a year that does not contradict. The codec says nothing: an album
that is there as FLAC and as MP3 is one album.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from homestream.ids import AlbumId
from homestream.library import identity

_DISC_FOLDER: Final = re.compile(
    rb"(?:cd|dis[ck]|disque|dvd|lp|vinyl|volume|vol\.?) ?[-_.#]? ?(\d{1,2})(?!\d)(?:\W.*)?",
    re.IGNORECASE | re.DOTALL,
)
_DISC_IN_TITLE: Final = re.compile(
    r"(?:\s*[(\[]|\s*[,:]\s+|\s+-\s+)(?:cd|dis[ck])\s*#?(\d{1,2})(?:\s+of\s+\d{1,2})?[)\]]?$",
    re.IGNORECASE,
)


class Evidence(msgspec.Struct, frozen=True):
    """What one track says about its album. Names are folded (`identity.fold`)."""

    title: str
    titled: bool  # by a tag, not by the folder's name
    album_artist: str  # empty: not tagged
    mbid: str  # MusicBrainz release; empty: not tagged
    version: str  # edition, folded; empty: not tagged
    year: int | None


class Candidate(msgspec.Struct, frozen=True):
    """An album that the track may belong to."""

    id: AlbumId
    title: str  # folded
    artist: str  # folded
    artist_tagged: bool  # by one track at least
    mbid: str
    version: str
    first_year: int | None  # of its tracks
    last_year: int | None
    same_folder: bool  # as the track's
    current: bool = False  # the track is in it now


def place(evidence: Evidence, candidates: Sequence[Candidate]) -> AlbumId | None:
    """The album of a track, or None where it begins one of its own."""
    fitting = [
        (weight, candidate.current, -candidate.id, candidate.id)
        for candidate in candidates
        if (weight := _weight(evidence, candidate))
    ]
    return max(fitting)[3] if fitting else None


def _weight(evidence: Evidence, album: Candidate) -> int:
    """How much speaks for an album; 0 where something speaks against it."""
    if evidence.mbid and evidence.mbid == album.mbid:
        return 3
    if (evidence.mbid and album.mbid) or evidence.title != album.title:
        return 0
    if evidence.version and album.version and evidence.version != album.version:
        return 0
    agree = evidence.album_artist == album.artist
    if album.same_folder:
        return 2 if agree or not (evidence.album_artist and album.artist_tagged) else 0
    if not (evidence.titled and evidence.album_artist and agree):
        return 0
    return 1 if _years_agree(evidence.year, album.first_year, album.last_year) else 0


def _years_agree(year: int | None, first: int | None, last: int | None) -> bool:
    return year is None or first is None or last is None or first <= year <= last


def grouping_key(artist: str, title: str) -> str:
    """Where to look for an album's like; both are folded."""
    return f"{artist}\n{title}"


class Part(msgspec.Struct, frozen=True):
    """What one track adds to its album's face, in the album's order."""

    title: str
    artist_credit: str
    artists: tuple[int, ...]  # row ids
    album_artist_credit: str  # empty: not tagged
    album_artists: tuple[int, ...]
    compilation: bool


class Face(msgspec.Struct, frozen=True):
    """Whose an album is. `artists` is empty where it is by various ones; `artist_credit` is empty
    where no track prints just those artists, and their names have to do.
    """

    title: str
    artist_credit: str
    artists: tuple[int, ...]
    compilation: bool


def face(parts: Sequence[Part]) -> Face:
    """Title and artists of an album from its tracks: what most of them say.

    Without album artists: those who are on every track, or else various ones.
    """
    title = _most(part.title for part in parts)
    tagged = [part for part in parts if part.album_artist_credit]
    compilation = any(part.compilation for part in parts)
    if tagged:
        credit = _most(part.album_artist_credit for part in tagged)
        chosen = next(part for part in tagged if part.album_artist_credit == credit)
        various = identity.fold(credit) == identity.fold(identity.VARIOUS)
        return Face(title, credit, chosen.album_artists, compilation or various)
    first = parts[0]
    common = tuple(
        artist for artist in first.artists if all(artist in part.artists for part in parts[1:])
    )
    if not common:
        return Face(title, identity.VARIOUS, (), True)
    # a flag on an album of one artist and guests is an old tagger's mistake
    whole = next((part.artist_credit for part in parts if part.artists == common), "")
    return Face(title, whole, common, compilation and all(p.artists == common for p in parts))


def _most(texts: Iterable[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def release_folder(path: bytes) -> tuple[bytes, int | None]:
    """The folder of a file's release and, where its own folder is one disc of it, which one.

    release_folder(b"Artist/Album/CD 2/01.mp3") == (b"Artist/Album", 2)
    """
    folder, _, _ = path.rpartition(b"/")
    above, _, last = folder.rpartition(b"/")
    match = _DISC_FOLDER.fullmatch(last)
    return (above, int(match[1])) if match else (folder, None)


def disc_in_title(title: str) -> tuple[str, int | None]:
    """An album's title without its disc: ("Album", 2) for "Album (Disc 2)"."""
    match = _DISC_IN_TITLE.search(title)
    if match is None or not title[: match.start()].strip():
        return title, None
    return title[: match.start()].rstrip(), int(match[1])
