"""What is told about a programme that somebody else made."""

from __future__ import annotations

from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.library.scan import Scanner
from homestream.listening import programmes
from homestream.visibility import EVERYTHING, Visibility
from homestream.workers.pool import Pool
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
