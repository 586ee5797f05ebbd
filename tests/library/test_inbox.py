"""New files: sent or laid down, looked at, compared, filed, removed."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NoRoom, NotFound
from homestream.household import accounts
from homestream.household.access import Role
from homestream.ids import AccountId, InboxId, LibraryId
from homestream.library import libraries
from homestream.library.inbox import Entry, Inbox, Settings
from homestream.library.scan import Scanner
from homestream.library.scope import Folders
from homestream.visibility import Visibility
from tests import hostile
from tests.library import music as songs
from tests.library.conftest import CountingPool
from tests.library.test_watch import eventually


@pytest.fixture
async def account(db: Database) -> AccountId:
    return await accounts.add(db, "Ada", Role.OWNER, "password of Ada")


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    folder = tmp_path / "laid down"
    folder.mkdir()
    return folder


class Box:
    """An inbox that runs, and what it touched."""

    def __init__(self, db: Database, pool: CountingPool, data: Path, laid: Path) -> None:
        self.touched: list[tuple[LibraryId, Folders]] = []
        self.folder = data / "inbox"
        self.settings = Settings(folder=bytes(laid), largest_bytes=1_000_000, quota_bytes=2_000_000)
        self.inbox = Inbox(
            db, pool, self.folder, self.settings, lambda *what: self.touched.append(what)
        )

    async def looked_at(self, count: int = 1) -> list[Entry]:
        """The entries, once there are so many and all were looked at."""

        async def look() -> list[Entry]:
            found = await self.inbox.entries()
            done = len(found) == count and all(each.state != "new" for each in found)
            return found if done else []

        return list(await eventually(look))


@pytest.fixture
async def box(db: Database, pool: CountingPool, data: Path, laid: Path) -> AsyncIterator[Box]:
    made = Box(db, pool, data, laid)
    task = asyncio.create_task(made.inbox.run())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 4096):
        yield data[at : at + 4096]


async def send(box: Box, name: str, data: bytes, account: AccountId) -> Entry:
    return await box.inbox.receive(name, account, pieces(data), len(data))


def one(folder: Path, seed: int = 1, suffix: str = ".flac", **tags: str) -> bytes:
    wanted = {"title": "Song", "artist": "A", "album": "One", "date": "1999", "tracknumber": "3"}
    return songs.song(folder / f"made{suffix}", seed, **(wanted | tags)).read_bytes()


async def test_file_that_is_sent_is_looked_at_and_filed(
    box: Box, account: AccountId, music: Path, tmp_path: Path
) -> None:
    sent = await send(box, "whatever.flac", one(tmp_path), account)
    assert sent.state == "new"
    (entry,) = await box.looked_at()
    assert (entry.state, entry.found.title, entry.found.album) == ("good", "Song", "One")
    assert entry.found.warnings == ()
    assert entry.goes_to == "A/1999 - One/03 Song.flac"
    path = await box.inbox.file(entry.id)
    assert (music / path).read_bytes() == one(tmp_path)
    assert box.touched == [(LibraryId(1), Folders(deep=frozenset({b"A/1999 - One"})))]
    assert await box.inbox.entries() == []
    assert list(box.folder.iterdir()) == []


async def test_nothing_is_written_over(
    box: Box, account: AccountId, music: Path, tmp_path: Path
) -> None:
    there = music / "A" / "1999 - One" / "03 Song.flac"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    await send(box, "a.flac", one(tmp_path, 1), account)
    await send(box, "b.flac", one(tmp_path, 2), account)
    paths = [await box.inbox.file(entry.id) for entry in await box.looked_at(2)]
    assert sorted(paths) == ["A/1999 - One/03 Song (2).flac", "A/1999 - One/03 Song (3).flac"]
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    "name",
    ["../../x.flac", "/etc/passwd.flac", "..\\..\\x.flac", "a\0b\n.flac", "x" * 900 + ".flac",
     "é" * 600 + ".FLAC", ".flac.flac", "con.flac"],
)  # fmt: skip
async def test_names_of_senders_lead_nowhere(
    box: Box, account: AccountId, music: Path, tmp_path: Path, name: str
) -> None:
    data = songs.song(tmp_path / "bare.flac", 1).read_bytes()
    await send(box, name, data, account)
    (entry,) = await box.looked_at()
    assert "/" not in entry.name
    path = await box.inbox.file(entry.id)
    filed = (music / path).resolve()
    assert music in filed.parents
    assert filed.read_bytes() == data


@pytest.mark.parametrize(
    "tags",
    [{"artist": "../../..", "title": "../x"}, {"album": "/" * 50, "title": "\0"},
     {"title": "t" * 3000, "album": "é" * 1000, "artist": "字" * 500}],
)  # fmt: skip
async def test_tags_lead_nowhere(
    box: Box, account: AccountId, music: Path, tmp_path: Path, tags: dict[str, str]
) -> None:
    await send(box, "a.flac", one(tmp_path, **tags), account)
    (entry,) = await box.looked_at()
    path = await box.inbox.file(entry.id)
    assert music in (music / path).resolve().parents
    assert all(len(part.encode()) <= 255 for part in path.split("/"))


async def test_file_we_have_is_known_by_its_sound(
    box: Box, account: AccountId, scanner: Scanner, music: Path, tmp_path: Path
) -> None:
    (music / "have.flac").write_bytes(one(tmp_path, 1))
    await scanner.run()
    await send(box, "a.flac", one(tmp_path, 1, title="Called otherwise"), account)
    (entry,) = await box.looked_at()
    assert entry.found.have is not None
    assert (entry.found.have.twin, entry.found.have.title) == ("same", "Song")


@pytest.mark.parametrize(
    ("have", "new", "twin"), [(".mp3", ".flac", "better"), (".flac", ".mp3", "worse")]
)
async def test_song_we_have_in_another_quality_is_told(
    box: Box, account: AccountId, scanner: Scanner, music: Path, tmp_path: Path,
    have: str, new: str, twin: str,
) -> None:  # fmt: skip
    (music / f"have{have}").write_bytes(one(tmp_path, 1, have))
    await scanner.run()
    await send(box, f"a{new}", one(tmp_path, 2, new), account)
    (entry,) = await box.looked_at()
    assert entry.found.have is not None
    assert entry.found.have.twin == twin


async def test_song_we_have_is_known_by_its_print_whatever_it_is_called(
    box: Box, account: AccountId, scanner: Scanner, music: Path, tmp_path: Path
) -> None:
    songs.tune(music / "have.flac", 1)
    await scanner.run(all_stages=True)
    named = songs.tune(tmp_path / "1.mp3", 1, title="Called otherwise", artist="Somebody")
    other = songs.tune(tmp_path / "2.mp3", 2, title="Song 1")
    await send(box, "a.mp3", named.read_bytes(), account)
    await send(box, "b.mp3", other.read_bytes(), account)
    new = {entry.name: entry.found.have for entry in await box.looked_at(2)}
    assert new["a.mp3"] is not None
    assert (new["a.mp3"].twin, new["a.mp3"].title) == ("worse", "Song 1")
    assert new["b.mp3"] is None  # another recording under the same name


async def test_what_is_no_music_is_refused_with_a_reason_and_cannot_be_filed(
    box: Box, account: AccountId
) -> None:
    bombs = {
        "text.mp3": b"this is no music " * 9,
        "empty.flac": b"",
        "bomb.m4a": hostile._cmov(1 << 30)[:900_000],
        "zip.mp3": b"PK\x03\x04" + hostile._zeros(1 << 26),
        "playlist.mp3": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
    }
    for name, data in bombs.items():
        await send(box, name, data, account)
    for entry in await box.looked_at(len(bombs)):
        assert (entry.state, entry.goes_to) == ("refused", "")
        assert entry.reason
        with pytest.raises(Conflict):
            await box.inbox.file(entry.id)
        await box.inbox.reject(entry.id)
    assert list(box.folder.iterdir()) == []


async def test_file_that_was_cut_off_is_warned_of(
    box: Box, account: AccountId, tmp_path: Path
) -> None:
    data = songs.song(
        tmp_path / "long.flac", 1, seconds=20, title="T", artist="A", album="B"
    ).read_bytes()
    await send(box, "cut.flac", data[: len(data) // 2], account)
    (entry,) = await box.looked_at()
    assert any("cut off" in warning for warning in entry.found.warnings)


@pytest.mark.parametrize("name", ["x.exe", "cover.jpg", "x", "x.flac/", "x.mp3.zip", ".mp3"])
async def test_what_has_not_the_name_of_music_is_refused_at_the_door(
    box: Box, account: AccountId, name: str
) -> None:
    with pytest.raises(BadInput):
        await send(box, name, b"x" * 100, account)
    assert await box.inbox.entries() == []


async def test_large_files_are_refused_whatever_they_say_of_themselves(
    box: Box, account: AccountId
) -> None:
    with pytest.raises(BadInput, match="larger than 1 MB"):
        await send(box, "a.flac", bytes(1_000_001), account)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        await box.inbox.receive("a.flac", account, pieces(bytes(1_000_001)), None)
    assert await box.inbox.entries() == []
    assert list(box.folder.iterdir()) == []


async def test_quota_holds_and_is_free_again_when_files_go(box: Box, account: AccountId) -> None:
    for number in range(2):
        await send(box, f"{number}.mp3", bytes(900_000), account)
    with pytest.raises(NoRoom, match="inbox is full"):
        await send(box, "more.mp3", bytes(900_000), account)
    first, _ = await box.inbox.entries()
    await box.inbox.reject(first.id)
    await send(box, "more.mp3", bytes(900_000), account)


async def test_upload_that_breaks_off_leaves_nothing(box: Box, account: AccountId) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await box.inbox.receive("a.flac", account, broken(), 5_000)
    assert await box.inbox.entries() == []
    assert list(box.folder.iterdir()) == []


async def test_files_in_the_inbox_folder_are_found_and_moved(
    box: Box, laid: Path, music: Path, tmp_path: Path
) -> None:
    (laid / "From Ben").mkdir()
    (laid / "From Ben" / "song.flac").write_bytes(one(tmp_path))
    (laid / "notes.txt").write_text("not this")
    (entry,) = await box.looked_at()
    assert (entry.place, entry.found.title) == ("folder", "Song")
    path = await box.inbox.file(entry.id)
    assert (music / path).read_bytes() == one(tmp_path)
    assert not (laid / "From Ben" / "song.flac").exists()


async def test_file_taken_from_the_inbox_folder_is_listed_no_more(
    box: Box, laid: Path, tmp_path: Path
) -> None:
    file = laid / "song.flac"
    file.write_bytes(one(tmp_path))
    await box.looked_at()
    file.unlink()

    async def gone() -> bool:
        return not await box.inbox.entries()

    await eventually(gone)


async def test_library_that_cannot_be_written_keeps_the_file_in_the_inbox(
    box: Box, account: AccountId, music: Path, tmp_path: Path
) -> None:
    await send(box, "a.flac", one(tmp_path), account)
    (entry,) = await box.looked_at()
    (music / "A").write_text("a file where a folder should be")
    with pytest.raises(Conflict, match="cannot be written"):
        await box.inbox.file(entry.id)
    assert await box.inbox.get(entry.id) == entry


async def test_folder_that_leads_out_of_the_library_is_not_filed_to(
    box: Box, account: AccountId, music: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (music / "A").symlink_to(outside)
    await send(box, "a.flac", one(tmp_path), account)
    (entry,) = await box.looked_at()
    with pytest.raises(Conflict, match="leads out"):
        await box.inbox.file(entry.id)
    assert list(outside.iterdir()) == []


async def test_owner_may_choose_the_library(
    box: Box, account: AccountId, db: Database, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    library = await libraries.add(db, "Other", str(other))
    await send(box, "a.flac", one(tmp_path), account)
    (entry,) = await box.looked_at()
    path = await box.inbox.file(entry.id, library)
    assert (other / path).exists()


async def test_nobody_sees_or_removes_what_another_sent(
    box: Box, db: Database, account: AccountId, tmp_path: Path
) -> None:
    other = await accounts.add(db, "Ben", Role.ADULT, "password of Ben")
    sent = await send(box, "a.flac", one(tmp_path), account)
    assert await box.inbox.entries(other) == []
    for ask in (box.inbox.get, box.inbox.reject):
        with pytest.raises(NotFound):
            await ask(sent.id, other)
    with pytest.raises(NotFound):
        await box.inbox.get(InboxId(999))


async def test_half_files_of_an_end_in_the_middle_are_removed(
    db: Database, pool: CountingPool, data: Path, laid: Path, account: AccountId, tmp_path: Path
) -> None:
    made = Box(db, pool, data, laid)
    await send(made, "a.flac", one(tmp_path), account)
    (made.folder / "half.flac.part").write_bytes(b"x")
    (made.folder / "nobody's.flac").write_bytes(b"x")
    task = asyncio.create_task(made.inbox.run())
    (entry,) = await made.looked_at()
    assert entry.state == "good"
    assert len(os.listdir(made.folder)) == 1
    task.cancel()
    await asyncio.wait([task])


def test_pattern_that_cannot_be_meant_stops_the_start() -> None:
    with pytest.raises(BadInput):
        Inbox(None, None, Path(), Settings(pattern="{nothing}"))  # type: ignore[arg-type]


async def test_of_what_is_hidden_from_somebody_nothing_is_told(
    box: Box, account: AccountId, scanner: Scanner, music: Path, tmp_path: Path
) -> None:
    (music / "have.flac").write_bytes(one(tmp_path, 1))
    await scanner.run()
    await send(box, "a.flac", one(tmp_path, 1), account)
    (entry,) = await box.looked_at()
    assert entry.found.have is not None
    shut = Visibility(libraries=frozenset())
    (seen,) = await box.inbox.entries(account, visibility=shut)
    assert seen.found.have is None
    assert (await box.inbox.get(entry.id, account, visibility=shut)).found.have is None
    open_ = Visibility(libraries=frozenset({LibraryId(1)}))
    assert await box.inbox.entries(account, visibility=open_) == [entry]


async def test_file_is_moved_across_file_systems(
    box: Box, account: AccountId, db: Database, tmp_path: Path
) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system alone")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        library = await libraries.add(db, "Elsewhere", folder)
        await send(box, "a.flac", one(tmp_path), account)
        (entry,) = await box.looked_at()
        path = await box.inbox.file(entry.id, library)
        filed = Path(folder) / path
        assert filed.read_bytes() == one(tmp_path)
        assert filed.stat().st_mode & 0o777 == 0o644
        assert [each.name for each in filed.parent.iterdir()] == [filed.name]
    assert list(box.folder.iterdir()) == []
