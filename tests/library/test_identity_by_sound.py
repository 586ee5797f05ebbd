"""What a person did stays with the recording, whatever becomes of the file."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.household import accounts, profiles
from homestream.household.access import Role
from homestream.ids import MergeId, PlaylistId, ProfileId, TrackId
from homestream.library import catalogue, libraries, reunion
from homestream.library.scan import Scanner
from homestream.listening import followers, playlists, plays, queue, ratings, stars
from homestream.visibility import EVERYTHING, Visibility
from tests import media_files
from tests.library import music as songs
from tests.library import test_cutting as cut
from tests.library.conftest import CountingPool


@pytest.fixture
async def scanner(db: Database, pool: CountingPool, data: Path) -> AsyncIterator[Scanner]:
    made = Scanner(db, pool, data, data / "art", lambda: followers.EVERY)
    yield made
    await made.close()


@pytest.fixture
async def ann(db: Database) -> ProfileId:
    account = await accounts.add(db, "Ann", Role.ADULT, "password of Ann")
    return (await profiles.of(db, account))[0].id


class Life:
    """What one person did with one track."""

    def __init__(self, db: Database, listener: ProfileId) -> None:
        self.db = db
        self.listener = listener
        self.playlist = PlaylistId(0)

    async def live(self, track: TrackId) -> None:
        """Plays, stars, rates, lists and queues a track."""
        db, who = self.db, self.listener
        play = plays.Play(
            client_event_id="once", track=track, listening_session="", started_at=1_700_000_000_000,
            tz_offset_minutes=0, device="", source="hand", played_ms=1000, ending="done",
            source_id=None, offer_id=None, offer_rank=None, seeks=0, shuffle=False, private=False,
        )  # fmt: skip
        await plays.record(db, EVERYTHING, who, play, now=1_700_000_100.0)
        await stars.put(db, EVERYTHING, who, "track", track, now=1.0)
        await ratings.put(db, EVERYTHING, who, track, 90, now=1.0)
        self.playlist = await playlists.create(db, EVERYTHING, who, "Mine", [track], now=1.0)
        kept = queue.Queue((track,), current=0, position=7.5)
        await queue.keep(db, EVERYTHING, who, kept, now=1.0)

    async def at(self) -> list[str]:
        """The file that each of these leads to now; all are of one track that is there."""
        db, who = self.db, self.listener
        played = [each.track for each in (await plays.recent(db, EVERYTHING, who, limit=9)).items]
        starred = (await stars.tracks(db, EVERYTHING, who, limit=9)).items
        listed = await playlists.tracks(db, EVERYTHING, who, self.playlist)
        state, queued = await queue.of(db, EVERYTHING, who)
        assert [len(each) for each in (played, starred, listed, queued)] == [1, 1, 1, 1]
        assert (state.current, state.position) == (0, 7.5)
        found = {each[0].id for each in (played, starred, listed, queued)}
        assert all(each[0].starred and not each[0].away for each in (played, starred, listed))
        assert {await ratings.of(db, EVERYTHING, who, track) for track in found} == {90}
        return [(await catalogue.file(db, EVERYTHING, track)).path for track in sorted(found)]


async def track_at(db: Database, path: Path) -> TrackId:
    row = await db.row(
        "SELECT track.id FROM track JOIN file ON file.id = track.file_id "
        "JOIN library ON library.id = file.library_id WHERE file.state = 'present' "
        "AND CAST(library.path AS TEXT) || '/' || CAST(file.path AS TEXT) = :path",
        {"path": str(path)},
    )
    assert row is not None, path
    return TrackId(row["id"])


async def recordings_of(db: Database) -> dict[str, int]:
    """Recordings by path, of files that are there."""
    rows = await db.rows(
        "SELECT file.path, track.recording_id FROM file JOIN track ON track.file_id = file.id "
        "WHERE file.state = 'present'"
    )
    return {bytes(row["path"]).decode(): row["recording_id"] for row in rows}


def move(old: Path, new: Path) -> Path:
    new.parent.mkdir(parents=True, exist_ok=True)
    return old.rename(new)


def retag(path: Path) -> Path:
    songs.tag(path, title="Quite another name", artist="Somebody", album="Two", tracknumber="7")
    return path


def cover(path: Path) -> Path:
    songs.picture(path, media_files.image("PNG"))
    return path


CHANGES: dict[str, Callable[[Path], Path]] = {
    "moved": lambda old: move(old, old.parents[1] / "Elsewhere" / "Deep" / old.name),
    "renamed": lambda old: move(old, old.with_name("another name.flac")),
    "retagged": retag,
    "given a new cover": cover,
    "all of these at once": lambda old: cover(
        retag(move(old, old.parents[1] / "Elsewhere" / "another name.flac"))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_all_that_was_done_stays_with_a_file_that_is(
    change: str, scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    path = songs.tune(music / "Ann" / "One" / "01 Song.flac", 1)
    songs.tune(music / "Ann" / "One" / "02 Song.flac", 2)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(track := await track_at(db, path))
    new = CHANGES[change](path)
    await scanner.run(all_stages=True)
    assert await life.at() == [str(new)]
    assert await track_at(db, new) == track


async def test_all_that_was_done_goes_along_to_another_root(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path, ann: ProfileId
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await libraries.add(db, "Other", str(other))
    path = songs.tune(music / "Ann" / "One" / "01 Song.flac", 1)
    songs.tune(music / "Ann" / "One" / "02 Song.flac", 2)
    songs.tune(other / "stays.flac", 3)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(await track_at(db, path))
    new = move(path, other / "Ann" / "01 Song.flac")
    await scanner.run(all_stages=True)
    assert await life.at() == [str(new)]


@pytest.mark.parametrize(
    ("gone", "name"),
    [
        ("in the same scan", "Ann/One/01 Song.flac"),
        ("in the same scan", "New/Another name.flac"),
        ("in an earlier scan", "New/Another name.flac"),
        ("not at all", "New/Another name.flac"),
    ],
)
async def test_better_copy_takes_over_all_that_was_done(
    gone: str, name: str, scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    old = songs.tune(music / "Ann" / "One" / "01 Song.mp3", 1)
    for seed in (2, 3):
        songs.tune(music / "Ann" / "One" / f"0{seed} Song.mp3", seed)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(await track_at(db, old))
    if gone == "in an earlier scan":
        old.unlink()
        await scanner.run(all_stages=True)
    new = songs.tune(music / name, 1, title="Song 1 as it should be called")
    if gone == "in the same scan":
        old.unlink()
    await scanner.run(all_stages=True)
    if gone == "not at all":
        assert await life.at() == [str(old)]
        found = await recordings_of(db)
        assert found["Ann/One/01 Song.mp3"] == found[name]
        old.unlink()
        await scanner.run()
    assert await life.at() == [str(new)]
    assert len(set((await recordings_of(db)).values())) == 3


@pytest.mark.parametrize("suffix", [".mp3", ".opus", ".m4a", ".ogg", ".wav"])
async def test_every_kind_of_copy_is_known_again(
    suffix: str, scanner: Scanner, db: Database, music: Path
) -> None:
    songs.tune(music / "a" / "one.flac", 1)
    songs.tune(music / "a" / "two.flac", 2)
    await scanner.run(all_stages=True)
    songs.tune(music / "b" / f"uno{suffix}", 1, title="Uno")
    await scanner.run(all_stages=True)
    found = await recordings_of(db)
    assert found[f"b/uno{suffix}"] == found["a/one.flac"] != found["a/two.flac"]


async def test_another_recording_under_the_same_names_and_length_stays_apart(
    scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    old = songs.tune(music / "a" / "one.mp3", 1, title="Song")
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(await track_at(db, old))
    songs.tune(music / "b" / "take two.flac", 2, title="Song", tracknumber="1")
    await scanner.run(all_stages=True)
    assert len(set((await recordings_of(db)).values())) == 2
    assert await life.at() == [str(old)]


async def test_clean_version_and_one_with_a_voice_over_it_stay_apart(
    db: Database, scanner: Scanner, music: Path
) -> None:
    whole = songs.piece(1, seconds=20)
    clean = whole.copy()
    for begin in (6.2, 13.1):
        at = int(begin * songs.PIECE_RATE)
        clean[:, at : at + songs.PIECE_RATE // 2] *= 0.0
    voice = songs.piece(5, seconds=20)
    voice *= 0.5 * np.sqrt((whole**2).mean() / (voice**2).mean())
    songs.tune(music / "a.flac", 1, sound=whole)
    songs.tune(music / "clean.mp3", 1, sound=clean)
    songs.tune(music / "again.mp3", 1, sound=whole)
    songs.tune(music / "over.mp3", 1, sound=(whole + voice).astype(np.float32))
    await scanner.run(all_stages=True)
    found = await recordings_of(db)
    assert found["a.flac"] == found["again.mp3"]
    assert len({found["a.flac"], found["clean.mp3"], found["over.mp3"]}) == 3


async def test_sounds_with_nothing_of_their_own_stay_apart(
    scanner: Scanner, db: Database, music: Path
) -> None:
    time = np.arange(songs.PIECE_SECONDS * songs.PIECE_RATE) / songs.PIECE_RATE
    random = np.random.default_rng(1)
    plain = {
        "silence.flac": np.zeros(len(time)),
        "silence too.mp3": np.zeros(len(time)),
        "a tone.flac": 0.3 * np.sin(2 * np.pi * 440 * time),
        "a tone too.mp3": 0.3 * np.sin(2 * np.pi * 441 * time),
        "hiss.flac": random.normal(0, 0.1, len(time)),
        "hiss too.mp3": random.normal(0, 0.1, len(time)),
        "short.flac": songs.piece(5, 3)[0],
        "short too.mp3": songs.piece(5, 3)[0],
    }
    for number, (name, wave) in enumerate(plain.items()):
        songs.tune(music / name, number, sound=np.stack([wave, wave]).astype(np.float32))
    await scanner.run(all_stages=True)
    found = await recordings_of(db)
    assert len(found) == 8
    assert len(set(found.values())) == 8


async def test_two_swaps_in_one_scan_keep_all_apart(
    scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    a, b, c, d = (songs.tune(music / "a" / f"{seed}.flac", seed) for seed in (1, 2, 3, 4))
    await scanner.run(all_stages=True)
    before = await recordings_of(db)
    life = Life(db, ann)
    await life.live(await track_at(db, a))
    for one, other in ((a, b), (c, d)):
        beside = one.with_suffix(".beside")
        one.rename(beside)
        other.rename(one)
        beside.rename(other)
    await scanner.run(all_stages=True)
    after = await recordings_of(db)
    assert [after[f"a/{n}.flac"] for n in (2, 1, 4, 3)] == [
        before[f"a/{n}.flac"] for n in (1, 2, 3, 4)
    ]
    assert await life.at() == [str(b)]


async def test_copies_in_two_folders_are_one_recording_and_stand_in_for_each_other(
    scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    first = songs.tune(music / "a" / "one.flac", 1)
    (music / "b").mkdir()
    second = Path(shutil.copy(first, music / "b" / "one.flac"))
    songs.tune(music / "c" / "other.flac", 2)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(await track_at(db, first))
    assert len(set((await recordings_of(db)).values())) == 2
    first.unlink()
    await scanner.run(all_stages=True)
    assert await life.at() == [str(second)]


async def test_file_that_went_comes_back_whole(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path, ann: ProfileId
) -> None:
    path = songs.tune(music / "a" / "one.flac", 1)
    songs.tune(music / "a" / "two.flac", 2)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(track := await track_at(db, path))
    away = path.rename(tmp_path / "one.flac")
    await scanner.run(all_stages=True)
    (kept,) = await playlists.tracks(db, EVERYTHING, ann, life.playlist)
    assert (kept.id, kept.away, kept.starred) == (track, True, True)
    away.rename(path)
    await scanner.run(all_stages=True)
    assert await life.at() == [str(path)]
    assert await track_at(db, path) == track


def empty(music: Path) -> None:
    for entry in list(music.iterdir()):
        entry.rename(music.parent / f"kept-{entry.name}")


def unmounted(music: Path) -> None:
    music.rename(music.with_name("elsewhere"))


def unreadable(music: Path) -> None:
    music.rename(music.with_name("elsewhere"))
    music.write_text("what was a folder is none")


@pytest.mark.parametrize("lose", [empty, unmounted, unreadable])
async def test_root_that_is_lost_takes_nothing_with_it(
    lose: Callable[[Path], None], scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    path = songs.tune(music / "a" / "one.flac", 1)
    songs.tune(music / "a" / "two.flac", 2)
    await scanner.run(all_stages=True)
    life = Life(db, ann)
    await life.live(track := await track_at(db, path))
    lose(music)
    result = await scanner.run(all_stages=True)
    assert (result.tracks, result.away) == (0, 2)
    (library,) = await libraries.every(db)
    assert library.away
    assert library.reason
    (kept,) = await playlists.tracks(db, EVERYTHING, ann, life.playlist)
    assert (kept.id, kept.away) == (track, True)
    if music.is_file():
        music.unlink()
    if not music.exists():
        music.with_name("elsewhere").rename(music)
    for entry in music.parent.glob("kept-*"):
        entry.rename(music / entry.name.removeprefix("kept-"))
    await scanner.run(all_stages=True)
    assert await life.at() == [str(path)]
    (library,) = await libraries.every(db)
    assert (library.away, library.reason) == (False, None)


async def test_most_files_going_at_once_are_away_and_come_back(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path, ann: ProfileId
) -> None:
    paths = [songs.song(music / "a" / f"{n}.flac", n, title=f"{n}") for n in range(10)]
    await scanner.run(all_stages=True)
    before = {row["id"] for row in await db.rows("SELECT id FROM track")}
    life = Life(db, ann)
    await life.live(await track_at(db, paths[0]))
    for path in paths[:6]:
        path.rename(tmp_path / path.name)
    result = await scanner.run(all_stages=True)
    assert (result.tracks, result.away) == (4, 6)
    for path in paths[:6]:
        (tmp_path / path.name).rename(path)
    await scanner.run(all_stages=True)
    rows = await db.rows("SELECT id FROM track WHERE state = 'present'")
    assert {row["id"] for row in rows} == before
    assert await life.at() == [str(paths[0])]


async def test_merge_that_is_taken_back_gives_each_what_was_its_own_and_stays_so(
    scanner: Scanner, db: Database, music: Path, ann: ProfileId
) -> None:
    old = songs.tune(music / "a" / "one.mp3", 1)
    await scanner.run(all_stages=True)
    await stars.put(db, EVERYTHING, ann, "track", await track_at(db, old), now=1.0)
    new = songs.tune(music / "b" / "uno.flac", 1, title="Uno")
    await scanner.run()  # not heard yet
    second = await track_at(db, new)
    await ratings.put(db, EVERYTHING, ann, second, 40, now=2.0)
    await stars.put(db, EVERYTHING, ann, "track", second, now=2.0)
    await scanner.run(all_stages=True)
    first = await track_at(db, old)
    assert await ratings.of(db, EVERYTHING, ann, first) == 40
    (merge,) = await reunion.every(db, limit=9)
    assert (merge.kept, merge.merged, merge.reason) == ("a/one.mp3", "b/uno.flac", "print")
    assert 0 < merge.difference < 0.15

    await reunion.undo(db, merge.id, followers.EVERY)
    found = await recordings_of(db)
    assert found["a/one.mp3"] != found["b/uno.flac"]
    assert await ratings.of(db, EVERYTHING, ann, first) is None
    assert await ratings.of(db, EVERYTHING, ann, second) == 40
    both = await catalogue.tracks_by_id(db, EVERYTHING, ann, [first, second])
    assert [each.starred for each in both] == [True, True]
    async with db.write() as tx:
        await tx.execute("UPDATE file SET analysed = 0")
    await scanner.run(all_stages=True)
    assert await recordings_of(db) == found
    with pytest.raises(NotFound):
        await reunion.undo(db, MergeId(merge.id), followers.EVERY)


async def test_copy_that_may_not_be_seen_does_not_stand_in(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path, ann: ProfileId
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    await libraries.add(db, "Hidden", str(hidden))
    old = songs.tune(music / "a" / "one.flac", 1)
    songs.tune(music / "a" / "two.flac", 2)
    shutil.copy(old, hidden / "one.flac")
    await scanner.run(all_stages=True)
    (shown,) = (each.id for each in await libraries.every(db) if each.name == "Music")
    child = Visibility(libraries=frozenset({shown}))
    track = await track_at(db, old)
    await queue.keep(db, child, ann, queue.Queue((track,)), now=1.0)
    old.unlink()
    await scanner.run(all_stages=True)
    _, queued = await queue.of(db, child, ann)
    assert [(each.id, each.away) for each in queued] == [(track, True)]


async def parts_of(db: Database) -> dict[str, tuple[int, str]]:
    """Recordings of the parts that are there, and their files, by title."""
    rows = await db.rows(
        "SELECT track.title, track.recording_id, file.path FROM track "
        "JOIN file ON file.id = track.file_id WHERE track.part != 0 AND track.state = 'present'"
    )
    return {
        row["title"]: (row["recording_id"], bytes(row["path"]).decode().split(".")[1])
        for row in rows
    }


@pytest.mark.parametrize("together", [True, False])
async def test_parts_of_a_file_are_known_again_in_a_better_copy(
    db: Database, scanner: Scanner, ann: ProfileId, music: Path, together: bool
) -> None:
    old = songs.tune(music / "day.mp3", 1)
    cut.sheet(music / "day.cue", "day.mp3", begins=("00:00:00", "00:04:30", "00:09:00"))
    await scanner.run(all_stages=True)
    before = await parts_of(db)
    rows = await db.rows("SELECT id FROM track WHERE title = 'Mitte'")
    life = Life(db, ann)
    await life.live(TrackId(rows[0]["id"]))

    old.unlink()
    (music / "day.cue").unlink()
    songs.tune(music / "better" / "tag.flac", 1)
    if not together:  # the sheet comes when the sound is known already
        await scanner.run(all_stages=True)
    cut.sheet(music / "better" / "tag.cue", "tag.flac", begins=("00:00:00", "00:04:30", "00:09:00"))
    await scanner.run(all_stages=True)
    after = await parts_of(db)
    assert {title: each[0] for title, each in after.items()} == {
        title: each[0] for title, each in before.items()
    }
    assert {each[1] for each in after.values()} == {"flac"}
    assert await life.at() == [str(music / "better" / "tag.flac")]
    merges = await reunion.every(db, limit=9)
    assert {each.title for each in merges} >= {"Anfang", "Mitte", "Ende"}


async def test_parts_that_are_cut_elsewhere_stay_apart(
    db: Database, scanner: Scanner, music: Path
) -> None:
    songs.tune(music / "one" / "day.mp3", 1)
    cut.sheet(music / "one" / "day.cue", "day.mp3", begins=("00:00:00", "00:04:30", "00:09:00"))
    songs.tune(music / "two" / "day.flac", 1)
    cut.sheet(
        music / "two" / "day.cue", "day.flac", begins=("00:00:00", "00:04:30", "00:10:00"),
        titles=("Erster", "Zweiter", "Dritter"),
    )  # fmt: skip
    songs.tune(music / "three" / "day.flac", 2)
    cut.sheet(
        music / "three" / "day.cue", "day.flac", begins=("00:00:00", "00:04:30", "00:09:00"),
        titles=("Un", "Deux", "Trois"),
    )  # fmt: skip
    await scanner.run(all_stages=True)
    found = {title: each[0] for title, each in (await parts_of(db)).items()}
    assert found["Anfang"] == found["Erster"]
    assert len({found[each] for each in ("Mitte", "Zweiter", "Ende", "Dritter")}) == 4
    assert len(set(found.values())) == 8
