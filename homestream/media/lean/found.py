"""What a lean reader gives back, or that it does not take the file."""

from __future__ import annotations

from typing import Final, NamedTuple

from homestream.media.facts import Facts
from homestream.media.table import Collected

LAYOUTS: Final = {1: "mono", 2: "stereo"}


class Unusual(Exception):
    """The file is to be read in the long way."""


class Found(NamedTuple):
    """What was read; `pictures` holds the digest of each one, by `keys.picture`."""

    facts: Facts
    collected: Collected
    audio_key: bytes
    pictures: list[bytes]
