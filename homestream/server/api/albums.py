"""The API of what albums are made of: why tracks are one album, and what the owner corrects."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.errors import Forbidden
from homestream.household.access import Role
from homestream.ids import AlbumId, ArtId, CorrectionId, TrackId
from homestream.library import catalogue, choices, corrections, evidence, overlay
from homestream.library.corrections import Names
from homestream.server.api import schema
from homestream.server.api.schema import Items, PublicId
from homestream.server.routing import Access, Call, Route

Text = Annotated[str, Meta(max_length=300)]
Tracks = Annotated[list[PublicId], Meta(min_length=1, max_length=overlay.MOST_TRACKS)]
Albums = Annotated[list[PublicId], Meta(min_length=1, max_length=50)]


class EvidenceValue(msgspec.Struct, frozen=True):
    """What some tracks say; empty: they do not say it."""

    text: str
    tracks: list[PublicId]


class EvidenceTag(msgspec.Struct, frozen=True):
    """One thing that tracks say of their album: one value where they agree. Folders are told to
    the owner alone.
    """

    field: evidence.Field
    values: list[EvidenceValue]


class EvidencePart(msgspec.Struct, frozen=True):
    """Tracks that say the same in one folder, and what joined them to the others."""

    why: evidence.Why
    tracks: list[PublicId]


class EvidenceCorrection(msgspec.Struct, frozen=True):
    id: PublicId
    why: evidence.Why


class NearAlbum(msgspec.Struct, frozen=True):
    """An album that came near, what keeps it apart (the owner, if `by_hand`), and what the two say
    there.
    """

    album: schema.Album
    against: (
        Literal["title", "release", "edition", "artist", "numbers", "barcode", "year", "count"]
        | None
    )
    by_hand: bool
    mine: str
    theirs: str


class AlbumEvidence(msgspec.Struct, frozen=True):
    """Why the tracks of an album are one."""

    parts: list[EvidencePart]
    corrections: list[EvidenceCorrection]
    tags: list[EvidenceTag]
    near: list[NearAlbum]


class Picture(msgspec.Struct, frozen=True):
    """A picture that an album could show: in a file beside its tracks, or inside some of them."""

    id: PublicId
    art: schema.Art
    file: str
    inside: int
    shown: bool


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="split"):
    """Makes some tracks of an album one of their own."""

    album: PublicId
    tracks: Tracks


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="merge"):
    """Makes other albums a part of one."""

    album: PublicId
    others: Albums


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="move"):
    """Puts tracks into another album."""

    tracks: Tracks
    album: PublicId


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="name"):
    """Calls an album otherwise. What is left out stays as it is tagged."""

    album: PublicId
    title: Text = ""
    artist_credit: Text = ""
    sort_title: Text = ""
    year: Annotated[int, Meta(ge=1000, le=2999)] | None = None


class UseCover(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="cover"
):
    """Shows another picture for an album."""

    album: PublicId
    picture: PublicId


NewCorrection = Split | Merge | Move | Rename | UseCover


class CorrectionMade(msgspec.Struct, frozen=True):
    """`album` is the one to look at now."""

    id: PublicId
    kind: corrections.Kind
    album: PublicId


class CorrectionUndone(msgspec.Struct, frozen=True):
    """`undone` are this one and those that were built on it."""

    undone: list[PublicId]
    album: PublicId


class Correction(msgspec.Struct, frozen=True):
    """`title` is what the album was called; `tracks` those that were split off or moved."""

    id: PublicId
    kind: corrections.Kind
    title: str
    album: schema.AlbumRef | None
    names: Names
    art: schema.Art | None
    tracks: list[str]
    track_count: int
    away: int
    created_at: str


async def get_evidence(call: Call) -> AlbumEvidence:
    if call.who.role not in (Role.OWNER, Role.ADULT):
        raise Forbidden("why tracks are one album is told to adults")
    db, visibility = call.home.db, call.who.visibility
    listener = call.who.listener.id if call.who.listener else None
    album_id = AlbumId(ids.parse("album", call.path["album"]))
    album, tracks = await catalogue.album(db, visibility, listener, album_id)
    others = await catalogue.other_qualities(db, visibility, listener, album_id)
    found = await evidence.of(
        db, visibility, listener, album, [*tracks, *(track for _, track in others)]
    )
    owner = call.who.role is Role.OWNER
    return AlbumEvidence(
        parts=[EvidencePart(part.why, _tracks(part.tracks)) for part in found.parts],
        corrections=[
            EvidenceCorrection(ids.public("correction", correction), why)
            for why, correction in found.corrections
        ],
        tags=[
            EvidenceTag(
                tag.field,
                [EvidenceValue(value.text, _tracks(value.tracks)) for value in tag.values],
            )
            for tag in found.said
            if owner or tag.field != "folder"
        ],
        near=[
            NearAlbum(schema.album(near.album), near.against, near.by_hand, near.mine, near.theirs)
            for near in found.near
        ],
    )


async def look_for_pictures(call: Call) -> Items[Picture]:
    album = AlbumId(ids.parse("album", call.path["album"]))
    found = await choices.of(call.home.db, album)
    return Items(
        [
            Picture(ids.public("art", each.art), art, each.where, each.inside, each.shown)
            for each in found
            if (art := schema.art(each.art)) is not None
        ]
    )


async def list_corrections(call: Call) -> Items[Correction]:
    return Items([_correction(entry) for entry in await corrections.every(call.home.db)])


async def correct(call: Call) -> CorrectionMade:
    body: NewCorrection = call.body
    album = AlbumId(ids.parse("album", body.album))
    now = _now()
    deed: partial[overlay.Made]
    match body:
        case Split(tracks=tracks):
            deed = partial(overlay.split, album=album, chosen=_chosen(tracks), now=now)
        case Merge(others=others):
            each = [AlbumId(ids.parse("album", other)) for other in others]
            deed = partial(overlay.merge, album=album, others=each, now=now)
        case Move(tracks=tracks):
            deed = partial(overlay.move, chosen=_chosen(tracks), album=album, now=now)
        case Rename():
            names = Names(
                title=body.title.strip(),
                artist_credit=body.artist_credit.strip(),
                sort_title=body.sort_title.strip(),
                year=body.year,
            )
            deed = partial(overlay.rename, album=album, names=names, now=now)
        case UseCover(picture=picture):
            art = ArtId(ids.parse("art", picture))
            deed = partial(overlay.set_cover, album=album, art=art, now=now)
    made = await call.home.db.batch(deed)
    kind = cast(corrections.Kind, body.__struct_config__.tag)
    return CorrectionMade(ids.public("correction", made.id), kind, ids.public("album", made.album))


async def undo(call: Call) -> CorrectionUndone:
    correction = CorrectionId(ids.parse("correction", call.path["correction"]))
    undone = await call.home.db.batch(partial(overlay.undo, correction=correction, now=_now()))
    return CorrectionUndone(
        [ids.public("correction", each) for each in undone.ids], ids.public("album", undone.album)
    )


def _correction(entry: corrections.Entry) -> Correction:
    album = None
    if entry.album is not None:
        album = schema.AlbumRef(ids.public("album", entry.album), entry.album_title)
    return Correction(
        id=ids.public("correction", entry.id),
        kind=entry.kind,
        title=entry.title,
        album=album,
        names=entry.names,
        art=schema.art(entry.art),
        tracks=list(entry.tracks),
        track_count=entry.track_count,
        away=entry.away,
        created_at=schema.moment(entry.created_at),
    )


def _chosen(tracks: list[str]) -> list[TrackId]:
    return [TrackId(ids.parse("track", track)) for track in tracks]


def _tracks(tracks: tuple[TrackId, ...]) -> list[str]:
    return [ids.public("track", track) for track in tracks]


def _now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


_V1: Final = "/api/v1"
ROUTES: Final = (
    Route(
        "GET",
        f"{_V1}/albums/{{album}}/evidence",
        get_evidence,
        Access.ACCOUNT,
        "Why the tracks of an album are one",
        answer=AlbumEvidence,
    ),
    Route(
        "POST",
        f"{_V1}/albums/{{album}}/pictures",
        look_for_pictures,
        Access.OWNER,
        "Look for the pictures that an album could show",
        answer=Items[Picture],
    ),
    Route(
        "GET",
        f"{_V1}/corrections",
        list_corrections,
        Access.OWNER,
        "What was corrected about albums, the newest first",
        answer=Items[Correction],
    ),
    Route(
        "POST",
        f"{_V1}/corrections",
        correct,
        Access.OWNER,
        "Split, merge or rename albums, move tracks, use another cover",
        body=cast(Any, NewCorrection),
        answer=CorrectionMade,
        status=201,
    ),
    Route(
        "DELETE",
        f"{_V1}/corrections/{{correction}}",
        undo,
        Access.OWNER,
        "Take a correction back",
        answer=CorrectionUndone,
    ),
)
