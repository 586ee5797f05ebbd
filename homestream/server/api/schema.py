"""What the JSON API speaks: one Struct for each thing, and how rows become them.

Ids are public ("tr-12"), times RFC 3339 in UTC, durations seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.household.access import Listener
from homestream.household.profiles import Profile as ProfileRow
from homestream.library import catalogue

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=200, description="How many at most.")]
PublicId = Annotated[str, Meta(min_length=4, max_length=24, examples=["tr-12"])]
MOST_TRACKS: Final = 10_000
TrackIds = Annotated[list[PublicId], Meta(max_length=MOST_TRACKS)]


class Paging(msgspec.Struct, frozen=True):
    """The query of a list; other lists add their filters to it."""

    limit: Limit = 50
    cursor: Annotated[str, Meta(max_length=2000)] | None = None


class Items(msgspec.Struct, Generic[T], frozen=True):
    """A list, or a page of one. `next` is the address of the next page, as it is."""

    items: list[T]
    next: str | None = None


class ArtistRef(msgspec.Struct, frozen=True):
    id: PublicId
    name: str


class AlbumRef(msgspec.Struct, frozen=True):
    id: PublicId
    title: str


class Art(msgspec.Struct, frozen=True):
    """Addresses of one picture, by its longer side in pixels."""

    small: str = msgspec.field(name="96")
    medium: str = msgspec.field(name="320")
    wide: str = msgspec.field(name="640")
    large: str = msgspec.field(name="960")


class Track(msgspec.Struct, frozen=True):
    id: PublicId
    title: str
    album: AlbumRef
    artists: list[ArtistRef]
    artist_credit: str
    disc: int
    position: int | None
    disc_subtitle: str | None
    year: int | None
    duration: float
    explicit: bool
    starred: bool
    away: bool
    art: Art | None
    codec: str
    sample_rate: int
    bit_depth: int | None
    bit_rate: int | None
    lossless: bool
    added_at: str
    spoken: str  # "audiobook", "podcast" or empty


class Album(msgspec.Struct, frozen=True):
    id: PublicId
    title: str
    artists: list[ArtistRef]
    artist_credit: str
    year: int | None
    original_year: int | None
    compilation: bool
    release_types: list[str]
    track_count: int
    disc_count: int
    duration: float
    art: Art | None
    colour: str | None
    starred: bool
    added_at: str
    spoken: str  # "audiobook", "podcast" or empty


class Artist(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    album_count: int
    track_count: int
    art: Art | None
    starred: bool


class Genre(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    album_count: int
    track_count: int
    art: Art | None


class Library(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    path: str
    away: bool
    reason: str | None
    track_count: int


class Profile(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    colour: str
    picture: str


def track(row: catalogue.Track) -> Track:
    return Track(
        id=ids.public("track", row.id),
        title=row.title,
        album=AlbumRef(ids.public("album", row.album), row.album_title),
        artists=_artists(row.artists),
        artist_credit=row.artist_credit,
        disc=row.disc,
        position=row.position,
        disc_subtitle=row.disc_subtitle,
        year=row.year,
        duration=row.duration,
        explicit=row.explicit,
        starred=row.starred,
        away=row.away,
        art=art(row.art),
        codec=row.codec,
        sample_rate=row.sample_rate,
        bit_depth=row.bit_depth,
        bit_rate=row.bit_rate,
        lossless=row.lossless,
        added_at=moment(row.added_at),
        spoken=row.spoken,
    )


def album(row: catalogue.Album) -> Album:
    return Album(
        id=ids.public("album", row.id),
        title=row.title,
        artists=_artists(row.artists),
        artist_credit=row.artist_credit,
        year=row.year,
        original_year=row.original_year,
        compilation=row.compilation,
        release_types=list(row.release_types),
        track_count=row.track_count,
        disc_count=row.disc_count,
        duration=row.duration,
        art=art(row.art),
        colour=row.colour,
        starred=row.starred,
        added_at=moment(row.added_at),
        spoken=row.spoken,
    )


def artist(row: catalogue.Artist) -> Artist:
    return Artist(
        id=ids.public("artist", row.id),
        name=row.name,
        album_count=row.album_count,
        track_count=row.track_count,
        art=art(row.art),
        starred=row.starred,
    )


def genre(row: catalogue.Genre) -> Genre:
    return Genre(
        id=ids.public("genre", row.id),
        name=row.name,
        album_count=row.album_count,
        track_count=row.track_count,
        art=art(row.art),
    )


def library(row: catalogue.Library) -> Library:
    return Library(
        id=ids.public("library", row.id),
        name=row.name,
        path=row.path,
        away=row.away,
        reason=row.reason,
        track_count=row.track_count,
    )


def profile(row: Listener | ProfileRow) -> Profile:
    return Profile(ids.public("profile", row.id), row.name, row.colour, row.picture)


@lru_cache(maxsize=4096)
def art(picture: ids.ArtId | None) -> Art | None:
    """Where a picture's sizes are; None when there is no picture."""
    if picture is None:
        return None
    base = f"/api/v1/art/{ids.public('art', picture)}"
    return Art(
        small=f"{base}/96.webp",
        medium=f"{base}/320.webp",
        wide=f"{base}/640.webp",
        large=f"{base}/960.webp",
    )


@lru_cache(maxsize=4096)
def moment(unix_ms: int) -> str:
    """Unix milliseconds as RFC 3339: "2026-05-04T18:30:00.250Z"."""
    text = datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _artists(row: Iterable[catalogue.ArtistRef]) -> list[ArtistRef]:
    return [ArtistRef(ids.public("artist", artist.id), artist.name) for artist in row]
