"""Lyrics in a file beside a track: song.ttml, song.elrc, song.lrc, song.srt or song.txt."""

from __future__ import annotations

import os
from typing import Final

import msgspec

from homestream.errors import MediaError
from homestream.formats import lrc, srt, ttml
from homestream.formats.lrc import Lyrics
from homestream.media.source import Source, descriptor

# where several lie beside a track, the first of these goes first; texts inside the file go last
FORMS: Final = ("ttml", "elrc", "lrc", "srt", "txt")
MOST_BYTES: Final = 1_000_000


def read(source: Source, form: str = "lrc", language: str = "und") -> list[Lyrics]:
    """The lyrics in a file of one of FORMS: the text, then its translations.

    `language` is what the file's name says. MediaError when it is too long, empty or no text.
    """
    with descriptor(source) as fd:
        if os.fstat(fd).st_size > MOST_BYTES:
            raise MediaError("lyrics file is larger than 1 MB")
        raw = os.pread(fd, MOST_BYTES, 0)
    found = [
        msgspec.structs.replace(lyrics, form=form)
        for lyrics in _parsed(raw, form, language)
        if any(line.text for line in lyrics.lines)
    ]
    if not found:
        raise MediaError("lyrics file has no words in it")
    return found


def _parsed(raw: bytes, form: str, language: str) -> tuple[Lyrics, ...]:
    if form == "ttml":
        return ttml.parse(raw, language)
    text = lrc.decode(raw)
    if "\0" in text:
        raise MediaError("lyrics file is not text")
    if form == "srt":
        return (srt.parse(text, language),)
    return (lrc.parse(text, language),)
