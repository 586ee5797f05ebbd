"""What is wrong with a library is found, counted, and mended or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.library import health
from homestream.library.scan import Scanner
from tests.library import music as songs
from tests.library.test_artwork import png


async def counts(db: Database) -> dict[str, int]:
    return {card.check.kind: card.count for card in await health.cards(db) if card.count}


async def titles(db: Database, kind: str) -> list[str]:
    return [item.title for item in await health.items(db, kind, limit=50)]


async def test_well_kept_library_has_nothing_wrong(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1, date="1999")
    (music / "One" / "cover.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    assert await counts(db) == {}
    assert await health.trouble(db) == 0
    assert all(card.counted_at for card in await health.cards(db))


async def test_each_kind_of_fault_is_found_and_named(
    scanner: Scanner, db: Database, music: Path
) -> None:
    (music / "cover.png").write_bytes(png("red"))
    songs.song(music / "One" / "untitled.flac", 1)
    songs.album(music / "Old", "Old", "B", tracks=1, seed=11, date="1742")
    songs.album(music / "Mixed", "Mixed", "B", tracks=1, seed=21, date="1999")
    songs.song(
        music / "Mixed" / "2.flac", 25, title="Two", artist="B", album="Mixed",
        albumartist="B", date="2004", tracknumber="2",
    )  # fmt: skip
    twice = songs.song(music / "X" / "a.flac", 31, title="Twice", artist="C", album="X")
    songs.song(music / "Y" / "a.flac", 31, title="Twice", artist="C", album="Y")
    (music / "broken.mp3").write_text("this is not music at all")
    (music / "Old" / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    gone = songs.song(music / "Z" / "gone.flac", 41, title="Gone", artist="D", album="Z")
    cut = songs.song(music / "Z" / "cut.wav", 42, seconds=3)
    await scanner.run(all_stages=True)
    gone.unlink()
    await scanner.run(all_stages=True)

    found = await counts(db)
    assert found["unreadable"] == 1
    assert found["untagged"] == 2
    assert found["dates"] == 2
    assert found["duplicates"] == 1
    assert found["away"] == 1
    assert found["refused-art"] == 1
    assert found["artless"] >= 3
    assert await health.trouble(db) == 1
    assert await titles(db, "unreadable") == ["broken.mp3"]
    assert sorted(await titles(db, "dates")) == ["Mixed", "Old"]
    assert await titles(db, "away") == ["Gone"]
    (both,) = await health.items(db, "duplicates", limit=50)
    assert both.title == "Twice"
    assert len(both.lines) == 2
    assert any(str(twice) in line.text for line in both.lines)
    assert cut.exists()


async def test_what_is_left_as_it_is_is_listed_no_more_until_asked_for(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.song(music / "One" / "a.flac", 1)
    songs.song(music / "One" / "b.flac", 2)
    await scanner.run(all_stages=True)
    (first, second) = await health.items(db, "untagged", limit=50)
    await health.leave(db, "untagged", first.item)
    assert await health.items(db, "untagged", limit=50) == [second]
    assert (await counts(db))["untagged"] == 1
    await scanner.run(all_stages=True)
    assert (await counts(db))["untagged"] == 1
    await health.show_again(db, "untagged")
    assert (await counts(db))["untagged"] == 2


async def test_file_that_is_forgotten_keeps_its_history_and_comes_back(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.flac", 1, title="A", artist="B", album="C")
    songs.song(music / "b.flac", 2, title="B", artist="B", album="C")
    await scanner.run(all_stages=True)
    kept = file.read_bytes()
    file.unlink()
    await scanner.run(all_stages=True)
    (item,) = await health.items(db, "away", limit=50)
    await health.leave(db, "away", item.item)
    assert "away" not in await counts(db)
    assert len(await db.rows("SELECT * FROM track")) == 2
    file.write_bytes(kept)
    await scanner.run(all_stages=True)
    assert len(await db.rows("SELECT * FROM track WHERE state = 'present'")) == 2


async def test_unreadable_file_is_tried_again_when_asked(
    scanner: Scanner, db: Database, music: Path
) -> None:
    (music / "broken.mp3").write_text("this is not music at all")
    (music / "other.mp3").write_text("nor is this any music at all")
    await scanner.run(all_stages=True)
    before = await health.items(db, "unreadable", limit=50)
    await health.try_again(db, "unreadable", before[0].item)
    assert (await counts(db))["unreadable"] == 1
    await health.try_again(db, "unreadable", None)
    assert await health.items(db, "unreadable", limit=50) == []
    await scanner.run(all_stages=True)
    assert await health.items(db, "unreadable", limit=50) == before


async def test_refused_picture_is_drawn_when_asked(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    (music / "One" / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    await scanner.run(all_stages=True)
    assert (await counts(db))["refused-art"] == 1
    await health.try_again(db, "refused-art", None)
    assert "refused-art" not in await counts(db)
    await scanner.run(all_stages=True)
    assert (await counts(db))["refused-art"] == 1


async def test_library_that_is_away_is_serious(scanner: Scanner, db: Database, music: Path) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    await scanner.run(all_stages=True)
    music.rename(music.with_name("elsewhere"))
    await scanner.run(all_stages=True)
    found = await counts(db)
    assert found["libraries-away"] == 1
    assert "away" not in found  # the folder says it for all of them
    assert await health.trouble(db) == 1


@pytest.mark.parametrize(
    ("kind", "item"),
    [("nothing", "1"), ("libraries-away", "1")],
)
async def test_what_cannot_be_left_is_not(db: Database, kind: str, item: str) -> None:
    with pytest.raises(NotFound):
        await health.leave(db, kind, item)


@pytest.mark.parametrize(
    ("kind", "item"),
    [("unreadable", "x"), ("unreadable", "1-zz"), ("truncated", "-1"), ("artless", None)],
)
async def test_what_cannot_be_tried_again_is_not(db: Database, kind: str, item: str | None) -> None:
    with pytest.raises(NotFound):
        await health.try_again(db, kind, item)


@pytest.mark.parametrize("check", health.CHECKS, ids=lambda check: check.kind)
async def test_no_check_reads_a_whole_table_of_tracks_or_files(
    db: Database, check: health.Check
) -> None:
    """Each list and count goes by an index, or through a table that is short."""
    for sql in (check.count_sql, check.list_sql, check.more_sql):
        if not sql:
            continue
        named = {"limit": 50, "begin": 0, "latest": 2027, "gone": "", "items": "[1]"}
        used = {name: value for name, value in named.items() if f":{name}" in sql}
        for row in await db.rows(f"EXPLAIN QUERY PLAN {sql}", used):
            plan = row["detail"]
            if plan.startswith("SCAN"):
                short = (
                    "rejected",
                    "library",
                    "json_each",
                    "(subquery",
                    "pieces",
                    "sheet",
                    "cut",
                    "broken",
                    "playlist_file",
                )
                assert "INDEX" in plan or any(name in plan for name in short), plan
