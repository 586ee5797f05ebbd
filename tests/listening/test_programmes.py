"""What is told about a programme that somebody else made."""

from __future__ import annotations

from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import TrackId
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.listening import programmes
from homestream.media import programme as items
from homestream.visibility import EVERYTHING, Visibility
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.listening import shelf


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
