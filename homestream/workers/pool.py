"""The pool of standing workers: what reads untrusted bytes or encodes runs here, by priority.

A job is a function listed in `jobs`. The server opens its files and passes descriptors; a worker
that dies or takes too long costs its own job alone.

    pool = Pool(size=2)
    pool.start()
    facts = await pool.run(probe.read, [Source(path=b"/music/a.flac")], priority=Priority.SCAN)
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from enum import IntEnum
from typing import Any, Final, Self, TypeVar

import msgspec

from homestream import errors
from homestream.errors import Busy, HomestreamError, MediaError, NotFound
from homestream.media import source
from homestream.media.source import Source
from homestream.workers import wire
from homestream.workers.jobs import Job, job, listed
from homestream.workers.launcher import Launcher
from homestream.workers.turns import Turns

T = TypeVar("T")

log = logging.getLogger(__name__)

MEMORY_BYTES: Final = 768 << 20  # see docs/decisions/worker-pool.md
_HELLO_SECONDS: Final = 10.0
_MOST_JOBS: Final = 1000  # of one worker: libraries leak, and one taken over stays so
_GRACE_SECONDS: Final = 1.0  # what running jobs get when the pool is told to hurry


_OURS: Final[dict[str, type[HomestreamError]]] = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, HomestreamError)
}


class Priority(IntEnum):
    """Lower goes first; within one, people take turns."""

    INTERACTIVE = 0  # somebody waits for it
    SCAN = 1
    PREFETCH = 2
    BACKGROUND = 3


class Stats(msgspec.Struct, frozen=True):
    workers: int  # alive
    busy: int
    queued: int
    lost: int  # died or were killed, since the start
    started: int  # since the start
    sandbox: str  # how the last one is shut in: "landlock+seccomp", "rlimits only; no ..."


class _Task:
    """One job on its way."""

    __slots__ = ("arguments", "future", "job", "person", "priority", "timeout")

    def __init__(
        self,
        job: Job,
        arguments: dict[str, Any],
        priority: Priority,
        person: str,
        timeout: float,
    ) -> None:
        self.job = job
        self.arguments = arguments
        self.priority = priority
        self.person = person
        self.timeout = timeout
        self.future: Future[Any] = Future()


class _Worker:
    """A process that reads, as the server sees it."""

    __slots__ = ("connection", "jobs", "launcher", "number")

    def __init__(self, launcher: Launcher, number: int, connection: socket.socket) -> None:
        self.launcher = launcher
        self.number = number
        self.connection = connection
        self.jobs = 0  # that it was given


class _Seat:
    """A thread of the server with the workers that it talks to, one at a time, once it has some:
    one of each kind."""

    __slots__ = ("current", "thread", "wake", "workers")

    def __init__(self, lock: threading.Lock) -> None:
        self.wake = threading.Condition(lock)
        self.thread: threading.Thread | None = None
        self.workers: dict[Launcher, _Worker] = {}
        self.current: _Worker | None = None  # that was talked to last


class Pool(Executor):
    """At most `size` workers at work, of `memory_bytes` address space each, started when needed.

    One with nothing to do for `idle_seconds` goes. Jobs of BACKGROUND get `most_background` of
    them at once; by default all but one, so that somebody who waits never waits for those.
    `jobs` names the module whose `JOBS` may run, and its `LEAN` in workers of their own.
    """

    def __init__(
        self,
        *,
        size: int,
        memory_bytes: int = MEMORY_BYTES,
        idle_seconds: float = 60.0,
        most_background: int | None = None,
        jobs: str = "homestream.workers.jobs",
    ) -> None:
        self._size = size
        self._idle_seconds = idle_seconds
        self._most_background = max(1, size - 1) if most_background is None else most_background
        self._names = listed(jobs)
        self._lean_names = listed(jobs, lean=True)
        self._launcher = Launcher(jobs=jobs, memory_bytes=memory_bytes)
        self._lean_launcher = Launcher(jobs=jobs, memory_bytes=memory_bytes, lean=True)
        self._lock = threading.Lock()
        self._queues: dict[Priority, Turns[_Task]] = {each: Turns() for each in Priority}
        self._seats: set[_Seat] = set()
        self._idle: list[_Seat] = []  # the last to become idle is the first to be woken
        self._running: dict[_Seat, _Task] = {}
        self._quiet = threading.Condition(self._lock)  # a seat has left or finished a job
        self._started = False
        self._closing = False
        self._hurrying = False
        self._lost = 0
        self._forked = 0
        self._sandbox = "no worker has started yet"

    def start(self, *, warm: bool = True) -> None:
        """Starts the fork server, and does not wait for it; unless `warm`, with the first job."""
        if warm:
            self._launcher.start()
        self._started = True

    def submit(  # type: ignore[override]
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        priority: Priority = Priority.INTERACTIVE,
        person: str = "",
        timeout: float = 30.0,
        **kwargs: Any,
    ) -> Future[T]:
        """Queues `fn(*args, **kwargs)`; each Source with a path reaches it with a descriptor.

        `person` is for whom it is done: of one priority, people are served in turn.
        `timeout` is in seconds of running, not of waiting. ValueError for a function that is not
        listed or more than 64 sources, TypeError for arguments that do not fit, RuntimeError
        unless the pool is open. The future fails with what the job raised: the HomestreamError
        itself, or MediaError for anything else, also for the end of its worker; Busy where there
        can be no worker.
        """
        work = job(fn)
        if work.name not in self._names | self._lean_names:
            raise ValueError(f"{work.name} is not a listed job")
        arguments = work.bind(args, kwargs)
        if _count(arguments) > wire.MOST_SOURCES:
            raise ValueError(f"{work.name}: more than {wire.MOST_SOURCES} sources")
        task = _Task(work, arguments, priority, person, timeout)
        with self._lock:
            if self._closing or not self._started:
                raise RuntimeError("pool is not open")
            self._queues[priority].add(person, task)
            self._rouse()
        task.future.add_done_callback(lambda future: self._forget(task))
        return task.future

    async def run(
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        priority: Priority = Priority.INTERACTIVE,
        person: str = "",
        timeout: float = 30.0,  # noqa: ASYNC109 - the worker is ended, not the waiting
        **kwargs: Any,
    ) -> T:
        """`submit`, awaited. Cancelling it drops a job that has not started."""
        future = self.submit(fn, *args, priority=priority, person=person, timeout=timeout, **kwargs)
        return await asyncio.wrap_future(future)

    def stats(self) -> Stats:
        with self._lock:
            return Stats(
                workers=sum(len(seat.workers) for seat in self._seats),
                busy=len(self._running),
                queued=sum(map(len, self._queues.values())),
                lost=self._lost,
                started=self._forked,
                sandbox=self._sandbox,
            )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more jobs, finishes what is queued, and ends the workers and their server.

        With `cancel_futures` what is queued is cancelled, and (when waiting) what runs has one
        second left, after which it fails with Busy. Waiting blocks the calling thread.
        """
        with self._lock:
            self._closing = True
            dropped = [task for queue in self._queues.values() for task in queue]
            if not cancel_futures:
                dropped = []
            for seat in self._idle:
                seat.wake.notify()
            threads = [seat.thread for seat in self._seats if seat.thread is not None]
        for task in dropped:
            task.future.cancel()
        if wait and cancel_futures:
            self._hurry()
        for thread in threads if wait else ():
            # one that opens a file on a disk that hangs is left to itself
            thread.join(_GRACE_SECONDS if cancel_futures else None)
        with self._lock:
            left = bool(self._seats)
        if wait or not left:
            self._close_launchers()

    def __enter__(self) -> Self:
        self.start()
        return self

    def _hurry(self) -> None:
        with self._lock:
            self._quiet.wait_for(lambda: not self._running, _GRACE_SECONDS)
            self._hurrying = True
            busy = [seat.current for seat in self._running if seat.current is not None]
        for worker in busy:
            worker.launcher.end(worker.number)

    def _close_launchers(self) -> None:
        self._launcher.close()
        self._lean_launcher.close()

    def _forget(self, task: _Task) -> None:
        """Takes a cancelled task out of its queue."""
        with self._lock:
            if not self._queues[task.priority].drop(task.person, task):
                return
        task.future.set_running_or_notify_cancel()

    def _rouse(self) -> None:
        """Has somebody come for a task, if there is one that may run. Needs the lock."""
        if not self._ready():
            return
        if self._idle:
            self._idle.pop().wake.notify()
        elif len(self._seats) < self._size:
            seat = _Seat(self._lock)
            self._seats.add(seat)
            seat.thread = threading.Thread(
                target=self._attend, args=(seat,), name="worker-seat", daemon=True
            )
            seat.thread.start()

    def _ready(self) -> Turns[_Task] | None:
        """The queue to take from, if any. Needs the lock."""
        for priority, queue in self._queues.items():
            if queue and (priority is not Priority.BACKGROUND or self._room_in_background()):
                return queue
        return None

    def _room_in_background(self) -> bool:
        running = sum(task.priority is Priority.BACKGROUND for task in self._running.values())
        return running < self._most_background

    def _attend(self, seat: _Seat) -> None:
        """A seat's thread: one task after the other, until there is none for a while."""
        try:
            while (task := self._next(seat)) is not None:
                self._do(seat, task)
        finally:
            self._leave(seat)

    def _next(self, seat: _Seat) -> _Task | None:
        until = time.monotonic() + self._idle_seconds
        with self._lock:
            while True:
                while queue := self._ready():
                    task = queue.take()
                    if task.future.set_running_or_notify_cancel():
                        self._running[seat] = task
                        self._rouse()
                        return task
                left = until - time.monotonic()
                if self._closing or left <= 0:
                    self._seats.discard(seat)
                    return None
                self._idle.append(seat)
                seat.wake.wait(left)
                if seat in self._idle:
                    self._idle.remove(seat)

    def _leave(self, seat: _Seat) -> None:
        for worker in list(seat.workers.values()):
            self._dismiss(seat, worker)
        with self._lock:
            self._seats.discard(seat)
            last = self._closing and not self._seats
            self._quiet.notify_all()
        if last:
            self._close_launchers()

    def _do(self, seat: _Seat, task: _Task) -> None:
        result = failure = None
        try:
            result = self._answer(seat, task)
        except Exception as error:  # noqa: BLE001 - whatever it is, the future tells it
            failure = error
        with self._lock:
            del self._running[seat]
            self._rouse()
            self._quiet.notify_all()
        if failure is None:
            task.future.set_result(result)
        else:
            task.future.set_exception(failure)

    def _answer(self, seat: _Seat, task: _Task) -> Any:
        """Runs one task in the seat's worker; what it returned, or raises what it raised."""
        descriptors: list[int] = []
        try:
            payload = msgspec.msgpack.encode(
                wire.Request(
                    job=task.job.name,
                    seconds=task.timeout,
                    arguments=msgspec.Raw(
                        msgspec.msgpack.encode(_opened(task.arguments, descriptors))
                    ),
                )
            )
            return self._exchange(seat, task, payload, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _exchange(
        self, seat: _Seat, task: _Task, payload: bytes, descriptors: Sequence[int]
    ) -> Any:
        lean = task.job.name in self._lean_names
        worker = self._worker(seat, self._lean_launcher if lean else self._launcher)
        deadline = time.monotonic() + task.timeout
        try:
            wire.send(
                worker.connection,
                wire.Kind.REQUEST,
                payload,
                descriptors=descriptors,
                deadline=deadline,
            )
            kind, answer = wire.receive(worker.connection, deadline=deadline)
            if kind == wire.Kind.RESULT:
                return task.job.result(answer)
            failure = msgspec.msgpack.decode(answer, type=wire.Failure)
            if failure.kind == wire.EXHAUSTED:
                self._dismiss(seat, worker)
        except TimeoutError:
            self._lose(seat, worker)
            raise MediaError(_too_long(task)) from None
        except (OSError, EOFError):
            code = self._lose(seat, worker)
            if self._hurrying:
                raise Busy("the server is stopping") from None
            if code == -signal.SIGXCPU:
                raise MediaError(_too_long(task)) from None
            raise MediaError(f"reading it ended the reader: {_ending(code)}") from None
        except (msgspec.MsgspecError, ValueError, MemoryError, RecursionError) as error:
            self._lose(seat, worker)
            raise MediaError("reading it gave no answer that makes sense") from error
        raise _raised(task, failure)

    def _worker(self, seat: _Seat, launcher: Launcher) -> _Worker:
        """The seat's worker of a kind, a new one if there is none that waits for work."""
        worker = seat.workers.get(launcher)
        if worker is not None:
            if worker.jobs < _MOST_JOBS and _waits(worker.connection):
                worker.jobs += 1
                seat.current = worker
                return worker
            self._dismiss(seat, worker)
        worker = _Worker(launcher, *launcher.fork())
        worker.jobs = 1
        with self._lock:
            seat.workers[launcher] = seat.current = worker
            self._forked += 1
            if self._hurrying:
                raise Busy("the server is stopping")
        try:
            _, hello = wire.receive(worker.connection, deadline=time.monotonic() + _HELLO_SECONDS)
        except (OSError, EOFError) as error:
            raise Busy(f"file reader did not start: {_ending(self._lose(seat, worker))}") from error
        with self._lock:
            self._sandbox = hello.decode(errors="replace")
        return worker

    def _lose(self, seat: _Seat, worker: _Worker) -> int | None:
        """Ends a worker that misbehaves or has ended; its exit code."""
        with self._lock:
            self._lost += 1
        return self._dismiss(seat, worker)

    def _dismiss(self, seat: _Seat, worker: _Worker) -> int | None:
        with self._lock:
            if seat.workers.pop(worker.launcher, None) is None:
                return None
        code = worker.launcher.end(worker.number)
        worker.connection.close()
        return code


def _waits(connection: socket.socket) -> bool:
    """Whether the worker is there and has said nothing unasked."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _count(value: Any) -> int:
    """How many sources have a path in there."""
    match value:
        case Source():
            return 1 if value.path else 0
        case list() | tuple():
            return sum(map(_count, value))
        case dict():
            return sum(map(_count, value.values()))
        case msgspec.Struct():
            return sum(_count(getattr(value, name)) for name in value.__struct_fields__)
    return 0


def _opened(value: Any, descriptors: list[int], *, alone: bool = True) -> Any:
    """The value with each path opened onto `descriptors` and replaced by its place in the worker.

    A file alone that cannot be opened raises NotFound or MediaError; one of a list says why.
    """
    match value:
        case Source():
            return _open(value, descriptors, alone=alone)
        case list() | tuple():
            return [_opened(each, descriptors, alone=False) for each in value]
        case dict():
            return {key: _opened(each, descriptors, alone=alone) for key, each in value.items()}
        case msgspec.Struct() if _count(value):
            return msgspec.structs.replace(
                value,
                **{
                    name: _opened(getattr(value, name), descriptors, alone=alone)
                    for name in value.__struct_fields__
                },
            )
    return value


def _open(wanted: Source, descriptors: list[int], *, alone: bool) -> Source:
    if not wanted.path:
        return wanted
    try:
        descriptors.append(source.open_regular(wanted.path))
    except NotFound:
        if alone:
            raise
        return Source()
    except MediaError as error:
        if alone:
            raise
        return Source(refused=str(error))
    return Source(fd=wire.FIRST_SOURCE + len(descriptors) - 1)


def _raised(task: _Task, failure: wire.Failure) -> Exception:
    """What the worker says was raised there: of our own errors, or that the call was wrong."""
    if failure.traceback:
        # a refusal may also be a module that the fork server should have imported beforehand
        level = logging.WARNING if failure.kind == wire.REFUSED else logging.DEBUG
        log.log(level, "%s: %s\n%s", task.job.name, failure.message, failure.traceback)
    if failure.kind == wire.UNFIT:
        return TypeError(failure.message)
    return _OURS.get(failure.kind, MediaError)(failure.message)


def _too_long(task: _Task) -> str:
    return f"reading took longer than {task.timeout:g} s"


def _ending(code: int | None) -> str:
    if code is None:
        return "out of memory or crash"
    if code < 0:
        return f"out of memory or crash (signal {-code})"
    return f"crash (status {code})"
