"""What goes between the server and a worker: frames of msgpack, and descriptors.

Nothing that a worker sends can make the server run code: answers are bytes, decoded by the type
that the server's own copy of the function declares. A frame is a kind (1 byte), a length (4 bytes,
big-endian) and so many bytes. Descriptors travel with the head of a request.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import msgspec

MOST_SOURCES: Final = 64
FIRST_SOURCE: Final = 128  # the first of a request lies here in the worker, the next after it
MOST_ANSWER_BYTES: Final = 64 << 20
MOST_WORDS: Final = 500  # characters of a failure's message
MOST_TRACE: Final = 20_000  # characters of its traceback, counted from the end

# Between the server and the fork server: what is asked, of which worker, and what is told back.
ASK: Final = struct.Struct("!cI")
FORK: Final = b"f"  # comes with the worker's end of a socket; told back: 0
END: Final = b"e"  # told back: the exit code, below 0 for a signal, or UNKNOWN
TELL: Final = struct.Struct("!i")
UNKNOWN: Final = 1 << 20

_HEAD: Final = struct.Struct("!BI")


class Kind(IntEnum):
    HELLO = 0  # worker: how it is shut in, as text
    REQUEST = 1
    RESULT = 2
    FAILURE = 3


class Request(msgspec.Struct, frozen=True, array_like=True):
    job: str  # "module:function"
    seconds: float  # how long it may take
    arguments: msgspec.Raw


class Failure(msgspec.Struct, frozen=True, array_like=True):
    kind: str  # the name of a class of homestream.errors, or one of those below
    message: str
    traceback: str


FOREIGN: Final = ""  # any other exception of a job
EXHAUSTED: Final = "memory"  # there was no more; what is left may be in pieces
REFUSED: Final = "refused"  # the job tried what a worker is kept from: a hostile file, or our slip
UNFIT: Final = "arguments"  # they were not what the job declares


def send(
    connection: socket.socket,
    kind: Kind,
    payload: bytes,
    *,
    descriptors: Sequence[int] = (),
    deadline: float | None = None,
) -> None:
    """Sends one frame; TimeoutError past `deadline` (time.monotonic), OSError if nobody reads."""
    _set_timeout(connection, deadline)
    head = _HEAD.pack(kind, len(payload))
    if descriptors:
        socket.send_fds(connection, [head], list(descriptors))
    else:
        connection.sendall(head)
    _set_timeout(connection, deadline)
    connection.sendall(payload)


def receive(connection: socket.socket, *, deadline: float | None = None) -> tuple[int, bytes]:
    """One frame's kind and payload; EOFError at the end, TimeoutError past `deadline`.

    ValueError when it claims to be longer than any answer.
    """
    kind, length = _HEAD.unpack(_exactly(connection, _HEAD.size, deadline))
    if length > MOST_ANSWER_BYTES:
        raise ValueError("answer is too long")
    return kind, bytes(_exactly(connection, length, deadline))


def receive_request(connection: socket.socket) -> tuple[bytes, list[int]]:
    """A request's payload and the descriptors that came with it; EOFError at the end."""
    head, descriptors, _, _ = socket.recv_fds(connection, _HEAD.size, MOST_SOURCES)
    head += _exactly(connection, _HEAD.size - len(head), None) if head else b""
    if not head:
        raise EOFError
    _, length = _HEAD.unpack(head)
    return bytes(_exactly(connection, length, None)), descriptors


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytearray:
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        _set_timeout(connection, deadline)
        count = connection.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return buffer


def _set_timeout(connection: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
