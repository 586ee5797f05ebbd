"""The inside of a worker: shut in, it takes one request after the other until nobody asks."""

from __future__ import annotations

import contextlib
import os
import socket
import traceback
from typing import Final

import msgspec

from homestream.errors import HomestreamError
from homestream.workers import sandbox, wire
from homestream.workers.jobs import Job

_MOST_DESCRIPTORS: Final = wire.FIRST_SOURCE + wire.MOST_SOURCES


def serve(connection: socket.socket, jobs: dict[str, Job], *, memory_bytes: int) -> None:
    """Answers requests until the other end closes."""
    how = sandbox.enter(memory_bytes=memory_bytes, descriptors=_MOST_DESCRIPTORS)
    wire.send(connection, wire.Kind.HELLO, how.encode())
    os.dup2(1, 2)  # from here on what a library says may be a file's words: not into the log
    requests = msgspec.msgpack.Decoder(wire.Request)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            payload, descriptors = wire.receive_request(connection)
            request = requests.decode(payload)
            _lay_out(descriptors)
            sandbox.allow_cpu(request.seconds)
            try:
                kind, answer = _answer(jobs[request.job], request)
            finally:
                # also what the job itself left open by duplicating
                os.closerange(wire.FIRST_SOURCE, _MOST_DESCRIPTORS)
            wire.send(connection, kind, answer)


def _lay_out(descriptors: list[int]) -> None:
    """Puts received descriptors where the arguments say that they are."""
    for place, descriptor in enumerate(descriptors, wire.FIRST_SOURCE):
        os.dup2(descriptor, place, inheritable=False)
        os.close(descriptor)


def _answer(job: Job, request: wire.Request) -> tuple[wire.Kind, bytes]:
    try:
        arguments = job.arguments(bytes(request.arguments))
    except msgspec.MsgspecError as error:
        return _failure(wire.UNFIT, f"{job.name}: {error}")
    try:
        return wire.Kind.RESULT, job.pack(job.fn(**arguments))
    except HomestreamError as error:
        return _failure(type(error).__name__, str(error), traceback.format_exc())
    except MemoryError:
        return _failure(wire.EXHAUSTED, "reading it needs more memory than a reader may have")
    except RecursionError:
        return _failure(wire.FOREIGN, "nested too deeply to be read")
    except (PermissionError, ImportError):
        said = "reading it wants what a reader may not do"
        return _failure(wire.REFUSED, said, traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - a hostile file makes a library raise anything
        words = getattr(error, "strerror", None) or str(error)
        said = " ".join(str(words).split()) or type(error).__name__
        return _failure(wire.FOREIGN, f"not readable: {said}", traceback.format_exc())


def _failure(kind: str, message: str, trace: str = "") -> tuple[wire.Kind, bytes]:
    failure = wire.Failure(kind, message[: wire.MOST_WORDS], trace[-wire.MOST_TRACE :])
    return wire.Kind.FAILURE, msgspec.msgpack.encode(failure)
