from __future__ import annotations

import asyncio

import msgspec
import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import ProfileId, TrackId
from homestream.listening import plays
from homestream.listening.plays import Impression, Play
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf

NOW = 1_800_000_000.0
NOW_MS = 1_800_000_000_000


def play(track: TrackId, event: str = "e1", *, at: int = NOW_MS, private: bool = False) -> Play:
    return Play(
        client_event_id=event,
        track=track,
        listening_session="s",
        started_at=at,
        tz_offset_minutes=120,
        device="Firefox on Linux",
        source="album",
        source_id="al-1",
        played_ms=180_000,
        ending="done",
        private=private,
    )


async def told(db: Database, listener: ProfileId, one: Play) -> plays.Recorded:
    return await plays.record(db, EVERYTHING, listener, one, now=NOW)


async def recent(db: Database, listener: ProfileId, limit: int = 10) -> list[str]:
    page = await plays.recent(db, EVERYTHING, listener, limit=limit)
    return [played.track.title for played in page.items]


async def test_a_play_is_kept_with_all_its_fields(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "Prelude")
    await told(db, ann, play(track))
    row = await db.row("SELECT * FROM play")
    assert row is not None
    kept = dict(row)
    assert kept.pop("recording_id") == await shelf.recording_of(db, track)
    assert kept == {
        "id": 1,
        "client_event_id": "e1",
        "profile_id": ann,
        "track_id": track,
        "listening_session": "s",
        "started_at": NOW_MS,
        "tz_offset_minutes": 120,
        "received_at": NOW_MS,
        "device": "Firefox on Linux",
        "source": "album",
        "source_id": "al-1",
        "offer_id": None,
        "offer_rank": None,
        "played_ms": 180_000,
        "track_ms": 200_000,
        "ending": "done",
        "seeks": 0,
        "shuffle": 0,
        "private": 0,
    }


async def test_a_play_told_again_is_the_same_play(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "Prelude")
    first = await told(db, ann, play(track))
    again = await told(db, ann, msgspec.structs.replace(play(track), played_ms=1))
    assert (first.new, again.new) == (True, False)
    assert (again.id, again.received_at) == (first.id, first.received_at)
    rows = await db.rows("SELECT played_ms FROM play")
    assert [row["played_ms"] for row in rows] == [180_000]


async def test_a_play_told_many_times_at_once_is_kept_once(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "Prelude")
    kept = await asyncio.gather(*(told(db, ann, play(track)) for _ in range(20)))
    assert sum(one.new for one in kept) == 1
    assert len({one.id for one in kept}) == 1


async def test_two_people_may_use_the_same_event_id(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    track = await shelf.track(db, "Prelude")
    assert (await told(db, ann, play(track))).new
    assert (await told(db, bob, play(track))).new


async def test_a_play_of_a_track_that_is_not_there_or_not_seen_is_refused(
    db: Database, bob: ProfileId
) -> None:
    hidden = await shelf.track(db, "Rude", explicit=True)
    with pytest.raises(NotFound):
        await told(db, bob, play(TrackId(999)))
    with pytest.raises(NotFound):
        await plays.record(db, Visibility(explicit=False), bob, play(hidden), now=NOW)


@pytest.mark.parametrize(
    ("started_at", "kept"),
    [
        (NOW_MS - 400 * 86_400_000, NOW_MS - 400 * 86_400_000),
        (NOW_MS + 3_600_000, NOW_MS + 3_600_000),
        (NOW_MS + 2 * 86_400_000, NOW_MS),
        (0, NOW_MS),
    ],
)
async def test_a_clock_that_is_wrong_does_not_order_the_history(
    db: Database, ann: ProfileId, started_at: int, kept: int
) -> None:
    track = await shelf.track(db, "Prelude")
    await told(db, ann, play(track, at=started_at))
    row = await db.row("SELECT started_at FROM play")
    assert row is not None
    assert row["started_at"] == kept


async def test_recently_played_shows_each_recording_once_newest_first(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    prelude = await shelf.track(db, "Prelude")
    gigue = await shelf.track(db, "Gigue")
    other = await shelf.track(db, "Other")
    await told(db, ann, play(prelude, "1", at=NOW_MS - 5000))
    await told(db, ann, play(gigue, "2", at=NOW_MS - 4000))
    await told(db, ann, play(prelude, "3", at=NOW_MS - 3000))
    await told(db, bob, play(other, "4", at=NOW_MS - 2000))
    assert await recent(db, ann) == ["Prelude", "Gigue"]
    assert await recent(db, bob) == ["Other"]


async def test_what_was_private_is_not_shown(db: Database, ann: ProfileId) -> None:
    prelude = await shelf.track(db, "Prelude")
    gigue = await shelf.track(db, "Gigue")
    await told(db, ann, play(prelude, "1", at=NOW_MS - 2000))
    await told(db, ann, play(prelude, "2", private=True))
    await told(db, ann, play(gigue, "3", private=True))
    page = await plays.recent(db, EVERYTHING, ann, limit=10)
    assert [played.played_at for played in page.items] == [NOW_MS - 2000]


async def test_recently_played_goes_on_where_the_last_page_ended(
    db: Database, ann: ProfileId
) -> None:
    for n in range(7):
        # the second and third at the same moment
        await told(db, ann, play(await shelf.track(db, f"T{n}"), str(n), at=NOW_MS - max(n, 2)))
    seen: list[str] = []
    cursor = None
    while True:
        page = await plays.recent(db, EVERYTHING, ann, limit=3, cursor=cursor)
        seen += [played.track.title for played in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["T2", "T1", "T0", "T3", "T4", "T5", "T6"]


@pytest.mark.parametrize("cursor", ["x", "[]", "WzFd", "WzEsIngiXQ", "é", "WzFlNDAsMV0"])
async def test_a_foreign_cursor_is_refused(db: Database, ann: ProfileId, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        await plays.recent(db, EVERYTHING, ann, limit=3, cursor=cursor)


async def test_a_file_that_went_away_keeps_its_plays(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "Prelude")
    await told(db, ann, play(track))
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away'")
        await tx.execute("UPDATE file SET state = 'away'")
    page = await plays.recent(db, EVERYTHING, ann, limit=3)
    assert [played.track.away for played in page.items] == [True]


async def test_what_a_list_showed_is_kept_once(db: Database, ann: ProfileId) -> None:
    for _ in range(2):
        await plays.shown(
            db,
            ann,
            offer_id="o1",
            shelf="for-you",
            impressions=[Impression("al-1", 0), Impression("al-2", 1)],
            now=NOW,
        )
    rows = await db.rows("SELECT item, rank, profile_id FROM impression ORDER BY rank")
    assert [tuple(row) for row in rows] == [("al-1", 0, ann), ("al-2", 1, ann)]
