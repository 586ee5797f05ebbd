"""Which folders come over a network, by the text that the kernel gives."""

from __future__ import annotations

import pytest

from homestream.library import mounts

TEXT = rb"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
41 27 0:40 / /mnt/nas rw shared:1 - nfs4 nas:/music rw
42 27 0:41 / /mnt/nas/local rw - ext4 /dev/sdb1 rw
43 27 0:42 / /srv/music/with\040space rw - cifs //nas/music rw
44 27 0:43 / /home/ada/phone rw - fuse.sshfs ada@phone: rw
45 27 0:44 / /media/stick rw - fuseblk /dev/sdc1 rw
no line of ours
46 27
"""


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (b"/mnt/nas/albums", {b"": "NFS"}),
        (b"/mnt/nas", {b"": "NFS"}),
        (b"/mnt/nas/local/albums", {}),
        (b"/mnt/nasty", {}),
        (b"/srv/music", {b"with space": "SMB"}),
        (b"/home/ada/phone", {b"": "sshfs"}),
        (b"/media/stick", {}),
        (b"/home", {b"ada/phone": "sshfs"}),
        (b"/", {b"mnt/nas": "NFS", b"srv/music/with space": "SMB", b"home/ada/phone": "sshfs"}),
    ],
)
def test_folders_over_the_network_are_known(root: bytes, expected: dict[bytes, str]) -> None:
    assert mounts.over_network(mounts.parse(TEXT), root) == expected


def test_what_is_mounted_over_another_hides_it() -> None:
    text = b"1 1 0:1 / / rw - ext4 a rw\n2 1 0:2 / /m rw - nfs a rw\n3 1 0:3 / /m rw - ext4 b rw\n"
    assert mounts.over_network(mounts.parse(text), b"/m/x") == {}


def test_only_mounts_around_a_folder_tell_of_it() -> None:
    found = mounts.around(mounts.parse(TEXT), b"/srv/music")
    assert [mount.path for mount in found] == [b"/", b"/srv/music/with space"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("nfs", "NFS"), ("9p", "9P"), ("fuse", "FUSE"), ("fuse.rclone", "rclone"), ("ext4", None),
     ("btrfs", None), ("fuseblk", None), ("overlay", None)],
)  # fmt: skip
def test_network_file_systems_are_told_from_disks(kind: str, name: str | None) -> None:
    assert mounts.network(kind) == name
