"""Lyrics in a file beside a track: song.lrc or song.txt."""

from __future__ import annotations

import os
from typing import Final

from homestream.errors import MediaError
from homestream.formats import lrc
from homestream.formats.lrc import Lyrics
from homestream.media.source import Source, descriptor

MOST_BYTES: Final = 1_000_000


def read(source: Source) -> Lyrics:
    """The lyrics in a text file; MediaError when it is too long, empty or no text."""
    with descriptor(source) as fd:
        if os.fstat(fd).st_size > MOST_BYTES:
            raise MediaError("lyrics file is larger than 1 MB")
        raw = os.pread(fd, MOST_BYTES, 0)
    text = lrc.decode(raw)
    if "\0" in text:
        raise MediaError("lyrics file is not text")
    lyrics = lrc.parse(text)
    if not lyrics.lines:
        raise MediaError("lyrics file has no words in it")
    return lyrics
