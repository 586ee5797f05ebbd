"""CUE sheets: where the tracks of one long file begin, and what they are called.

The grammar is that of CDRWIN's manual, appendix A, as rippers write it: times are
minutes:seconds:frames with 75 frames in a second, INDEX 01 is where a track begins, and what lies
between INDEX 00 and INDEX 01 (the pregap) plays at the end of the track before, as on a CD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from homestream.errors import BadInput

FRAMES: Final = 75  # in a second
MOST_BYTES: Final = 512_000
MOST_TRACKS: Final = 999
MOST_FILES: Final = 999
LONGEST_VALUE: Final = 500  # characters
HIDDEN_SECONDS: Final = 5  # what lies before the first track is a track of its own from here on

_LINE: Final = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*?))?\s*")
_TIME: Final = re.compile(r"(\d{1,5}):(\d{1,2}):(\d{1,2})")
_KINDS: Final = frozenset({"wave", "mp3", "aiff", "binary", "motorola", "flac", "ape", "wv"})
_NUMBER: Final = re.compile(r"\d{1,4}")


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """One track. Times are in frames from the start of the file that is named `file`-th."""

    number: int
    file: int  # where its INDEX 01 lies
    begin: int  # INDEX 01
    sound: bool = True  # False: data
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    isrc: str = ""
    pregap: int | None = None  # INDEX 00, where it lies in the same file
    remarks: Mapping[str, str] = {}  # REM, names in upper case


class Sheet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sheet: the files it names, and their tracks in order."""

    files: tuple[str, ...]
    tracks: tuple[Track, ...]
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    catalog: str = ""
    remarks: Mapping[str, str] = {}


class Piece(msgspec.Struct, frozen=True):
    """The part of a file that a track is: frames [begin, end), `end` None to the file's end.

    `track` is None for what is hidden before the first one.
    """

    track: Track | None
    begin: int
    end: int | None


class _Open:
    """What was read of a track so far."""

    def __init__(self, number: int, kind: str) -> None:
        self.number = number
        self.sound = kind.upper() == "AUDIO"
        self.words: dict[str, str] = {}
        self.remarks: dict[str, str] = {}
        self.indexes: dict[int, tuple[int, int]] = {}  # index: file, frames

    def closed(self) -> Track:
        if 1 not in self.indexes:
            raise BadInput(f"track {self.number} has no INDEX 01")
        file, begin = self.indexes[1]
        before = self.indexes.get(0)
        return Track(
            number=self.number,
            file=file,
            begin=begin,
            sound=self.sound,
            title=self.words.get("TITLE", ""),
            performer=self.words.get("PERFORMER", ""),
            songwriter=self.words.get("SONGWRITER", ""),
            isrc=self.words.get("ISRC", ""),
            pregap=before[1] if before is not None and before[0] == file else None,
            remarks=self.remarks,
        )


def parse(text: str) -> Sheet:
    """A sheet from its text; BadInput says in a person's words why it is none."""
    files: list[str] = []
    tracks: list[Track] = []
    words: dict[str, str] = {}
    remarks: dict[str, str] = {}
    track: _Open | None = None
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        command, rest = match[1].upper(), match[2] or ""
        if command == "FILE":
            if len(files) >= MOST_FILES:
                raise BadInput(f"it names more than {MOST_FILES} files")
            files.append(_file(rest))
        elif command == "TRACK":
            if track is not None:
                tracks.append(track.closed())
            if len(tracks) >= MOST_TRACKS:
                raise BadInput(f"it has more than {MOST_TRACKS} tracks")
            number, _, kind = rest.partition(" ")
            if not _NUMBER.fullmatch(number):
                raise BadInput(f"TRACK {rest[:40]!r} has no number")
            track = _Open(int(number), kind.strip() or "AUDIO")
        elif command == "INDEX":
            _index(track, rest, len(files) - 1)
        elif command == "REM":
            name, _, value = rest.partition(" ")
            into = remarks if track is None else track.remarks
            into.setdefault(name.upper(), _unquoted(value))
        elif command in ("TITLE", "PERFORMER", "SONGWRITER", "ISRC", "CATALOG"):
            into = words if track is None else track.words
            into.setdefault(command, _unquoted(rest))
    if track is not None:
        tracks.append(track.closed())
    if not tracks:
        raise BadInput("it has no tracks")
    return Sheet(
        files=tuple(files) or ("",),
        tracks=tuple(tracks),
        title=words.get("TITLE", ""),
        performer=words.get("PERFORMER", ""),
        songwriter=words.get("SONGWRITER", ""),
        catalog=words.get("CATALOG", ""),
        remarks=remarks,
    )


def pieces(sheet: Sheet, file: int) -> tuple[Piece, ...]:
    """How the `file`-th file is cut; nothing where it holds one track alone.

    BadInput where tracks overlap. Data between two tracks ends the first and is left out.
    """
    inside = [track for track in sheet.tracks if track.file == file]
    if sum(track.sound for track in inside) < 2:
        return ()
    found: list[Piece] = []
    first = inside[0]
    if first.number == 1 and first.sound and first.begin > HIDDEN_SECONDS * FRAMES:
        found.append(Piece(None, 0, first.begin))
    for track, after in zip(inside, [*inside[1:], None], strict=True):
        end = after.begin if after is not None else None
        if end is not None and end <= track.begin:
            raise BadInput(f"track {track.number} ends before it begins")
        if track.sound:
            found.append(Piece(track, track.begin, end))
    return tuple(found)


def samples(frames: int, sample_rate: int) -> int:
    """Where a time lies in samples, to the nearest; exact at 44.1 kHz and its multiples."""
    return (2 * frames * sample_rate + FRAMES) // (2 * FRAMES)


def _index(track: _Open | None, rest: str, file: int) -> None:
    number, _, time = rest.partition(" ")
    match = _TIME.fullmatch(time.strip())
    if track is None or not _NUMBER.fullmatch(number):
        raise BadInput(f"INDEX {rest[:40]!r} belongs to no track")
    if match is None or int(match[2]) > 59 or int(match[3]) >= FRAMES:
        raise BadInput(f"track {track.number}: {time.strip()[:20]!r} is not a time")
    frames = (int(match[1]) * 60 + int(match[2])) * FRAMES + int(match[3])
    track.indexes.setdefault(int(number), (max(file, 0), frames))


def _file(rest: str) -> str:
    """The name in a FILE line, whose last word is its kind unless that is left out."""
    if rest.startswith('"') and rest.count('"') > 1:
        return rest[1 : rest.rindex('"')][:LONGEST_VALUE]
    name, _, kind = rest.rpartition(" ")
    return (name if name and kind.lower() in _KINDS else rest).strip()[:LONGEST_VALUE]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text.strip()[:LONGEST_VALUE]
