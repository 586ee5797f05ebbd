"""The gate for pictures: what a file's own header says, before any decoder sees it.

JPEG, PNG, WebP, GIF and BMP pass, within limits on bytes, pixels and sides. A PNG comes out reduced
to the chunks that make the picture: packed text and profiles may inflate to gigabytes, and so may
its own data, which is checked against what the pixels can need.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from homestream.errors import MediaError

MOST_BYTES: Final = 32 << 20
MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 12_000
TOO_MANY_BYTES: Final = "picture is larger than 32 MB"

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_PARTS: Final = 100_000  # chunks, markers or blocks


class Passed(NamedTuple):
    """A picture that may be decoded. `kind` is Pillow's name of the format."""

    kind: str
    width: int
    height: int
    data: bytes


def gate(data: bytes) -> Passed:
    """The picture, safe to hand to a decoder of its kind; MediaError with the reason if it is not.

    What it is called and which type was declared for it play no part.
    """
    if len(data) > MOST_BYTES:
        raise MediaError(TOO_MANY_BYTES)
    kind = _kind(data)
    try:
        width, height = _SIZES[kind](data)
    except (struct.error, IndexError) as error:
        raise MediaError("picture is cut off") from error
    if width < 1 or height < 1:
        raise MediaError("picture has no size")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise MediaError(too_large(width, height))
    if kind == "PNG":
        data = _reduced(data)
    return Passed(kind, width, height, data)


def too_large(width: int, height: int) -> str:
    """Why a picture of that size is not shown."""
    return (
        f"picture is too large: {width:,} x {height:,} pixels, where at most {LONGEST_SIDE:,} "
        f"a side and {MOST_PIXELS // 1_000_000} million in all are read"
    )


def _kind(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(_PNG):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:2] == b"BM" and len(data) > 26:
        return "BMP"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<") or b"<svg" in start:
        raise MediaError("picture is a document, not a picture (SVG or HTML)")
    if start.startswith((b"http:", b"https:", b"file:")):
        raise MediaError("picture is only a link to one")
    raise MediaError("picture is of a kind that is not shown")


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MOST_PARTS):
        while data[at] != 0xFF:
            at += 1
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker in (0x01, *range(0xD0, 0xD9)):
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
        if marker in (0xD9, 0xDA):
            break
        (length,) = struct.unpack_from(">H", data, at)
        at += max(2, length)
    raise MediaError("picture has no size")


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise MediaError("picture is damaged")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            int.from_bytes(data[24:27], "little") + 1,
            int.from_bytes(data[27:30], "little") + 1,
        )
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise MediaError("picture is damaged")


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    for _ in range(_MOST_PARTS):
        if data[at] == 0x2C:
            # a frame may reach beyond the screen, and decoders then make the screen larger
            left, top, wide, high = struct.unpack_from("<HHHH", data, at + 1)
            return max(width, left + wide), max(height, top + high)
        if data[at] != 0x21:
            break
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    raise MediaError("picture is damaged")


def _bmp(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack_from("<I", data, 14)
    if size == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return width, height
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)


_SIZES: Final[dict[str, Callable[[bytes], tuple[int, int]]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "BMP": _bmp,
}


def _reduced(data: bytes) -> bytes:
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if colour not in _PNG_CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise MediaError("picture is damaged")
    bits = depth * _PNG_CHANNELS[colour]
    left = _png_bytes(width, height, bits, interlaced)
    inflate = zlib.decompressobj()
    kept = [_PNG]
    for kind, chunk in _chunks(data):
        if kind == b"IDAT":
            left -= _inflated(inflate, chunk[8:-4], left)
        if kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"IEND":
            break
    return b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            raise MediaError("picture is cut off")
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise MediaError("picture is cut off")
        yield data[at + 4 : at + 8], data[at:end]
        at = end
    raise MediaError("picture is damaged")


def _inflated(inflate: zlib._Decompress, packed: bytes, left: int) -> int:
    """How many bytes `packed` holds; MediaError when it is more than `left`."""
    count = 0
    try:
        while packed and not inflate.eof:
            count += len(inflate.decompress(packed, 1 << 16))
            if count > left:
                raise MediaError("picture holds more data than its pixels need")
            packed = inflate.unconsumed_tail
    except zlib.error as error:
        raise MediaError("picture is damaged") from error
    return count


def _png_bytes(width: int, height: int, bits: int, interlaced: int) -> int:
    """Bytes of all rows with their filter bytes (PNG section 7.2, with Adam7 of section 8.1)."""
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for x, y, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        columns, rows = -(-(width - x) // across), -(-(height - y) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total
