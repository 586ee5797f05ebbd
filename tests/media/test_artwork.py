"""Thumbnails, from honest pictures and others."""

from __future__ import annotations

import base64
import io
import os
import random
import re
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen import id3
from PIL import Image, ImageCms

from homestream.errors import MediaError, NotFound
from homestream.media import artwork
from homestream.media.artwork import Thumbnails
from homestream.media.source import Source
from tests import media_files

RED = (192, 48, 32)


def made(path: Path, *, embedded: bool = False) -> Thumbnails:
    return artwork.thumbnails(Source(path=bytes(path)), embedded)


def picture(tmp_path: Path, data: bytes) -> Thumbnails:
    path = tmp_path / "cover"
    path.write_bytes(data)
    return made(path)


def opened(found: Thumbnails, name: str) -> Image.Image:
    return Image.open(io.BytesIO(found.pictures[name])).convert("RGB")


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 14 for one, other in zip(image.getpixel(at), colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_every_size_and_kind_is_made_of_a_picture_file(tmp_path: Path, kind: str) -> None:
    found = picture(tmp_path, media_files.image(kind, (1200, 800)))
    assert (found.width, found.height) == (1200, 800)
    sizes = {name: opened(found, name).size for name in found.pictures}
    assert sizes == {
        f"{side}.{kind}": (side, round(side * 2 / 3))
        for side in (96, 320, 640, 960)
        for kind in ("webp", "jpg")
    }
    assert {name: Image.open(io.BytesIO(data)).format for name, data in found.pictures.items()} == {
        name: "WEBP" if name.endswith("webp") else "JPEG" for name in found.pictures
    }
    assert near(opened(found, "960.jpg"), (600, 500), RED)


def test_a_small_picture_is_never_made_larger(tmp_path: Path) -> None:
    found = picture(tmp_path, media_files.image("PNG", (200, 100)))
    assert opened(found, "960.webp").size == opened(found, "320.jpg").size == (200, 100)
    assert opened(found, "96.webp").size == (96, 48)


def test_a_picture_of_one_row_keeps_a_row(tmp_path: Path) -> None:
    assert opened(picture(tmp_path, media_files.image("PNG", (2000, 1))), "96.jpg").size == (96, 1)


@pytest.mark.parametrize("kind", media_files.TAGGED)
def test_embedded_pictures_are_found_in_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{media_files.KINDS[kind].ending}"
    media_files.write(path, kind, {"title": "T"}, picture=media_files.image())
    found = made(path, embedded=True)
    assert (found.width, found.height) == (640, 480)
    assert near(opened(found, "320.jpg"), (200, 150), RED)


def test_an_attachment_of_matroska_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    source = media_files.write(tmp_path / "a.flac", "flac")
    with av.open(str(source)) as given, av.open(str(path), "w", format="matroska") as media:
        stream = media.add_stream_from_template(given.streams.audio[0])
        media.add_attachment("cover.jpg", "image/jpeg", media_files.image())
        for packet in given.demux(given.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                media.mux(packet)
    assert made(path, embedded=True).width == 640


def test_the_front_cover_goes_before_others(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3")
    held = id3.ID3()
    for kind, width in ((1, 32), (4, 100), (3, 200), (0, 300)):
        data = media_files.image(size=(width, 100))
        held.add(id3.APIC(mime="image/jpeg", type=kind, desc=str(kind), data=data))
    held.save(path)
    assert made(path, embedded=True).width == 200


def test_a_bad_front_cover_gives_way_to_a_good_picture(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3")
    held = id3.ID3()
    held.add(id3.APIC(mime="image/jpeg", type=3, desc="", data=b"<svg></svg>"))
    held.add(id3.APIC(mime="text/plain", type=0, desc="", data=media_files.image()))
    held.save(path)
    assert made(path, embedded=True).width == 640


def test_a_link_instead_of_a_picture_is_not_followed(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3")
    held = id3.ID3()
    held.add(id3.APIC(mime="-->", type=3, desc="", data=b"file:///etc/passwd"))
    held.save(path)
    with pytest.raises(MediaError, match="no picture"):
        made(path, embedded=True)


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "vorbis", "wav", "mka"])
def test_a_file_without_a_picture_says_so(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind)
    with pytest.raises(MediaError, match="no picture"):
        made(path, embedded=True)


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_turns_the_picture_upright(tmp_path: Path, turn: int) -> None:
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = turn
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif, quality=95)
    found = picture(tmp_path, target.getvalue())
    corner = {
        1: (10, 10), 2: (310, 10), 3: (310, 150), 4: (10, 150),
        5: (10, 10), 6: (150, 10), 7: (150, 310), 8: (10, 310),
    }[turn]  # fmt: skip
    assert (found.width, found.height) == ((400, 200) if turn < 5 else (200, 400))
    assert near(opened(found, "320.jpg"), corner, (255, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "RGB"])
def test_every_mode_of_pixels_becomes_rgb(tmp_path: Path, mode: str) -> None:
    image = (
        Image.new(mode, (300, 200), 40_000)
        if mode == "I;16"
        else Image.new("RGB", (300, 200), "white").convert(mode)
    )
    target = io.BytesIO()
    image.save(target, "JPEG" if mode == "CMYK" else "PNG")
    pixel = opened(picture(tmp_path, target.getvalue()), "96.jpg").getpixel((40, 30))
    expected = 40_000 >> 8 if mode == "I;16" else 255
    assert all(abs(value - expected) < 6 for value in pixel)


def test_what_is_transparent_stands_on_white(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(target, "PNG")
    assert near(opened(picture(tmp_path, target.getvalue()), "320.webp"), (100, 100), (255,) * 3)


def test_a_profile_is_applied_and_a_wrong_one_ignored(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 200), RED)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for told in (profile, b"no profile" * 50):
        target = io.BytesIO()
        image.save(target, "JPEG", icc_profile=told, quality=95)
        found = picture(tmp_path, target.getvalue())
        assert near(opened(found, "320.jpg"), (100, 100), RED)
        assert "icc_profile" not in Image.open(io.BytesIO(found.pictures["320.jpg"])).info


@pytest.mark.parametrize(
    ("colour", "hue"),
    [("#c03020", "red"), ("#2040c0", "blue"), ("#101010", "grey"), ("#ffffff", "grey")],
)
def test_the_accent_is_of_the_pictures_hue(tmp_path: Path, colour: str, hue: str) -> None:
    found = picture(tmp_path, media_files.image("PNG", (300, 300), colour)).colour
    assert re.fullmatch("#[0-9a-f]{6}", found)
    red, green, blue = (int(found[at : at + 2], 16) for at in (1, 3, 5))
    if hue == "grey":
        assert red == green == blue
        assert 50 < red < 170
    else:
        assert max(red, green, blue) == (red if hue == "red" else blue)


# -- pictures that lie -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg></svg>" * 9, b"#EXTM3U\nfile.jpg\n" * 9, media_files.sound("mp3")],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MediaError, match="picture"):
        picture(tmp_path, content)


def test_the_placeholder_is_a_picture_of_a_few_pixels(tmp_path: Path) -> None:
    found = picture(tmp_path, media_files.image("PNG", (300, 200)))
    with Image.open(io.BytesIO(base64.b64decode(found.blur))) as blur:
        assert (blur.format, blur.size) == ("WEBP", (10, 7))
    assert len(found.blur) < 300


def noise(size: int) -> Image.Image:
    ramp = np.add.outer(np.arange(size), 3 * np.arange(size)) % 256
    return Image.fromarray(np.stack([ramp, ramp.T, 255 - ramp], axis=2).astype(np.uint8))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_its_end_is_shown_and_one_that_lacks_most_is_not(
    tmp_path: Path, progressive: bool
) -> None:
    data = io.BytesIO()
    noise(600).save(data, "jpeg", progressive=progressive)
    whole = data.getvalue()
    assert picture(tmp_path, whole[: len(whole) * 9 // 10]).width == 600
    with pytest.raises(MediaError, match="cut off"):
        picture(tmp_path, whole[: len(whole) // (30 if progressive else 4)])
    assert picture(tmp_path, whole).width == 600


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_moving_pictures_the_first_is_shown(tmp_path: Path, kind: str) -> None:
    data = io.BytesIO()
    still, next_one = (Image.new("RGB", (100, 100), colour) for colour in ("red", "blue"))
    still.save(data, kind, save_all=True, append_images=[next_one], duration=100)
    assert near(opened(picture(tmp_path, data.getvalue()), "96.jpg"), (50, 50), (255, 0, 0))


def test_a_large_png_is_shown_and_a_huge_one_is_not(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (2650, 2650, 3), np.uint8)).save(
        data, "png", compress_level=0
    )
    assert len(data.getvalue()) > 20_000_000
    assert picture(tmp_path, data.getvalue()).width == 2650
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + bytes(4)
    with pytest.raises(MediaError, match="30,000 x 30,000"):
        picture(tmp_path, huge + bytes(64))


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cover.jpg")
    with pytest.raises(MediaError):
        made(tmp_path / "cover.jpg")
    with pytest.raises(NotFound):
        made(tmp_path / "missing.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_damaged_pictures_are_made_or_refused(tmp_path: Path, kind: str) -> None:
    whole = media_files.image(kind, (120, 90))
    for seed in range(60):
        dice = random.Random(seed)
        broken = bytearray(whole)
        for _ in range(dice.choice([1, 5, 20])):
            broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
        if seed % 3 == 0:
            del broken[dice.randrange(20, len(broken)) :]
        found = made_or_reason(tmp_path, bytes(broken))
        assert found if isinstance(found, str) else len(found.pictures) == 8


def made_or_reason(tmp_path: Path, data: bytes) -> Thumbnails | str:
    try:
        return picture(tmp_path, data)
    except MediaError as error:
        return str(error)
