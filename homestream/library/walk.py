"""What lies in a library's folder: names, sizes and times, without opening a file.

Paths are bytes, so that no name is impossible. Links are followed only to places inside a
configured folder, never in a circle; what is neither file nor folder is passed over.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from enum import Enum
from operator import attrgetter
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.formats import ignore
from homestream.library.scope import Folders

SOUNDS: Final = frozenset(
    b"mp3 mp2 m4a m4b mp4 aac flac ogg oga opus wav wave w64 aif aiff aifc wma asf wv ape mpc mp+ "
    b"mpp tta mka weba webm caf au ac3 eac3".split()
)
PICTURES: Final = frozenset(b"jpg jpeg png webp gif bmp".split())
LYRICS: Final = frozenset(b"ttml elrc lrc srt txt".split())
SHEETS: Final = frozenset({b"cue"})
LISTS: Final = frozenset(b"m3u m3u8 pls xspf".split())
_IGNORED_FOLDERS: Final = frozenset({b"@eadir", b"lost+found", b"#recycle", b"$recycle.bin"})
_NO_MEDIA: Final = b".nomedia"
_IGNORE_FILES: Final = frozenset({b".homestreamignore", b".ndignore"})


class Kind(Enum):
    SOUND = "sound"
    PICTURE = "picture"
    LYRICS = "lyrics"
    SHEET = "sheet"
    LIST = "list"


_name = attrgetter("name")
_KINDS: Final = {
    suffix: kind
    for kind, suffixes in (
        (Kind.LYRICS, LYRICS),
        (Kind.LIST, LISTS),
        (Kind.SHEET, SHEETS),
        (Kind.PICTURE, PICTURES),
        (Kind.SOUND, SOUNDS),
    )
    for suffix in suffixes
}


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One file as the file system tells of it."""

    kind: Kind
    path: bytes  # relative to the root
    size: int  # bytes
    mtime_ns: int
    inode: int
    target: bytes | None = None  # where it really lies, if `path` is a link: absolute
    refused: str = ""  # why it is not to be opened, though it has the name of a song


def walk(
    root: bytes, roots: Sequence[bytes], folders_wanted: Folders | None = None
) -> Iterator[Seen]:
    """The files under `root`, folder by folder in order of name; NotFound if it cannot be read.

    `roots` are all configured folders: a link is followed when its target lies in one of them.
    Links come last, so that a file which is there twice has its own path. With `folders_wanted`
    nothing but those is looked at, and a link into `root` itself is left to a walk of all.
    """
    above = folders_wanted.above() if folders_wanted is not None else frozenset()
    try:
        first = os.stat(root)
        with os.scandir(root):
            pass
    except OSError as error:
        raise NotFound(f"folder cannot be read: {os.strerror(error.errno or 0)}") from error
    allowed = [os.path.realpath(folder) for folder in (root, *roots)]
    entered = {(first.st_dev, first.st_ino)}
    own: set[tuple[int, int]] = set()
    ignored: dict[bytes, ignore.Rules] = {}
    folders = [b""]
    links: list[bytes] = []
    while folders or links:
        if not folders:
            within = links if folders_wanted is None else _leading_out(root, links)
            within = [path for path in within if not _left_out(ignored, path, folder=False)]
            yield from _links(root, within, allowed, entered, own, folders)
            links = []
            continue
        folder = folders.pop()
        below, files, found_links = _list(root, folder, entered, ignored)
        if folders_wanted is not None and not folders_wanted.lists(folder):
            files = []
            below = [each for each in below if each in above or folders_wanted.lists(each)]
            found_links = [each for each in found_links if each in above]
        for seen, place in files:
            own.add(place)
            yield seen
        links += found_links
        folders += reversed(below)


def _list(
    root: bytes,
    folder: bytes,
    entered: set[tuple[int, int]],
    ignored: dict[bytes, ignore.Rules],
) -> tuple[list[bytes], list[tuple[Seen, tuple[int, int]]], list[bytes]]:
    """Subfolders, files (with device and inode) and links in one folder, each in order of name."""
    below: list[bytes] = []
    files: list[tuple[Seen, tuple[int, int]]] = []
    links: list[bytes] = []
    try:
        with os.scandir(os.path.join(root, folder)) as listing:
            entries = sorted(listing, key=_name)
    except OSError:  # gone since, or not ours to read: its tracks are away, nothing is lost
        return below, files, links
    for entry in entries:
        if not entry.name.startswith(b"."):
            continue
        if entry.name.lower() == _NO_MEDIA:
            return below, files, links
        if entry.name.lower() in _IGNORE_FILES:
            rules = _rules(os.path.join(root, folder, entry.name))
            before = ignored.get(folder, ignore.Rules(()))
            ignored[folder] = ignore.Rules(
                before.rules + rules.rules, before.everything or rules.everything
            )
    if folder in ignored and ignored[folder].everything:
        return below, files, links
    prefix = folder + b"/" if folder else b""
    for entry in entries:
        name = entry.name
        if name.startswith(b"."):
            continue
        path = prefix + name
        try:
            if entry.is_symlink():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                if name.lower() in _IGNORED_FOLDERS:
                    continue
                status = entry.stat(follow_symlinks=False)
                if _left_out(ignored, path, folder=True):
                    continue
                if (status.st_dev, status.st_ino) not in entered:
                    entered.add((status.st_dev, status.st_ino))
                    below.append(path)
            elif (kind := kind_of(name)) is not None:
                if ignored and _left_out(ignored, path, folder=False):
                    continue
                status = entry.stat(follow_symlinks=False)
                seen = Seen(kind, path, status.st_size, status.st_mtime_ns, status.st_ino)
                if not stat.S_ISREG(status.st_mode):
                    if kind is not Kind.SOUND:
                        continue
                    seen = msgspec.structs.replace(seen, refused=_odd(status.st_mode))
                files.append((seen, (status.st_dev, status.st_ino)))
        except OSError:
            continue
    return below, files, links


def enters(name: bytes) -> bool:
    """Whether a folder of that name is looked into."""
    return not name.startswith(b".") and name.lower() not in _IGNORED_FOLDERS


def is_mark(name: bytes) -> bool:
    """Whether a file of that name tells us to pass over its folder, or what is in it."""
    return name.lower() == _NO_MEDIA or name.lower() in _IGNORE_FILES


def _rules(path: bytes) -> ignore.Rules:
    """What an ignore file says; one that cannot be read leaves its folder out, as it stands there
    for a reason."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ignore.Rules((), everything=True)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ignore.Rules((), everything=True)
        return ignore.parse(os.pread(fd, ignore.MOST_BYTES, 0))
    finally:
        os.close(fd)


def _left_out(ignored: dict[bytes, ignore.Rules], path: bytes, *, folder: bool) -> bool:
    """Whether an ignore file in a folder above says so; the nearest one that is about it counts."""
    if not ignored:
        return False
    above = path
    while above:
        above = os.path.dirname(above)
        if (rules := ignored.get(above)) is not None:
            below = path[len(above) + 1 :] if above else path
            said = ignore.ignores(rules, below, folder=folder)
            if said is not None:
                return said
    return False


def kind_of(path: bytes) -> Kind | None:
    """What a file of that name may be, by its suffix."""
    stem, _, suffix = path.rpartition(b".")
    if not stem or stem.endswith(b"/"):
        return None
    return _KINDS.get(suffix) or _KINDS.get(suffix.lower())


def _leading_out(root: bytes, links: list[bytes]) -> list[bytes]:
    """The links whose target lies elsewhere: what lies in `root` has a path of its own."""
    here = os.path.realpath(root)
    return [path for path in links if not _inside(os.path.realpath(os.path.join(root, path)), here)]


def _links(
    root: bytes,
    links: list[bytes],
    allowed: list[bytes],
    entered: set[tuple[int, int]],
    own: set[tuple[int, int]],
    folders: list[bytes],
) -> Iterator[Seen]:
    """Linked files that are not here already; linked folders are added to `folders`."""
    for path in links:
        target = os.path.realpath(os.path.join(root, path))
        if not any(_inside(target, folder) for folder in allowed):
            yield from _refused_link(root, path, "a link that leads out of the music folders")
            continue
        try:
            status = os.stat(target, follow_symlinks=False)
        except OSError:
            yield from _refused_link(root, path, "a link that leads nowhere")
            continue
        if stat.S_ISLNK(status.st_mode):
            yield from _refused_link(root, path, "a link that leads in a circle")
            continue
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            yield from _refused_link(root, path, _odd(status.st_mode))
            continue
        place = (status.st_dev, status.st_ino)
        if stat.S_ISDIR(status.st_mode) and place not in entered:
            entered.add(place)
            folders.append(path)
        elif stat.S_ISREG(status.st_mode) and place not in own:
            kind = kind_of(path)
            if kind is not None:
                own.add(place)
                yield Seen(kind, path, status.st_size, status.st_mtime_ns, status.st_ino, target)


def _refused_link(root: bytes, path: bytes, reason: str) -> Iterator[Seen]:
    """A link that is not followed, if it has the name of a song or leads to a folder."""
    place = os.path.join(root, path)
    with contextlib.suppress(OSError):
        if kind_of(path) is Kind.SOUND or os.path.isdir(place):
            status = os.lstat(place)
            yield Seen(
                Kind.SOUND,
                path,
                status.st_size,
                status.st_mtime_ns,
                status.st_ino,
                refused=reason,
            )


def _odd(mode: int) -> str:
    """What something is that is neither file nor folder nor link."""
    kinds = (
        (stat.S_ISFIFO, "a pipe, not a file"),
        (stat.S_ISSOCK, "a socket, not a file"),
        (stat.S_ISCHR, "a device, not a file"),
        (stat.S_ISBLK, "a device, not a file"),
    )
    return next((words for is_one, words in kinds if is_one(mode)), "not a regular file")


def _inside(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
