"""Albums compared with their neighbours: which tracks are one, when all that was read is known.

Runs at the end of a scan over the albums whose tracks came or went, and after each correction. The
outcome depends on the tracks that are present and on the corrections alone. Everything here runs
with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from homestream.ids import AlbumId, ArtistId, TrackId
from homestream.library import albums, clues, corrections, grouping, identity, tracks
from homestream.library.albums import Touched
from homestream.library.clues import Known
from homestream.library.grouping import Bundle, Correction

_ALBUMS_AT_ONCE: Final = 200  # whose tracks are in memory together


def settle(
    connection: sqlite3.Connection,
    touched: Touched,
    now: int,
    homes: Mapping[TrackId, AlbumId | None] | None = None,
    seeds: Collection[AlbumId] = (),
) -> None:
    """Compares all albums that are not settled, and `seeds`, with their neighbours.

    `homes` tells of some tracks which album's row they belong to, None being one of their own; the
    others belong to where they are. What was changed is added to `touched`, to be refreshed.
    """
    reached = _reach(connection, {*albums.unsettled(connection), *seeds})
    if not reached:
        return
    said = corrections.of_grouping(connection)
    batch: list[AlbumId] = []
    plain: list[AlbumId] = []
    for component in _components(connection, reached, plain):
        if batch and len(batch) + len(component) > _ALBUMS_AT_ONCE:
            _settle(connection, batch, said, touched, now, homes or {})
            batch = []
        batch += component
    if batch:
        _settle(connection, batch, said, touched, now, homes or {})
    albums.set_plain(connection, plain)
    albums.settle(connection)


def _reach(connection: sqlite3.Connection, seeds: set[AlbumId]) -> set[AlbumId]:
    """Albums that share a folder, a release id, a name or a correction with some, and so on."""
    reached: set[AlbumId] = set()
    fresh = set(seeds)
    while fresh:
        reached |= fresh
        params = {
            "albums": json.dumps(sorted(fresh)),
            "keys": json.dumps(sorted(_keys(connection, fresh))),
        }
        found = {
            row[0]
            for row in connection.execute(
                "SELECT other.album_id FROM (SELECT DISTINCT library_id, folder FROM track "
                "  WHERE album_id IN (SELECT value FROM json_each(:albums)) "
                "  AND state = 'present') AS place "
                "CROSS JOIN track AS other ON other.library_id = place.library_id "
                "  AND other.folder = place.folder WHERE other.state = 'present' "
                "UNION SELECT id FROM album WHERE grouping_key IN "
                "  (SELECT value FROM json_each(:keys)) "
                "UNION SELECT id FROM album WHERE grouping_key IN (SELECT grouping_key FROM album "
                "  WHERE id IN (SELECT value FROM json_each(:albums))) "
                "UNION SELECT id FROM album WHERE mbid != '' AND mbid IN (SELECT release_mbid "
                "  FROM track WHERE album_id IN (SELECT value FROM json_each(:albums)))",
                params,
            )
        }
        found |= corrections.beside(connection, fresh)
        fresh = found - reached
    return reached


def _keys(connection: sqlite3.Connection, of_albums: Collection[AlbumId]) -> set[str]:
    """Where albums are looked for that are like some, or like one that their tracks may make."""
    return {
        _key(row[0], row[1])
        for row in connection.execute(
            "SELECT DISTINCT album_title, "
            "  IIF(album_artist_credit = '', artist_credit, album_artist_credit) FROM track "
            "WHERE album_id IN (SELECT value FROM json_each(:albums)) AND state = 'present'",
            {"albums": json.dumps(sorted(of_albums))},
        )
    }


def _key(title: str, artist: str) -> str:
    base, _ = grouping.edition_in_title(title)
    return grouping.grouping_key(identity.fold(artist), identity.fold(base))


def _components(
    connection: sqlite3.Connection, reached: set[AlbumId], plain: list[AlbumId]
) -> list[list[AlbumId]]:
    """Albums that have anything in common; those whose tracks all say the same go to `plain`."""
    parts: dict[AlbumId, int] = defaultdict(int)
    crowded: set[AlbumId] = set()
    shared: dict[object, AlbumId] = {}
    leader = {album: album for album in reached}

    def find(album: AlbumId) -> AlbumId:
        while leader[album] != album:
            leader[album] = leader[leader[album]]
            album = leader[album]
        return album

    def tie(word: object, album: AlbumId) -> None:
        first, second = find(shared.setdefault(word, album)), find(album)
        leader[max(first, second)] = min(first, second)

    params = {"albums": json.dumps(sorted(reached))}
    for row in connection.execute(
        "SELECT album_id, library_id, folder, release_mbid, COUNT(position), "
        "  COUNT(DISTINCT disc * 100000 + position), album_title, album_artist_credit, "
        "  MIN(artist_credit), MAX(artist_credit) FROM track "
        "WHERE album_id IN (SELECT value FROM json_each(:albums)) AND state = 'present' "
        "GROUP BY album_id, library_id, folder, release_mbid, album_title, "
        "  album_artist_credit, json_extract(tags, '$.version')",
        params,
    ):
        album = AlbumId(row[0])
        parts[album] += 1
        tie((row[1], row[2]), album)
        if row[3]:
            tie(row[3], album)
        if row[7] or row[8] == row[9]:
            tie(("key", _key(row[6], row[7] or row[8])), album)
        if row[5] < row[4]:
            crowded.add(album)
    for row in connection.execute(
        "SELECT id, grouping_key FROM album WHERE id IN (SELECT value FROM json_each(:albums))",
        params,
    ):
        tie(("key", row[1]), AlbumId(row[0]))
    tied: set[AlbumId] = set()
    for row in connection.execute(
        "SELECT correction_item.correction_id, track.album_id FROM correction_item "
        "JOIN track ON track.id = correction_item.track_id "
        "JOIN correction ON correction.id = correction_item.correction_id "
        "WHERE correction.kind IN ('split', 'merge', 'move') "
        "UNION SELECT correction_item.correction_id, other.album_id FROM correction_item "
        "JOIN track ON track.id = correction_item.track_id AND track.state = 'away' "
        "JOIN track AS other ON other.recording_id = track.recording_id "
        "  AND other.state = 'present' "
        "JOIN correction ON correction.id = correction_item.correction_id "
        "WHERE correction.kind IN ('split', 'merge', 'move')"
    ):
        if row[1] in leader:
            tied.add(AlbumId(row[1]))
            tie(("correction", row[0]), AlbumId(row[1]))
    components: dict[AlbumId, list[AlbumId]] = defaultdict(list)
    for album in sorted(reached):
        components[find(album)].append(album)
    found: list[list[AlbumId]] = []
    for component in components.values():
        first = component[0]
        if len(component) == 1 and parts[first] < 2 and first not in crowded | tied:
            plain.append(first)
        else:
            found.append(component)
    return found


def _settle(
    connection: sqlite3.Connection,
    of_albums: Sequence[AlbumId],
    said: Sequence[Correction],
    touched: Touched,
    now: int,
    homes: Mapping[TrackId, AlbumId | None],
) -> None:
    """Puts the tracks of some albums, none of which has to do with any other, where they belong."""
    rows = connection.execute(clues.KNOWN, {"albums": json.dumps(sorted(of_albums))})
    found = {each.clue.track: each for each in map(clues.known, rows)}
    groups = grouping.partition(each.clue for each in found.values())
    bundles = sorted(grouping.corrected(groups, said), key=lambda bundle: min(bundle.tracks))
    chosen = _choose(bundles, found, homes, _taken(connection, homes, of_albums))
    moved: list[tuple[TrackId, AlbumId]] = []
    for bundle, keeps in zip(bundles, chosen, strict=True):
        members = [found[track] for track in sorted(bundle.tracks)]
        mbid = _most(each.clue.mbid for each in members)
        version = _most(each.clue.version for each in members)
        album = keeps
        if album is None:
            first = min(members, key=lambda each: (each.clue.disc, each.clue.position or 0))
            album = albums.make(
                connection,
                key=grouping.grouping_key(identity.fold(first.artist_credit), first.clue.title),
                title=first.album_title,
                sort_title=identity.sort_key(first.album_title, first.album_sort or None),
                credit=first.artist_credit,
                mbid=mbid,
                version=version,
                now=now,
            )
        albums.set_evidence(connection, album, mbid, version, bundle.why)
        goes = [each for each in members if each.album != album]
        if goes or keeps is None:
            touched.albums.add(album)
        for each in goes:
            touched.albums.add(each.album)
            moved.append((each.clue.track, album))
    if moved:
        tracks.set_albums(connection, moved)
        touched.artists.update(_artists(connection, [track for track, _ in moved]))


def _taken(
    connection: sqlite3.Connection,
    homes: Mapping[TrackId, AlbumId | None],
    of_albums: Sequence[AlbumId],
) -> set[AlbumId]:
    """Homes that other albums have, which are not settled with these."""
    others = set(homes.values()).difference(of_albums) - {None}
    return {
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT album_id FROM track WHERE state = 'present' "
            "AND album_id IN (SELECT value FROM json_each(:albums))",
            {"albums": json.dumps(list(others))},
        )
    }


def _choose(
    bundles: Sequence[Bundle],
    found: Mapping[TrackId, Known],
    homes: Mapping[TrackId, AlbumId | None],
    taken: Collection[AlbumId],
) -> list[AlbumId | None]:
    """The row that each bundle keeps: of the album that most of its tracks belong to, unless
    another bundle holds more of that.
    """
    claims: list[tuple[int, AlbumId, int]] = []
    for at, bundle in enumerate(bundles):
        counts = Counter(homes.get(track, found[track].album) for track in bundle.tracks)
        claims += [
            (-count, album, at)
            for album, count in counts.items()
            if album is not None and album not in taken
        ]
    chosen: dict[int, AlbumId] = {}
    given: set[AlbumId] = set()
    for _, album, at in sorted(claims):
        if at not in chosen and album not in given:
            chosen[at] = album
            given.add(album)
    return [chosen.get(at) for at in range(len(bundles))]


def _artists(connection: sqlite3.Connection, of_tracks: Sequence[TrackId]) -> set[ArtistId]:
    return {
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT artist_id FROM track_artist "
            "WHERE track_id IN (SELECT value FROM json_each(:tracks))",
            {"tracks": json.dumps(of_tracks)},
        )
    }


def _most(values: Iterable[str]) -> str:
    """What most say, of those who say anything; of several the first by name."""
    counts = Counter(value for value in values if value)
    return min(counts, key=lambda value: (-counts[value], value), default="")
