"""MP3: MPEG layer III frames between an ID3v2 tag and ID3v1 and APEv2 tags."""

from __future__ import annotations

import os
from typing import Final

from homestream.media import headers, keys
from homestream.media.facts import Facts
from homestream.media.lean import ape, id3
from homestream.media.lean.found import LAYOUTS, Found, Unusual

_TAIL: Final = 160  # an ID3v1 tag and an APE footer before it
_HEAD: Final = 2_048  # holds the first frame and the head of the second
_DELAY: Final = 529  # of the decoder, samples


def read(fd: int, size: int, head: bytes) -> Found:
    """What a file holds that begins with `head`."""
    tag = id3.Tag()
    major, begin = 4, 0
    if head[:3] == b"ID3":
        major, begin = id3.read_v2(fd, head, tag)
    end = _behind(fd, size, major, tag)
    id3.finish(tag)
    frames = head[begin:] if begin + _HEAD <= len(head) else os.pread(fd, _HEAD, begin)
    facts, sound = _facts(fd, begin, end, frames)
    return Found(facts, tag.collected, keys.stretch(fd, sound, end), tag.pictures)


def _behind(fd: int, size: int, major: int, tag: id3.Tag) -> int:
    """Reads the tags behind the sound; where it ends."""
    tail = os.pread(fd, _TAIL + 10, max(0, size - _TAIL - 10))
    end = size
    if tail[-128:-125] == b"TAG":
        id3.read_v1(tail[-128:], major, tag)
        tail, end = tail[:-128], size - 128
    if b"TAG" in tail[-131:].replace(b"APETAGEX", b"") or tail[-9:] == b"LYRICS200":
        raise Unusual("tags that are not in order")
    if tail[-32:-24] == b"APETAGEX":
        for name, values in ape.read(fd, end, tail[-32:]).items():
            tag.collected.fields.setdefault(name, values)
        length, _, flags = headers.ape_footer(tail[-32:])
        end -= length + (32 if flags & 0x8000_0000 else 0)
    return end


def _facts(fd: int, begin: int, end: int, frames: bytes) -> tuple[Facts, int]:
    """And where the first frame with sound begins."""
    first = headers.mpeg(frames)
    if first is None:
        raise Unusual("no frame where the first one should be")
    if not headers.mpeg_follows(frames[:4], frames[first.length : first.length + 4]):
        raise Unusual("no second frame behind the first one")
    if first.info and (not first.frames or (first.delay and not first.named)):
        raise Unusual("tag of another kind in the first frame")
    extent = headers.mpeg_extent(fd, begin, end, first)
    sound = begin + first.length if first.info else begin
    samples = extent.samples or extent.estimate
    if not samples and not first.delay and begin + first.told_bytes == end:
        samples = first.frames * first.samples
    if not samples:
        raise Unusual("count that is not certain")
    rate, channels = first.rate, first.channels
    facts = Facts(
        container="mp3",
        codec="mp3",
        sample_rate=rate,
        channels=channels,
        layout=LAYOUTS[channels],
        samples=samples,
        samples_exact=extent.samples is not None,
        delay_samples=first.delay + _DELAY if first.delay else 0,
        bit_rate=round((end - sound) * 8 / (samples / rate)),
    )
    return facts, sound
