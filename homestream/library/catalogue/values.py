"""What the library is told as: tracks, albums, artists, genres, and what it takes to play them."""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeVar

import msgspec

from homestream.formats.lrc import Line
from homestream.ids import (
    AlbumId,
    ArtId,
    ArtistId,
    GenreId,
    LibraryId,
    RecordingId,
    TrackId,
)
from homestream.media.facts import Facts

T = TypeVar("T")


class ArtistRef(msgspec.Struct, frozen=True):
    id: ArtistId
    name: str


class Track(msgspec.Struct, frozen=True):
    id: TrackId
    recording: RecordingId
    title: str
    artists: tuple[ArtistRef, ...]
    artist_credit: str  # as printed
    album: AlbumId
    album_title: str
    disc: int
    position: int | None
    disc_subtitle: str | None
    year: int | None
    duration: float  # seconds
    explicit: bool
    art: ArtId | None
    starred: bool
    away: bool
    codec: str
    sample_rate: int
    bit_depth: int | None
    bit_rate: int | None
    lossless: bool
    added_at: int  # Unix ms
    spoken: str = ""  # "audiobook", "podcast"


class Album(msgspec.Struct, frozen=True):
    id: AlbumId
    title: str
    artists: tuple[ArtistRef, ...]
    artist_credit: str
    year: int | None
    original_year: int | None
    compilation: bool
    release_types: tuple[str, ...]
    track_count: int
    disc_count: int
    duration: float  # seconds
    art: ArtId | None
    colour: str | None  # of its cover, "#rrggbb"
    starred: bool
    added_at: int  # Unix ms
    spoken: str = ""  # "audiobook", "podcast": what a track of it is
    sort_title: str = ""
    sort_artist: str = ""


class Artist(msgspec.Struct, frozen=True):
    id: ArtistId
    name: str
    album_count: int
    track_count: int
    art: ArtId | None  # of them, or of their newest album
    starred: bool
    sort_name: str = ""


class Genre(msgspec.Struct, frozen=True):
    id: GenreId
    name: str
    album_count: int
    track_count: int
    art: ArtId | None


class Library(msgspec.Struct, frozen=True):
    id: LibraryId
    name: str
    path: str
    away: bool
    reason: str | None
    track_count: int


class Page(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    next: str | None  # cursor


class Lyrics(msgspec.Struct, frozen=True):
    """One text of a track; see `lrc.Lyrics`."""

    source: Literal["file", "embedded"]
    form: str  # of the file; empty where the text was inside the sound file
    language: str
    synced: bool
    translation: bool
    lines: tuple[Line, ...]


class File(msgspec.Struct, frozen=True):
    """The file of a track."""

    path: str  # absolute, as far as it can be shown
    size: int  # bytes
    facts: Facts


class Place(msgspec.Struct, frozen=True):
    """Where the sound of a track lies. The key changes when the sound does."""

    path: bytes  # absolute, no link
    key: str


class Playable(msgspec.Struct, frozen=True):
    """What it takes to stream a track. The key changes when the sound does.

    A part of a file is its samples [begin, end); see `media.programme.Item`.
    """

    track: TrackId
    path: bytes  # absolute, no link
    facts: Facts
    content_key: str
    begin: int = 0
    end: int | None = None


AlbumSort = Literal["title", "artist", "added", "year", "played", "random"]
ArtistSort = Literal["name"]
TrackSort = Literal["title", "added"]
MOST: Final = 200  # rows in any page
