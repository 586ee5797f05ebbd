"""Which folders come over a network, where the system does not tell us what others change there.

From /proc/self/mountinfo (proc(5)); a system without it has none that we would know of.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

MOUNTINFO: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "9p": "9P",
    "virtiofs": "virtiofs",
    "vboxsf": "VirtualBox folder",
    "prl_fs": "Parallels folder",
    "afs": "AFS",
    "ceph": "Ceph",
    "glusterfs": "GlusterFS",
    "lustre": "Lustre",
    "ocfs2": "OCFS2",
    "gfs2": "GFS2",
    "davfs": "WebDAV",
    "ncpfs": "NCP",
}
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    path: bytes
    kind: str  # as the kernel calls it: "ext4", "nfs4", "fuse.sshfs"


def read() -> list[Mount]:
    """What is mounted where, now; empty where that cannot be told."""
    try:
        return parse(MOUNTINFO.read_bytes())
    except OSError:
        return []


def parse(text: bytes) -> list[Mount]:
    """The mounts in the text of a mountinfo file; lines that are none are passed over."""
    found: list[Mount] = []
    for line in text.splitlines():
        before, dash, after = line.partition(b" - ")
        fields = before.split(b" ")
        if dash and len(fields) >= 5 and after:
            path = _OCTAL.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), fields[4])
            found.append(Mount(path, after.split(b" ")[0].decode("ascii", "replace")))
    return found


def over_network(mounts: list[Mount], root: bytes) -> dict[bytes, str]:
    """The folders at or below `root` (b"" is itself) that come over a network, and by what.

    Where the root itself does, it stands for all below it.
    """
    here = os.path.realpath(root)
    holding = Mount(b"", "")
    below: dict[bytes, str] = {}
    for mount in mounts:  # a later one covers those before it
        if _inside(here, mount.path) and len(mount.path) >= len(holding.path):
            holding = mount
        elif mount.path != here and _inside(mount.path, here):
            name = network(mount.kind)
            relative = os.path.relpath(mount.path, here)
            if name is not None:
                below[relative] = name
            else:
                below.pop(relative, None)
    name = network(holding.kind)
    return below if name is None else {b"": name}


def around(mounts: list[Mount], root: bytes) -> tuple[Mount, ...]:
    """The mounts that hold `root` or lie below it, in their order."""
    return tuple(
        mount for mount in mounts if _inside(root, mount.path) or _inside(mount.path, root)
    )


def network(kind: str) -> str | None:
    """What people call a network file system, or None for one that is none.

    All of FUSE counts: what happens behind it is not told to us, whatever it is.
    """
    if kind in ("fuse", "fuseblk") or kind.startswith("fuse."):
        name = kind.partition(".")[2]
        return None if kind == "fuseblk" else (name or "FUSE")
    return _NETWORK.get(kind)


def _inside(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
