"""Why tracks are one album: what held them together, and which other albums came near.

The reason is kept with the album as codes (`grouping.Group.why`); here it is read together with
what the tracks say, as far as one listener may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import msgspec

from homestream.db.connect import Database
from homestream.ids import AlbumId, CorrectionId, ProfileId, TrackId
from homestream.library import catalogue, clues, grouping
from homestream.library.catalogue import Album, Track
from homestream.library.clues import Known
from homestream.library.grouping import Against, Part
from homestream.visibility import Visibility

Why = Literal[
    "alone", "release", "folder", "untitled", "artist", "barcode", "split", "merge", "move"
]
_CORRECTED: Final[dict[str, Why]] = {"s": "split", "j": "merge", "v": "move"}
Field = Literal[
    "folder",
    "title",
    "album_artist",
    "release",
    "edition",
    "year",
    "compilation",
    "barcode",
    "catalog",
    "label",
    "media",
    "disc_total",
    "position_total",
]
_MOST_NEAR: Final = 12


class Value(msgspec.Struct, frozen=True):
    """What some tracks of an album say; empty: they say nothing."""

    text: str
    tracks: tuple[TrackId, ...]


class Said(msgspec.Struct, frozen=True):
    """One tag of an album's tracks: one value where they agree."""

    field: Field
    values: tuple[Value, ...]


class Joined(msgspec.Struct, frozen=True):
    """Tracks that say the same in one folder, and what joined them to those before."""

    why: Why
    tracks: tuple[TrackId, ...]


class Near(msgspec.Struct, frozen=True):
    """An album that this one could also be, and what keeps them apart."""

    album: Album
    against: Against | None  # None: nothing does, and too little speaks for it
    by_hand: bool  # one of the two was corrected
    mine: str  # what the two say where they differ
    theirs: str


class Evidence(msgspec.Struct, frozen=True):
    parts: tuple[Joined, ...]
    corrections: tuple[tuple[Why, CorrectionId], ...]
    said: tuple[Said, ...]
    near: tuple[Near, ...]


async def of(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    album: Album,
    tracks: Sequence[Track],
) -> Evidence:
    """Why an album is one; `tracks` are those of it that the listener may see, in order."""
    kept = await db.row(
        "SELECT why, grouping_key, release_group FROM album WHERE id = :album", {"album": album.id}
    )
    near = {
        AlbumId(row["id"]): row["why"]
        for row in await db.rows(
            "SELECT id, why FROM album WHERE id IN ("
            "SELECT id FROM album WHERE grouping_key = :key AND track_count > 0 AND id != :album "
            "UNION SELECT id FROM album WHERE release_group != '' AND release_group = :group "
            "  AND track_count > 0 AND id != :album "
            "UNION SELECT DISTINCT other.album_id FROM (SELECT DISTINCT library_id, folder "
            "  FROM track WHERE album_id = :album AND state = 'present') AS place "
            "  CROSS JOIN track AS other ON other.library_id = place.library_id "
            "  AND other.folder = place.folder "
            "  WHERE other.state = 'present' AND other.album_id != :album "
            "  AND other.album_title = :title "
            ") ORDER BY id LIMIT :most",
            {
                "album": album.id,
                "key": kept["grouping_key"] if kept else "",
                "group": kept["release_group"] if kept else "",
                "title": album.title,
                "most": _MOST_NEAR,
            },
        )
    }
    others = await catalogue.albums_by_id(db, visibility, listener, list(near))
    rows = await db.rows(
        clues.KNOWN,
        {"albums": msgspec.json.encode([album.id, *(each.id for each in others)]).decode()},
    )
    seen = {track.id: at for at, track in enumerate(tracks)}
    known = [clues.known(row) for row in rows]
    ours = sorted(
        (each for each in known if each.clue.track in seen), key=lambda each: seen[each.clue.track]
    )
    theirs: dict[AlbumId, list[Known]] = {each.id: [] for each in others}
    for each in known:
        shown = visibility.libraries is None or each.clue.library in visibility.libraries
        if each.album in theirs and shown:
            theirs[each.album].append(each)
    parts = grouping.parts_of(each.clue for each in ours)
    joined, corrected = _joined(kept["why"] if kept else "", parts, seen)
    return Evidence(
        parts=joined,
        corrections=corrected,
        said=_said(ours),
        near=tuple(
            _near(
                other, ours, theirs[other.id], by_hand=bool(corrected) or _by_hand(near[other.id])
            )
            for other in others
        ),
    )


def _joined(
    why: str, parts: Sequence[Part], order: dict[TrackId, int]
) -> tuple[tuple[Joined, ...], tuple[tuple[Why, CorrectionId], ...]]:
    codes: dict[int, Why] = {}
    corrected: list[tuple[Why, CorrectionId]] = []
    for token in why.split():
        code, _, number = token.partition(":")
        if code in _CORRECTED:
            corrected.append((_CORRECTED[code], CorrectionId(int(number))))
        else:
            codes[int(number)] = grouping.CODES[code]
    found = []
    for part in parts:
        tracks = sorted((clue.track for clue in part.clues), key=lambda track: order[track])
        reason: Why = next((codes[track] for track in tracks if track in codes), "alone")
        found.append(Joined(reason, tuple(tracks)))
    found.sort(key=lambda each: order[each.tracks[0]])
    return tuple(found), tuple(corrected)


_FIELDS: Final[dict[Field, Callable[[Known], str]]] = {
    "folder": lambda each: each.clue.folder.decode("utf-8", "replace"),
    "title": lambda each: each.album_title if each.clue.titled else "",
    "album_artist": lambda each: each.album_artist,
    "release": lambda each: each.clue.mbid,
    "edition": lambda each: each.said.version,
    "year": lambda each: str(each.clue.year or ""),
    "compilation": lambda each: "yes" if each.clue.compilation else "",
    "barcode": lambda each: each.said.barcode,
    "catalog": lambda each: each.said.catalog_number,
    "label": lambda each: each.said.label,
    "media": lambda each: each.said.media,
    "disc_total": lambda each: str(each.said.disc_total or ""),
    "position_total": lambda each: str(each.said.position_total or ""),
}


def _said(tracks: Sequence[Known]) -> tuple[Said, ...]:
    """What the tracks say, tag by tag; tags that none of them has are left out."""
    found = []
    for field in _FIELDS:
        values = _values(tracks, field)
        if any(values):
            found.append(Said(field, tuple(Value(text, ids) for text, ids in values.items())))
    return tuple(found)


def _values(tracks: Iterable[Known], field: Field) -> dict[str, tuple[TrackId, ...]]:
    values: dict[str, tuple[TrackId, ...]] = {}
    for each in tracks:
        text = _FIELDS[field](each)
        values[text] = (*values.get(text, ()), each.clue.track)
    return values


_FIELD_AGAINST: Final[dict[Against, Field]] = {
    "title": "title",
    "release": "release",
    "edition": "edition",
    "artist": "album_artist",
    "barcode": "barcode",
    "year": "year",
    "count": "position_total",
}


def _by_hand(why: str) -> bool:
    return any(token.partition(":")[0] in _CORRECTED for token in why.split())


def _near(album: Album, ours: Sequence[Known], theirs: Sequence[Known], *, by_hand: bool) -> Near:
    mine, other = (grouping.parts_of(each.clue for each in side) for side in (ours, theirs))
    against = next(
        (reason for a in mine for b in other if (reason := grouping.against(a, b))), None
    )
    field = _FIELD_AGAINST.get(against) if against else None
    words = [
        ", ".join(sorted(text for text in _values(side, field) if text)) if field else ""
        for side in (ours, theirs)
    ]
    return Near(album, against, by_hand, words[0], words[1])
