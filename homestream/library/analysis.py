"""What the analysis of sounds found, how far it is, and whether it is paused.

Writing runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.db.connect import Database
from homestream.ids import FileId, TrackId
from homestream.media import late
from homestream.media.analyse import KEYS, VERSION, Analysis
from homestream.visibility import Visibility

if TYPE_CHECKING:
    from homestream.library import catalogue, sameness
else:
    # a scan writes by this module and needs neither
    catalogue = late.module("homestream.library.catalogue")
    sameness = late.module("homestream.library.sameness")

_PAUSED: Final = "sound_analysis_paused"
_MOST_PROBLEMS: Final = 200


class Heard(msgspec.Struct, frozen=True):
    """What is known of a track's sound. Samples are counted at `sample_rate`."""

    loudness: float | None  # LUFS
    loudness_range: float | None  # LU
    sample_peak: float | None  # dBFS
    true_peak: float | None  # dBTP
    sample_rate: int
    lead_samples: int  # of silence
    trail_samples: int
    bpm: float | None
    key: str | None  # "A♭", "F♯m"
    energy: float | None  # 0 to 1
    problem: str | None


class Progress(msgspec.Struct, frozen=True):
    total: int  # files that are here
    done: int
    problems: int
    paused: bool


class Problem(msgspec.Struct, frozen=True):
    """A file that cannot be decoded to its end."""

    track: TrackId
    title: str
    artist_credit: str
    path: str  # in its library
    problem: str


def write(connection: sqlite3.Connection, file: FileId, rate: int, found: Analysis) -> None:
    """Keeps what an analysis gave instead of the one before."""
    connection.execute(
        "INSERT OR REPLACE INTO analysis (file_id, version, packets, loudness, loudness_range, "
        "  sample_peak, true_peak, lead_samples, trail_samples, bpm, key, energy, features) "
        "VALUES (:file, :version, :packets, :loudness, :loudness_range, :sample_peak, "
        "  :true_peak, :lead_samples, :trail_samples, :bpm, :key, :energy, :features)",
        {**msgspec.structs.asdict(found), "file": file, "version": VERSION},
    )
    connection.execute(
        "INSERT OR REPLACE INTO waveform (file_id, points) VALUES (:file, :points)",
        {"file": file, "points": found.waveform},
    )
    silence = found.lead_samples + found.trail_samples
    connection.execute(
        "INSERT OR REPLACE INTO print (file_id, duration_ms, sound_ms, course, bits) "
        "VALUES (:file, :duration, :sound, :course, :bits)",
        {
            "file": file,
            "duration": round(found.samples * 1000 / rate),
            "sound": round(max(0, found.samples - silence) * 1000 / rate),
            "course": found.course,
            "bits": found.print,
        },
    )
    connection.execute("DELETE FROM print_key WHERE file_id = :file", {"file": file})
    connection.executemany(
        "INSERT OR IGNORE INTO print_key (key, file_id) VALUES (:key, :file)",
        [{"key": key, "file": file} for key in sameness.keys(found.print)],
    )


async def of_track(db: Database, visibility: Visibility, track: TrackId) -> Heard | None:
    """What is known of a track's sound; None: nothing yet. NotFound."""
    await catalogue.track(db, visibility, None, track)
    row = await db.row(
        "SELECT analysis.*, file.sample_rate, file.problem FROM track "
        "JOIN file ON file.id = track.file_id AND file.analysed > 0 "
        "JOIN analysis ON analysis.file_id = file.id WHERE track.id = :track",
        {"track": track},
    )
    if row is None:
        return None
    same = {name: row[name] for name in Heard.__struct_fields__ if name != "key"}
    return Heard(**same, key=None if row["key"] is None else KEYS[row["key"]])


async def waveform(db: Database, visibility: Visibility, track: TrackId) -> bytes:
    """Pairs of bytes, peak and RMS, of a track, also where it is a part of its file; empty: none
    yet. NotFound.
    """
    await catalogue.track(db, visibility, None, track)
    row = await db.row(
        "SELECT waveform.points, track.begin_samples, file.samples, "
        "  IFNULL(track.end_samples, file.samples) AS end_samples FROM track "
        "JOIN file ON file.id = track.file_id AND file.analysed > 0 "
        "JOIN waveform ON waveform.file_id = file.id WHERE track.id = :track",
        {"track": track},
    )
    if row is None or row["samples"] <= 0:
        return b""
    points = bytes(row["points"])
    count = len(points) // 2
    begin, end = (
        min(count, round(row[each] * count / row["samples"]))
        for each in ("begin_samples", "end_samples")
    )
    return points[2 * begin : 2 * end]


async def progress(db: Database) -> Progress:
    row = await db.row(
        "SELECT (SELECT COUNT(*) FROM file WHERE state = 'present') AS total, "
        "  (SELECT COUNT(*) FROM file WHERE state = 'present' AND analysed >= :version) AS done, "
        "  (SELECT COUNT(*) FROM file WHERE problem IS NOT NULL AND state = 'present') "
        "    AS problems, "
        "  EXISTS (SELECT 1 FROM setting WHERE key = :paused AND value = '1') AS paused",
        {"version": VERSION, "paused": _PAUSED},
    )
    if row is None:
        return Progress(0, 0, 0, False)
    return Progress(row["total"], row["done"], row["problems"], bool(row["paused"]))


async def problems(db: Database) -> list[Problem]:
    """Files that are here and cannot be decoded to their end."""
    rows = await db.rows(
        "SELECT track.id, track.title, track.artist_credit, file.path, file.problem FROM file "
        "JOIN track ON track.file_id = file.id "
        "WHERE file.problem IS NOT NULL AND file.state = 'present' ORDER BY file.id LIMIT :most",
        {"most": _MOST_PROBLEMS},
    )
    return [
        Problem(
            track=TrackId(row["id"]),
            title=row["title"],
            artist_credit=row["artist_credit"],
            path=bytes(row["path"]).decode("utf-8", "replace"),
            problem=row["problem"],
        )
        for row in rows
    ]


async def paused(db: Database) -> bool:
    row = await db.row("SELECT value FROM setting WHERE key = :key", {"key": _PAUSED})
    return row is not None and row["value"] == "1"


async def set_paused(db: Database, *, paused: bool) -> None:
    """Pauses the analysis, or lets it go on; it stays so after a restart."""
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO setting (key, value) VALUES (:key, :value) "
            "ON CONFLICT (key) DO UPDATE SET value = :value",
            {"key": _PAUSED, "value": "1" if paused else "0"},
        )
