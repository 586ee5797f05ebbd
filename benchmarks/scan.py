"""What scans cost beside MPD, minidlna and a plain loop of mutagen over the same made library.

    python -m benchmarks.scan [--sizes 1000 10000] [--rounds 3] [--folder FOLDER]

CPU seconds of all processes together, all in turn in one run on a warm page cache, medians. Ours is
`homestream scan`: its own start, the fork server and the workers are in it. MPD and minidlna are
measured from their start to the end of their work, each with a folder of its own; one that is not
installed is passed over. PSS is the highest sum of all our processes while they scan.

Last told, at 10,000 files on two cores that others kept busy, medians of three rounds, ours to
MPD's: first scan 1.48 (4.8 to 3.2 s), nothing changed 1.71 (0.58 to 0.34 s), 1 % changed 2.30
(1.06 to 0.46 s). The aim is 1 for the first and the last, which is not reached.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import mutagen

from benchmarks import _library
from tests.conftest import free_port

QUIET_SECONDS = 2.5  # so long minidlna does nothing when it is done
LONGEST = 3600.0
CHANGED = 100  # one file of so many


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where made libraries are kept")
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.loop is not None:
        _loop(asked.loop)
        return
    for program in ("mpd", "minidlnad"):
        if shutil.which(program) is None:
            print(f"{program} is not installed: it is passed over")
    with tempfile.TemporaryDirectory() as made:
        for size in asked.sizes:
            _side_by_side(
                _library.made((asked.folder or Path(made)) / str(size), size), size, asked.rounds
            )


def _side_by_side(library: Path, size: int, rounds: int) -> None:
    cost: dict[str, list[float]] = {}
    peaks: list[float] = []
    _cpu_of([sys.executable, "-m", "benchmarks.scan", "--loop", str(library)])  # warms the cache
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ours, mpd, dlna = (Path(folder) / name for name in ("ours", "mpd", "dlna"))
            for each in (ours, mpd, dlna):
                each.mkdir()
            first = {
                "homestream": partial(_homestream, library, ours),
                "MPD": partial(_mpd, library, mpd),
                "minidlna": partial(_minidlna, library, dlna, again=False),
            }
            again = first | {"minidlna": partial(_minidlna, library, dlna, again=True)}
            for name, ask in first.items():
                cost.setdefault(f"first {name}", []).append(ask())
            for name, ask in again.items():
                cost.setdefault(f"unchanged {name}", []).append(ask())
            _touch(library)
            for name, ask in again.items():
                cost.setdefault(f"1 % changed {name}", []).append(ask())
            loop = [sys.executable, "-m", "benchmarks.scan", "--loop", str(library)]
            cost.setdefault("first mutagen", []).append(_cpu_of(loop))
        with tempfile.TemporaryDirectory() as folder:
            peaks.append(_peak(library, Path(folder)))
    medians = {name: statistics.median(each) for name, each in cost.items()}
    print(f"{size} files, CPU seconds, medians of {rounds}; ratio: homestream to the other")
    for what, others in {
        "first": ("MPD", "minidlna", "mutagen"),
        "unchanged": ("MPD", "minidlna"),
        "1 % changed": ("MPD", "minidlna"),
    }.items():
        own = medians[f"{what} homestream"]
        line = f"  {what:14}homestream {own:7.2f}"
        for other in others:
            if (theirs := medians[f"{what} {other}"]) > 0:
                line += f"   {other} {theirs:7.2f} ({own / theirs:.2f})"
        print(line)
    print(f"  highest PSS   homestream {statistics.median(peaks):7.1f} MiB", flush=True)


def _homestream(library: Path, data: Path) -> float:
    return _cpu_of(
        [sys.executable, "-m", "homestream", "scan", "--json"], env=_environ(library, data)
    )


def _environ(library: Path, data: Path) -> dict[str, str]:
    return os.environ | {
        "HOMESTREAM_DATA_PATH": str(data),
        "HOMESTREAM_LIBRARY_0_NAME": "Music",
        "HOMESTREAM_LIBRARY_0_PATH": str(library),
    }


def _cpu_of(command: Sequence[str], env: dict[str, str] | None = None) -> float:
    """CPU seconds of a command and all that it waited for."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildProcessError(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _peak(library: Path, data: Path) -> float:
    """The highest PSS of a first scan, MiB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "homestream", "scan", "--json"],
        env=_environ(library, data),
        stdout=subprocess.DEVNULL,
    )
    highest = 0.0
    while process.poll() is None:
        highest = max(highest, sum(map(_pss, _tree(process.pid))))
        time.sleep(0.25)
    return highest


def _tree(pid: int) -> Iterator[int]:
    """A process and all that it and they have started."""
    yield pid
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in told.read_text().split():
                yield from _tree(int(child))


def _pss(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _cpu(pid: int) -> float:
    """CPU seconds of a process that runs, its threads, and the children that it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _mpd(library: Path, folder: Path) -> float:
    """From its start to the end of an update."""
    if shutil.which("mpd") is None:
        return 0.0
    (folder / "lists").mkdir(exist_ok=True)
    port = free_port()
    (folder / "conf").write_text(
        f'music_directory "{library}"\nplaylist_directory "{folder}/lists"\n'
        f'db_file "{folder}/db"\nlog_file "{folder}/log"\nstate_file "{folder}/state"\n'
        f'bind_to_address "127.0.0.1"\nport "{port}"\n'
        'audio_output {\n  type "null"\n  name "none"\n}\n'
    )
    with (
        _running(["mpd", "--no-daemon", str(folder / "conf")], folder) as process,
        _connected(port) as connection,
        connection.makefile("rb") as answers,
    ):
        answers.readline()

        def ask(what: bytes) -> bytes:
            connection.sendall(what + b"\n")
            said = b""
            while not (line := answers.readline()).startswith((b"OK", b"ACK")) and line:
                said += line
            return said

        ask(b"update")
        while b"updating_db" in ask(b"status"):
            time.sleep(0.05)
        return _cpu(process.pid)


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    until = time.monotonic() + 20
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
            continue
        with connection:
            yield connection
        return


def _minidlna(library: Path, folder: Path, *, again: bool) -> float:
    """From its start until it is quiet; it tells nobody when it is done."""
    if shutil.which("minidlnad") is None:
        return 0.0
    for name in ("db", "log"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "conf").write_text(
        f"media_dir=A,{library}\ndb_dir={folder}/db\nlog_dir={folder}/log\ninotify=no\n"
        f"port={free_port()}\nlistening_ip=127.0.0.1\nnetwork_interface=lo\n"
    )
    command = ["minidlnad", "-S", "-f", str(folder / "conf"), "-P", str(folder / "pid")]
    with _running([*command, "-r"] if again else command, folder) as process:
        quiet_since, spent = time.monotonic(), 0.0
        until = quiet_since + LONGEST
        while time.monotonic() < until:
            time.sleep(0.25)
            now = sum(_cpu(each) for each in _tree(process.pid))
            if now != spent or len(list(_tree(process.pid))) > 1:
                quiet_since, spent = time.monotonic(), now
            elif time.monotonic() - quiet_since > QUIET_SECONDS:
                break
        return spent


def _touch(library: Path) -> None:
    """Makes one file in a hundred look changed."""
    now = time.time()
    for number, path in enumerate(_sounds(library)):
        if number % CHANGED == 0:
            os.utime(path, (now, now))


def _sounds(library: Path) -> list[str]:
    return sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(library)
        for name in names
        if not name.endswith(".jpg")
    )


def _loop(library: Path) -> None:
    """Reads tags and lengths, one file after the other, and keeps nothing."""
    files = 0
    for path in _sounds(library):
        media = mutagen.File(path)
        dict(media.tags or {})
        files += media.info.length > 0
    print(json.dumps(files))


if __name__ == "__main__":
    main()
