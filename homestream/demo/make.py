"""The door of the demo: puts the whole library into a folder, and does nothing when it is there.

Everything that takes time to import is imported where the work is done, so that asking again costs
a look at one small file.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homestream.demo import catalogue, place
from homestream.demo.catalogue import Album

if TYPE_CHECKING:
    from homestream.demo import files

MARKER: Final = ".homestream-demo"
MOST_PROCESSES: Final = 4
NOTE: Final = """\
The music in this folder was composed, played and recorded by homestream itself, and it painted the
sleeves and wrote the words. The artists are invented; the notes are not theirs, nor anybody's.

To the extent possible under law, the authors of homestream have waived all copyright and related
or neighbouring rights to this music, its words and its pictures: CC0 1.0 Universal.
https://creativecommons.org/publicdomain/zero/1.0/

Copy it, cut it, play it in your shop. If you remove this folder, homestream will not miss it; if
you remove a part of it together with the file .homestream-demo, that part is made again at the
next start without music of your own.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What one process makes in one go: a track, all of a gapless album, or a cover."""

    album: Album
    tracks: tuple[int, ...]  # indexes in the album; empty: the cover in the folder


def library(
    folder: Path,
    *,
    progress: Callable[[int, int, str], None],
    albums: Sequence[Album] = catalogue.ALBUMS,
    processes: int | None = None,
) -> None:
    """Makes the demo library in `folder`, or what is missing of it.

    `progress` hears (done, total, what) in files. Each file is written beside and renamed, so one
    that is there is whole, and an interrupted call is taken up again. `processes` is one per core
    (at most 4) unless given; with 1 all is done in this process. OSError if the disk is full or
    the folder not writable.
    """
    if _made(folder).get("complete"):
        return
    folder.mkdir(parents=True, exist_ok=True)
    _clear_other_version(folder)
    total = sum(len(_paths(folder, job)) for job in _jobs(albums)) + 1
    waiting = [job for job in _jobs(albums) if not all(p.exists() for p in _paths(folder, job))]
    done = total - sum(len(_paths(folder, job)) for job in waiting) - 1
    _mark(folder, albums, complete=False)
    progress(done, total, "tuning the instruments")
    count = min(processes or _cores(), max(len(waiting), 1))
    with contextlib.closing(_carried_out(folder, waiting, count)) as finished:
        for job in finished:
            done += len(_paths(folder, job))
            progress(done, total, _what(job))
    place.write(folder / "README.txt", NOTE.encode())
    _mark(folder, albums, complete=True)
    progress(total, total, "the demo library is ready")


def track_path(album: Album, number: int) -> Path:
    """Where a track (index in the album) lies, relative to the library's folder."""
    track = album.tracks[number]
    discs = max(t.disc for t in album.tracks)
    count = 1 + sum(t.disc == track.disc for t in album.tracks[:number])
    name = f"{track.disc}-{count:02} {track.title}" if discs > 1 else f"{count:02} {track.title}"
    return Path(
        _plain(album.artist), _plain(album.title), _plain(name) + catalogue.SUFFIXES[album.codec]
    )


def _jobs(albums: Sequence[Album]) -> list[Job]:
    """The longest first, so that no process works alone at the end."""
    jobs: list[Job] = []
    for album in albums:
        if album.gapless:
            jobs.append(Job(album, tuple(range(len(album.tracks)))))
    for album in albums:
        if not album.gapless:
            jobs.extend(Job(album, (number,)) for number in range(len(album.tracks)))
        if album.folder_cover:
            jobs.append(Job(album, ()))
    return jobs


def _paths(folder: Path, job: Job) -> list[Path]:
    if not job.tracks:
        return [folder / _plain(job.album.artist) / _plain(job.album.title) / "cover.jpg"]
    return [folder / track_path(job.album, number) for number in job.tracks]


def _what(job: Job) -> str:
    if not job.tracks:
        return f"{job.album.title}: cover"
    titles = ", ".join(job.album.tracks[number].title for number in job.tracks)
    artist = job.album.tracks[job.tracks[0]].artist or job.album.artist
    return f"{artist}: {titles}"


def _carried_out(folder: Path, jobs: Sequence[Job], processes: int) -> Generator[Job, None, None]:
    if processes <= 1:
        for job in jobs:
            _carry_out(folder, job)
            yield job
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        processes, mp_context=context, initializer=_leave_interrupts
    ) as pool:
        running = {pool.submit(_carry_out, folder, job): job for job in jobs}
        try:
            for future in concurrent.futures.as_completed(running):
                future.result()
                yield running[future]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is for the parent, which lets the running jobs end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _carry_out(folder: Path, job: Job) -> None:
    from homestream.demo import covers, files, lyrics, styles

    album = job.album
    if not job.tracks:
        place.write(_paths(folder, job)[0], covers.jpeg(album.cover))
        return
    cover = covers.jpeg(album.cover) if album.embedded_cover else b""
    if album.gapless:
        sound, starts = styles.perform_joined(album.tracks, album.rate)
        parts = [sound[:, a:b] for a, b in zip(starts, [*starts[1:], sound.shape[1]], strict=True)]
        played = [styles.Performance(part, ()) for part in parts]
    else:
        track = album.tracks[job.tracks[0]]
        played = [styles.perform(track, track.style or album.style, album.rate)]
    for number, performance in zip(job.tracks, played, strict=True):
        path = folder / track_path(album, number)
        tags = replace(_tags(album, number), cover=cover)
        lines = tuple((sung.start, sung.text) for sung in performance.sung)
        if lines and album.lyrics == "embedded":
            tags = replace(tags, lines=lines)
        if lines and album.lyrics == "lrc":
            text = lyrics.lrc(lines, title=tags.title, artist=tags.artist, album=tags.album)
            place.write(path.with_suffix(".lrc"), text.encode())
        files.write_track(path, performance.sound, album.rate, files.CODECS[album.codec], tags)


def _tags(album: Album, number: int) -> files.Tags:
    from homestream.demo import files

    track = album.tracks[number]
    same_disc = [n for n, other in enumerate(album.tracks) if other.disc == track.disc]
    return files.Tags(
        title=track.title,
        artist=track.artist or album.artist,
        album=album.title,
        album_artist=album.artist,
        track=same_disc.index(number) + 1,
        tracks=len(same_disc),
        disc=track.disc,
        discs=max(other.disc for other in album.tracks),
        year=album.year,
        genre=track.genre or album.genre,
        label=catalogue.LABEL,
        artist_sort=track.artist_sort if track.artist else album.artist_sort,
        album_artist_sort=album.artist_sort,
        album_sort=album.title_sort,
        disc_title=album.disc_titles[track.disc - 1] if album.disc_titles else "",
        compilation=album.compilation,
        gapless=album.gapless,
    )


def _plain(name: str) -> str:
    """The name as every file system takes it."""
    return "".join(c for c in name if c not in '<>:"/\\|?*').strip(" .")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
    return min(os.cpu_count() or 1, MOST_PROCESSES)


def _made(folder: Path) -> dict[str, Any]:
    """What the marker says, if this version of the music wrote it."""
    marker = _marker(folder)
    return marker if marker.get("version") == catalogue.VERSION else {}


def _marker(folder: Path) -> dict[str, Any]:
    try:
        marker = json.loads((folder / MARKER).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return marker if isinstance(marker, dict) else {}


def _mark(folder: Path, albums: Sequence[Album], *, complete: bool) -> None:
    names = [str(p.relative_to(folder)) for job in _jobs(albums) for p in _paths(folder, job)]
    content = {"version": catalogue.VERSION, "complete": complete, "files": sorted(names)}
    place.write(folder / MARKER, json.dumps(content, ensure_ascii=False, indent=1).encode())


def _clear_other_version(folder: Path) -> None:
    """Takes away what another version put here, and nothing else."""
    marker = _marker(folder)
    if not marker or marker.get("version") == catalogue.VERSION:
        return
    root = folder.resolve()
    for name in marker.get("files", ()):
        path = (root / str(name)).resolve()
        if path.is_relative_to(root):
            path.unlink(missing_ok=True)
            path.with_suffix(".lrc").unlink(missing_ok=True)
