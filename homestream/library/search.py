"""Finding artists, albums and tracks by words: all of them, the last one perhaps not yet finished.

Words may stand in any of the names that go with a thing: a track is found by its title, its
artists and its album together. What is called just so comes first, then what begins so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.ids import AlbumId, ArtistId, ProfileId, TrackId
from homestream.library import catalogue, identity
from homestream.library.catalogue import Album, Artist, Page, Track
from homestream.visibility import Visibility

Kind = Literal["artist", "album", "track"]
Hit = Artist | Album | Track

MOST_CHARACTERS: Final = 200
_MOST_WORDS: Final = 12
# Of each kind so many are weighed against each other; whoever wants more writes another word.
_WEIGHED: Final = 300
_WORD: Final = re.compile(r"\w")


_TABLES: Final = {
    "artist": """SELECT artist.id, artist.name AS name, bm25(artist_search) AS rank
      FROM artist_search JOIN artist ON artist.id = artist_search.rowid
      WHERE artist_search MATCH :match AND artist.track_count > 0 AND """,
    "album": """SELECT album.id, album.title AS name, bm25(album_search, 4.0, 1.0) AS rank
      FROM album_search JOIN album ON album.id = album_search.rowid
      WHERE album_search MATCH :match AND album.track_count > 0 AND """,
    "track": """SELECT track.id, track.title AS name, bm25(track_search, 4.0, 2.0, 1.0) AS rank
      FROM track_search JOIN track ON track.id = track_search.rowid
      WHERE track_search MATCH :match AND track.state = 'present' AND """,
}
_SEEN: Final = {
    "artist": catalogue.ARTIST_SEEN,
    "album": catalogue.ALBUM_SEEN,
    "track": catalogue.SEEN,
}
_BEST: Final = " ORDER BY rank LIMIT :weighed"
_ORDER: Final = ("artist", "album", "track")


async def search(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    q: str,
    *,
    kind: Kind | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Hit]:
    """What is called by all the words of `q`, the best first; nothing for no words.

    BadInput for a text longer than 200 characters or a cursor that is none.
    """
    if not 1 <= limit <= catalogue.MOST:
        raise BadInput(f"limit {limit}: 1 to {catalogue.MOST}")
    if len(q) > MOST_CHARACTERS:
        raise BadInput(f"search has more than {MOST_CHARACTERS} characters")
    begin = _begin(cursor)
    match = match_of(q)
    if match is None:
        return Page([], None)
    wanted = identity.fold(q)
    found: list[tuple[tuple[int, int, float, int], str, int]] = []
    for place, each in enumerate(_ORDER):
        if kind is not None and each != kind:
            continue
        rows = await db.rows(
            _TABLES[each] + _SEEN[each] + _BEST,
            {
                **catalogue.visible(visibility),
                "match": match,
                "weighed": _WEIGHED,
            },
        )
        found += [
            ((_distance(wanted, row["name"]), place, row["rank"], row["id"]), each, row["id"])
            for row in rows
        ]
    found.sort()
    hits = await _hits(
        db, visibility, listener, [(each, item) for _, each, item in found[begin : begin + limit]]
    )
    more = len(found) > begin + limit
    return Page(hits, str(begin + limit) if more else None)


def match_of(q: str) -> str | None:
    """An FTS5 expression for all words of `q`, the last one as the beginning of a word.

    Each word is a quoted string, so that no sign in it means anything to FTS5; None for no words.
    """
    words = [word for word in q.replace("\0", " ").split() if _WORD.search(word)][:_MOST_WORDS]
    if not words:
        return None
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*"


def _distance(wanted: str, name: str) -> int:
    """0 where a thing is called just so, 1 where its name begins so, 2 where it holds the words
    one after the other, 3 otherwise.
    """
    folded = identity.fold(name)
    if wanted in (folded, identity.sort_key(name)):
        return 0
    if folded.startswith(wanted) or identity.sort_key(name).startswith(wanted):
        return 1
    return 2 if f" {wanted}" in folded else 3


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise BadInput("cursor is not one of ours")
    return int(cursor)


async def _hits(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[tuple[str, int]],
) -> list[Hit]:
    """The things themselves, in the order given."""

    def of(kind: str) -> list[int]:
        return [item for each, item in wanted if each == kind]

    artists = await catalogue.artists_by_id(
        db, visibility, listener, [ArtistId(item) for item in of("artist")]
    )
    albums = await catalogue.albums_by_id(
        db, visibility, listener, [AlbumId(item) for item in of("album")]
    )
    tracks = await catalogue.tracks_by_id(
        db, visibility, listener, [TrackId(item) for item in of("track")]
    )
    known: dict[tuple[str, int], Hit] = {
        **{("artist", each.id): each for each in artists},
        **{("album", each.id): each for each in albums},
        **{("track", each.id): each for each in tracks},
    }
    return [known[each] for each in wanted if each in known]
