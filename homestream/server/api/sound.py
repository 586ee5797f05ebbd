"""The API of sounds: what the analysis tells of a track, how far it is, which recordings it found
to be one, and ratings."""

from __future__ import annotations

import time
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.ids import MergeId, ProfileId, TrackId
from homestream.library import analysis, reunion
from homestream.listening import earlier, followers, ratings
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route

Value = Annotated[int, Meta(ge=0, le=100, description="One star is 20; 0 takes it away.")]


class Heard(msgspec.Struct, frozen=True):
    """What one decode of the track's file told; all is null until it was analysed."""

    analysed: bool
    loudness: float | None = None  # LUFS, integrated (EBU R128)
    loudness_range: float | None = None  # LU
    sample_peak: float | None = None  # dBFS
    true_peak: float | None = None  # dBTP
    lead_silence: float | None = None  # seconds
    trail_silence: float | None = None
    bpm: float | None = None
    key: str | None = None
    energy: float | None = None  # 0 to 1
    problem: str | None = None


class Waveform(msgspec.Struct, frozen=True):
    """Levels at equal steps of the track, each 255 times its root; empty until it is analysed."""

    peak: list[int]
    rms: list[int]


class Progress(msgspec.Struct, frozen=True):
    state: Literal["running", "paused", "done", "waiting"]
    done: int  # files
    total: int
    problems: int


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    paused: bool


class Problem(msgspec.Struct, frozen=True):
    """A file that is in the library and cannot be played to its end."""

    track: PublicId
    title: str
    artist_credit: str
    path: str
    problem: str


class Merge(msgspec.Struct, frozen=True):
    """Two files that hold one recording: `merged` was new, `kept` was known."""

    id: PublicId
    title: str
    artist_credit: str
    kept: str
    merged: str
    reason: Literal["packets", "print"]
    difference: float  # part of the print's bits that differ
    merged_at: str


class Rating(msgspec.Struct, frozen=True):
    rating: int | None  # 1 to 100; one star is 20


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rating: Value | None


class PlayCount(msgspec.Struct, frozen=True):
    """How often the listener played a recording: `here` as it was recorded, `before` as the tags
    of its files told when they were taken over.
    """

    here: int
    before: int


class InTags(msgspec.Struct, frozen=True):
    found: int  # recordings that have it in their tags


class TakeOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: PublicId


class TakenOver(msgspec.Struct, frozen=True):
    taken: int


# tracks ------------------------------------------------------------------------------------------


async def get_analysis(call: Call) -> Heard:
    heard = await analysis.of_track(call.home.db, call.who.visibility, _track(call))
    if heard is None:
        return Heard(analysed=False)
    return Heard(
        analysed=True,
        loudness=heard.loudness,
        loudness_range=heard.loudness_range,
        sample_peak=heard.sample_peak,
        true_peak=heard.true_peak,
        lead_silence=round(heard.lead_samples / heard.sample_rate, 3),
        trail_silence=round(heard.trail_samples / heard.sample_rate, 3),
        bpm=heard.bpm,
        key=heard.key,
        energy=heard.energy,
        problem=heard.problem,
    )


async def get_waveform(call: Call) -> Waveform:
    points = await analysis.waveform(call.home.db, call.who.visibility, _track(call))
    return Waveform(peak=list(points[0::2]), rms=list(points[1::2]))


async def get_rating(call: Call) -> Rating:
    return Rating(
        await ratings.of(call.home.db, call.who.visibility, call.listener.id, _track(call))
    )


async def put_rating(call: Call) -> None:
    body: Rate = call.body
    await ratings.put(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        _track(call),
        body.rating or None,
        now=time.time(),
    )


# the analysis as a whole -------------------------------------------------------------------------


async def get_progress(call: Call) -> Progress:
    return await _progress(call)


async def put_pause(call: Call) -> Progress:
    body: Pause = call.body
    await analysis.set_paused(call.home.db, paused=body.paused)
    if not body.paused:
        call.home.scanner.go_on()
    return await _progress(call)


async def list_problems(call: Call) -> Items[Problem]:
    return Items(
        [
            Problem(
                track=ids.public("track", row.track),
                title=row.title,
                artist_credit=row.artist_credit,
                path=row.path,
                problem=row.problem,
            )
            for row in await analysis.problems(call.home.db)
        ]
    )


async def list_merges(call: Call) -> Items[Merge]:
    query: Paging = call.query
    before = None if query.cursor is None else MergeId(ids.parse("merge", query.cursor))
    rows = await reunion.every(call.home.db, limit=query.limit + 1, before=before)
    more = len(rows) > query.limit
    return Items(
        [
            Merge(
                id=ids.public("merge", row.id),
                title=row.title,
                artist_credit=row.artist_credit,
                kept=row.kept,
                merged=row.merged,
                reason=row.reason,
                difference=round(row.difference, 4),
                merged_at=schema.moment(row.merged_at),
            )
            for row in rows[: query.limit]
        ],
        answers.next_page(
            call.request, ids.public("merge", rows[query.limit - 1].id) if more else None
        ),
    )


async def undo_merge(call: Call) -> None:
    merge = MergeId(ids.parse("merge", call.path["merge"]))
    await reunion.undo(call.home.db, merge, followers.EVERY)


async def in_tags(call: Call) -> InTags:
    return InTags(await ratings.in_tags(call.home.db))


async def take_over(call: Call) -> TakenOver:
    body: TakeOver = call.body
    profile = ProfileId(ids.parse("profile", body.profile))
    return TakenOver(await ratings.take_over(call.home.db, profile, now=time.time()))


async def get_plays(call: Call) -> PlayCount:
    found = await earlier.of(call.home.db, call.who.visibility, call.listener.id, _track(call))
    return PlayCount(found.here, found.before)


async def plays_in_tags(call: Call) -> InTags:
    return InTags(await earlier.in_tags(call.home.db))


async def take_plays_over(call: Call) -> TakenOver:
    body: TakeOver = call.body
    profile = ProfileId(ids.parse("profile", body.profile))
    return TakenOver(await earlier.take_over(call.home.db, profile, now=time.time()))


async def _progress(call: Call) -> Progress:
    now = await analysis.progress(call.home.db)
    state: Literal["running", "paused", "done", "waiting"] = "waiting"
    if now.done >= now.total:
        state = "done"
    elif now.paused:
        state = "paused"
    elif call.home.scanner.continuing:
        state = "running"
    return Progress(state=state, done=now.done, total=now.total, problems=now.problems)


def _track(call: Call) -> TrackId:
    return TrackId(ids.parse("track", call.path["track"]))


_V1: Final = "/api/v1"

ROUTES: Final = (
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/analysis",
        get_analysis,
        Access.ACCOUNT,
        "Loudness, tempo, key and what else its sound tells",
        answer=Heard,
    ),
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/waveform",
        get_waveform,
        Access.ACCOUNT,
        "The shape of a track, for a seek bar",
        answer=Waveform,
    ),
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/rating",
        get_rating,
        Access.LISTENER,
        "The listener's rating of a track",
        answer=Rating,
    ),
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/plays",
        get_plays,
        Access.LISTENER,
        "How often the listener played a track",
        answer=PlayCount,
    ),
    Route(
        "PUT",
        f"{_V1}/tracks/{{track}}/rating",
        put_rating,
        Access.LISTENER,
        "Rate a track",
        body=Rate,
        status=204,
    ),
    Route(
        "GET",
        f"{_V1}/analysis",
        get_progress,
        Access.OWNER,
        "How far the analysis of sounds is",
        answer=Progress,
    ),
    Route(
        "PUT",
        f"{_V1}/analysis",
        put_pause,
        Access.OWNER,
        "Pause the analysis of sounds, or let it go on",
        body=Pause,
        answer=Progress,
    ),
    Route(
        "GET",
        f"{_V1}/analysis/problems",
        list_problems,
        Access.OWNER,
        "Files that cannot be played to their end, and why",
        answer=Items[Problem],
    ),
    Route(
        "GET",
        f"{_V1}/recordings/merged",
        list_merges,
        Access.OWNER,
        "Files that were found to hold one recording",
        query=Paging,
        answer=Items[Merge],
    ),
    Route(
        "DELETE",
        f"{_V1}/recordings/merged/{{merge}}",
        undo_merge,
        Access.OWNER,
        "Keep two recordings apart that were found to be one",
        status=204,
    ),
    Route(
        "GET",
        f"{_V1}/ratings/in-tags",
        in_tags,
        Access.OWNER,
        "How many recordings have a rating in their tags",
        answer=InTags,
    ),
    Route(
        "POST",
        f"{_V1}/ratings/from-tags",
        take_over,
        Access.OWNER,
        "Give the ratings in tags to one profile",
        body=TakeOver,
        answer=TakenOver,
    ),
    Route(
        "GET",
        f"{_V1}/plays/in-tags",
        plays_in_tags,
        Access.OWNER,
        "How many recordings have a count of plays in their tags",
        answer=InTags,
    ),
    Route(
        "POST",
        f"{_V1}/plays/from-tags",
        take_plays_over,
        Access.OWNER,
        "Give the counts of plays in tags to one profile, once",
        body=TakeOver,
        answer=TakenOver,
    ),
)
