"""Sound to measure with: music of Debian's wesnoth-1.16-music where it is installed, else made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from homestream.media import measure, probe
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from tests import sounds

FOLDER = Path("/usr/share/games/wesnoth")
_CHOSEN = ("knolls", "battle-epic", "love_theme")
RATE = 44_100


def flacs(folder: Path, *, count: int, seconds: int) -> list[Path]:
    """FLAC files with 16 bit in stereo at 44.1 kHz, at most that long."""
    found = {path.stem: path for path in FOLDER.rglob("*.ogg") if path.stem in _CHOSEN}
    taken = [found[name] for name in _CHOSEN if name in found][:count]
    if not taken:
        return [
            sounds.write(
                folder / f"made-{seed}.flac",
                sounds.KINDS["flac"],
                sounds.music(seconds * RATE, RATE, seed=seed),
                RATE,
            )
            for seed in range(1, count + 1)
        ]
    return [
        converted(
            path,
            folder / f"{path.stem}.flac",
            *("-t", str(seconds), "-ar", str(RATE), "-ac", "2"),
            *("-sample_fmt", "s16", "-c:a", "flac"),
        )
        for path in taken
    ]


def converted(path: Path, to: Path, *options: str) -> Path:
    command = ["ffmpeg", "-v", "fatal", "-nostdin", "-y", "-i", str(path), "-map", "0:a"]
    subprocess.run([*command, *options, str(to)], check=True)
    return to


def hour(path: Path) -> Path:
    """An hour or a little more of a file's sound, in the same codec."""
    seconds = sounds.facts_of(path, measured=False).duration
    to = path.with_stem(f"hour-{path.stem}")
    command = ["ffmpeg", "-v", "fatal", "-nostdin", "-y", "-stream_loop", str(int(3600 / seconds))]
    subprocess.run([*command, "-i", str(path), "-c", "copy", str(to)], check=True)
    return to


def programme(path: Path) -> Programme:
    """The file alone, with all that a scan finds out about it."""
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    if not isinstance(read, probe.Read):
        raise ValueError(f"{path.name}: {read}")
    found = measure.measure(source, read.facts)
    facts = msgspec.structs.replace(
        read.facts, samples=found.samples, samples_exact=True, index=found.index
    )
    return Programme((Item(path.name, facts),))
