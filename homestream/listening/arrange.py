"""How tracks are put on one line: how loud each is, what of it is left out, and how it meets its
neighbours.

Loudness is EBU R128's; the target is that of ReplayGain 2.0, so that what was measured here and
what a file's tags say agree. Nothing is made louder than what leaves its true peak 1 dB below full
scale. Tracks that follow each other on an album stay as they are to each other: no crossfade, no
silence left out between them, and one gain for all where the album's is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal

import msgspec

from homestream.ids import AlbumId, FileId
from homestream.media.facts import Facts
from homestream.media.programme import Item

Levelling = Literal["off", "track", "album", "auto"]

TARGET: Final = -18.0  # LUFS
CEILING: Final = -1.0  # dBTP
MOST_CROSSFADE: Final = 12.0  # seconds
_SHORTEST_FADE_MS: Final = 50


class Manner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a listener wants tracks to follow each other."""

    crossfade: float = 0.0  # seconds
    levelling: Levelling = "off"
    trim_silence: bool = False


class Level(msgspec.Struct, frozen=True):
    """How loud a track or an album is."""

    loudness: float  # LUFS
    peak: float | None = None  # dBTP; None: not known


class Sound(msgspec.Struct, frozen=True):
    """A track to be put on a line."""

    key: str
    facts: Facts
    begin: int  # in its file
    end: int | None
    file: FileId
    album: AlbumId
    disc: int
    position: int | None
    spoken: bool = False
    level: Level | None = None  # None: not known
    lead: int = 0  # samples of silence at the start of its file
    trail: int = 0  # and at the end


class Arranged(msgspec.Struct, frozen=True):
    """A track on a line. `gain` None: nothing is known of how loud it is, so it is played as it
    is."""

    item: Item
    gain: float | None


class Disc(msgspec.Struct, frozen=True):
    """The numbers of the first and last track on it."""

    first: int
    last: int


class Album(msgspec.Struct, frozen=True):
    level: Level | None = None
    discs: Mapping[int, Disc] = {}


def arrange(
    sounds: Sequence[Sound],
    albums: Mapping[AlbumId, Album],
    manner: Manner,
    kept: Arranged | None = None,
) -> list[Arranged]:
    """These tracks in order, as they are put on a line.

    `kept` is what the first one is on a line that it is on already: only what happens at its end
    is decided anew.
    """
    joined = [False, *(_joined(one, two, albums) for one, two in pairwise(sounds))]
    items = [
        _trimmed(sound, before=before, after=after)
        if manner.trim_silence
        else Item(sound.key, sound.facts, sound.begin, sound.end)
        for sound, before, after in zip(sounds, joined, [*joined[1:], False], strict=False)
    ]
    gains = [_gain(sounds, place, albums, manner.levelling) for place in range(len(sounds))]
    if kept is not None:
        gains[0] = kept.gain
        items[0] = _as_begun(items[0], kept.item)
    if manner.crossfade:
        _crossfade(items, sounds, joined, round(manner.crossfade * 1000))
    return [
        Arranged(msgspec.structs.replace(item, gain=gain or 0.0), gain)
        for item, gain in zip(items, gains, strict=True)
    ]


def gain(level: Level) -> float:
    """The gain in dB that brings a sound to the target, as far as its peak lets it."""
    wanted = TARGET - level.loudness
    room = 0.0 if level.peak is None else max(0.0, CEILING - level.peak)
    return round(min(wanted, room), 2) or 0.0  # no -0.0


def _gain(
    sounds: Sequence[Sound], place: int, albums: Mapping[AlbumId, Album], levelling: Levelling
) -> float | None:
    sound = sounds[place]
    if levelling == "off":
        return 0.0
    level = sound.level
    if levelling == "album" or (levelling == "auto" and _in_company(sounds, place)):
        album = albums.get(sound.album)
        if album is not None and album.level is not None:
            level = album.level
    return None if level is None else gain(level)


def _in_company(sounds: Sequence[Sound], place: int) -> bool:
    """Whether the track before or after is of the same album."""
    album = sounds[place].album
    return any(
        0 <= beside < len(sounds) and sounds[beside].album == album
        for beside in (place - 1, place + 1)
    )


def _joined(one: Sound, two: Sound, albums: Mapping[AlbumId, Album]) -> bool:
    """Whether two tracks are neighbours on an album, or in one file."""
    if one.file == two.file and one.end is not None and one.end == two.begin:
        return True
    if one.album != two.album or one.position is None or two.position is None:
        return False
    if one.disc == two.disc:
        return two.position == one.position + 1
    discs = albums[one.album].discs if one.album in albums else {}
    if two.disc != min((disc for disc in discs if disc > one.disc), default=None):
        return False
    return one.position == discs[one.disc].last and two.position == discs[two.disc].first


def _as_begun(item: Item, kept: Item) -> Item:
    """The item, its start as it is on the line already."""
    end = item.end
    if kept.begin >= (item.facts.samples if end is None else end):
        end = kept.end
    return msgspec.structs.replace(item, begin=kept.begin, end=end, fade_in_ms=kept.fade_in_ms)


def _trimmed(sound: Sound, *, before: bool, after: bool) -> Item:
    """A track without the silence at its ends, but where a neighbour of its album is."""
    item = Item(sound.key, sound.facts, sound.begin, sound.end)
    end = item.facts.samples if item.end is None else min(item.end, item.facts.samples)
    begin, finish = item.begin, end
    if not before and sound.lead > begin:
        begin = sound.lead
    if not after and item.facts.samples - sound.trail < end:
        finish = item.facts.samples - sound.trail
    if begin >= finish:  # all of it is silence: that is what it is
        return item
    return msgspec.structs.replace(item, begin=begin, end=item.end if finish == end else finish)


def _crossfade(
    items: list[Item], sounds: Sequence[Sound], joined: Sequence[bool], wanted_ms: int
) -> None:
    """Fades each item into the next, unless they belong together or somebody speaks. No fade takes
    more than half of an item, so that at most two are heard at once."""
    for place in range(1, len(items)):
        if joined[place] or sounds[place - 1].spoken or sounds[place].spoken:
            continue
        length = min(_half_ms(items[place - 1]), _half_ms(items[place]), wanted_ms)
        if length < _SHORTEST_FADE_MS:
            continue
        items[place - 1] = msgspec.structs.replace(items[place - 1], fade_out_ms=length)
        items[place] = msgspec.structs.replace(items[place], fade_in_ms=length)


def _half_ms(item: Item) -> int:
    end = item.facts.samples if item.end is None else min(item.end, item.facts.samples)
    return max(0, math.floor((end - item.begin) * 500 / item.facts.sample_rate))
