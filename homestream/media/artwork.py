"""Thumbnails of covers, from a picture file or from inside a sound file.

What was found is never given out: pictures pass a gate by their own header, are decoded here, in a
worker, and are encoded anew.
"""

from __future__ import annotations

import base64
import colorsys
import io
import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

# named, so that nothing is imported once a worker is shut in
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from homestream.errors import MediaError
from homestream.formats import picture
from homestream.media import headers, late, tagfile
from homestream.media.source import SMALLEST, Source, descriptor, opened

if TYPE_CHECKING:
    import av
    import numpy as np
else:
    av, np = late.module("av"), late.module("numpy")

SIZES: Final = (96, 320, 640, 960)  # of the longer side, pixels; covers are shown at 1x and 2x
KINDS: Final = ("webp", "jpg")
FRONT: Final = 3  # ID3's picture type

PLUGINS: Final = (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,  # reads EXIF
    WebPImagePlugin,
)
Image.MAX_IMAGE_PIXELS = picture.MOST_PIXELS

_MOST_TRIED: Final = 8
_PROFILE_BYTES: Final = 1 << 20
_BLUR_SIZE: Final = 10  # pixels
_MOST_MISSING: Final = 0.4  # of the rows of a picture that was cut off
_ICONS: Final = (1, 2)
_SRGB: Final = ImageCms.createProfile("sRGB")


class Thumbnails(msgspec.Struct, frozen=True):
    """`pictures` has a file for each of SIZES and KINDS, named "96.webp", "960.jpg" ...; none is
    larger than the source. `width` and `height` are the source's, upright, in pixels."""

    pictures: dict[str, bytes]
    colour: str  # "#rrggbb": an accent taken from the picture
    blur: str  # a few pixels of it, to show until it has come: WebP in base64
    width: int
    height: int


def thumbnails(source: Source, embedded: bool) -> Thumbnails:
    """Thumbnails of a picture file, or with `embedded` of the best picture in a sound file.

    The front cover goes before other pictures. MediaError says why there are none.
    """
    if not embedded:
        return _made(_whole(source))
    problem = MediaError("no picture in this file")
    for data in _embedded(source)[:_MOST_TRIED]:
        try:
            return _made(data)
        except MediaError as error:
            problem = error
    raise problem


def _whole(source: Source) -> bytes:
    with descriptor(source) as fd:
        size = os.fstat(fd).st_size
        if size > picture.MOST_BYTES:
            raise MediaError(picture.TOO_MANY_BYTES)
        if size < SMALLEST:
            raise MediaError("picture is empty")
        return os.pread(fd, size, 0)


def _embedded(source: Source) -> list[bytes]:
    """What the file calls pictures, the front cover first and icons last."""
    with descriptor(source) as fd:
        size = os.fstat(fd).st_size
        if size < SMALLEST:
            raise MediaError("file is empty")
        container = headers.look(fd, size).container
        found: list[tagfile.Picture] = []
        if container is not None:
            with os.fdopen(os.dup(fd), "rb") as fileobj:
                found = tagfile.pictures(tagfile.load(fileobj, container))
        if not found:
            return _attached(Source(fd=fd), container)
    found.sort(key=lambda each: (each.kind != FRONT, each.kind in _ICONS))
    return [each.data for each in found if each.mime != "-->"]


def _attached(source: Source, container: str | None) -> list[bytes]:
    """Pictures that only FFmpeg finds: attachments of Matroska files."""
    with opened(source, container=container) as media:
        streams = [
            stream
            for stream in media.streams.video
            if stream.disposition & av.stream.Disposition.attached_pic
        ]
        if not streams:
            return []
        try:
            for packet in media.demux(streams):
                if 0 < packet.size <= picture.MOST_BYTES:
                    return [bytes(packet)]
        except av.FFmpegError as error:
            raise MediaError("picture is damaged") from error
    return []


def _made(data: bytes) -> Thumbnails:
    passed = picture.gate(data)
    try:
        upright, width, height = _opened(passed)
    except MediaError:
        raise
    except MemoryError as error:
        raise MediaError("picture needs too much memory") from error
    except _DAMAGED as error:
        try:
            upright, width, height = _cut_off(passed)
        except (*_DAMAGED, MemoryError):
            raise MediaError("picture is damaged") from error
    blur = _within(upright, _BLUR_SIZE, upright.size)
    pictures = {}
    largest = upright.size
    for size in sorted(SIZES, reverse=True):
        upright = _within(upright, size, largest)
        pictures[f"{size}.webp"] = _encoded(upright, "WEBP", quality=82, method=3)
        pictures[f"{size}.jpg"] = _encoded(upright, "JPEG", quality=84, progressive=True)
    return Thumbnails(
        pictures,
        accent(upright),
        base64.b64encode(_encoded(blur, "WEBP", quality=30, method=6)).decode(),
        width,
        height,
    )


def _opened(passed: picture.Passed) -> tuple[Image.Image, int, int]:
    """The picture upright and small enough, with its own width and height."""
    with Image.open(io.BytesIO(passed.data), formats=[passed.kind]) as image:
        if image.width * image.height > picture.MOST_PIXELS:
            raise MediaError(picture.too_large(image.width, image.height))
        turned = _turned(image)
        width, height = (image.height, image.width) if turned else image.size
        return _upright(image), width, height


def _cut_off(passed: picture.Passed) -> tuple[Image.Image, int, int]:
    """A JPEG whose end is missing, if most of it is there."""
    if passed.kind != "JPEG":
        raise MediaError("picture is damaged")
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        upright, width, height = _opened(passed)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    # what never came is left in one colour, at the side that was the bottom
    grey = np.asarray(upright.convert("L"), np.int16)
    rows, columns = (np.ptp(grey, axis=axis) <= 2 for axis in (1, 0))
    for lines in (rows, rows[::-1], columns, columns[::-1]):
        if lines.all() or np.argmin(lines) > _MOST_MISSING * len(lines):
            raise MediaError("picture is cut off")
    return upright, width, height


# what Pillow's decoders raise for files that lie
_DAMAGED: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    Image.DecompressionBombError,
)


def accent(image: Image.Image) -> str:
    """The colour that stands for a small RGB picture, "#rrggbb".

    The strongest hue among colourful pixels, made neither too dark nor too pale to sit behind
    text; a grey where the picture has no colour.
    """
    pixels = np.asarray(image.resize((32, 32), Image.Resampling.BOX), np.float64).reshape(-1, 3)
    pixels /= 255
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    chroma = high - low
    weight = chroma**2 * (1 - np.abs(high + low - 1) ** 4)
    if weight.sum() < 1.0:
        grey = round(255 * min(max(float(pixels.mean()), 0.25), 0.6))
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    hues = np.array([colorsys.rgb_to_hls(*pixel)[0] for pixel in pixels])
    bins = np.bincount((hues * 24).astype(int) % 24, weights=weight, minlength=24)
    best = int(np.argmax(bins + 0.5 * (np.roll(bins, 1) + np.roll(bins, -1))))
    near = np.abs((hues * 24 - best - 0.5 + 12) % 24 - 12) <= 1.5
    share = weight * near
    red, green, blue = (pixels * share[:, None]).sum(axis=0) / share.sum()
    hue, light, strength = colorsys.rgb_to_hls(red, green, blue)
    light, strength = min(max(light, 0.3), 0.6), min(max(strength, 0.25), 0.85)
    return "#" + "".join(f"{round(255 * c):02x}" for c in colorsys.hls_to_rgb(hue, light, strength))


def _turned(image: Image.Image) -> bool:
    return image.getexif().get(0x0112, 1) in (5, 6, 7, 8)


def _upright(image: Any) -> Image.Image:
    """At most the largest size, RGB in sRGB, turned as its EXIF says, on white."""
    largest = max(SIZES)
    scale = min(1.0, largest / max(image.size))
    wanted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    orientation = image.getexif().get(0x0112, 1)
    profile = image.info.get("icc_profile")
    # the decoder of JPEG makes it smaller by itself, which is many times cheaper
    image.draft(None, wanted)
    plain = _plain(image)
    plain = plain.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = _srgb(plain, profile)
    if plain.mode in ("RGBA", "LA"):
        ground = Image.new("RGBA", plain.size, "white")
        plain = Image.alpha_composite(ground, plain.convert("RGBA"))
    if plain.mode != "RGB":
        plain = plain.convert("RGB")
    turn = _TURNS.get(orientation)
    return plain if turn is None else plain.transpose(turn)


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _plain(image: Any) -> Image.Image:
    """In a mode that can be resized: palettes and sixteen bits are resolved."""
    found: Image.Image
    if image.mode.startswith("I"):
        found = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        found = image.convert("RGBA")
    elif image.mode == "1":
        found = image.convert("L")
    else:
        image.load()
        found = image
    return found


def _srgb(image: Image.Image, profile: object) -> Image.Image:
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _PROFILE_BYTES:
        return image
    if image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(image, own, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a wrong profile is worse than none
    return found or image


def _within(image: Image.Image, size: int, of: tuple[int, int]) -> Image.Image:
    """At most `size` a side, in the proportions `of` the largest."""
    scale = size / max(of)
    wanted = (max(1, round(of[0] * scale)), max(1, round(of[1] * scale)))
    if scale >= 1 or wanted == image.size:
        return image
    return image.resize(wanted, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, form: str, **options: int) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()
