"""Noticing changes in the libraries by themselves: within seconds where the system tells of them
(inotify), every so often where it does not (network folders, or no more watches).

What happened is gathered until it is calm, and then looked at in one go, in the folders it touched
alone. Files that still grow are left until they hold still. A library's folder that goes or comes
back, as with its disk, is noticed too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal, NamedTuple

import msgspec

from homestream.db.connect import Database
from homestream.errors import HomestreamError
from homestream.ids import LibraryId
from homestream.library import inotify, libraries, mounts, scope, walk
from homestream.library.ingest import FileSeen
from homestream.library.inotify import Told, Unwatchable
from homestream.library.scan import Looked, Scanner
from homestream.library.scope import WHOLE, Folders, Place

log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 0.4  # without a word, and a burst is over
CEILING_SECONDS: Final = 5.0  # a burst is looked at by then, over or not
PRESENCE_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 10.0  # a disk that says nothing for so long is as good as away
_AGAIN_SECONDS: Final = 30.0  # after a look that failed
_PATIENCE_SECONDS: Final = 1.0  # beyond settling: what is gone may be what is being moved in
_MOST_FOLDERS: Final = 1_000  # more than those touched: the whole library is looked at

Kind = Literal["watched", "polled", "off", "away"]


class State(msgspec.Struct, frozen=True):
    """How changes in one library are noticed, and why so."""

    kind: Kind
    since: int  # Unix ms
    reason: str = ""  # why it is not watched
    remedy: str = ""  # what would help
    every: float = 0.0  # seconds between two looks, of what is polled
    part: str = ""  # the folder in it that is polled, where that is not all of it
    changed_at: int | None = None  # Unix ms, when changes were last found


class _Presence(NamedTuple):
    """What tells one disk at a library's folder from another, or from none."""

    device: int
    inode: int
    empty: bool
    mounts: tuple[mounts.Mount, ...]  # at or below it


class _Post:
    """One library as it is being watched."""

    def __init__(self, library: LibraryId, root: bytes) -> None:
        self.library = library
        self.root = root
        self.presence: _Presence | None = None
        self.missed = False  # something happened that nobody told
        self.asking: asyncio.Task[_Presence | None] | None = None
        self.task: asyncio.Task[None] | None = None


class Watcher:
    """Watches all libraries for one process while `run` runs.

    `unwatched` are the folders of libraries that are not to be watched.
    """

    def __init__(
        self,
        db: Database,
        scanner: Scanner,
        *,
        enabled: bool = True,
        settle_seconds: float = 2.0,
        poll_seconds: float = 600.0,
        unwatched: frozenset[bytes] = frozenset(),
    ) -> None:
        self._db = db
        self._scanner = scanner
        self._enabled = enabled
        self._settle_seconds = settle_seconds
        self._poll_seconds = poll_seconds
        self._unwatched = unwatched
        self._posts: dict[LibraryId, _Post] = {}
        self._states: dict[LibraryId, State] = {}
        self._touched: dict[LibraryId, Folders] = {}
        self._bell = asyncio.Event()
        self._heard_at = 0.0
        self._patient_until: float | None = None
        self._standing = asyncio.Event()
        self._stamps: dict[Place, tuple[int, int, float]] = {}  # size, mtime_ns, seen first

    async def run(self) -> None:
        """Watches until cancelled."""
        self._posts.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work(), name="watch-work")
            while True:
                await self._station(group)
                await asyncio.sleep(PRESENCE_SECONDS)

    def states(self) -> Mapping[LibraryId, State]:
        """How each library is watched; one that was added just now may be missing."""
        return dict(self._states)

    async def standing(self) -> None:
        """Waits until each library is watched, or it is known why not."""
        await self._standing.wait()

    def touch(self, library: LibraryId, folders: Folders) -> None:
        """Has folders looked at as soon as it is calm."""
        self._touched[library] = self._touched.get(library, Folders()).joined(folders)
        self._heard_at = _clock()
        self._bell.set()

    # looking -------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Looks at what was touched, one calm batch after the other."""
        while True:
            await self._bell.wait()
            ceiling = _clock() + CEILING_SECONDS
            while (calm := min(self._heard_at + QUIET_SECONDS, ceiling)) > _clock():  # noqa: ASYNC110
                await asyncio.sleep(max(0.0, calm - _clock()))
            taken = self._take()
            try:
                await self._look(taken)
            except (HomestreamError, OSError, sqlite3.Error) as error:
                log.warning("watched folders could not be looked at: %s", error)
                self._later(taken, _AGAIN_SECONDS)

    def _take(self) -> scope.Scope:
        self._bell.clear()
        taken, self._touched = self._touched, {}
        return {
            library: WHOLE if len(each.deep) > _MOST_FOLDERS or b"" in each.deep else each
            for library, each in taken.items()
        }

    async def _look(self, wanted: scope.Scope) -> None:
        if self._patient_until is None:
            self._patient_until = _clock() + self._settle_seconds + _PATIENCE_SECONDS
        until = self._patient_until
        while True:
            patient = _clock() < until
            looked = await self._scanner.look(wanted, ripe=self._ripe, patient=patient)
            if not looked.waits:
                self._patient_until = None
            if looked.changes:
                self._note(wanted, looked)
            if not looked.unripe:
                self._stamps.clear()
                return
            left = set(looked.unripe)
            self._stamps = {place: stamp for place, stamp in self._stamps.items() if place in left}
            if not looked.waits or not patient or self._bell.is_set():
                again = wanted if looked.waits else _of_files(looked.unripe)
                self._later(again, self._unripe_for())
                return
            await asyncio.sleep(self._unripe_for())

    def _ripe(self, file: FileSeen) -> bool:
        """Whether a file has held still since it was first seen like this."""
        place, now = (file.library, file.path), _clock()
        stamp = self._stamps.get(place)
        if stamp is None or stamp[:2] != (file.size, file.mtime_ns):
            self._stamps[place] = (file.size, file.mtime_ns, now)
            return False
        return now - stamp[2] >= self._settle_seconds

    def _unripe_for(self) -> float:
        """In how many seconds the first of the files that were left may be ripe."""
        first = min((stamp[2] for stamp in self._stamps.values()), default=_clock())
        return max(0.05, first + self._settle_seconds - _clock() + 0.01)

    def _later(self, wanted: scope.Scope, seconds: float) -> None:
        def touch() -> None:
            for library, folders in wanted.items():
                self._touched[library] = self._touched.get(library, Folders()).joined(folders)
            self._bell.set()

        asyncio.get_running_loop().call_later(seconds, touch)

    def _note(self, wanted: scope.Scope, looked: Looked) -> None:
        log.info(
            "changes were found in watched folders",
            extra={
                name: getattr(looked, name)
                for name in ("added", "updated", "moved", "away", "rejected")
            },
        )
        for library in wanted:
            if library in self._states:
                self._states[library] = msgspec.structs.replace(
                    self._states[library], changed_at=_now()
                )

    # standing by ---------------------------------------------------------------------------------

    async def _station(self, group: asyncio.TaskGroup) -> None:
        """Has a post at each library that there is."""
        rows = await self._db.rows("SELECT id, path, reason FROM library")
        wanted = {
            LibraryId(row["id"]): bytes(row["path"])
            for row in rows
            if row["reason"] != libraries.NOT_CONFIGURED
        }
        for library in set(self._posts) - set(wanted):
            post = self._posts.pop(library)
            self._states.pop(library, None)
            if post.task is not None:
                post.task.cancel()
        for library, root in wanted.items():
            if library in self._posts:
                continue
            if not self._enabled or root in self._unwatched:
                self._set(library, "off", "watching is switched off in the configuration")
                continue
            post = self._posts[library] = _Post(library, root)
            post.task = group.create_task(self._guard(post), name=f"watch-{library}")
        if not self._posts:
            self._standing.set()

    async def _guard(self, post: _Post) -> None:
        """Watches one library, whatever disk is at its folder."""
        first = True
        while True:
            before, now = post.presence, await self._ask(post)
            post.presence = now
            post.missed |= now != before and not first
            first = False
            if now is None:
                if post.missed:
                    post.missed = False
                    self.touch(post.library, WHOLE)
                why = "the folder is not there" if post.asking is None else "its disk is silent"
                self._set(post.library, "away", why)
                await asyncio.sleep(PRESENCE_SECONDS)
            else:
                await self._stand(post, now)

    async def _ask(self, post: _Post) -> _Presence | None:
        """What is at a library's folder; None: nothing, or nothing that answers."""
        if post.asking is None:
            post.asking = asyncio.create_task(asyncio.to_thread(_presence, post.root))
        done, _ = await asyncio.wait({post.asking}, timeout=_ANSWER_SECONDS)
        if not done:  # the thread hangs in the system: no other one is sent after it
            return None
        answer, post.asking = post.asking.result(), None
        return answer

    async def _stand(self, post: _Post, presence: _Presence) -> None:
        """Watches a library until another disk is at its folder, or none."""
        network = mounts.over_network(list(presence.mounts), post.root)
        watch: inotify.Watch | None = None
        reason = f"it comes over the network ({network[b'']})" if b"" in network else ""
        polled, remedy = sorted(network), ""
        if not reason:
            try:
                watch = await asyncio.to_thread(inotify.Watch, post.root)
            except Unwatchable as error:
                reason, remedy, polled = str(error), error.remedy, [b""]
        self._tell(post, polled, reason, remedy)
        if post.missed:
            post.missed = False
            self.touch(post.library, WHOLE)
        try:
            await self._listen(post, presence, watch, polled)
        except Unwatchable as error:  # there were watches for some of the folders only
            if watch is not None:
                watch.close()
                watch = None
            self._tell(post, [b""], str(error), error.remedy)
            self.touch(post.library, WHOLE)
            await self._listen(post, presence, None, [b""])
        finally:
            if watch is not None:
                watch.close()

    async def _listen(
        self,
        post: _Post,
        presence: _Presence,
        watch: inotify.Watch | None,
        polled: Sequence[bytes],
    ) -> None:
        """Passes on what is told, and has looked at what is polled when its time has come."""
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        if watch is not None:
            loop.add_reader(watch.fd, told.set)
        due = _clock() + self._poll_seconds
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), PRESENCE_SECONDS)
                if watch is not None and told.is_set():
                    told.clear()
                    if not await self._hear(post, watch, watch.read()):
                        return
                    continue
                if polled and _clock() >= due:
                    due = _clock() + self._poll_seconds
                    self.touch(post.library, Folders(deep=frozenset(polled)))
                if await self._ask(post) != presence:
                    return
        finally:
            if watch is not None:
                loop.remove_reader(watch.fd)

    async def _hear(self, post: _Post, watch: inotify.Watch, told: Sequence[Told]) -> bool:
        """Takes note of what was told; False when the watch has to be begun anew."""
        for each in told:
            if each.path is None or each.root:
                post.missed = True
                return False
            if each.folder:
                watch.drop(each.path)
                if each.came:
                    await asyncio.to_thread(watch.add, each.path)
                self.touch(post.library, scope.of_folder(each.path))
            elif walk.is_mark(os.path.basename(each.path)):
                self.touch(post.library, scope.of_folder(os.path.dirname(each.path)))
            else:
                self.touch(post.library, scope.of_file(each.path))
        return True

    def _tell(self, post: _Post, polled: Sequence[bytes], reason: str, remedy: str) -> None:
        whole = b"" in polled
        part = "" if whole or not polled else b", ".join(polled).decode("utf-8", "replace")
        self._set(
            post.library,
            "polled" if whole else "watched",
            reason or ("it comes over the network" if part else ""),
            remedy=remedy,
            every=self._poll_seconds if polled else 0.0,
            part=part,
        )
        if reason and remedy:
            log.warning("library %s is not watched: %s", post.library, reason)

    def _set(
        self,
        library: LibraryId,
        kind: Kind,
        reason: str = "",
        *,
        remedy: str = "",
        every: float = 0.0,
        part: str = "",
    ) -> None:
        before = self._states.get(library)
        self._states[library] = State(
            kind=kind,
            since=before.since if before is not None and before.kind == kind else _now(),
            reason=reason,
            remedy=remedy,
            every=every,
            part=part,
            changed_at=before.changed_at if before is not None else None,
        )
        if set(self._posts) <= set(self._states):
            self._standing.set()


def _of_files(places: Sequence[Place]) -> scope.Scope:
    return scope.joined({library: scope.of_file(path)} for library, path in places)


def _presence(root: bytes) -> _Presence | None:
    """What is at a folder. May take as long as a network likes."""
    try:
        status = os.stat(root)
        with os.scandir(root) as listing:
            empty = next(listing, None) is None
        here = os.path.realpath(root)
    except OSError:
        return None
    found = mounts.read()
    return _Presence(status.st_dev, status.st_ino, empty, mounts.around(found, here))


def _clock() -> float:
    return time.monotonic()


def _now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000
