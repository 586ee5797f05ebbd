"""What is made of tracks, who may hear it, and how it goes on when the queue changes."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import mutagen.flac
import numpy as np
import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NotFound
from homestream.ids import ProfileId, TrackId
from homestream.library import analysis, libraries
from homestream.library.scan import Scanner
from homestream.listening import programmes
from homestream.listening.arrange import Manner
from homestream.media import encode, ladder, mix, timeline
from homestream.media import programme as items
from homestream.media.analyse import Analysis
from homestream.media.ladder import Rendition
from homestream.media.source import Source
from homestream.media.tags import ReplayGain, Tags
from homestream.streaming import keys
from homestream.visibility import EVERYTHING, Visibility
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.listening import shelf

NOBODY = cast(Scanner, None)  # nothing has to be measured


async def test_hidden_programme_is_told_like_one_that_is_not_there(
    db: Database, tmp_path: Path
) -> None:
    rude = await shelf.track(db, "Rude", explicit=True)
    with Pool(size=1) as pool:
        scanner = Scanner(db, pool, tmp_path, tmp_path / "art")
        made = await programmes.create(db, scanner, EVERYTHING, [rude])
        await scanner.close()
    assert await programmes.find(db, EVERYTHING, made.id) == made
    told = []
    for wanted in (made.id, "a" * 24):
        with pytest.raises(NotFound) as refused:
            await programmes.find(db, Visibility(explicit=False), wanted)
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("suffix", [".flac", ".mp3"])
async def test_parts_of_a_file_are_one_programme_to_the_sample(
    db: Database, tmp_path: Path, suffix: str
) -> None:
    """Also where the file's length was not measured yet."""
    music = tmp_path / "music"
    songs.song(music / f"all{suffix}", 1, seconds=6)
    tracks = "".join(
        f"TRACK {n:02} AUDIO\nTITLE T{n}\nINDEX 01 00:0{2 * n - 2}:00\n" for n in (1, 2, 3)
    )
    (music / "all.cue").write_text(f'FILE "all.wav" WAVE\n{tracks}')
    await libraries.add(db, "Music", str(music))
    with Pool(size=1) as pool:
        scanner = Scanner(db, pool, tmp_path, tmp_path / "art")
        await scanner.run()
        rows = await db.rows("SELECT id FROM track WHERE state = 'present' ORDER BY position")
        wanted = [TrackId(row["id"]) for row in rows]
        assert len(wanted) == 3
        made = await programmes.create(db, scanner, EVERYTHING, wanted)
        (whole,) = {item.facts for item in made.programme.items}
        assert whole.samples_exact
        assert items.samples(made.programme, whole.sample_rate) == whole.samples
        assert len({item.key for item in made.programme.items}) == 3
        assert await programmes.find(db, EVERYTHING, made.id) == made
        await scanner.close()


async def test_a_programme_is_there_before_its_file_was_read_and_learns_its_index(
    db: Database, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    songs.song(music / "one.mp3", 1, seconds=30)
    await libraries.add(db, "Music", str(music))
    with Pool(size=1) as pool:
        scanner = Scanner(db, pool, tmp_path, tmp_path / "art")
        await scanner.run()
        row = await db.row("SELECT id FROM track")
        assert row is not None
        track = TrackId(row["id"])
        made = await programmes.create(db, scanner, EVERYTHING, [track])
        (item,) = made.programme.items
        assert item.facts.lacks_index
        rendition = ladder.of(made.programme)[0]
        assert [
            number
            for number in range(timeline.count(made.programme, rendition))
            if programmes.unindexed(made, rendition, number, beyond=15)
        ] == [4, 5]
        assert programmes.unindexed(made, rendition, 0) == [track]
        assert (await programmes.find(db, EVERYTHING, made.id)).programme == made.programme
        await scanner.ensure_measured([track])
        await scanner.close()
    for needed in (lambda _: range(1), None):
        now = await programmes.find(db, EVERYTHING, made.id, needed)
        (known,) = now.programme.items
        assert known.facts.index
        assert known == msgspec.structs.replace(
            item, facts=msgspec.structs.replace(item.facts, index=known.facts.index)
        )
        assert not programmes.unindexed(now, rendition, 5)
    assert (await programmes.create(db, NOBODY, EVERYTHING, [track])).id == made.id


async def test_what_was_measured_and_what_is_tagged_bring_tracks_to_one_level(
    db: Database, tmp_path: Path
) -> None:
    """The same piece three times: as it is, at a fifth of it, and soft with a tag that says so."""
    music = tmp_path / "music"
    piece = 0.9 * songs.piece(1)
    songs.tune(music / "loud" / "a.flac", 1, sound=piece)
    songs.tune(music / "soft" / "b.flac", 1, sound=piece / 5)
    await libraries.add(db, "Music", str(music))
    with Pool(size=1) as pool:
        scanner = Scanner(db, pool, tmp_path, tmp_path / "art")
        await scanner.run(all_stages=True)
        songs.tune(music / "tagged" / "c.flac", 1, sound=piece / 7)
        tags = mutagen.flac.FLAC(music / "tagged" / "c.flac")
        tags["replaygain_track_gain"] = "+1.23 dB"
        tags["replaygain_track_peak"] = "0.1"
        tags.save()
        await scanner.run()
        await scanner.close()
        rows = await db.rows(
            "SELECT track.id FROM track JOIN file ON file.id = file_id ORDER BY path"
        )
        wanted = [TrackId(row["id"]) for row in rows]
        async with db.write() as tx:  # nothing was heard of the third one yet
            await tx.execute("UPDATE file SET analysed = 0 WHERE path LIKE 'tagged%'")
        told = await programmes.create(db, scanner, EVERYTHING, wanted, Manner(levelling="track"))
    loud, soft, tagged = (part.gain for part in programmes.parts(told))
    assert loud is not None
    assert soft is not None
    assert soft - loud == pytest.approx(20 * math.log10(5), abs=0.15)
    assert tagged == 1.23
    rate = items.line_rate(told.programme)
    rendition = ladder.renditions(items.facts(told.programme))[-1]
    levels = []
    for (start, end), path in zip(items.placed(told.programme, rate), told.paths, strict=True):
        heard = mix.sound([Source(path=path)], told.programme, rendition, start, end)
        levels.append(float(np.sqrt(np.mean(heard**2))))
    assert levels[0] == pytest.approx(levels[1], rel=0.02)


async def stocked(
    db: Database, count: int, *, seconds: float = 60, rate: int = 44_100
) -> list[TrackId]:
    """Tracks that need no file to be put on a line: all numbers known, each of album 1."""
    made = []
    for number in range(count):
        track = await shelf.track(db, f"{rate} {number}", duration_ms=round(seconds * 1000))
        made.append(track)
        async with db.write() as tx:
            await tx.execute(
                "UPDATE file SET samples = :samples, sample_rate = :rate, audio_key = :key "
                "WHERE id = (SELECT file_id FROM track WHERE id = :track)",
                {
                    "samples": round(seconds * rate),
                    "rate": rate,
                    "key": track.to_bytes(4, "big"),
                    "track": track,
                },
            )
    return made


async def heard(db: Database, track: TrackId, loudness: float, peak: float = -20.0) -> None:
    """The analysis of a track comes."""
    row = await db.row("SELECT file_id FROM track WHERE id = :track", {"track": track})
    assert row is not None
    found = Analysis(
        samples=1, index=b"", packets=b"", loudness=loudness, true_peak=peak, lead_samples=4_410
    )
    await db.batch(lambda connection: analysis.write(connection, row["file_id"], 44_100, found))
    async with db.write() as tx:
        await tx.execute("UPDATE file SET analysed = 1 WHERE id = :file", {"file": row["file_id"]})


async def made(db: Database, tracks: list[TrackId], **more: Any) -> programmes.Prepared:
    after = more.pop("after", None)
    return await programmes.create(db, NOBODY, EVERYTHING, tracks, Manner(**more), after)


def rungs(prepared: programmes.Prepared) -> tuple[Rendition, ...]:
    return ladder.renditions(items.facts(prepared.programme))


async def test_loudness_that_is_learnt_later_gives_another_programme(db: Database) -> None:
    one, two = await stocked(db, 2)
    await heard(db, one, -22.0)
    before = await made(db, [one, two], levelling="track")
    assert [part.gain for part in programmes.parts(before)] == [4.0, None]
    await heard(db, two, -12.0)
    after = await made(db, [one, two], levelling="track")
    assert [part.gain for part in programmes.parts(after)] == [4.0, -6.0]
    assert after.id != before.id
    assert await programmes.find(db, EVERYTHING, before.id) == before
    assert keys.shared_until(before.programme, after.programme) > 50


async def test_tags_tell_how_loud_a_track_is_until_it_was_heard(db: Database) -> None:
    one, two = await stocked(db, 2)
    async with db.write() as tx:
        for track, gain in ((one, -3.5), (two, 2.0)):
            told = Tags(replaygain=ReplayGain(gain, 0.5, -1.25, 0.9))
            await tx.execute(
                "UPDATE track SET tags = :tags WHERE id = :id",
                {"tags": msgspec.json.encode(told).decode(), "id": track},
            )
    by_track = await made(db, [one, two], levelling="track")
    assert [part.gain for part in programmes.parts(by_track)] == [-3.5, 2.0]
    by_album = await made(db, [one, two], levelling="album")
    assert [part.gain for part in programmes.parts(by_album)] == [-1.25, -1.25]
    await heard(db, one, -9.0)
    by_track = await made(db, [one, two], levelling="track")
    assert [part.gain for part in programmes.parts(by_track)] == [-9.0, 2.0]


async def test_an_album_is_as_loud_as_the_power_of_all_of_it(db: Database) -> None:
    tracks = await stocked(db, 3)
    await heard(db, tracks[0], -10.0, -1.0)
    await heard(db, tracks[1], -10.0, -0.5)
    told = await made(db, tracks, levelling="album")
    assert [part.gain for part in programmes.parts(told)] == [-8.0, -8.0, None]
    await heard(db, tracks[2], -40.0)
    told = await made(db, tracks, levelling="auto")
    (gain,) = {part.gain for part in programmes.parts(told)}
    assert gain == pytest.approx(-18 + 10 + 10 * math.log10(3 / 2), abs=0.02)


async def test_parts_are_told_where_they_are_on_the_line(db: Database) -> None:
    tracks = await stocked(db, 3)
    await heard(db, tracks[1], -18.0)
    told = await made(db, tracks, crossfade=4, trim_silence=True)
    found = programmes.parts(told)
    assert [part.start for part in found] == pytest.approx([0, 56, 111.9])
    assert [part.duration for part in found] == pytest.approx([60, 59.9, 60])
    assert [part.skipped for part in found] == pytest.approx([0, 0.1, 0])
    assert programmes.duration(told) == pytest.approx(171.9)


async def test_a_changed_queue_goes_on_from_what_plays(db: Database) -> None:
    one, two, three, four = await stocked(db, 4)
    await heard(db, two, -24.0)
    first = await made(db, [one, two, three], crossfade=2, levelling="track")
    after = programmes.After(first.id, 1)
    second = await made(db, [four, one], levelling="off", after=after)
    before, now = programmes.parts(first), programmes.parts(second)
    assert [part.track for part in now] == [one, two, four, one]
    assert now[0] == before[0]
    assert (now[1].start, now[1].gain) == (before[1].start, before[1].gain) == (58.0, 6.0)
    assert now[2].start == 118.0
    assert 108 <= (second.shared_until or 0) <= 116
    assert await programmes.find(db, EVERYTHING, second.id) == msgspec.structs.replace(
        second, shared_until=None
    )


async def test_what_goes_on_keeps_its_sample_rate(db: Database) -> None:
    (one,), (two,) = await stocked(db, 1), await stocked(db, 1, rate=48_000)
    first = await made(db, [one])
    second = await made(db, [two], after=programmes.After(first.id, 0))
    assert rungs(second) == rungs(first)
    assert 48 < (second.shared_until or 0) < 60
    assert {rendition.sample_rate for rendition in rungs(await made(db, [one, two]))} == {48_000}


async def test_what_cannot_go_on_is_said(db: Database) -> None:
    (one,) = await stocked(db, 1)
    first = await made(db, [one])
    for part in (-1, 1):
        with pytest.raises(BadInput, match="parts 0 to 0"):
            await made(db, [one], after=programmes.After(first.id, part))
    with pytest.raises(NotFound):
        await made(db, [one], after=programmes.After("a" * 24, 0))
    with pytest.raises(BadInput, match="1 to 1000"):
        await made(db, [])
    with pytest.raises(BadInput, match="1 to 1000"):
        await made(db, [one] * 1000, after=programmes.After(first.id, 0))
    assert len((await made(db, [], after=programmes.After(first.id, 0))).plan.entries) == 1


async def test_a_file_that_moved_plays_on_and_one_that_changed_does_not(db: Database) -> None:
    (one,) = await stocked(db, 1)
    first = await made(db, [one])
    async with db.write() as tx:
        await tx.execute("UPDATE file SET path = x'6e6577'")
    assert (await programmes.find(db, EVERYTHING, first.id)).paths == (b"/m/new",)
    async with db.write() as tx:
        await tx.execute("UPDATE file SET audio_key = x'ff'")
    with pytest.raises(NotFound):
        await programmes.find(db, EVERYTHING, first.id)


async def test_only_what_a_segment_needs_has_to_be_there(db: Database) -> None:
    one, two = await stocked(db, 2)
    first = await made(db, [one, two])
    async with db.write() as tx:
        await tx.execute("UPDATE track SET explicit = 1 WHERE id = :id", {"id": two})
    child = Visibility(explicit=False)
    found = await programmes.find(db, child, first.id, lambda _: range(1))
    assert found == first
    for needed in (lambda _: range(1, 2), lambda _: range(2), None):
        with pytest.raises(NotFound):
            await programmes.find(db, child, first.id, needed)


async def live(
    db: Database, listener: ProfileId, tracks: list[TrackId], *, keep_open: bool = True, **more: Any
) -> programmes.Prepared:
    return await programmes.create_live(
        db, NOBODY, EVERYTHING, listener, tracks, Manner(**more), keep_open=keep_open
    )


@pytest.mark.parametrize("seed", range(4))
async def test_what_a_live_programme_has_told_never_changes(
    db: Database, ann: ProfileId, seed: int
) -> None:
    """Whatever is fetched and changed, in whatever order."""
    random = Random(seed)
    tracks = [*await stocked(db, 3, seconds=41.3), *await stocked(db, 3, seconds=9, rate=48_000)]
    for track in tracks[1:]:
        await heard(db, track, random.uniform(-30, -6))
    async with db.write() as tx:  # some follow each other on their album
        await tx.execute("UPDATE track SET position = id % 3")
    manner = {"crossfade": 12.0, "levelling": "auto", "trim_silence": True}
    name = (await live(db, ann, [tracks[0]], **manner)).id
    told: dict[str, list[str]] = {}
    init = {}
    for _ in range(30):
        now = await programmes.find(db, EVERYTHING, name)
        for rendition in rungs(now):
            numbers = range(programmes.listed(now, rendition))
            made = [keys.segment(now.programme, rendition, number) for number in numbers]
            before = told.setdefault(rendition.name, made)
            assert made[: len(before)] == before
            told[rendition.name] = made
            data = encode.init(now.programme, rendition)
            assert init.setdefault(rendition.name, data) == data
        if random.random() < 0.5:
            rendition = rungs(now)[0]
            number = random.choice([0, programmes.listed(now, rendition) - 1])
            cut = timeline.segment(now.programme, rendition, number)
            await programmes.fetched(db, now, cut.end / rendition.sample_rate)
        else:
            added = random.choices(tracks, k=random.randrange(3))
            keep = random.choice([0, 0, len(now.plan.entries) - 1, None])
            changed = await programmes.change_live(
                db, NOBODY, EVERYTHING, ann, name, added, keep=keep
            )
            stay = programmes.fixed_parts(now)
            assert [entry.track for entry in changed.plan.entries][:stay] == [
                entry.track for entry in now.plan.entries
            ][:stay]
            assert not added or changed.plan.entries[-1].track == added[-1]
    closed = await programmes.change_live(db, NOBODY, EVERYTHING, ann, name, [], end=True)
    for rendition in rungs(closed):
        assert programmes.listed(closed, rendition) == timeline.count(closed.programme, rendition)
        made = [
            keys.segment(closed.programme, rendition, number)
            for number in range(len(told[rendition.name]))
        ]
        assert made == told[rendition.name]


async def test_a_live_programme_is_fixed_some_way_behind_what_was_fetched(
    db: Database, ann: ProfileId
) -> None:
    tracks = await stocked(db, 3)
    now = await live(db, ann, tracks)
    assert programmes.fixed_parts(now) == 1
    rendition = rungs(now)[1]
    first = programmes.listed(now, rendition)
    assert timeline.segment(now.programme, rendition, first - 1).end <= 30 * 44_100
    await programmes.fetched(db, now, 40.0)
    now = await programmes.find(db, EVERYTHING, now.id)
    assert now.live is not None
    assert now.live.fixed == 70
    assert programmes.fixed_parts(now) == 2
    assert programmes.listed(now, rendition) > first
    changed = await programmes.change_live(db, NOBODY, EVERYTHING, ann, now.id, [tracks[0]], keep=0)
    assert [entry.track for entry in changed.plan.entries] == [tracks[0], tracks[1], tracks[0]]


async def test_a_live_programme_ends_with_its_tracks_unless_it_is_kept_open(
    db: Database, ann: ProfileId
) -> None:
    tracks = await stocked(db, 1)
    for keep_open in (False, True):
        now = await live(db, ann, tracks, keep_open=keep_open)
        await programmes.fetched(db, now, 31.0)
        now = await programmes.find(db, EVERYTHING, now.id)
        assert now.live is not None
        assert now.live.ended is not keep_open
        all_of_it = [timeline.count(now.programme, rendition) for rendition in rungs(now)]
        told = [programmes.listed(now, rendition) for rendition in rungs(now)]
        assert (told == all_of_it) is not keep_open
        if not keep_open:
            with pytest.raises(Conflict):
                await programmes.change_live(db, NOBODY, EVERYTHING, ann, now.id, tracks)


async def test_a_live_programme_outlives_what_was_heard_of_it(db: Database, ann: ProfileId) -> None:
    one, two, three = await stocked(db, 3)
    now = await live(db, ann, [one, two, three])
    await programmes.fetched(db, now, 100.0)
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away' WHERE id = :id", {"id": one})
    assert (await programmes.find(db, EVERYTHING, now.id)).plan == now.plan
    changed = await programmes.change_live(db, NOBODY, EVERYTHING, ann, now.id, [two])
    assert [entry.track for entry in changed.plan.entries] == [one, two, three, two]
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away' WHERE id = :id", {"id": three})
    with pytest.raises(NotFound):
        await programmes.find(db, EVERYTHING, now.id)


async def test_nobody_changes_the_live_programme_of_another(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    tracks = await stocked(db, 1)
    now = await live(db, ann, tracks)
    fixed = await made(db, tracks)
    for listener, name in ((bob, now.id), (ann, fixed.id), (ann, "a" * 24)):
        with pytest.raises(NotFound):
            await programmes.change_live(db, NOBODY, EVERYTHING, listener, name, tracks)


async def test_a_live_programme_that_begins_in_mono_has_two_channels(
    db: Database, ann: ProfileId
) -> None:
    tracks = await stocked(db, 1)
    async with db.write() as tx:
        await tx.execute("UPDATE file SET channels = 1, layout = 'mono'")
    now = await live(db, ann, tracks)
    assert {rendition.channels for rendition in rungs(now)} == {2}


async def test_programmes_that_nobody_asked_for_in_weeks_are_forgotten(db: Database) -> None:
    tracks = await stocked(db, 2)
    old = await made(db, tracks[:1])
    async with db.write() as tx:
        await tx.execute("UPDATE programme SET used_at = 1")
    await made(db, tracks)
    with pytest.raises(NotFound):
        await programmes.find(db, EVERYTHING, old.id)
