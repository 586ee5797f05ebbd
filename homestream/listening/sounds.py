"""What is known of tracks that are to be put on one line: their files, how loud they and their
albums are, their silence, and their place on their album.

Loudness is what the analysis measured; where it has not come yet, what the file's tags say.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from homestream.db.connect import Database
from homestream.ids import AlbumId, FileId, TrackId
from homestream.library import catalogue
from homestream.listening.arrange import TARGET, Album, Disc, Level, Sound
from homestream.media.tags import ReplayGain
from homestream.visibility import Visibility


class _Tags(msgspec.Struct, frozen=True):
    replaygain: ReplayGain | None = None


async def of(
    db: Database, visibility: Visibility, tracks: Sequence[TrackId]
) -> tuple[list[Sound], list[bytes]]:
    """The tracks in the order given, and the paths of their files.

    NotFound names the first that cannot be seen or is away.
    """
    found = await catalogue.playable(db, visibility, tracks)
    rows = await db.rows(
        "SELECT track.id, track.file_id, track.album_id, track.disc, track.position, "
        "  track.spoken != '' AS spoken, track.tags, file.analysed, analysis.loudness, "
        "  IFNULL(analysis.true_peak, analysis.sample_peak) AS peak, "
        "  IFNULL(analysis.lead_samples, 0) AS lead, IFNULL(analysis.trail_samples, 0) AS trail "
        "FROM track JOIN file ON file.id = track.file_id "
        "LEFT JOIN analysis ON analysis.file_id = file.id AND file.analysed > 0 "
        "WHERE track.id IN (SELECT value FROM json_each(:tracks))",
        {"tracks": _json(tracks)},
    )
    known = {row["id"]: row for row in rows}
    sounds = []
    for each in found:
        row = known[each.track]
        sounds.append(
            Sound(
                key=each.content_key,
                facts=each.facts,
                begin=each.begin,
                end=each.end,
                file=FileId(row["file_id"]),
                album=AlbumId(row["album_id"]),
                disc=row["disc"],
                position=row["position"],
                spoken=bool(row["spoken"]),
                level=_track_level(row["loudness"], row["peak"], row["tags"]),
                lead=row["lead"],
                trail=row["trail"],
            )
        )
    return sounds, [each.path for each in found]


async def albums(
    db: Database, sounds: Sequence[Sound], *, every: bool = False
) -> dict[AlbumId, Album]:
    """The albums of neighbours among the sounds, or `every` one of them.

    An album's loudness is told once all of its tracks were analysed: the mean power of its sound.
    """
    wanted = {one.album for one, two in pairwise(sounds) if one.album == two.album}
    if every:
        wanted = {sound.album for sound in sounds}
    rows = await db.rows(
        "SELECT track.album_id, track.disc, track.position, track.duration_ms, track.tags, "
        "  analysis.file_id IS NOT NULL AS heard, analysis.loudness, "
        "  IFNULL(analysis.true_peak, analysis.sample_peak) AS peak "
        "FROM track JOIN file ON file.id = track.file_id "
        "LEFT JOIN analysis ON analysis.file_id = file.id AND file.analysed > 0 "
        "WHERE track.album_id IN (SELECT value FROM json_each(:albums)) "
        "  AND track.state = 'present'",
        {"albums": _json(wanted)},
    )
    found = defaultdict(list)
    for row in rows:
        found[AlbumId(row["album_id"])].append(row)
    made = {}
    for album, of_it in found.items():
        numbers = defaultdict(list)
        for row in of_it:
            if row["position"] is not None:
                numbers[row["disc"]].append(row["position"])
        if all(row["heard"] for row in of_it):
            level = _together(
                [(row["loudness"], row["duration_ms"]) for row in of_it],
                [row["peak"] for row in of_it],
            )
        else:
            level = _album_level([row["tags"] for row in of_it])
        discs = {disc: Disc(min(each), max(each)) for disc, each in numbers.items()}
        made[album] = Album(level, discs)
    return made


def _together(
    parts: Iterable[tuple[float | None, int]], peaks: Iterable[float | None]
) -> Level | None:
    """Of parts with their loudness and length, and the peaks of all."""
    heard = [(loudness, length) for loudness, length in parts if loudness is not None and length]
    if not heard:
        return None
    power = math.fsum(length * 10 ** (loudness / 10) for loudness, length in heard)
    loudness = 10 * math.log10(power / sum(length for _, length in heard))
    return Level(loudness, max((peak for peak in peaks if peak is not None), default=None))


def _track_level(loudness: float | None, peak: float | None, tags: str) -> Level | None:
    if loudness is not None:
        return Level(loudness, peak)
    told = msgspec.json.decode(tags, type=_Tags).replaygain
    if told is None or told.track_gain is None:
        return None
    return Level(TARGET - told.track_gain, _decibels(told.track_peak))


def _album_level(tags: Iterable[str]) -> Level | None:
    """What the tags of all tracks of an album say, if they say the same."""
    told = {msgspec.json.decode(each, type=_Tags).replaygain for each in tags}
    gains = {each.album_gain for each in told if each is not None}
    if None in told or len(gains) != 1 or (gain := gains.pop()) is None:
        return None
    peaks = [each.album_peak for each in told if each is not None and each.album_peak is not None]
    return Level(TARGET - gain, _decibels(max(peaks, default=None)))


def _decibels(peak: float | None) -> float | None:
    return 20 * math.log10(peak) if peak else None


def _json(values: Iterable[int]) -> str:
    return msgspec.json.encode(sorted(set(values))).decode()
