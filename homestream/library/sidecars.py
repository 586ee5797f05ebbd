"""Which lyrics files lie beside which sound file, and in which order they count.

"song.lrc" belongs to "song.flac", and so does "song.de.lrc", whose name tells its language, unless
there is a sound of that longer name. The order is that of `media.lyrics.FORMS`; of one form the
file without a language goes first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.library import ingest, walk
from homestream.media import late

if TYPE_CHECKING:
    from homestream.media import lyrics
else:
    lyrics = late.module("homestream.media.lyrics")

_LANGUAGE: Final = re.compile(rb"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})?", re.IGNORECASE)


class Beside(msgspec.Struct, frozen=True):
    """A lyrics file. `language` is "und" where its name does not tell."""

    seen: walk.Seen
    form: str
    language: str

    @property
    def stamp(self) -> str:
        """Tells when it has changed."""
        return f"{self.form}.{self.language}-{self.seen.size}-{self.seen.mtime_ns}"


def beside(
    sounds: Iterable[bytes], texts: Collection[walk.Seen]
) -> dict[bytes, tuple[Beside, ...]]:
    """Lyrics files by the path, without its suffix, of the sound file they belong to."""
    if not texts:
        return {}
    stems = {ingest.stem(path) for path in sounds}
    found: dict[bytes, list[Beside]] = {}
    for seen in texts:
        form = os.path.splitext(seen.path)[1][1:].lower().decode("ascii", "replace")
        stem, language = ingest.stem(seen.path), "und"
        if stem not in stems:
            shorter, code = os.path.splitext(stem)
            if shorter not in stems or not _LANGUAGE.fullmatch(code[1:]):
                continue
            stem, language = shorter, code[1:].decode("ascii").lower().replace("_", "-")
        found.setdefault(stem, []).append(Beside(seen, form, language))
    return {
        stem: tuple(
            sorted(
                files,
                key=lambda each: (
                    lyrics.FORMS.index(each.form),
                    each.language != "und",
                    each.language,
                    each.seen.path,
                ),
            )
        )
        for stem, files in found.items()
    }
