"""Why tracks are one album, in words, and the list of what the owner corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from aiohttp import web

from homestream import ids
from homestream.errors import Forbidden
from homestream.household.access import Role
from homestream.ids import AlbumId, TrackId
from homestream.library import catalogue, corrections, evidence
from homestream.library.catalogue import Album, Track
from homestream.library.corrections import Entry
from homestream.library.evidence import Evidence, Near
from homestream.server.pages import values
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

_FIELDS: Final[Mapping[evidence.Field, str]] = {
    "folder": "Folder",
    "title": "Album",
    "album_artist": "Album artist",
    "release": "MusicBrainz release",
    "edition": "Edition",
    "year": "Year",
    "compilation": "Compilation",
    "barcode": "Barcode",
    "catalog": "Catalogue number",
    "label": "Label",
    "media": "Medium",
    "disc_total": "Discs in all",
    "position_total": "Tracks on the disc",
}
_JOINED: Final[Mapping[evidence.Why, str]] = {
    "release": "by the same MusicBrainz release",
    "folder": "by the same folder, or folders of its discs, and the same album title",
    "untitled": "as the only album of their folder; they name none",
    "artist": "by the same album artist and title, with nothing against it",
    "barcode": "by the same barcode and title",
}
_AGREED: Final[tuple[tuple[evidence.Field, str], ...]] = (
    ("title", "album"),
    ("album_artist", "album artist"),
    ("release", "MusicBrainz release"),
)
_CORRECTED: Final[Mapping[evidence.Why, str]] = {
    "split": "These tracks were split off by hand.",
    "merge": "Albums were merged by hand.",
    "move": "Tracks were moved here by hand.",
}


class Line(msgspec.Struct, frozen=True):
    """One tag of the tracks: its values, each with the tracks that say so where they differ."""

    name: str
    values: list[tuple[str, str]]


async def why(call: Call) -> web.Response:
    """GET /albums/{album}/why: for the owner and adults."""
    if call.who.role not in (Role.OWNER, Role.ADULT):
        raise Forbidden("why tracks are one album is told to adults")
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    album_id = AlbumId(ids.parse("album", call.path["album"]))
    album, listed = await catalogue.album(db, visibility, listener, album_id)
    others = await catalogue.other_qualities(db, visibility, listener, album_id)
    tracks = [*listed, *(track for _, track in others)]
    found = await evidence.of(db, visibility, listener, album, tracks)
    owner = call.who.role is Role.OWNER
    return await page(
        call,
        "pages/why.html",
        album=album,
        owner=owner,
        sentences=_sentences(album, found, tracks),
        joined=_joined(found, tracks),
        lines=_lines(found, tracks, owner=owner),
        near=[(near.album, _near(near)) for near in found.near],
    )


async def listed(call: Call) -> web.Response:
    """GET /settings/corrections"""
    found = await corrections.every(call.home.db)
    return await page(
        call,
        "pages/settings-corrections.html",
        owner=True,
        corrections=[(entry, _deed(entry), _details(entry)) for entry in found],
    )


def _sentences(album: Album, found: Evidence, tracks: Sequence[Track]) -> list[str]:
    corrected = [_CORRECTED[why] for why, _ in found.corrections]
    if len(found.parts) > 1:
        return [
            *dict.fromkeys(corrected),
            "Not all tracks say the same, or they lie in several folders.",
        ]
    said = {tag.field: tag.values for tag in found.said}
    agreed = [words for field, words in _AGREED if len(said.get(field, ())) == 1]
    who = "The only track lies" if len(tracks) == 1 else f"All {len(tracks)} tracks lie"
    names = "names" if len(tracks) == 1 else "name"
    where = f"{who} in one folder"
    if "title" not in said:
        first = f"{where} and {names} no album: it is called as the folder is."
    elif len(tracks) == 1:
        first = f"{where} and {names} {_and(agreed)}."
    else:
        first = f"{where} and {names} the same {_and(agreed)}."
    sentences = [*dict.fromkeys(corrected), first]
    if "album_artist" not in said and album.compilation:
        sentences.append(
            "They name no album artist and are by several people, so the album is by Various "
            "Artists."
        )
    if len(said.get("year", ())) > 1:
        sentences.append("Years that differ do not split an album that lies in one folder.")
    return sentences


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _joined(found: Evidence, tracks: Sequence[Track]) -> list[tuple[str, str]]:
    """What joined the parts of an album that has several: which tracks, and by what."""
    if len(found.parts) < 2:
        return []
    codecs = {track.id: track.codec for track in tracks}
    kinds = [{codecs[track] for track in part.tracks} for part in found.parts]
    mixed = len({frozenset(kind) for kind in kinds}) > 1
    rows = []
    # first those that the others were joined to
    order = sorted(zip(found.parts, kinds, strict=True), key=lambda each: each[0].why != "alone")
    for part, kind in order:
        which = ranges(part.tracks, tracks)
        if mixed and len(kind) == 1:
            which += f" as {values.codec(next(iter(kind)))}"
        if part.why != "alone":
            reason = f"Joined {_JOINED[part.why]}"
        elif found.corrections:
            reason = "Here by themselves or by hand"
        else:
            reason = "The others were joined to these"
        rows.append((which[:1].upper() + which[1:], reason))
    return rows


def _lines(found: Evidence, tracks: Sequence[Track], *, owner: bool) -> list[Line]:
    lines = []
    for tag in found.said:
        if tag.field == "folder" and not owner:
            continue
        empty = "(top of the library)" if tag.field == "folder" else "–"
        one = len(tag.values) == 1
        lines.append(
            Line(
                _FIELDS[tag.field],
                [
                    (value.text or empty, "" if one else ranges(value.tracks, tracks))
                    for value in tag.values
                ],
            )
        )
    return lines


def ranges(some: Iterable[TrackId], of_album: Sequence[Track]) -> str:
    """Which tracks of an album: "tracks 1–9", "disc 1: 1–9, disc 2: 1", "track 3"."""
    wanted = set(some)
    chosen = [track for track in of_album if track.id in wanted]
    discs = {track.disc for track in of_album}
    found = []
    for disc in sorted({track.disc for track in chosen}):
        on_disc = [track.position for track in chosen if track.disc == disc]
        numbers = sorted({position for position in on_disc if position})
        unnumbered = sum(not position for position in on_disc)
        text = ", ".join(_runs(numbers))
        if unnumbered:
            text = ", ".join(filter(None, (text, f"{unnumbered} without number")))
        found.append(f"disc {disc}: {text}" if len(discs) > 1 else text)
    text = ", ".join(found)
    if len(discs) > 1:
        return text
    return f"track {text}" if len(chosen) == 1 else f"tracks {text}"


def _runs(numbers: Sequence[int]) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [f"{low}" if low == high else f"{low}–{high}" for low, high in runs]


def _near(near: Near) -> str:
    """What keeps another album apart."""
    theirs, mine = near.theirs, near.mine
    match near.against:
        case "year":
            return f"Same title and artist, but of {theirs}, not {mine}"
        case "edition":
            return f"Another edition{f': {theirs}' if theirs else ''}"
        case "release":
            return "Another MusicBrainz release"
        case "artist":
            return f"Same title, but by {theirs}" if theirs else "Same title, but another artist"
        case "numbers":
            return "Same title, but other pieces on the same numbers"
        case "barcode":
            return "Another barcode"
        case "count":
            return f"Said to have {theirs} tracks on the disc, not {mine}"
        case "title":
            return "Of the same release group, under another title"
        case None if near.by_hand:
            return "Kept apart by hand"
        case None:
            return "Same title, but in another folder, and too little says that it is one"


def _deed(entry: Entry) -> str:
    """What was done, to be followed by the album's name."""
    number = values.count(len(entry.tracks), "track")
    match entry.kind:
        case "split":
            return f"{number} split off from “{entry.title}”"
        case "move":
            return f"{number} moved to “{entry.title}”"
        case "merge":
            return f"Merged into “{entry.title}”"
        case "name":
            return f"“{entry.title}” called otherwise"
        case "cover":
            return f"Another cover for “{entry.title}”"


def _details(entry: Entry) -> list[str]:
    details = []
    if entry.kind == "name":
        named = (
            entry.names.title,
            f"by {entry.names.artist_credit}" if entry.names.artist_credit else "",
            str(entry.names.year or ""),
            f"sorted as {entry.names.sort_title}" if entry.names.sort_title else "",
        )
        details.append(", ".join(filter(None, named)))
    if entry.tracks:
        more = len(entry.tracks) - 5
        shown = ", ".join(entry.tracks[:5])
        details.append(f"{shown} and {more} more" if more > 0 else shown)
    if entry.away:
        have = "has" if entry.away == 1 else "have"
        details.append(
            f"{entry.away} of {values.count(entry.track_count, 'track')} {have} gone away: "
            "this holds again when they are back"
        )
    return details


ROUTES: Final = [
    Route("GET", "/albums/{album}/why", why, Access.LISTENER),
    Route("GET", "/settings/corrections", listed, Access.OWNER),
]
