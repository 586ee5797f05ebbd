"""Asking the library: artists, albums, tracks and genres as one listener may see them.

Every list goes through one `Visibility` and is bounded and paged by cursor: `next` is an opaque
text that stands for the last row's sort keys.
"""

from __future__ import annotations

from homestream.library.catalogue.ask_albums import (
    album,
    album_in_qualities,
    albums,
    albums_by_id,
    editions,
    other_qualities,
)
from homestream.library.catalogue.ask_artists import artist, artists, artists_by_id
from homestream.library.catalogue.ask_genres import genre, genres, genres_by_id
from homestream.library.catalogue.ask_tracks import lyrics, track, tracks, tracks_by_id
from homestream.library.catalogue.letters import behind, sections
from homestream.library.catalogue.sounds import facts, facts_of, file, places, playable
from homestream.library.catalogue.terms import (
    ALBUM_SEEN,
    ARTIST_SEEN,
    ONCE,
    PERSON_SEEN,
    SEEN,
    visible,
)
from homestream.library.catalogue.values import (
    MOST,
    Album,
    AlbumSort,
    Artist,
    ArtistRef,
    ArtistSort,
    File,
    Genre,
    Library,
    Lyrics,
    Page,
    Place,
    Playable,
    Track,
    TrackSort,
)

__all__ = [
    "ALBUM_SEEN",
    "ARTIST_SEEN",
    "MOST",
    "ONCE",
    "PERSON_SEEN",
    "SEEN",
    "Album",
    "AlbumSort",
    "Artist",
    "ArtistRef",
    "ArtistSort",
    "File",
    "Genre",
    "Library",
    "Lyrics",
    "Page",
    "Place",
    "Playable",
    "Track",
    "TrackSort",
    "album",
    "album_in_qualities",
    "albums",
    "albums_by_id",
    "artist",
    "artists",
    "artists_by_id",
    "behind",
    "editions",
    "facts",
    "facts_of",
    "file",
    "genre",
    "genres",
    "genres_by_id",
    "lyrics",
    "other_qualities",
    "places",
    "playable",
    "sections",
    "track",
    "tracks",
    "tracks_by_id",
    "visible",
]
