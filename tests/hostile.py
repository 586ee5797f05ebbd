"""A library of a few hundred files that lie, made from nothing: names, texts, bombs, broken bytes.

What must be refused, what may be taken or not, and what must be taken is told by `Library`.
"""

from __future__ import annotations

import functools
import io
import os
import random
import socket
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import mutagen.id3

from tests.library import music as songs

GIGABYTE = 1 << 30


@dataclass
class Library:
    """Where everything lies. Paths are bytes, below `root`."""

    root: Path
    canary: Path  # outside; whoever opens it was lured
    port: int  # of loopback; whoever connects was lured
    good: list[bytes] = field(default_factory=list)
    bad: list[bytes] = field(default_factory=list)  # must be listed with a reason
    either: list[bytes] = field(default_factory=list)

    def bad_file(self, name: bytes | str, data: bytes) -> None:
        self.bad.append(self._write(name, data))

    def either_file(self, name: bytes | str, data: bytes) -> None:
        self.either.append(self._write(name, data))

    def place(self, name: bytes | str) -> bytes:
        path = os.path.join(os.fsencode(self.root), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def _write(self, name: bytes | str, data: bytes) -> bytes:
        with open(self.place(name), "wb") as file:
            file.write(data)
        return os.fsencode(name)


def build(root: Path, canary: Path, port: int) -> Library:
    """Makes everything; `canary` is made too."""
    library = Library(root, canary, port)
    songs.song(canary, 7_777, title="Canary", artist="Outside", album="Outside")
    samples = _good(library)
    _texts(library)
    _lists(library)
    _words(library, samples)
    _names(library, samples)
    _odd_things(library)
    _bombs(library, samples)
    _lying_headers(library, samples)
    _broken(library, samples)
    return library


def _good(library: Library) -> dict[str, bytes]:
    """Sixty good songs of every kind, between all the others; one of each kind as bytes."""
    samples: dict[str, bytes] = {}
    for number, suffix in enumerate(songs.KINDS):
        first = songs.song(library.root / "Good" / f"song {number}{suffix}", 100 + number)
        samples[suffix] = first.read_bytes()
        library.good.append(os.fsencode(f"Good/song {number}{suffix}"))
        for more in range(1, 10):
            name = f"Good {more}/{number}{suffix}"
            path = Path(os.fsdecode(library.place(name)))
            path.write_bytes(samples[suffix])
            if suffix != ".wav":
                songs.tag(path, title=f"Good {number}-{more}", artist="A", album=f"Good {more}")
            library.good.append(os.fsencode(name))
    return samples


def _texts(library: Library) -> None:
    """Text that FFmpeg would take for a script, a playlist or a session."""
    canary, port = library.canary, library.port
    library.bad_file("text/sbg.mp3", b"a: 100+1/100\nNOW == a->\n+99:00 a\n")
    away = [
        str(canary), f"file:{canary}", f"file://{canary}",
        f"../../{canary.parent.name}/{canary.name}",
        f"http://127.0.0.1:{port}/a.ts", f"tcp://127.0.0.1:{port}", f"concat:{canary}|{canary}",
        f"subfile,,start,0,end,0,,:{canary}", f"crypto:{canary}",
        f"async:{canary}", f"cache:{canary}",
        "unix:/run/x.sock", "data:audio/x;base64,AAAA", "gopher://127.0.0.1/", "pipe:0",
    ]  # fmt: skip
    for number, target in enumerate(away):
        for suffix in ("mp3", "aac", "m4a"):
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
            library.bad_file(f"text/hls {number}.{suffix}", text.encode())
    tags = {
        "key": f'#EXT-X-KEY:METHOD=AES-128,URI="{canary}"\n#EXTINF:1,\n0.ts\n',
        "map": f'#EXT-X-MAP:URI="{canary}"\n#EXTINF:1,\n0.m4s\n',
        "master": f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{canary}\n",
        "media": f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="{canary}"\n',
        "live": "#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nlive.mp3\n",
    }
    for name, text in tags.items():
        library.bad_file(f"text/{name}.mp3", f"#EXTM3U\n{text}".encode())
    library.bad_file("text/concat.mp3", f"ffconcat version 1.0\nfile '{canary}'\n".encode())
    library.bad_file("text/sdp.mp3", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n"
                     b"t=0 0\nm=audio 40000 RTP/AVP 0\n")  # fmt: skip
    library.bad_file("text/lrc.flac", b"[00:01.00]words\n[00:02.00]more words\n" * 20)
    library.bad_file("text/json.mp3", b'{"a": [1, 2, 3], "b": "' + b"x" * 500 + b'"}')
    library.bad_file("text/page.mp3", b"<!doctype html><script>alert(1)</script>" * 30)
    library.bad_file("text/vobsub.mp3", b"# VobSub index file, v7\nid: en, index: 0\n" * 9)
    library.bad_file("text/program.mp3", b"\x7fELF\x02\x01\x01" + bytes(2000))
    library.bad_file("text/strm.mp3", f"{canary}\n".encode())
    for name in ("b%03d.mp3", "b001.mp3", "b002.mp3"):
        library.bad_file(f"text/{name}", _png(8, 8))
    for name in ("a%03d.png", "a001.png", "a002.png"):
        library._write(f"text/{name}", _png(8, 8))


def _lists(library: Library) -> None:
    """Sheets and playlists that name what is not theirs, or have no end."""
    canary = library.canary
    for number, name in enumerate(
        (str(canary), f"file://{canary}", f"../../outside/{canary.name}")
    ):
        library._write(f"lists/{number}.m3u8", f"#EXTM3U\n{name}\n".encode())
        library._write(f"lists/{number}.pls", f"[playlist]\nFile1={name}\n".encode())
        sheet = f'FILE "{name}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n'
        library._write(f"lists/{number}.cue", sheet.encode())
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{canary}">]>'
    laughs = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "ha">' for n in range(12)
    )
    library._write("lists/entity.xspf", f"{entity}<x>&e;</x>".encode())
    library._write("lists/laughs.xspf", f"<!DOCTYPE x [{laughs}]><x>&a11;</x>".encode())
    for suffix in ("cue", "m3u", "m3u8", "pls", "xspf"):
        library._write(f"lists/bytes.{suffix}", random.Random(suffix).randbytes(5_000))
        library._write(f"lists/long.{suffix}", b"#EXTM3U\n" + b"a.mp3\n" * 200_000)
        os.mkfifo(library.place(f"lists/pipe.{suffix}"))
        os.symlink(canary, library.place(f"lists/link.{suffix}"))
        with open(library.place(f"lists/sparse.{suffix}"), "wb") as file:
            file.truncate(8 * GIGABYTE)


def _words(library: Library, samples: dict[str, bytes]) -> None:
    """Lyrics beside good songs that are no lyrics, or have no end."""
    laughs = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "ha">' for n in range(12)
    )
    entity = f'<!DOCTYPE tt [<!ENTITY e SYSTEM "file://{library.canary}">]><tt><p>&e;</p></tt>'
    deep = "<tt>" + "<span>" * 100_000
    texts = {
        "laughs.ttml": f"<!DOCTYPE tt [{laughs}]><tt><body><p begin='1s'>&a11;</p></body></tt>",
        "entity.ttml": entity,
        "deep.ttml": deep,
        "long.lrc": "[00:01.00]words\n" * 300_000,
        "wide.lrc": "[99999999999:99.99]" * 5_000,
        "long.srt": "1\n00:00:01,000 --> 00:00:02,000\nwords\n\n" * 100_000,
        "zeros.txt": "\0" * 3_000_000,
    }
    for name, text in texts.items():
        library._write(f"words/{name}", text.encode())
    for suffix in ("lrc", "ttml", "srt", "txt"):
        os.mkfifo(library.place(f"words/pipe.{suffix}"))
        os.symlink(library.canary, library.place(f"words/link.{suffix}"))
        library._write(f"words/bytes.{suffix}", random.Random(suffix).randbytes(5_000))
        with open(library.place(f"words/sparse.{suffix}"), "wb") as file:
            file.truncate(8 * GIGABYTE)
    stems = {os.path.splitext(name)[0] for name in (*texts, "pipe.", "link.", "bytes.", "sparse.")}
    for stem in sorted(stems):
        library._write(f"words/{stem}.flac", samples[".flac"])
        library.good.append(os.fsencode(f"words/{stem}.flac"))


def _names(library: Library, samples: dict[str, bytes]) -> None:
    """Good songs under names that are hard to bear."""
    names = [
        b"names/\xff\xfe\x80.flac", b"names/\xff\xff/\xf0.flac", b"names/" + b"n" * 250 + b".flac",
        b"names/" + "é".encode() * 125 + b".flac", b"names/new\nline.flac", b"names/-rf .flac",
        b"names/%s%n%d.flac", b"names/'; DROP TABLE track; --.flac", b"names/\x1b[31mred.flac",
        "names/\u202egnp.flac".encode(), b"names/<script>alert(1)<.flac", b"names/a\tb\x01.flac",
        b"names/CON.flac", b"names/trailing .flac ",
        b"/".join([b"names"] + [b"deep"] * 150) + b"/x.flac",
    ]  # fmt: skip
    for name in names:
        library._write(name, samples[".flac"])
        if name.endswith(b".flac"):
            library.good.append(name)


def _odd_things(library: Library) -> None:
    """What has the name of a song and is no file."""
    for name in ("odd/pipe.mp3", "odd/cover.jpg", "odd/pipe.lrc"):
        os.mkfifo(library.place(name))
    library.bad.append(b"odd/pipe.mp3")
    bound = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    try:
        os.chdir(library.root / "odd")  # the address of a socket may be no longer than 107 bytes
        bound.bind("socket.mp3")
    finally:
        os.chdir(here)
        bound.close()
    library.bad.append(b"odd/socket.mp3")
    with suppress(PermissionError):  # who is not root makes no devices
        os.mknod(library.place("odd/zero.mp3"), 0o20666, os.makedev(1, 5))
        library.bad.append(b"odd/zero.mp3")
    links: dict[str, str | Path] = {
        "odd/out.flac": library.canary,
        "odd/zero-link.mp3": "/dev/zero",
        "odd/nowhere.mp3": "nowhere at all",
        "odd/loop.mp3": "loop.mp3",
        "odd/one.mp3": "two.mp3",
        "odd/two.mp3": "one.mp3",
        "odd/outside": library.canary.parent,
    }
    for name, target in links.items():
        os.symlink(target, library.place(name))
        library.bad.append(os.fsencode(name))
    os.symlink(".", library.place("odd/itself"))
    os.symlink("../..", library.place("odd/above"))
    library.bad.append(b"odd/above")
    os.symlink(library.canary, library.place("odd/folder.jpg"))
    os.makedirs(library.place("odd/folder.mp3"), exist_ok=True)
    library.bad_file("odd/empty.mp3", b"")
    library.bad_file("odd/empty.flac", b"")
    library.bad_file("odd/short.wav", b"RIFF")
    for suffix, head in (
        (".mp3", b""),
        (".wav", _wav(44_100, 2)),
        (".flac", b"fLaC"),
        (".lrc", b""),
    ):
        name = f"odd/sparse{suffix}"
        with open(library.place(name), "wb") as file:
            file.write(head)
            file.truncate(8 * GIGABYTE)
        if suffix != ".lrc":
            library.bad.append(os.fsencode(name))


def _bombs(library: Library, samples: dict[str, bytes]) -> None:
    """Little that becomes much."""
    mp3 = samples[".mp3"]
    sound = mp3[_id3_size(mp3) :]
    library.bad_file("bombs/cmov.m4a", _cmov(GIGABYTE))
    library.either_file("bombs/zlib frame.mp3", _id3(_zlib_frame(GIGABYTE)) + sound)
    library.either_file("bombs/txxx.mp3", _id3(_frame(b"TXXX", b"\x00k\x00v") * 100_000) + sound)
    library.either_file("bombs/chapters.mp3", _id3(_chapters(2_000)) + sound)
    apic = _frame(b"APIC", b"\x00image/png\x00\x03\x00" + _png(8, 8))
    library.either_file("bombs/pictures.mp3", _id3(apic * 20_000) + sound)
    big = _frame(b"APIC", b"\x00image/png\x00\x03\x00" + _png(15_000, 15_000))
    library.either_file("bombs/large picture.mp3", _id3(big) + sound)
    library.either_file("bombs/size.mp3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + sound)
    library.either_file("bombs/hours.flac", _silence(8 * 3600))
    library.either_file("bombs/edits.m4a", _edits(samples[".m4a"], 250_000))
    library.either_file("bombs/comments.flac", _comments(samples[".flac"], 200_000))
    library.bad_file("bombs/zip.mp3", b"PK\x03\x04" + _zeros(GIGABYTE // 16))
    for name, data in {
        "cover.png": _png_with(b"zTXt", b"k\0\0" + _zeros(GIGABYTE)),
        "front.png": _png_with(b"iCCP", b"k\0\0" + _zeros(GIGABYTE)),
        "folder.png": _png(8, 8, data=_zeros(GIGABYTE // 4)),
        "cover.JPG": _png(30_000, 30_000),
    }.items():
        folder = f"pictures {name}"
        library._write(f"{folder}/{name}", data)
        library._write(f"{folder}/song.flac", samples[".flac"])
        library.good.append(os.fsencode(f"{folder}/song.flac"))


def _lying_headers(library: Library, samples: dict[str, bytes]) -> None:
    """Headers that say what cannot be."""
    library.bad_file("lies/1 Hz.wav", _wav(1, 1) + bytes(200_000))
    library.bad_file("lies/fast.wav", _wav(0x7FFF_FFFF, 1) + bytes(2_000))
    library.bad_file("lies/channels.wav", _wav(44_100, 65_535) + bytes(2_000))
    library.bad_file("lies/none.wav", _wav(44_100, 0) + bytes(2_000))
    library.bad_file("lies/noise.mp3", random.Random(1).randbytes(3_000).replace(b"\xff", b"\x00"))
    library.bad_file("lies/noise.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + bytes(500))
    library.bad_file("lies/noise.ogg", b"OggS" + bytes(1_000))
    library.bad_file("lies/noise.flac", b"fLaC" + b"\xff" * 1_000)
    library.either_file("lies/wrong ending.mp3", samples[".flac"])
    for depth in (50, 5_000):
        nested = b""
        for _ in range(depth):
            nested = struct.pack(">I", len(nested) + 8) + b"moov" + nested
        library.bad_file(f"lies/nested {depth}.m4a", b"\0\0\0\x14ftypM4A \0\0\0\0M4A " + nested)


def _broken(library: Library, samples: dict[str, bytes]) -> None:
    """Songs that were cut, and songs with a few bits turned, by seed."""
    for suffix, data in samples.items():
        for part in (0.02, 0.1, 0.5, 0.9):
            library.either_file(f"cut/{part}{suffix}", data[: int(len(data) * part)])
        for seed in range(30):
            dice = random.Random(f"{suffix} {seed}")
            changed = bytearray(data)
            for _ in range(1 + seed % 8):
                where = dice.randrange(len(data) if seed % 2 else min(len(data), 1_000))
                changed[where] ^= 1 << dice.randrange(8)
            library.either_file(f"flipped/{seed}{suffix}", bytes(changed))


# made of bytes --------------------------------------------------------------------------------


def _zeros(count: int) -> bytes:
    """`count` zeros as a zlib stream, without making them: one block over and over."""
    piece = 1 << 24
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush(zlib.Z_FINISH)
    check = ((count % 65_521) << 16) | 1  # Adler-32 of so many zeros
    return b"\x78\xda" + block * (count // piece) + end + struct.pack(">I", check)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, data: bytes | None = None) -> bytes:
    """A black picture."""
    if data is None:
        rows = (width * 3 + 1) * height
        data = zlib.compress(bytes(rows)) if rows < 1 << 20 else _zeros(rows + (1 << 24))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    )


def _png_with(kind: bytes, data: bytes) -> bytes:
    whole = _png(8, 8)
    return whole[:33] + _chunk(kind, data) + whole[33:]


def _wav(rate: int, channels: int) -> bytes:
    head = struct.pack("<HHIIHH", 1, channels & 0xFFFF, rate, rate, max(1, channels) & 0xFFFF, 8)
    return b"RIFF\xff\xff\xff\x7fWAVEfmt " + struct.pack("<I", 16) + head + b"data\xff\xff\xff\x7f"


def _frame(name: bytes, data: bytes, flags: int = 0) -> bytes:
    return name + _synchsafe(len(data)) + struct.pack(">H", flags) + data


def _synchsafe(number: int) -> bytes:
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def _id3(frames: bytes) -> bytes:
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames


def _id3_size(data: bytes) -> int:
    if not data.startswith(b"ID3"):
        return 0
    return mutagen.id3.ID3(io.BytesIO(data)).size


def _zlib_frame(count: int) -> bytes:
    packed = _zeros(count)
    return _frame(b"TXXX", _synchsafe(min(count, (1 << 28) - 1)) + packed, flags=0x0009)


def _chapters(depth: int) -> bytes:
    inner = _frame(b"TIT2", b"\x00deep")
    for number in range(depth):
        inner = _frame(b"CHAP", b"%d\0" % number + bytes(16) + inner)
    return inner


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def _cmov(count: int) -> bytes:
    packed = _box(b"cmvd", struct.pack(">I", count & 0xFFFF_FFFF) + _zeros(count))
    inner = _box(b"cmov", _box(b"dcom", b"zlib") + packed)
    return _box(b"ftyp", b"M4A \0\0\0\0M4A mp42") + _box(b"moov", inner)


def _edits(data: bytes, count: int) -> bytes:
    """An M4A file (whose index stands at its end) that says to play one second over and over."""
    at = 0
    while data[at + 4 : at + 8] != b"moov":
        at += struct.unpack_from(">I", data, at)[0]
    moov = data[at + 8 :]
    place = moov.index(b"trak") - 4
    size = struct.unpack_from(">I", moov, place)[0]
    trak = moov[place + 8 : place + size]
    head = struct.unpack_from(">I", trak, 0)[0]
    entry = struct.pack(">IIHH", 40, 0, 1, 0)
    edits = _box(b"edts", _box(b"elst", struct.pack(">II", 0, count) + entry * count))
    rest = trak[head:]
    if rest[4:8] == b"edts":
        rest = rest[struct.unpack_from(">I", rest, 0)[0] :]
    changed = moov[:place] + _box(b"trak", trak[:head] + edits + rest) + moov[place + size :]
    return data[:at] + _box(b"moov", changed)


def _comments(flac: bytes, count: int) -> bytes:
    comment = struct.pack("<I", 3) + b"a=b"
    block = struct.pack("<I", 0) + struct.pack("<I", count) + comment * count
    head = flac[:4] + b"\0" + flac[5:42] + b"\x84" + len(block).to_bytes(3, "big")
    return head + block + _frames_of(flac)


def _frames_of(flac: bytes) -> bytes:
    at = 4
    while True:
        last, size = flac[at] & 0x80, int.from_bytes(flac[at + 1 : at + 4], "big")
        at += 4 + size
        if last:
            return flac[at:]


def _silence(seconds: int, rate: int = 44_100) -> bytes:
    """FLAC of constant frames (RFC 9639): eleven bytes for a second and a half."""
    block = 65_535
    frames = seconds * rate // block
    total = frames * block
    info = struct.pack(">HH", block, block) + bytes(6)
    info += ((rate << 44) | (0 << 41) | (15 << 36) | total).to_bytes(8, "big") + bytes(16)
    out = [b"fLaC\x80\x00\x00\x22", info]
    for number in range(frames):
        head = b"\xff\xf8\x79\x08" + _coded(number) + struct.pack(">H", block - 1)
        head += bytes([_crc(head, 8, 0x07)])
        body = head + b"\x00\x00\x00"
        out.append(body + struct.pack(">H", _crc(body, 16, 0x8005)))
    return b"".join(out)


def _coded(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


@functools.cache
def _table(bits: int, polynomial: int) -> list[int]:
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (bits - 1) else 0)
        table.append(value & ((1 << bits) - 1))
    return table


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    table = _table(bits, polynomial)
    mask, shift, value = (1 << bits) - 1, bits - 8, 0
    for byte in data:
        value = ((value << 8) & mask) ^ table[((value >> shift) ^ byte) & 0xFF]
    return value
