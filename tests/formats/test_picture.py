"""The gate for pictures."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from homestream.errors import MediaError
from homestream.formats import picture
from tests import media_files

KINDS = ["JPEG", "PNG", "WEBP", "GIF", "BMP"]


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(width: int, height: int, data: bytes, *, before: bytes = b"", interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + before
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_honest_picture_passes(kind: str) -> None:
    passed = picture.gate(media_files.image(kind, (64, 48)))
    assert (passed.kind, passed.width, passed.height) == (kind, 64, 48)


def test_the_size_of_every_kind_of_webp_is_read() -> None:
    image = Image.new("RGBA", (70, 50), (1, 2, 3, 4))
    for mode, options in (("RGB", {}), ("RGB", {"lossless": True}), ("RGBA", {})):
        target = io.BytesIO()
        image.convert(mode).save(target, "WEBP", **options)
        assert picture.gate(target.getvalue())[1:3] == (70, 50)


def test_a_png_comes_out_without_what_may_inflate() -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    plain = png(4, 4, bytes(4 * 13))
    assert picture.gate(png(4, 4, bytes(4 * 13), before=bomb + profile)).data == plain


@pytest.mark.parametrize("interlaced", [0, 1])
def test_a_png_with_more_data_than_its_pixels_need_is_refused(interlaced: int) -> None:
    with pytest.raises(MediaError, match="more data"):
        picture.gate(png(8, 8, bytes(50_000_000), interlaced=interlaced))


def test_an_interlaced_png_passes() -> None:
    # Adam7 of 8 x 8: passes of 1x1, 1x1, 2x1, 2x2, 4x2, 4x4 and 8x4 pixels
    rows = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    data = bytes(sum(high * (1 + 3 * wide) for wide, high in rows))
    assert picture.gate(png(8, 8, data, interlaced=1)).width == 8
    with pytest.raises(MediaError, match="more data"):
        picture.gate(png(8, 8, data + b"\0", interlaced=1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (png(12_001, 1, b""), "too large"),
        (png(11_000, 11_000, b""), "too large"),
        (png(30_000, 30_000, b""), "30,000 x 30,000"),
        (png(0, 5, b""), "no size"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "document"),
        (b"\n <svg onload='x()'></svg>", "document"),
        (b"<!DOCTYPE html><p>", "document"),
        (b"https://example.org/cover.jpg", "link"),
        (b"", "kind"),
        (b"\0\0\0\x1cftypavif" + bytes(99), "kind"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xd9", "no size"),
        (b"\xff\xd8\xff\xe0\0\x10", "cut off"),
        (bytes(33 << 20), "32 MB"),
    ],
)
def test_what_does_not_pass_is_told_why(data: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        picture.gate(data)


def test_a_gif_whose_frame_reaches_beyond_its_screen_counts_by_its_frame() -> None:
    whole = bytearray(media_files.image("GIF", (8, 8)))
    at = whole.index(0x2C, 13 + 3 * (2 << (whole[10] & 7)))
    whole[at + 5 : at + 9] = struct.pack("<HH", 30_000, 30_000)
    with pytest.raises(MediaError, match="too large"):
        picture.gate(bytes(whole))


@given(st.sampled_from(KINDS), st.integers(0, 10_000), st.integers(1, 30))
def test_broken_pictures_pass_or_are_refused_and_nothing_else(
    kind: str, seed: int, flips: int
) -> None:
    dice = random.Random(seed)
    broken = bytearray(media_files.image(kind, (64, 48)))
    for _ in range(flips):
        broken[dice.randrange(min(len(broken), 200))] ^= 1 << dice.randrange(8)
    del broken[dice.randrange(len(broken) + 1) :]
    passed = passed_or_reason(bytes(broken))
    if isinstance(passed, str):
        assert passed.startswith("picture")
    else:
        assert passed.width * passed.height <= picture.MOST_PIXELS


def passed_or_reason(data: bytes) -> picture.Passed | str:
    try:
        return picture.gate(data)
    except MediaError as error:
        return str(error)
