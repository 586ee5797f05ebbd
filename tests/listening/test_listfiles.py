"""Playlists that are files in a library."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from homestream.db import connect
from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NotFound
from homestream.household import accounts, setup
from homestream.household.access import Role
from homestream.ids import LibraryId, PlaylistId, ProfileId, TrackId
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.library.scope import Folders
from homestream.listening import listfiles, playlists
from homestream.visibility import EVERYTHING, Visibility
from homestream.workers.pool import Pool
from tests.library import music as songs

NOW = 1_700_000_000.0


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(size=1) as made:
        yield made


@pytest.fixture
def music(tmp_path: Path) -> Path:
    root = tmp_path / "music"
    for seed, name in enumerate(("One/a.flac", "One/b.flac", "Zwölf/c.flac"), 1):
        songs.song(root / name, seed, title=Path(name).stem.upper(), artist="Ada")
    return root


@pytest.fixture
async def db(tmp_path: Path, music: Path) -> AsyncIterator[Database]:
    async with connect.opened(tmp_path / "homestream.db") as made:
        await setup.finish(made, household="Nest", name="Olga", password="password of Olga")
        await libraries.add(made, "Music", str(music))
        yield made


@pytest.fixture
async def scanner(db: Database, pool: Pool, tmp_path: Path) -> AsyncIterator[Scanner]:
    made = Scanner(db, pool, tmp_path, tmp_path / "art")
    made.take_lists(
        lambda seen, changed: listfiles.take_in(db, pool, seen, changed=changed, now=NOW)
    )
    yield made
    await made.close()


OLGA = ProfileId(1)


async def only(db: Database, listener: ProfileId = OLGA) -> playlists.Playlist:
    (found,) = (await playlists.of(db, EVERYTHING, listener, limit=10)).items
    return found


async def shown(db: Database, playlist: PlaylistId, listener: ProfileId = OLGA) -> list[str]:
    """Titles of tracks; lines that mean nothing in angle brackets."""
    entries = await playlists.entries(db, EVERYTHING, listener, playlist)
    return [
        f"<{entry.said}>" if isinstance(entry, playlists.Missing) else entry.title
        for entry in entries
    ]


async def track(db: Database, title: str) -> TrackId:
    row = await db.row("SELECT id FROM track WHERE title = :title", {"title": title})
    assert row is not None
    return TrackId(row["id"])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("One/a.flac", "A"),
        ("./One/../One/a.flac", "A"),
        ("one\\A.FLAC", "A"),
        ("D:\\Musik\\One\\a.flac", "A"),
        ("\\\\nas\\music\\One\\a.flac", "A"),
        ("/volume1/music/One/b.flac", "B"),
        ("/mnt/x/one/B.mp3", "B"),
        (unicodedata.normalize("NFD", "Zwölf/c.flac"), "C"),
        ("file:///home/x/Zw%C3%B6lf/c.flac", "C"),
        ("file:///C:/x/One/a.flac", "A"),
        ("a.flac", None),
        ("/elsewhere/a.flac", None),
        ("http://radio.example/One/a.flac", None),
        ("../../../etc/passwd", None),
        ("One/a.flac/../nothing.flac", None),
    ],
)
async def test_line_means_the_file_that_it_can_only_mean(
    db: Database, scanner: Scanner, music: Path, line: str, title: str | None
) -> None:
    (music / "list.m3u8").write_text(line + "\n")
    await scanner.run()
    assert await shown(db, (await only(db)).id) == [title or f"<{line}>"]


async def test_absolute_path_of_this_machine_is_found(
    db: Database, scanner: Scanner, music: Path
) -> None:
    (music / "One" / "list.m3u").write_text(f"{music}/One/a.flac\n../Zwölf/c.flac\n")
    await scanner.run()
    assert await shown(db, (await only(db)).id) == ["A", "C"]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("x.m3u", "#PLAYLIST:Früh\nZwölf/c.flac\n".encode("cp1252")),
        ("x.m3u8", b"\xef\xbb\xbf" + "#PLAYLIST:Früh\nZwölf/c.flac\n".encode()),
        ("x.pls", "[playlist]\nX-GNOME-Title=Früh\nFile1=Zwölf/c.flac\n".encode("cp1252")),
        (
            "x.xspf",
            b'<playlist xmlns="http://xspf.org/ns/0/"><title>Fr\xc3\xbch</title><trackList>'
            b"<track><location>Zw%C3%B6lf/c.flac</location></track></trackList></playlist>",
        ),
    ],
)
async def test_all_kinds_and_charsets_are_taken_in(
    db: Database, scanner: Scanner, music: Path, name: str, raw: bytes
) -> None:
    (music / name).write_bytes(raw)
    await scanner.run()
    found = await only(db)
    assert (found.name, found.file, found.editable) == ("Früh", name, False)
    assert await shown(db, found.id) == ["C"]


async def test_list_follows_its_file(db: Database, scanner: Scanner, music: Path) -> None:
    path = music / "list.m3u8"
    path.write_text("One/a.flac\nlater.flac\nOne/b.flac\n")
    await scanner.run()
    first = await only(db)
    assert await shown(db, first.id) == ["A", "<later.flac>", "B"]
    # the line that meant nothing means something once its file is there
    songs.song(music / "later.flac", 9, title="LATER")
    await scanner.run()
    assert await shown(db, first.id) == ["A", "LATER", "B"]
    path.write_text("Two/b.flac\n")
    path.rename(music / "One" / "other.m3u8")
    await scanner.run()
    second = await only(db)
    assert await shown(db, second.id) == ["<Two/b.flac>"]
    (music / "One" / "other.m3u8").rename(path)
    await scanner.run()
    assert (await only(db)).id == second.id
    path.unlink()
    await scanner.run()
    assert (await playlists.of(db, EVERYTHING, OLGA, limit=10)).items == []


async def test_nothing_is_read_or_written_again_unless_it_changed(
    db: Database, scanner: Scanner, music: Path
) -> None:
    path = music / "list.m3u8"
    path.write_text("One/a.flac\nnothing\n")
    await scanner.run()
    before = (path.stat(), [tuple(row) for row in await db.rows("SELECT * FROM playlist")])
    await scanner.run()
    after = (path.stat(), [tuple(row) for row in await db.rows("SELECT * FROM playlist")])
    assert after == before


async def test_list_is_everybodys_who_may_see_its_library(
    db: Database, scanner: Scanner, music: Path
) -> None:
    (music / "list.m3u8").write_text("One/a.flac\n")
    await scanner.run()
    await accounts.add(db, "Ann", Role.ADULT, "password of Ann")
    ann = ProfileId(2)
    found = await only(db, ann)
    assert (found.mine, found.editable, found.track_count) == (False, False, 1)
    assert await shown(db, found.id, ann) == ["A"]
    hidden = Visibility(libraries=frozenset([LibraryId(99)]))
    assert (await playlists.of(db, hidden, ann, limit=10)).items == []
    with pytest.raises(NotFound):
        await playlists.one(db, hidden, ann, found.id)
    with pytest.raises(NotFound):
        await playlists.change(db, EVERYTHING, ann, found.id, order=[], now=NOW)
    with pytest.raises(NotFound):
        await listfiles.remove(db, EVERYTHING, ann, found.id)
    with pytest.raises(Conflict, match="follows its file"):
        await playlists.change(db, EVERYTHING, OLGA, found.id, order=[], now=NOW)


async def test_deleted_list_comes_back_when_its_file_changes(
    db: Database, scanner: Scanner, music: Path
) -> None:
    path = music / "list.m3u8"
    path.write_text("One/a.flac\n")
    await scanner.run()
    await listfiles.remove(db, EVERYTHING, OLGA, (await only(db)).id)
    assert path.exists()
    os.utime(path, (1, 1))
    await scanner.run()
    assert (await playlists.of(db, EVERYTHING, OLGA, limit=10)).items == []
    path.write_text("One/b.flac\n")
    await scanner.run()
    assert await shown(db, (await only(db)).id) == ["B"]


async def test_what_is_no_list_is_told_with_the_reason(
    db: Database, scanner: Scanner, music: Path
) -> None:
    (music / "bad.xspf").write_text("<no")
    (music / "hls.m3u8").write_text("#EXTM3U\n#EXT-X-VERSION:3\nseg.ts\n")
    (music / "zero.m3u").write_bytes(b"a\0b")
    os.mkfifo(music / "pipe.m3u")
    await scanner.run()
    reasons = {each.path: each.reason for each in await listfiles.problems(db, limit=9)}
    assert set(reasons) == {"bad.xspf", "hls.m3u8", "zero.m3u"}
    assert "XML" in reasons["bad.xspf"]
    assert "HLS" in reasons["hls.m3u8"]
    (music / "bad.xspf").unlink()
    (music / "hls.m3u8").write_text("One/a.flac\n")
    (music / "zero.m3u").unlink()
    await scanner.run()
    assert not await listfiles.problems(db, limit=9)
    assert (await only(db)).name == "hls"


# both ways ---------------------------------------------------------------------------------------

TEXT = (
    "\ufeff#EXTM3U\r\n#EXTINF:1,first\r\nOne\\a.flac\r\n"
    "# mine\r\ngone.flac\r\nOne\\b.flac\r\n# end\r\n"
)


@pytest.fixture
async def both(db: Database, scanner: Scanner, music: Path) -> Path:
    path = music / "list.m3u"
    path.write_bytes(TEXT.encode())
    path.chmod(0o640)
    await scanner.run()
    await listfiles.set_both_ways(db, (await only(db)).id, both_ways=True)
    return path


async def change(db: Database, pool: Pool, *wanted: str) -> None:
    found = await only(db)
    order = [await track(db, title) for title in wanted]
    await listfiles.ready(db, pool, found.id, now=NOW)
    await playlists.change(db, EVERYTHING, OLGA, found.id, order=order, now=NOW)
    await listfiles.write_back(db, pool, found.id, now=NOW)


async def test_change_is_written_and_all_else_kept(
    db: Database, scanner: Scanner, pool: Pool, both: Path
) -> None:
    await change(db, pool, "B", "A", "C")
    assert both.read_bytes().decode() == (
        "\ufeff#EXTM3U\r\nOne\\b.flac\r\n#EXTINF:1,first\r\nOne\\a.flac\r\n# mine\r\ngone.flac\r\n"
        "#EXTINF:0,Ada - C\r\nZwölf\\c.flac\r\n# end\r\n"
    )
    assert both.stat().st_mode & 0o777 == 0o640
    assert [name for name in os.listdir(both.parent) if "homestream" in name] == []
    await scanner.run()
    found = await only(db)
    assert await shown(db, found.id) == ["B", "A", "<gone.flac>", "C"]
    assert found.note is None


async def test_file_that_was_changed_meanwhile_wins(
    db: Database, scanner: Scanner, pool: Pool, both: Path
) -> None:
    both.write_text("Zwölf/c.flac\n")
    with pytest.raises(Conflict, match="changed meanwhile"):
        await change(db, pool, "B")
    found = await only(db)
    assert await shown(db, found.id) == ["C"]
    assert found.note is not None
    assert "changed meanwhile" in found.note
    assert both.read_text() == "Zwölf/c.flac\n"
    await change(db, pool, "C", "A")
    assert both.read_text() == "#EXTM3U\nZwölf/c.flac\n#EXTINF:0,Ada - A\nOne/a.flac\n"


async def test_file_that_cannot_be_written_is_told(
    db: Database, scanner: Scanner, pool: Pool, both: Path
) -> None:
    kept = both.read_bytes()
    both.unlink()
    await change(db, pool, "A")
    found = await only(db)
    assert found.note is not None
    assert "cannot be written" in found.note
    assert not both.exists()
    both.symlink_to(both.parent / "elsewhere.m3u")
    (both.parent / "elsewhere.m3u").write_bytes(kept)
    await change(db, pool, "B")
    assert (both.parent / "elsewhere.m3u").read_bytes() == kept


async def test_sign_that_the_charset_lacks_makes_it_utf8(
    db: Database, scanner: Scanner, pool: Pool, music: Path
) -> None:
    songs.song(music / "Ада.flac", 7, title="ADA", artist="Ада")
    path = music / "list.m3u"
    path.write_bytes("Zwölf/c.flac\n".encode("cp1252"))
    await scanner.run()
    await listfiles.set_both_ways(db, (await only(db)).id, both_ways=True)
    await change(db, pool, "C", "ADA")
    assert path.read_bytes().decode("utf-8-sig").splitlines()[-1] == "Ада.flac"
    await scanner.run()
    assert await shown(db, (await only(db)).id) == ["C", "ADA"]


XSPF = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<x:playlist version="1" xmlns:x="http://xspf.org/ns/0/" xmlns:own="urn:own">
  <x:title>Trip</x:title>
  <x:trackList>
    <x:track><x:location>One/a.flac</x:location><own:mark>5 &amp; 6</own:mark></x:track>
    <!-- mine -->
    <x:track><x:location>gone%20away.flac</x:location></x:track>
    <x:track><x:title>nowhere</x:title></x:track>
    <x:track own:id='3'><x:location>One/b.flac</x:location></x:track>
  </x:trackList>
  <x:extension application="urn:own"><own:seen/></x:extension>
</x:playlist>
"""


async def test_change_is_written_into_an_xspf_list_and_all_else_kept(
    db: Database, scanner: Scanner, pool: Pool, music: Path
) -> None:
    path = music / "list.xspf"
    path.write_text(XSPF)
    await scanner.run()
    await listfiles.set_both_ways(db, (await only(db)).id, both_ways=True)
    await change(db, pool, "B", "A", "C")
    a, mine, nowhere, end = (XSPF.index(each) for each in ("\n    <x:track><x:location>One/a",
        "\n    <!-- mine", "\n    <x:track><x:title>nowhere", "\n  </x:trackList>"))  # fmt: skip
    new = (
        "\n    <x:track>\n      <x:location>Zw%C3%B6lf/c.flac</x:location>"
        "\n      <x:title>Ada - C</x:title>\n      <x:duration>400</x:duration>\n    </x:track>"
    )
    assert path.read_text() == (
        XSPF[:a] + XSPF[nowhere:end] + XSPF[a:mine] + XSPF[mine:nowhere] + new + XSPF[end:]
    )
    await scanner.run()
    found = await only(db)
    assert await shown(db, found.id) == ["B", "A", "<gone%20away.flac>", "C"]
    assert found.note is None
    await change(db, pool, "C")
    assert new in path.read_text()
    assert "gone%20away.flac" in path.read_text()


async def test_xspf_list_in_another_charset_stays_in_it(
    db: Database, scanner: Scanner, pool: Pool, music: Path
) -> None:
    songs.song(music / "d.flac", 7, title="Дом", artist="Ада")
    path = music / "list.xspf"
    before = (
        '<?xml version="1.0" encoding="iso-8859-1"?><playlist><title>Früh</title>'
        "<trackList></trackList></playlist>"
    )
    path.write_bytes(before.encode("latin-1"))
    await scanner.run()
    await listfiles.set_both_ways(db, (await only(db)).id, both_ways=True)
    await change(db, pool, "Дом")
    assert "Früh".encode("latin-1") in path.read_bytes()
    await scanner.run()
    found = await only(db)
    assert (found.name, await shown(db, found.id)) == ("Früh", ["Дом"])


async def test_nothing_is_written_unless_the_owner_said_so(
    db: Database, scanner: Scanner, pool: Pool, music: Path
) -> None:
    path = music / "list.xspf"
    path.write_text("<playlist><trackList/></playlist>")
    await scanner.run()
    found = await only(db)
    await listfiles.write_back(db, pool, found.id, now=NOW)
    assert path.read_text() == "<playlist><trackList/></playlist>"
    await listfiles.set_both_ways(db, found.id, both_ways=True)
    await change(db, pool, "A")
    await scanner.run()
    assert await shown(db, found.id) == ["A"]


# import and export -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m3u8", "xspf"])
async def test_export_comes_back_as_it_was(
    db: Database, scanner: Scanner, pool: Pool, kind: str
) -> None:
    await scanner.run()
    order = [await track(db, title) for title in "CAB"]
    made = await playlists.create(db, EVERYTHING, OLGA, "Trip", order, now=NOW)
    text = await listfiles.export(db, EVERYTHING, OLGA, made, kind)
    raw = text.encode() + (b"One/nothing.flac\n" if kind == "m3u8" else b"")
    again = await listfiles.upload(db, pool, EVERYTHING, OLGA, f"x.{kind}", raw, now=NOW)
    assert (await playlists.one(db, EVERYTHING, OLGA, again)).name == "Trip"
    gap = ["<One/nothing.flac>"] if kind == "m3u8" else []
    assert await shown(db, again) == ["C", "A", "B", *gap]


async def test_upload_finds_nothing_that_may_not_be_seen(
    db: Database, scanner: Scanner, pool: Pool
) -> None:
    await scanner.run()
    nothing = Visibility(libraries=frozenset())
    made = await listfiles.upload(db, pool, nothing, OLGA, "x.m3u", b"One/a.flac\n", now=NOW)
    assert await shown(db, made) == ["<One/a.flac>"]


@pytest.mark.parametrize(
    ("name", "raw"), [("x.txt", b"a"), ("x", b"a"), ("x.pls", b"a"), ("x.xspf", b"a")]
)
async def test_upload_of_what_is_no_list_is_refused(
    db: Database, pool: Pool, name: str, raw: bytes
) -> None:
    with pytest.raises(BadInput):
        await listfiles.upload(db, pool, EVERYTHING, OLGA, name, raw, now=NOW)


async def test_look_at_one_folder_leaves_the_lists_of_others(
    db: Database, scanner: Scanner, music: Path
) -> None:
    (music / "list.m3u8").write_text("One/a.flac\n")
    (music / "One" / "near.m3u8").write_text("b.flac\n")
    await scanner.run()
    (music / "One" / "near.m3u8").unlink()
    scope = {LibraryId(1): Folders(deep=frozenset({b"One"}))}
    await scanner.look(scope, ripe=lambda file: True, patient=False)
    assert (await only(db)).name == "list"
