"""CUE sheets in files beside sound files, and those that stand in their tags."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from homestream.errors import Busy, HomestreamError
from homestream.formats import charset, cue
from homestream.media.source import Source, descriptor


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A sheet that cannot be used, and why, in a person's words."""

    reason: str


class Read(msgspec.Struct, frozen=True, tag=True):
    sheet: cue.Sheet


def read(sources: list[Source]) -> list[Read | Refused]:
    """Each sheet of a batch, in order; one that cannot be read refuses itself alone."""
    return list(_answers(sources))


def parse(texts: list[str]) -> list[Read | Refused]:
    """The same for sheets that stood in tags."""
    return [_parsed(text) for text in texts]


def _answers(sources: list[Source]) -> Iterator[Read | Refused]:
    for source in sources:
        try:
            with descriptor(source) as fd:
                if os.fstat(fd).st_size > cue.MOST_BYTES:
                    yield Refused("it is larger than 500 KB: no sheet is")
                    continue
                raw = os.pread(fd, cue.MOST_BYTES, 0)
        except Busy:
            raise
        except HomestreamError as error:
            yield Refused(str(error))
            continue
        yield _parsed(charset.decode(raw)[0])


def _parsed(text: str) -> Read | Refused:
    try:
        return Read(cue.parse(text[: cue.MOST_BYTES]))
    except HomestreamError as error:
        return Refused(str(error))
