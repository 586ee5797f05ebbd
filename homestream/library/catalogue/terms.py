"""SQL that questions to the library share: what can be seen, and how statements are joined."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from homestream.errors import BadInput
from homestream.ids import (
    ArtistId,
    ProfileId,
)
from homestream.library.catalogue.values import MOST, ArtistRef, T
from homestream.visibility import Visibility

_REFS: Final = msgspec.json.Decoder(list[tuple[int, str]])
# What can be seen, of the tables `track`, `album` and `artist`; the parameters are `visible`'s.
# For one who sees everything it costs two comparisons a row.
SEEN: Final = (
    "(:explicit OR NOT track.explicit) AND (:libraries IS NULL "
    "OR track.library_id IN (SELECT value FROM json_each(:libraries)))"
)
# Of a track that is there in several qualities the best is shown: one that can be seen but for
# what is explicit, as a child does not hear in MP3 what is marked explicit in FLAC.
ONCE: Final = """NOT EXISTS (SELECT 1 FROM other_quality
  JOIN track AS better ON better.id = other_quality.better_id
  WHERE other_quality.track_id = track.id AND (:libraries IS NULL
    OR better.library_id IN (SELECT value FROM json_each(:libraries))))"""
SHOWN: Final = "(SELECT art.id FROM art WHERE art.id = {} AND art.made != 2)"
# what was chosen or found for several libraries may lie where not everybody may look
IN_SEEN: Final = (
    "(:libraries IS NULL OR art.library_id IN (SELECT value FROM json_each(:libraries)))"
)
ALBUM_SEEN: Final = f"""EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id
  AND track.state = 'present' AND {SEEN})"""
ARTIST_SEEN: Final = f"""(EXISTS (SELECT 1 FROM track_artist
    JOIN track ON track.id = track_artist.track_id
    WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist'
    AND track.state = 'present' AND {SEEN})
  OR EXISTS (SELECT 1 FROM album_artist JOIN track ON track.album_id = album_artist.album_id
    WHERE album_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN}))"""
# whoever has a part in a track, be it as its composer
PERSON_SEEN: Final = f"""(EXISTS (SELECT 1 FROM track_artist
    JOIN track ON track.id = track_artist.track_id
    WHERE track_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN})
  OR EXISTS (SELECT 1 FROM album_artist JOIN track ON track.album_id = album_artist.album_id
    WHERE album_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN}))"""


def also(wanted: bool, *parts: str) -> str:
    return " ".join(("AND", *parts)) if wanted else ""


def joined(*parts: str) -> str:
    """SQL of fragments that stand in this package; nothing that a person sent is among them."""
    return " ".join(part for part in parts if part)


def visible(visibility: Visibility) -> dict[str, Any]:
    """The parameters of SEEN, ALBUM_SEEN and ARTIST_SEEN."""
    return {
        "explicit": visibility.explicit,
        "libraries": None
        if visibility.libraries is None
        else numbers(sorted(visibility.libraries)),
    }


def params(visibility: Visibility, listener: ProfileId | None, limit: int) -> dict[str, Any]:
    if not 0 <= limit <= MOST:
        raise BadInput(f"limit {limit}: 1 to {MOST}")
    # one more tells whether there is a next page
    return {**visible(visibility), "listener": listener, "limit": limit + 1}


def numbers(values: Iterable[int]) -> str:
    return msgspec.json.encode(list(values)).decode()


def in_order(wanted: Sequence[Any], items: Iterable[T], key: Callable[[T], Any]) -> list[T]:
    known = {key(item): item for item in items}
    return [known[each] for each in wanted if each in known]


@lru_cache(maxsize=4096)
def refs(artists: str) -> tuple[ArtistRef, ...]:
    """The artists in a column that holds them as JSON; those of one album are mostly the same."""
    return tuple(ArtistRef(ArtistId(each), name) for each, name in _REFS.decode(artists))
