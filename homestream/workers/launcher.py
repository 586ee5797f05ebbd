"""The server's hold on the fork server: starts it, asks it for workers, has it end them."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from homestream.errors import Busy
from homestream.workers import wire

_ANSWER_SECONDS: Final = 60.0  # the first answer waits for all that is imported, on slow disks too
_LEAVE_SECONDS: Final = 1.0

# The environment may hold passwords; these are what Python and the loader need.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
_ONE_THREAD: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


class Launcher:
    """One fork server, started again should it die. Every method may be called by any thread.

    A `lean` one serves the lean jobs alone. It is soon started, and so goes with its last worker.
    """

    def __init__(self, *, jobs: str, memory_bytes: int, lean: bool = False) -> None:
        self._jobs = jobs
        self._memory_bytes = memory_bytes
        self._lean = lean
        self._forked: set[int] = set()  # workers that were not ended
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._closed = False

    def start(self) -> None:
        with self._lock:
            if self._process is None and not self._closed:
                self._spawn()

    def fork(self) -> tuple[int, socket.socket]:
        """A new worker's number and the socket to it; Busy where there can be none."""
        with self._lock:
            for _ in range(2):
                if self._closed:
                    break
                if self._process is None:
                    self._spawn()
                number = next(self._numbers)
                try:
                    ours, theirs = socket.socketpair()
                except OSError as error:
                    raise Busy("too many files are open") from error
                try:
                    with theirs:
                        self._ask(wire.FORK, number, theirs)
                except OSError:
                    ours.close()
                    self._drop()
                    continue
                self._forked.add(number)
                return number, ours
        raise Busy("file readers cannot be started; the log has the reason")

    def end(self, number: int) -> int | None:
        """Kills that worker; its exit code, below 0 for a signal, None where nobody knows."""
        with self._lock:
            if self._process is None:
                return None
            try:
                code = self._ask(wire.END, number, None)
            except OSError:
                self._drop()
                return None
            self._forked.discard(number)
            if self._lean and not self._forked:
                self._drop()
            return None if code == wire.UNKNOWN else code

    def close(self) -> None:
        """Ends the fork server and with it every worker."""
        with self._lock:
            self._closed = True
            self._drop()

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _ENVIRONMENT or name.startswith("PYTHON")
        }
        paths = [os.path.abspath(entry) for entry in sys.path]
        arguments = [str(theirs.fileno()), self._jobs, str(self._memory_bytes)]
        arguments += ["lean"] if self._lean else []
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, our own numbers
                [sys.executable, "-P", "-m", "homestream.workers.forkserver", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=kept | _ONE_THREAD | {"PYTHONPATH": os.pathsep.join(paths)},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # the terminal's interrupt is the server's alone
            )
        ours.settimeout(_ANSWER_SECONDS)
        self._control = ours

    def _ask(self, what: bytes, number: int, connection: socket.socket | None) -> int:
        """The fork server's answer; OSError when it gives none."""
        if self._control is None:
            raise ConnectionError
        message = wire.ASK.pack(what, number)
        if connection is None:
            self._control.sendall(message)
        else:
            socket.send_fds(self._control, [message], [connection.fileno()])
        told = self._control.recv(wire.TELL.size, socket.MSG_WAITALL)
        if len(told) < wire.TELL.size:
            raise ConnectionError
        return int(wire.TELL.unpack(told)[0])

    def _drop(self) -> None:
        self._forked.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LEAVE_SECONDS)
            self._process.kill()
            self._process.wait()
            self._process = None
