"""What the kernel tells of changes below a folder (inotify(7)), by ctypes: names are bytes, so none
is impossible, and nothing is lost unsaid.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from homestream.library import walk

_ATTRIB: Final = 0x4
_CLOSE_WRITE: Final = 0x8
_MOVED_FROM: Final = 0x40
_MOVED_TO: Final = 0x80
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_DELETE_SELF: Final = 0x400
_MOVE_SELF: Final = 0x800
_UNMOUNT: Final = 0x2000
_OVERFLOW: Final = 0x4000
_IGNORED: Final = 0x8000
_ONLYDIR: Final = 0x0100_0000
_DONT_FOLLOW: Final = 0x0200_0000
_EXCL_UNLINK: Final = 0x0400_0000
_ISDIR: Final = 0x4000_0000
_WANTED: Final = (
    _ATTRIB
    | _CLOSE_WRITE
    | _MOVED_FROM
    | _MOVED_TO
    | _CREATE
    | _DELETE
    | _DELETE_SELF
    | _MOVE_SELF
    | _ONLYDIR
    | _DONT_FOLLOW
    | _EXCL_UNLINK
)
_HEAD: Final = struct.Struct("=iIII")
_READ_BYTES: Final = 1 << 16


class Unwatchable(Exception):
    """Why a folder cannot be watched, in a person's words; `remedy` says what would help."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


class Told(NamedTuple):
    """One thing that happened. `path` is below the root; None: anything may have changed."""

    path: bytes | None
    folder: bool = False
    came: bool = False  # it is there now, and was not before
    root: bool = False  # the root itself went


class Watch:
    """Watches all folders below `root`. Close it.

    `fd` becomes readable when there is something to `read`. Adding folders touches the disk; the
    rest does not.
    """

    def __init__(self, root: bytes) -> None:
        """Unwatchable where the system cannot, or will not."""
        if sys.platform != "linux":
            raise Unwatchable("this system does not tell of changes in a way homestream knows")
        self._root = root
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._paths: dict[int, bytes] = {}
        self._numbers: dict[bytes, int] = {}
        self.fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise _unwatchable(ctypes.get_errno())
        try:
            self.add(b"")
        except BaseException:
            self.close()
            raise

    def add(self, folder: bytes) -> None:
        """Watches a folder and all below it; Unwatchable when the system has no more watches."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            place = os.path.join(self._root, path) if path else self._root
            number = self._libc.inotify_add_watch(self.fd, place, _WANTED)
            if number < 0:
                code = ctypes.get_errno()
                if path and code not in (errno.ENOSPC, errno.ENOMEM):
                    continue  # gone since, no folder, or not ours to read
                raise _unwatchable(code)
            self._forget(self._paths.get(number))
            self._paths[number], self._numbers[path] = path, number
            waiting += self._below(path, place)

    def read(self) -> list[Told]:
        """What happened since; empty when there is nothing."""
        told: list[Told] = []
        while True:
            try:
                data = os.read(self.fd, _READ_BYTES)
            except BlockingIOError:
                return told
            for number, mask, name in _events(data):
                event = self._tell(number, mask, name)
                if event is not None:
                    told.append(event)

    def drop(self, folder: bytes) -> None:
        """Forgets a folder that went, and all below it."""
        below = folder + b"/"
        for path in [p for p in self._numbers if p == folder or p.startswith(below)]:
            self._libc.inotify_rm_watch(self.fd, self._numbers[path])
            self._forget(path)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __len__(self) -> int:
        """How many folders are watched."""
        return len(self._paths)

    def _tell(self, number: int, mask: int, name: bytes) -> Told | None:
        if mask & _OVERFLOW:
            return Told(None)
        folder = self._paths.get(number)
        if folder is None:
            return None
        if mask & (_DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED):
            if mask & (_IGNORED | _UNMOUNT):
                self._forget(folder)
            return Told(b"", folder=True, root=True) if folder == b"" else None
        if not name or not _is_ours(name, folder=bool(mask & _ISDIR)):
            return None
        path = os.path.join(folder, name)
        return Told(path, bool(mask & _ISDIR), bool(mask & (_CREATE | _MOVED_TO)))

    def _forget(self, path: bytes | None) -> None:
        if path is not None:
            number = self._numbers.pop(path, None)
            if number is not None:
                self._paths.pop(number, None)

    def _below(self, path: bytes, place: bytes) -> list[bytes]:
        try:
            with os.scandir(place) as listing:
                return [
                    os.path.join(path, entry.name)
                    for entry in listing
                    if entry.is_dir(follow_symlinks=False) and walk.enters(entry.name)
                ]
        except OSError:
            return []


def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(data):
        number, mask, _, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        yield number, mask, data[at : at + length].rstrip(b"\0")
        at += length


def _is_ours(name: bytes, *, folder: bool) -> bool:
    """Whether what happens to something of that name can matter to a library."""
    if folder:
        return walk.enters(name)
    return walk.is_mark(name) or (not name.startswith(b".") and walk.kind_of(name) is not None)


def _unwatchable(code: int) -> Unwatchable:
    if code == errno.ENOSPC:
        return Unwatchable(
            "the system has no more watches for folders",
            "Raise fs.inotify.max_user_watches: sudo sysctl fs.inotify.max_user_watches=524288",
        )
    if code in (errno.EMFILE, errno.ENFILE):
        return Unwatchable(
            "the system has no more watchers",
            "Raise fs.inotify.max_user_instances: sudo sysctl fs.inotify.max_user_instances=512",
        )
    return Unwatchable(f"the folder cannot be watched: {os.strerror(code)}")
