"""All that hangs on recordings, and goes along when two of them turn out to be one."""

from __future__ import annotations

from typing import Final

from homestream.library.recordings import Follower
from homestream.listening import bookmarks, earlier, playlists, plays, ratings, stars

EVERY: Final[tuple[Follower, ...]] = (
    plays.FOLLOWER,
    stars.FOLLOWER,
    playlists.FOLLOWER,
    ratings.FOLLOWER,
    earlier.FOLLOWER,
    bookmarks.FOLLOWER,
)
