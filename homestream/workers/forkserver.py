"""A small process that has imported everything once and forks workers from itself.

Started by `launcher` as `python -m homestream.workers.forkserver SOCKET JOBS MEMORY [lean]`. It has
one thread, reads no file of a library and knows no secret, so its forks start clean, in
milliseconds, and share its memory. When the server goes, however it goes, the socket ends, and
with it this process and its workers.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from typing import Final

from homestream.workers import jobs, sandbox, wire, worker

_NICE: Final = 5  # a page is sooner than what is read for it
_REAP_SECONDS: Final = 1.0  # how long a killed worker may take to be gone
_LEAN_CODECS: Final = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be")  # those of tags
_LEAN_PACE: Final = (20_000, 20, 20)  # of Python's search for garbage in circles: there is little


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # they are meant for the server, which closes us
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as preference:
        preference.write("1000")  # rather a worker than the server
    lean = sys.argv[4:] == ["lean"]
    if lean:
        for codec in _LEAN_CODECS:
            codecs.lookup(codec)
        gc.set_threshold(*_LEAN_PACE)
    else:
        importlib.import_module("homestream.workers.warm")
    known = {name: jobs.load(name) for name in jobs.listed(sys.argv[2], lean=lean)}
    _serve(control, known, memory_bytes=int(sys.argv[3]))


def _serve(control: socket.socket, known: dict[str, jobs.Job], *, memory_bytes: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    gc.collect()
    gc.freeze()  # or the first collection of each worker would copy every page that it looks at
    workers: dict[int, int] = {}
    late: list[int] = []  # killed, and not gone in time: waiting for a disk that hangs
    try:
        while True:
            asked, descriptors, _, _ = socket.recv_fds(control, wire.ASK.size, 1)
            late = [pid for pid in late if os.waitpid(pid, os.WNOHANG) == (0, 0)]
            if len(asked) < wire.ASK.size:
                return
            what, number = wire.ASK.unpack(asked)
            if what == wire.FORK:
                connection = socket.socket(fileno=descriptors[0])
                workers[number] = _fork(control, connection, nothing, known, memory_bytes)
                connection.close()
                control.sendall(wire.TELL.pack(0))
            else:
                pid = workers.pop(number, 0)
                code = _end(pid) if pid else wire.UNKNOWN
                if pid and code == wire.UNKNOWN:
                    late.append(pid)
                control.sendall(wire.TELL.pack(code))
    except ConnectionError:
        return
    finally:
        for pid in workers.values():
            os.kill(pid, signal.SIGKILL)


def _fork(
    control: socket.socket,
    connection: socket.socket,
    nothing: int,
    known: dict[str, jobs.Job],
    memory_bytes: int,
) -> int:
    """The new worker's process id. The worker itself never returns from here."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        sandbox.die_with(parent)
        os.nice(_NICE)
        control.close()
        for standard in (0, 1):
            os.dup2(nothing, standard)
        worker.serve(connection, known, memory_bytes=memory_bytes)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


def _end(pid: int) -> int:
    """Kills a worker unless it is dead already; how it ended, UNKNOWN if it has not yet."""
    until = time.monotonic() + _REAP_SECONDS
    os.kill(pid, signal.SIGKILL)
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return wire.UNKNOWN


if __name__ == "__main__":
    main()
