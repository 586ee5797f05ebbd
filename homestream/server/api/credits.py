"""The API of who did what: about a track, works and their performances, what else a person did."""

from __future__ import annotations

from typing import Final

import msgspec

from homestream import ids
from homestream.household.access import Role
from homestream.ids import ArtistId, ProfileId, TrackId, WorkId
from homestream.library import about, catalogue, works
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import ArtistRef, Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route


class Credit(msgspec.Struct, frozen=True):
    """One person in one role ("composer", "performer" ...); `instrument` where it is told."""

    role: str
    artist: ArtistRef
    instrument: str | None


class Work(msgspec.Struct, frozen=True):
    id: PublicId
    title: str
    composer: ArtistRef | None
    track_count: int
    performance_count: int


class Movement(msgspec.Struct, frozen=True):
    """What a track is of a work; `movement` is null for the whole of it."""

    work: PublicId
    title: str
    composer: ArtistRef | None
    movement: str | None
    number: int | None
    total: int | None


class About(msgspec.Struct, frozen=True):
    """What is known of a track beside its name; null where its file says nothing.

    `path` is told to the owner alone.
    """

    track: schema.Track
    path: str | None
    size: int
    container: str
    credits: list[Credit]
    work: Movement | None
    genres: list[str]
    moods: list[str]
    date: str | None
    original_date: str | None
    version: str | None
    media: str | None
    label: str | None
    catalog_number: str | None
    barcode: str | None
    isrc: str | None
    copyright: str | None
    license: str | None
    musicbrainz: dict[str, str]


class Performance(msgspec.Struct, frozen=True):
    performers: list[str]
    tracks: list[schema.Track]


class WorkWithPerformances(Work, frozen=True, kw_only=True):
    performances: list[Performance]


class Also(msgspec.Struct, frozen=True):
    """What a person did on tracks of others: "Also composed" ..."""

    heading: str
    tracks: list[schema.Track]


class WorksQuery(Paging, frozen=True):
    composer: PublicId | None = None


async def get_about(call: Call) -> About:
    track = TrackId(ids.parse("track", call.path["track"]))
    found = await about.track(call.home.db, call.who.visibility, _listener(call), track)
    owner = call.who.role is Role.OWNER
    return About(
        track=schema.track(found.track),
        path=found.file.path if owner else None,
        size=found.file.size,
        container=found.file.facts.container,
        credits=[
            Credit(role, _ref(each.artist), each.instrument or None)
            for role, named in found.credits.items()
            for each in named
        ],
        work=_movement(found.work) if found.work is not None else None,
        genres=found.genres,
        moods=found.moods,
        date=found.date or None,
        original_date=found.original_date or None,
        version=found.version or None,
        media=found.media or None,
        label=found.label or None,
        catalog_number=found.catalog_number or None,
        barcode=found.barcode or None,
        isrc=found.isrc or None,
        copyright=found.copyright or None,
        license=found.license or None,
        musicbrainz=found.mbids,
    )


async def list_works(call: Call) -> Items[Work]:
    query: WorksQuery = call.query
    composer = None if query.composer is None else ArtistId(ids.parse("artist", query.composer))
    page = await works.every(
        call.home.db,
        call.who.visibility,
        composer=composer,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Items([_work(row) for row in page.items], answers.next_page(call.request, page.next))


async def get_work(call: Call) -> WorkWithPerformances:
    work = WorkId(ids.parse("work", call.path["work"]))
    row, performances = await works.one(call.home.db, call.who.visibility, _listener(call), work)
    return WorkWithPerformances(
        **msgspec.structs.asdict(_work(row)),
        performances=[
            Performance(list(each.performers), [schema.track(track) for track, _ in each.tracks])
            for each in performances
        ],
    )


async def list_also(call: Call) -> Items[Also]:
    artist = ArtistId(ids.parse("artist", call.path["artist"]))
    db, visibility = call.home.db, call.who.visibility
    await catalogue.artist(db, visibility, _listener(call), artist)
    found = await about.also(db, visibility, _listener(call), artist)
    return Items([Also(title, [schema.track(each) for each in tracks]) for title, tracks in found])


def _listener(call: Call) -> ProfileId | None:
    return call.who.listener.id if call.who.listener else None


def _ref(artist: catalogue.ArtistRef) -> ArtistRef:
    return ArtistRef(ids.public("artist", artist.id), artist.name)


def _work(row: works.Work) -> Work:
    return Work(
        id=ids.public("work", row.id),
        title=row.title,
        composer=_ref(row.composer) if row.composer is not None else None,
        track_count=row.track_count,
        performance_count=row.performance_count,
    )


def _movement(row: works.Movement) -> Movement:
    return Movement(
        work=ids.public("work", row.work),
        title=row.title,
        composer=_ref(row.composer) if row.composer is not None else None,
        movement=row.movement or None,
        number=row.number,
        total=row.total,
    )


_V1: Final = "/api/v1"
_MEMBER: Final = Access.ACCOUNT

ROUTES: Final = (
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/about",
        get_about,
        _MEMBER,
        "Credits, work, dates, rights and ids of a track",
        answer=About,
    ),
    Route(
        "GET",
        f"{_V1}/works",
        list_works,
        _MEMBER,
        "Works by composer and title",
        query=WorksQuery,
        answer=Items[Work],
    ),
    Route(
        "GET",
        f"{_V1}/works/{{work}}",
        get_work,
        _MEMBER,
        "One work with its performances",
        answer=WorkWithPerformances,
    ),
    Route(
        "GET",
        f"{_V1}/artists/{{artist}}/also",
        list_also,
        _MEMBER,
        "What a person did on tracks of others",
        answer=Items[Also],
    ),
)
