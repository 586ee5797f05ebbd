"""What is made of tracks once they are written: the words that search looks in, credits, works and
rights.

It costs a scan nothing: new rows are those above a mark, those that changed are noted by triggers.
`catch_up` does what is left, in the background and, as far as it is little, before a search.
Everything but the async functions runs with the writing connection in its own thread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from homestream.db.connect import Database
from homestream.ids import ArtistId, TrackId
from homestream.library import artists, credits, identity, licences, tracks, words, works
from homestream.library.describe import Named

Entry = tuple[int, Sequence[str], Sequence[str], Sequence[str]]  # id, names, credits, more

KINDS: Final = {"artist": 1, "album": 2, "track": 3, "playlist": 4, "genre": 5}
_BATCH: Final = 400
_SOON: Final = 400  # rows that a search waits for
_LONGEST_LYRICS: Final = 20_000  # characters

_BEHIND: Final = """
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM search_pending LIMIT 1000))
  + MAX(0, IFNULL((SELECT MAX(id) FROM track), 0) - SUM(id) FILTER (WHERE kind = 'track'))
  + MAX(0, IFNULL((SELECT MAX(id) FROM artist), 0) - SUM(id) FILTER (WHERE kind = 'artist'))
  + MAX(0, IFNULL((SELECT MAX(id) FROM album), 0) - SUM(id) FILTER (WHERE kind = 'album'))
  + MAX(0, IFNULL((SELECT MAX(id) FROM genre), 0) - SUM(id) FILTER (WHERE kind = 'genre'))
  + MAX(0, IFNULL((SELECT MAX(id) FROM playlist), 0) - SUM(id) FILTER (WHERE kind = 'playlist'))
  + (IFNULL((SELECT MAX(id) FROM play), 0) > SUM(id) FILTER (WHERE kind = 'play'))
  AS behind,
  (SELECT 1 FROM scan WHERE state = 'running') AS scanning
FROM search_mark
"""


async def catch_up(db: Database) -> None:
    """Reads everything that came or changed since the last time."""
    more = True
    while more:
        more = await db.batch(partial(step, most=_BATCH))


async def freshen(db: Database) -> None:
    """Reads what came or changed, if it is little and no scan is writing; else it is under way."""
    row = await db.row(_BEHIND)
    if row is not None and 0 < row["behind"] <= _SOON and not row["scanning"]:
        await catch_up(db)


def step(connection: sqlite3.Connection, *, most: int) -> bool:
    """Reads some of what came or changed; whether there may be more."""
    more = False
    for kind, work in _WORK.items():
        changed = [
            row[0]
            for row in connection.execute(
                "SELECT item_id FROM search_pending WHERE kind = :kind "
                "ORDER BY item_id LIMIT :most",
                {"kind": kind, "most": most},
            )
        ]
        fresh = _above_mark(connection, kind, most) if kind in _ABOVE else []
        if not changed and not fresh:
            continue
        more = True
        work(connection, changed, fresh)
        connection.executemany(
            "DELETE FROM search_pending WHERE kind = :kind AND item_id = :item",
            [{"kind": kind, "item": item} for item in changed],
        )
        if fresh:
            connection.execute(
                "UPDATE search_mark SET id = :id WHERE kind = :kind",
                {"kind": kind, "id": fresh[-1]},
            )
    return _count_plays(connection) or more


def _above_mark(connection: sqlite3.Connection, kind: str, most: int) -> list[int]:
    return [
        row[0]
        for row in connection.execute(
            _ABOVE[kind],
            {"most": most, "kind": kind},
        )
    ]


def _read_tracks(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _forget(connection, "track", changed)
    rows = connection.execute(
        "SELECT id, title, artist_credit, album_title, tags FROM track "
        "WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([*changed, *fresh])},
    ).fetchall()
    told = {row[0]: credits.printed(row[4]) for row in rows}
    named = {track: credits.of(tags) for track, tags in told.items()}
    people: dict[Named, ArtistId] = {}
    for each in named.values():
        for credit in each:
            if credit.person not in people:
                people[credit.person] = artists.put(connection, credit.person)
    tracks.set_credits(
        connection,
        [TrackId(track) for track in changed],
        [
            (TrackId(track), credit.role, people[credit.person], credit.instrument)
            for track, each in named.items()
            for credit in each
        ],
    )
    works.write(
        connection,
        [
            (
                TrackId(row[0]),
                told[row[0]],
                row[2],
                next((people[c.person] for c in named[row[0]] if c.role == "composer"), None),
            )
            for row in rows
            if told[row[0]].work
        ],
        [TrackId(track) for track in changed],
    )
    licences.write(
        connection,
        [(TrackId(track), tags) for track, tags in told.items()],
        [TrackId(track) for track in changed],
    )
    aliases = _aliases(connection, [row[0] for row in rows])
    _write(
        connection,
        "track",
        [
            (
                row[0],
                [row[1]],
                [row[2], *aliases.get(row[0], ())],
                [row[3], told[row[0]].work, *(c.person.name for c in named[row[0]])],
            )
            for row in rows
        ],
    )


def _aliases(connection: sqlite3.Connection, wanted: Sequence[int]) -> dict[int, list[str]]:
    """How the artists of tracks are written otherwise: their sort names, where tags told one."""
    found: dict[int, list[str]] = {}
    for track, name, sort_name in connection.execute(
        "SELECT track_artist.track_id, artist.name, artist.sort_name FROM track_artist "
        "JOIN artist ON artist.id = track_artist.artist_id "
        "WHERE track_artist.track_id IN (SELECT value FROM json_each(:ids)) "
        "AND track_artist.role = 'artist'",
        {"ids": json.dumps(wanted)},
    ):
        if sort_name != identity.sort_key(name):
            found.setdefault(track, []).append(sort_name)
    return found


def _read_albums(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _forget(connection, "album", changed)
    rows = connection.execute(
        "SELECT id, title, artist_credit FROM album "
        "WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([*changed, *fresh])},
    ).fetchall()
    aliases: dict[int, list[str]] = {}
    for album, name, sort_name in connection.execute(
        "SELECT album_artist.album_id, artist.name, artist.sort_name FROM album_artist "
        "JOIN artist ON artist.id = album_artist.artist_id "
        "WHERE album_artist.album_id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([*changed, *fresh])},
    ):
        if sort_name != identity.sort_key(name):
            aliases.setdefault(album, []).append(sort_name)
    _write(
        connection,
        "album",
        [(row[0], [row[1]], [row[2], *aliases.get(row[0], ())], []) for row in rows],
    )


def _read_artists(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _forget(connection, "artist", changed)
    rows = connection.execute(
        "SELECT id, name, sort_name FROM artist WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([*changed, *fresh])},
    ).fetchall()
    entries: list[Entry] = []
    for row in rows:
        names = [row[1]]
        if row[2] != identity.sort_key(row[1]):
            # "utada hikaru" also the other way round
            names += [row[2], " ".join(reversed(row[2].split()))]
        entries.append((row[0], names, [], []))
    _write(connection, "artist", entries)


def _read_playlists(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _read_names(connection, "playlist", changed, fresh)


def _read_genres(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _read_names(connection, "genre", changed, fresh)


def _read_names(
    connection: sqlite3.Connection, kind: str, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    _forget(connection, kind, changed)
    rows = connection.execute(_NAMES[kind], {"ids": json.dumps([*changed, *fresh])}).fetchall()
    _write(connection, kind, [(row[0], [row[1]], [], []) for row in rows])


def _read_lyrics(
    connection: sqlite3.Connection, changed: Sequence[int], fresh: Sequence[int]
) -> None:
    connection.executemany(
        "DELETE FROM lyrics_words WHERE rowid = :track", [{"track": track} for track in changed]
    )
    texts: dict[int, list[str]] = {}
    for track, lines in connection.execute(
        "SELECT track_id, lines FROM lyrics WHERE track_id IN (SELECT value FROM json_each(:ids)) "
        "ORDER BY track_id, position",
        {"ids": json.dumps(changed)},
    ):
        texts.setdefault(track, []).extend(text for _, text in lyrics_lines(lines))
    connection.executemany(
        "INSERT INTO lyrics_words (rowid, text) VALUES (:track, :text)",
        [
            {
                "track": track,
                "text": " ".join(
                    word for line in dict.fromkeys(lines) for word in words.spoken(line)
                )[:_LONGEST_LYRICS],
            }
            for track, lines in texts.items()
        ],
    )


def lyrics_lines(lines: str) -> list[tuple[int | None, str]]:
    """Times and texts in the JSON of `lyrics.lines`: [[start_ms or null, text, ...], ...]."""
    try:
        decoded = msgspec.json.decode(lines, type=list[list[Any]])
    except msgspec.MsgspecError:
        return []
    return [
        (line[0] if isinstance(line[0], int) else None, line[1])
        for line in decoded
        if len(line) > 1 and isinstance(line[1], str) and line[1]
    ]


def _write(connection: sqlite3.Connection, kind: str, entries: Iterable[Entry]) -> None:
    rows: list[dict[str, Any]] = []
    keys: list[tuple[str, int]] = []
    vocabulary: set[str] = set()
    for item, names, credited, more in entries:
        name, credit, rest = _words(names), _words(credited), _words(more)
        whole = dict.fromkeys(key for each in names for key in words.keys(each))
        vocabulary.update(name, credit)
        rows.append(
            {
                "item": item,
                "name": " ".join(name),
                "credit": " ".join(credit),
                "more": " ".join(rest),
                "keys": "\n".join(whole),
            }
        )
        keys += [(key, item) for key in whole]
    connection.executemany(_INSERT[kind], rows)
    connection.executemany(
        "INSERT OR IGNORE INTO search_key (kind, key, item_id) VALUES (:kind, :key, :item)",
        [{"kind": KINDS[kind], "key": key, "item": item} for key, item in sorted(keys)],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO search_word (word, backwards) VALUES (:word, :backwards)",
        [
            {"word": word, "backwards": word[::-1]}
            for word in sorted(vocabulary)
            if words.may_be_mistyped(word)
        ],
    )


def _words(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) == 1:
        return words.words(texts[0])
    return tuple(dict.fromkeys(word for text in texts for word in words.words(text)))


def _forget(connection: sqlite3.Connection, kind: str, items: Sequence[int]) -> None:
    """Takes what was read of things out again."""
    gone = [
        {"kind": KINDS[kind], "key": key, "item": row[0]}
        for item in items
        for row in connection.execute(_KEYS[kind], {"item": item})
        for key in row[1].split("\n")
    ]
    connection.executemany(
        "DELETE FROM search_key WHERE kind = :kind AND key = :key AND item_id = :item", gone
    )
    connection.executemany(_DELETE[kind], [{"item": item} for item in items])


def _count_plays(connection: sqlite3.Connection) -> bool:
    """Counts plays that are new; whether there were any."""
    mark = connection.execute("SELECT id FROM search_mark WHERE kind = 'play'").fetchone()[0]
    newest = connection.execute("SELECT IFNULL(MAX(id), 0) FROM play").fetchone()[0]
    if newest <= mark:
        return False
    span = {"mark": mark, "newest": newest}
    for counted in _PLAYED:
        connection.execute(counted, span)
    connection.execute("UPDATE search_mark SET id = :newest WHERE kind = 'play'", span)
    return False


_WORK: Final = {
    "track": _read_tracks,
    "album": _read_albums,
    "artist": _read_artists,
    "genre": _read_genres,
    "playlist": _read_playlists,
    "lyrics": _read_lyrics,
}
_ABOVE: Final = {
    "track": "SELECT id FROM track WHERE id > "
    "(SELECT id FROM search_mark WHERE kind = :kind) ORDER BY id LIMIT :most",
    "album": "SELECT id FROM album WHERE id > "
    "(SELECT id FROM search_mark WHERE kind = :kind) ORDER BY id LIMIT :most",
    "artist": "SELECT id FROM artist WHERE id > "
    "(SELECT id FROM search_mark WHERE kind = :kind) ORDER BY id LIMIT :most",
    "genre": "SELECT id FROM genre WHERE id > "
    "(SELECT id FROM search_mark WHERE kind = :kind) ORDER BY id LIMIT :most",
    "playlist": "SELECT id FROM playlist WHERE id > "
    "(SELECT id FROM search_mark WHERE kind = :kind) ORDER BY id LIMIT :most",
}
_NAMES: Final = {
    "genre": "SELECT id, name FROM genre WHERE id IN (SELECT value FROM json_each(:ids))",
    "playlist": "SELECT id, name FROM playlist WHERE id IN (SELECT value FROM json_each(:ids))",
}
_INSERT: Final = {
    "artist": "INSERT INTO artist_words (rowid, name, credit, more, keys) "
    "VALUES (:item, :name, :credit, :more, :keys)",
    "album": "INSERT INTO album_words (rowid, name, credit, more, keys) "
    "VALUES (:item, :name, :credit, :more, :keys)",
    "track": "INSERT INTO track_words (rowid, name, credit, more, keys) "
    "VALUES (:item, :name, :credit, :more, :keys)",
    "playlist": "INSERT INTO playlist_words (rowid, name, credit, more, keys) "
    "VALUES (:item, :name, :credit, :more, :keys)",
    "genre": "INSERT INTO genre_words (rowid, name, credit, more, keys) "
    "VALUES (:item, :name, :credit, :more, :keys)",
}
_DELETE: Final = {
    "artist": "DELETE FROM artist_words WHERE rowid = :item",
    "album": "DELETE FROM album_words WHERE rowid = :item",
    "track": "DELETE FROM track_words WHERE rowid = :item",
    "playlist": "DELETE FROM playlist_words WHERE rowid = :item",
    "genre": "DELETE FROM genre_words WHERE rowid = :item",
}
_KEYS: Final = {
    "artist": "SELECT rowid, keys FROM artist_words WHERE rowid = :item",
    "album": "SELECT rowid, keys FROM album_words WHERE rowid = :item",
    "track": "SELECT rowid, keys FROM track_words WHERE rowid = :item",
    "playlist": "SELECT rowid, keys FROM playlist_words WHERE rowid = :item",
    "genre": "SELECT rowid, keys FROM genre_words WHERE rowid = :item",
}
# of each play its track, album and artists; the marks hold what was counted
_PLAYED: Final = (
    "INSERT INTO popularity (kind, item_id, plays) SELECT 3, track_id, COUNT(*) FROM play "
    "WHERE id > :mark AND id <= :newest AND NOT private GROUP BY track_id "
    "ON CONFLICT DO UPDATE SET plays = plays + excluded.plays",
    "INSERT INTO popularity (kind, item_id, plays) SELECT 2, track.album_id, COUNT(*) FROM play "
    "JOIN track ON track.id = play.track_id "
    "WHERE play.id > :mark AND play.id <= :newest AND NOT play.private GROUP BY track.album_id "
    "ON CONFLICT DO UPDATE SET plays = plays + excluded.plays",
    "INSERT INTO popularity (kind, item_id, plays) SELECT 1, track_artist.artist_id, COUNT(*) "
    "FROM play JOIN track_artist ON track_artist.track_id = play.track_id "
    "AND track_artist.role = 'artist' "
    "WHERE play.id > :mark AND play.id <= :newest AND NOT play.private "
    "GROUP BY track_artist.artist_id "
    "ON CONFLICT DO UPDATE SET plays = plays + excluded.plays",
)
