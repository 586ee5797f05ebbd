"""The letters under which lists have something."""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from homestream.db.connect import Database
from homestream.library import identity
from homestream.library.catalogue import terms
from homestream.visibility import EVERYTHING, Visibility

# keys below all others of a section, behind the text that begins it
_LETTERED: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "artists": ("name", (0,)),
    "albums by artist": ("artist", (-1, 0)),
    "albums": ("title", (0,)),
}
_IN_SECTION: Final[Mapping[str, str]] = {
    "artists": "SELECT 1 FROM artist WHERE artist.track_count > 0 "
    "AND artist.sort_name >= s.value ->> 1 AND artist.sort_name < s.value ->> 2",
    "albums by artist": "SELECT 1 FROM album WHERE album.track_count > 0 "
    "AND album.sort_artist >= s.value ->> 1 AND album.sort_artist < s.value ->> 2",
    "albums": "SELECT 1 FROM album WHERE album.track_count > 0 "
    "AND album.sort_title >= s.value ->> 1 AND album.sort_title < s.value ->> 2",
}
_SECTIONS: Final = msgspec.json.encode(
    [
        (here.letter, here.begin, after.begin)
        for here, after in itertools.pairwise(
            [*identity.SECTIONS, identity.Section("", "\U0010ffff")]
        )
    ]
).decode()


async def sections(
    db: Database, visibility: Visibility, listing: Literal["artists", "albums by artist", "albums"]
) -> list[tuple[str, str]]:
    """The letters under which a list has something, each with the cursor that opens it there."""
    sort, rest = _LETTERED[listing]
    rows = await db.rows(
        terms.joined(
            "SELECT s.value ->> 0 AS letter, s.value ->> 1 AS begin_key",
            "FROM json_each(:sections) AS s WHERE EXISTS (",
            _IN_SECTION[listing],
            terms.also(
                visibility != EVERYTHING,
                terms.ARTIST_SEEN if listing == "artists" else terms.ALBUM_SEEN,
            ),
            ")",
        ),
        {**terms.visible(visibility), "sections": _SECTIONS},
    )
    found: dict[str, str] = {}
    for row in rows:
        raw = msgspec.json.encode([sort, 1, row["begin_key"], *rest])
        cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        found.setdefault(row["letter"], cursor)
    return list(found.items())


def behind(cursor: str | None) -> str | None:
    """The text key of the row behind which a cursor goes on; None where it opens a section."""
    if cursor is None:
        return None
    try:
        keys = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[int | str]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    # cursors that open a section stand before every row of it
    text = keys[2] if len(keys) > 3 and keys[-1] != 0 else None
    return text if isinstance(text, str) else None
