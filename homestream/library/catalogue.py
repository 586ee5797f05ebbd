"""Asking the library: artists, albums, tracks and genres as one listener may see them.

Every list goes through one `Visibility` and is bounded and paged by cursor: `next` is an opaque
text that stands for the last row's sort keys.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from homestream.ids import AlbumId, ArtId, ArtistId, GenreId, LibraryId, RecordingId, TrackId

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


class Artist(msgspec.Struct, frozen=True):
    id: ArtistId
    name: str
    album_count: int
    track_count: int
    art: ArtId | None  # of their newest album
    starred: bool


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
