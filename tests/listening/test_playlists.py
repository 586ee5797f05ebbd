from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NotFound
from homestream.ids import PlaylistId, ProfileId, TrackId
from homestream.listening import listfiles, playlists
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf

NOW = 1_800_000_000.0


async def titles(db: Database, listener: ProfileId, playlist: PlaylistId) -> list[str]:
    found = await playlists.tracks(db, EVERYTHING, listener, playlist)
    return [track.title for track in found]


async def test_a_playlist_keeps_its_order_and_doubles(db: Database, ann: ProfileId) -> None:
    a, b = await shelf.track(db, "A"), await shelf.track(db, "B")
    playlist = await playlists.create(db, EVERYTHING, ann, " Trip ", [b, a, b], now=NOW)
    assert await titles(db, ann, playlist) == ["B", "A", "B"]
    await playlists.append(db, EVERYTHING, ann, playlist, [a], now=NOW)
    assert await titles(db, ann, playlist) == ["B", "A", "B", "A"]
    await playlists.change(db, EVERYTHING, ann, playlist, order=[a, b], now=NOW)
    assert await titles(db, ann, playlist) == ["A", "B"]
    head = await playlists.one(db, EVERYTHING, ann, playlist)
    assert (head.name, head.track_count, head.duration) == ("Trip", 2, 400.0)


async def test_anothers_playlist_looks_absent(db: Database, ann: ProfileId, bob: ProfileId) -> None:
    track = await shelf.track(db, "A")
    hers = await playlists.create(db, EVERYTHING, ann, "Hers", [track], now=NOW)
    for asked in (
        playlists.one(db, EVERYTHING, bob, hers),
        playlists.tracks(db, EVERYTHING, bob, hers),
        playlists.change(db, EVERYTHING, bob, hers, name="His", order=[], now=NOW),
        playlists.append(db, EVERYTHING, bob, hers, [track], now=NOW),
        listfiles.remove(db, EVERYTHING, bob, hers),
        playlists.one(db, EVERYTHING, bob, PlaylistId(999)),
    ):
        with pytest.raises(NotFound, match="playlist is not here"):
            await asked
    assert (await playlists.of(db, EVERYTHING, bob, limit=10)).items == []
    assert (await playlists.one(db, EVERYTHING, ann, hers)).name == "Hers"
    assert await titles(db, ann, hers) == ["A"]


async def test_an_unknown_track_changes_nothing(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "A")
    playlist = await playlists.create(db, EVERYTHING, ann, "Trip", [track], now=NOW)
    with pytest.raises(NotFound, match="track"):
        await playlists.change(
            db, EVERYTHING, ann, playlist, name="X", order=[track, TrackId(999)], now=NOW
        )
    with pytest.raises(NotFound, match="track"):
        await playlists.create(db, EVERYTHING, ann, "New", [TrackId(999)], now=NOW)
    assert [row.name for row in (await playlists.of(db, EVERYTHING, ann, limit=10)).items] == [
        "Trip"
    ]
    assert await titles(db, ann, playlist) == ["A"]


async def test_a_bad_name_changes_nothing(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "A")
    playlist = await playlists.create(db, EVERYTHING, ann, "Trip", [track], now=NOW)
    with pytest.raises(BadInput):
        await playlists.change(db, EVERYTHING, ann, playlist, name="  ", order=[], now=NOW)
    assert await titles(db, ann, playlist) == ["A"]


async def test_a_file_that_went_away_is_replaced_by_the_same_recording(
    db: Database, ann: ProfileId
) -> None:
    first = await shelf.track(db, "From the CD")
    recording = await shelf.recording_of(db, first)
    playlist = await playlists.create(db, EVERYTHING, ann, "Trip", [first], now=NOW)
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away'")
    found = await playlists.tracks(db, EVERYTHING, ann, playlist)
    assert [(track.title, track.away) for track in found] == [("From the CD", True)]
    await shelf.track(db, "From the download", recording=recording)
    assert await titles(db, ann, playlist) == ["From the download"]


async def test_what_may_not_be_seen_is_left_out(db: Database, bob: ProfileId) -> None:
    tracks = [await shelf.track(db, "Rude", explicit=True), await shelf.track(db, "A")]
    playlist = await playlists.create(db, EVERYTHING, bob, "Mix", tracks, now=NOW)
    found = await playlists.tracks(db, Visibility(explicit=False), bob, playlist)
    assert [track.title for track in found] == ["A"]


async def test_a_playlist_has_a_bound(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "A")
    playlist = await playlists.create(
        db, EVERYTHING, ann, "Long", [track] * playlists.MOST_TRACKS, now=NOW
    )
    with pytest.raises(Conflict):
        await playlists.append(db, EVERYTHING, ann, playlist, [track], now=NOW)
    assert len(await titles(db, ann, playlist)) == playlists.MOST_TRACKS


async def test_the_last_changed_comes_first_and_pages_meet(db: Database, ann: ProfileId) -> None:
    made = [
        await playlists.create(db, EVERYTHING, ann, f"L{n}", now=NOW + n // 2) for n in range(5)
    ]
    await playlists.change(db, EVERYTHING, ann, made[0], name="First", now=NOW + 9)
    seen: list[str] = []
    cursor = None
    while True:
        page = await playlists.of(db, EVERYTHING, ann, limit=2, cursor=cursor)
        seen += [row.name for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["First", "L4", "L3", "L2", "L1"]
